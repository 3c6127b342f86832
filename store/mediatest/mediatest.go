// Package mediatest is the suite that every keeper of people's media passes: what was put comes back as it was, and is forgotten by age and
// by the beginning of its id. It is test code.
package mediatest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/media"
)

// Run checks the store that open returns, fresh and empty; each test opens its own. back lets what is put from now on look as if it had
// been put so much earlier.
func Run(t *testing.T, open func(t *testing.T) (s media.Store, back func(time.Duration))) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, media.Store, func(time.Duration)){
		"comes back": comesBack, "unknown": unknown, "replaces": replaces, "forgets": forgets, "sweeps": sweeps, "concurrent": concurrent,
		"half a content": half, "hostile ids": hostile,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, back := open(t)
			check(t, s, back)
		})
	}
}

func medium(id string) chat.Media {
	return chat.Media{ID: id, Kind: "image", Name: "收据 1.png", MIME: "image/png", Size: 5}
}

func put(t *testing.T, s media.Store, id, content string) {
	t.Helper()
	m := medium(id)
	m.Size = int64(len(content))
	if err := s.Put(t.Context(), m, strings.NewReader(content)); err != nil {
		t.Fatalf("Put(%s): %v", id, err)
	}
}

// content is what is kept under id; ok is false when nothing is.
func content(t *testing.T, s media.Store, id string) (text string, ok bool) {
	t.Helper()
	_, _, r, err := s.Open(t.Context(), id)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false
	}
	if err != nil {
		t.Fatalf("Open(%s): %v", id, err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("reading %s: %v", id, err)
	}
	return string(b), true
}

func comesBack(t *testing.T, s media.Store, _ func(time.Duration)) {
	for i, body := range [][]byte{[]byte("hello"), {}, []byte("{\"kind\":\"image\"}\n\x00\xff\r\n"), bytes.Repeat([]byte("0123456789abcdef"), 100_000)} {
		m := medium(fmt.Sprintf("aa00-%d", i))
		m.Size = int64(len(body))
		if err := s.Put(t.Context(), m, bytes.NewReader(body)); err != nil {
			t.Fatalf("Put: %v", err)
		}
		got, at, r, err := s.Open(t.Context(), m.ID)
		if err != nil {
			t.Fatalf("Open: %v", err)
		}
		b, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(m, got); d != "" || !bytes.Equal(b, body) {
			t.Errorf("what came back differs: %d bytes of %d; (-put +got)\n%s", len(b), len(body), d)
		}
		if age := time.Since(at); age < -2*time.Second || age > time.Minute {
			t.Errorf("it was put %s ago, want now", age)
		}
	}
}

func unknown(t *testing.T, s media.Store, _ func(time.Duration)) {
	if _, _, _, err := s.Open(t.Context(), "aa00-none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of what was never put: %v, want fs.ErrNotExist", err)
	}
	if err := s.Forget(t.Context(), "aa00"); err != nil {
		t.Errorf("Forget of what was never put: %v", err)
	}
	if n, err := s.Sweep(t.Context(), time.Now()); n != 0 || err != nil {
		t.Errorf("Sweep of nothing = %d, %v", n, err)
	}
}

func replaces(t *testing.T, s media.Store, _ func(time.Duration)) {
	put(t, s, "aa00-1", "a longer content")
	put(t, s, "aa00-1", "short")
	if got, _ := content(t, s, "aa00-1"); got != "short" {
		t.Errorf("put twice, it is %q", got)
	}
}

func forgets(t *testing.T, s media.Store, _ func(time.Duration)) {
	for _, id := range []string{"aa00-1", "aa00-2", "aa01-1", "ab00-1"} {
		put(t, s, id, id)
	}
	if err := s.Forget(t.Context(), "aa00"); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]bool{"aa00-1": false, "aa00-2": false, "aa01-1": true, "ab00-1": true} {
		if _, ok := content(t, s, id); ok != want {
			t.Errorf("after forgetting aa00, %s is there: %v", id, ok)
		}
	}
	for _, prefix := range []string{"", "a", "..", "/", "*"} {
		if err := s.Forget(t.Context(), prefix); err == nil {
			t.Errorf("Forget(%q) is no error, and forgets too much", prefix)
		}
	}
}

func sweeps(t *testing.T, s media.Store, back func(time.Duration)) {
	back(48 * time.Hour)
	put(t, s, "aa00-old", "old")
	put(t, s, "bb00-old", "old")
	back(0)
	put(t, s, "aa00-new", "new")
	n, err := s.Sweep(t.Context(), time.Now().Add(-24*time.Hour))
	if n != 2 || err != nil {
		t.Errorf("Sweep = %d, %v, want 2", n, err)
	}
	for id, want := range map[string]bool{"aa00-old": false, "bb00-old": false, "aa00-new": true} {
		if _, ok := content(t, s, id); ok != want {
			t.Errorf("after the sweep %s is there: %v", id, ok)
		}
	}
}

func concurrent(t *testing.T, s media.Store, _ func(time.Duration)) {
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			id := fmt.Sprintf("aa00-%d", i%2)
			put(t, s, id, "content")
			if got, ok := content(t, s, id); !ok || got != "content" {
				t.Errorf("%s is %q, %v", id, got, ok)
			}
		})
	}
	wait.Wait()
}

var errTorn = errors.New("torn")

// half: what could not be read whole is not kept.
func half(t *testing.T, s media.Store, _ func(time.Duration)) {
	torn := io.MultiReader(strings.NewReader("the beginning"), failing{})
	if err := s.Put(t.Context(), medium("aa00-1"), torn); !errors.Is(err, errTorn) {
		t.Errorf("Put of a torn content: %v", err)
	}
	if got, ok := content(t, s, "aa00-1"); ok {
		t.Errorf("half of it is kept: %q", got)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errTorn }

// hostile is G6 for ids: nothing outside of the store is read or written.
func hostile(t *testing.T, s media.Store, _ func(time.Duration)) {
	for _, id := range []string{"", "..", "../../etc/passwd", "aa/../../x", "aa00\x00", "AA00-1", "aa00-ü", "aa00 1", strings.Repeat("a", 200), "-aaaa"} {
		if err := s.Put(t.Context(), medium(id), strings.NewReader("x")); err == nil {
			t.Errorf("Put(%q) is no error", id)
		}
		if _, _, _, err := s.Open(t.Context(), id); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%q): %v, want fs.ErrNotExist", id, err)
		}
	}
}
