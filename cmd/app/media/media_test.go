package media

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	h := newHouse(body([]byte("x")), Options{Key: []byte("one key of all processes")})
	m := chat.Message{ID: "m1", From: ann, Media: []chat.Media{
		{Kind: "image", Ref: "a"}, {Kind: "image", URL: "https://x"}, {Kind: "location"}, {Kind: "link", URL: "https://x"}, {Kind: "image"}, {Kind: "file", Ref: "a"},
	}}
	var ids []string
	for n := range m.Media {
		ids = append(ids, h.ID(m, n, h.now))
	}
	if ids[2]+ids[3]+ids[4] != "" {
		t.Errorf("media without content have ids: %q", ids)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
	if slices.Sort(ids); len(slices.Compact(ids)) != 3 {
		t.Errorf("the ids are not three: %q", ids)
	}
	same := newHouse(nil, Options{Key: []byte("one key of all processes")})
	if a, b := h.ID(m, 0, h.now), same.ID(m, 0, h.now); a != b || len(a) > 128 {
		t.Errorf("another process makes %q of %q", b, a)
	}
	if m.From.Channel = "elsewhere"; h.ID(m, 0, h.now) != "" {
		t.Error("a channel that brings no media has ids")
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(body(pngOf(1, 1)), Options{Keep: 48 * time.Hour})
	other := newHouse(nil, Options{})
	l, id := h.loan(chat.Media{Kind: "image", Ref: "r"}, 0)
	forged := id[:len(id)-1] + string("0123456789abcdef"[strings.IndexByte("123456789abcdef0", id[len(id)-1])])
	want := func(when string, id string, want error) {
		t.Helper()
		if _, _, err := h.content(t, id); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v, want %v", when, err, want)
		}
	}
	_, others := other.loan(chat.Media{Kind: "image", Ref: "r"}, 0)
	want("before it is kept", id, ErrNotYet)
	want("forged", forged, ErrUnknown)
	want("of another house", others, ErrUnknown)
	for _, s := range []string{"", "x", "../../etc/passwd", strings.Repeat("0", 300), "--", id + "-", strings.ToUpper(id)} {
		want("no id: "+s, s, ErrUnknown)
	}
	if err := h.Pay(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	want("kept", id, nil)
	h.now = h.now.Add(49*time.Hour + time.Minute)
	want("too old and not yet swept", id, ErrExpired)
	h.shelf.all[id] = kept{at: time.Now().Add(-49 * time.Hour)}
	h.now = time.Now()
	h.sweep(t.Context())
	if len(h.shelf.all) != 0 {
		t.Error("the sweep left it")
	}
	h.now = h.now.Add(50 * time.Hour)
	want("swept", id, ErrExpired)
}

func FuzzID(f *testing.F) {
	h := newHouse(nil, Options{Key: []byte("k")})
	_, id := h.loan(chat.Media{Kind: "image", Ref: "r"}, 0)
	f.Add(id)
	f.Add("a-b-c")
	f.Fuzz(func(t *testing.T, s string) {
		if _, ours := h.read(s); ours && s != id && cmp.Equal(strings.Split(s, "-")[2][:itemLen], strings.Split(id, "-")[2][:itemLen]) {
			t.Errorf("%q passes for ours", s)
		}
	})
}
