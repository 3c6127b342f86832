package weixin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

const (
	png  = "\x89PNG\r\n\x1a\n0123456789"
	jpeg = "\xFF\xD8\xFF\xE0 0123456789"
)

// shelf is the platform's side of media, and the sites that pictures lie on.
type shelf struct {
	mu      sync.Mutex // guards all below
	uploads []string   // type, file name, first bytes
	alive   map[string]bool
	refuse  int // errcode of the next upload
	get     http.HandlerFunc
	site    http.HandlerFunc
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.URL.Path {
	case stablePath:
		said(`{"access_token":"canary-token","expires_in":7200}`)(w, r)
	case getPath:
		s.get(w, r)
	case uploadPath:
		f, head, err := r.FormFile("media")
		if err != nil || r.URL.Query().Get("access_token") != "canary-token" {
			said(`{"errcode":41005,"errmsg":"media data missing"}`)(w, r)
			return
		}
		data, _ := io.ReadAll(f)
		if s.refuse != 0 {
			_, _ = fmt.Fprintf(w, `{"errcode":%d,"errmsg":"no canary-secret"}`, s.refuse)
			s.refuse = 0
			return
		}
		s.uploads = append(s.uploads, r.URL.Query().Get("type")+" "+head.Filename+" "+string(data[:4]))
		id := fmt.Sprint("id", len(s.uploads))
		s.alive[id] = true
		_, _ = fmt.Fprintf(w, `{"type":"image","media_id":%q,"created_at":1}`, id)
	default:
		http.NotFound(w, r)
	}
}

func newShelf() (*shelf, *Media) {
	s := &shelf{alive: map[string]bool{}}
	d, _ := adapterstest.NewDeps()
	d.Outside = adapterstest.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.site(w, r) }))
	api := NewAPI("https://api.weixin.qq.com", adapterstest.Client(s), "canary-secret")
	api.Tokens = NewTokens("token/wx1", d.Vault, d.Clock, api.StableToken("wx1", "canary-secret"))
	return s, NewMedia(api, d, "mini/wx1")
}

// answers writes body under a Content-Type.
func answers(kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, body)
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		get  http.HandlerFunc
		site http.HandlerFunc
		want string
		kind chat.FailureKind // "" when it opens
	}{
		{"a picture", answers("image/jpeg", jpeg), nil, jpeg, ""},
		{"bytes of no type", answers("application/octet-stream", `{"errcode":40007}`), nil, `{"errcode":40007}`, ""},
		{"a person's own JSON file", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Disposition", `attachment; filename="a.json"`)
			answers("application/json", `{"errcode":40007}`)(w, r)
		}, nil, `{"errcode":40007}`, ""},
		{"a text", answers("text/plain", "hello"), nil, "hello", ""},
		{"a long text", answers("text/plain", "{"+strings.Repeat("x", maxExcuse)), nil, "{" + strings.Repeat("x", maxExcuse), ""},
		{"a video of an official account", answers("text/plain", `{"video_url":"http://v.example/1"}`), said("mp4"), "mp4", ""},
		{"a video that lies nowhere", answers("text/plain", `{"video_url":"file:///etc/passwd"}`), nil, "", chat.BadMedia},
		{"an object without a file", answers("application/json", `{"a":1}`), nil, "", chat.Temporary},
		{"G5 expired id", answers("application/json; encoding=utf-8", `{"errcode":40007,"errmsg":"invalid media_id canary-secret canary-token"}`), nil, "", chat.BadMedia},
		{"busy", answers("text/plain", `{"errcode":-1,"errmsg":"system error"}`), nil, "", chat.Temporary},
		{"502 page", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) }, nil, "", chat.Temporary},
	} {
		s, m := newShelf()
		s.get, s.site = c.get, c.site
		f, err := m.Download(t.Context(), "M/&=")
		if c.kind != "" {
			failure := (*chat.Failure)(nil)
			if !errors.As(err, &failure) || failure.Kind != c.kind || failure.Unknown || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: Download = %v, want %s and no secret", c.name, err, c.kind)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: Download = %v", c.name, err)
			continue
		}
		if got, err := io.ReadAll(f); string(got) != c.want || err != nil || f.Close() != nil {
			t.Errorf("%s: read %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

// A token that the platform no longer takes is renewed here too.
func TestDownloadRenewsTheToken(t *testing.T) {
	t.Parallel()
	s, m := newShelf()
	var tokens []string
	m.api.Tokens = NewTokens("t", adapterstest.NewVault(time.Now), time.Now, func(context.Context, bool) (string, time.Duration, error) {
		return fmt.Sprint("token", len(tokens)), time.Hour, nil
	})
	s.get = func(w http.ResponseWriter, r *http.Request) {
		if tokens = append(tokens, r.URL.Query().Get("access_token")); len(tokens) == 1 {
			answers("application/json", `{"errcode":42001,"errmsg":"expired"}`)(w, r)
			return
		}
		answers("image/png", png)(w, r)
	}
	if _, err := m.Download(t.Context(), "M"); err != nil || len(tokens) != 2 || tokens[0] == tokens[1] {
		t.Errorf("Download = %v with the tokens %q, want two", err, tokens)
	}
}

// G2: an endless file ends with an error, never as if it were whole.
func TestBound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		size int
		want error
	}{{0, nil}, {9, nil}, {10, nil}, {11, errTooBig}, {1000, errTooBig}} {
		got, err := io.ReadAll(bound(strings.NewReader(strings.Repeat("x", c.size)), io.NopCloser(nil), 10))
		if !errors.Is(err, c.want) || len(got) != min(c.size, 10) {
			t.Errorf("%d bytes: read %d, %v, want %v", c.size, len(got), err, c.want)
		}
	}
}

func TestUse(t *testing.T) {
	t.Parallel()
	s, m := newShelf()
	fetched := 0
	s.site = func(w http.ResponseWriter, r *http.Request) { fetched++; answers("text/html", png)(w, r) } // what it is called counts for nothing
	picture := chat.Media{Kind: "image", URL: "https://img.example/a.png?sign=canary"}
	show := func(id string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.alive[id] {
			return &Error{Op: SendPath, Code: 40007, Text: "invalid media_id"}
		}
		return nil
	}
	use := func() {
		t.Helper()
		if err := m.Use(t.Context(), "image", picture, show); err != nil {
			t.Errorf("Use = %v", err)
		}
	}
	use()
	use()
	if want := []string{"image media.png \x89PNG"}; fmt.Sprint(s.uploads) != fmt.Sprint(want) || fetched != 1 {
		t.Errorf("shown twice, %d fetches and the uploads %q, want one", fetched, s.uploads)
	}
	delete(s.alive, "id1") // the platform forgot it early
	use()
	if len(s.uploads) != 2 || fetched != 2 {
		t.Errorf("after 40007 %d fetches, %d uploads, want one more", fetched, len(s.uploads))
	}
	forgetful := func(string) error { return &Error{Op: SendPath, Code: 40007} }
	if err := m.Use(t.Context(), "image", picture, forgetful); errcode(err) != 40007 || len(s.uploads) != 3 {
		t.Errorf("an id that is always refused: %v after %d uploads, want 40007 after one more", err, len(s.uploads))
	}
	if err := m.Use(t.Context(), "image", chat.Media{Ref: "theirs"}, func(id string) error { return errors.New(id) }); err == nil || err.Error() != "theirs" {
		t.Errorf("Use of a Ref = %v, want it shown as it is", err)
	}
}

func TestUploadRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, kind, url string
		site            http.HandlerFunc
		refuse          int
		want            chat.FailureKind
	}{
		{"G3 HTML as an image", "image", "https://x/a.png", answers("image/png", "<!DOCTYPE html><html>"), 0, chat.BadMedia},
		{"G3 SVG as an image", "image", "https://x/a.png", answers("image/png", `<svg xmlns="http://www.w3.org/2000/svg"/>`), 0, chat.BadMedia},
		{"G3 a script as a voice", "voice", "https://x/a.amr", answers("audio/amr", "#!/bin/sh\nexit"), 0, chat.BadMedia},
		{"G2 an endless image", "image", "https://x/a.png", answers("image/png", png+strings.Repeat("x", 10<<20)), 0, chat.BadMedia},
		{"an empty image", "image", "https://x/a.png", answers("image/png", ""), 0, chat.BadMedia},
		{"G1 a redirect", "image", "https://x/a.png", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1/", http.StatusFound)
		}, 0, chat.BadMedia},
		{"404", "image", "https://x/a.png?sign=canary", http.NotFound, 0, chat.BadMedia},
		{"no address", "image", "", nil, 0, chat.BadMedia},
		{"another scheme", "image", "file:///etc/passwd", nil, 0, chat.BadMedia},
		{"a kind that is not kept", "location", "https://x", nil, 0, chat.BadMedia},
		{"the platform refuses the type", "image", "https://x", answers("", png), 40005, chat.BadMedia},
		{"the platform is busy", "image", "https://x", answers("", png), -1, chat.Temporary},
	} {
		s, m := newShelf()
		s.site, s.refuse = c.site, c.refuse
		_, err := m.upload(t.Context(), c.kind, chat.Media{URL: c.url})
		f := (*chat.Failure)(nil)
		if err != nil && !errors.As(err, &f) {
			f = Classify(err, time.Now())
		}
		if f == nil || f.Kind != c.want || f.Unknown || strings.Contains(fmt.Sprintf("%+v", err), "canary") {
			t.Errorf("%s: upload = %v, want %s and no secret", c.name, err, c.want)
		}
	}
}

// A burst shows one picture to many: it is uploaded once, and again after two and a half days.
func TestUploadOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, m := newShelf()
		s.site = func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Second)
			_, _ = io.WriteString(w, jpeg)
		}
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				if id, err := m.upload(t.Context(), "image", chat.Media{URL: "https://x/a"}); id != "id1" || err != nil {
					t.Errorf("upload = %q, %v, want id1", id, err)
				}
			})
		}
		group.Wait()
		time.Sleep(keepMedia)
		if id, err := m.upload(t.Context(), "image", chat.Media{URL: "https://x/a"}); id != "id2" || err != nil {
			t.Errorf("after %s upload = %q, %v, want id2", keepMedia, id, err)
		}
	})
}

// G6: names of files.
func TestFileName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"报告.pdf": "报告.pdf", "../../x": "x", `C:\windows\a.txt`: "a.txt", "a\x00b\"\r\nX-Header: 1": "abX-Header 1", "": "file", "..": "file", "/": "file",
		"\u202egpj.exe": "gpj.exe", " .hidden. ": "hidden", "\xff": "file",
		strings.Repeat("长", 300) + ".pdf": strings.Repeat("长", 37) + "….pdf",
	} {
		if got := FileName(in); got != want {
			t.Errorf("FileName(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzDownload lets the platform, or a proxy before it, answer with anything: a file comes as it is, or there is an error without a
// secret.
func FuzzDownload(f *testing.F) {
	f.Add("image/jpeg", "", jpeg)
	f.Add("text/plain", "", `{"errcode":40007,"errmsg":"invalid media_id canary-secret"}`)
	f.Add("application/json", `attachment; filename="a.json"`, `{"errcode":40007}`)
	f.Add("text/plain", "", `{"video_url":"http://v.example/1"}`)
	f.Add("", "", "{")
	f.Fuzz(func(t *testing.T, kind, disposition, body string) {
		s, m := newShelf()
		s.site = said("video")
		s.get = func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Disposition"] = []string{disposition}
			w.Header()["Content-Type"] = []string{kind}
			_, _ = io.WriteString(w, body)
		}
		file, err := m.Download(t.Context(), "M")
		if err != nil {
			if failure := (*chat.Failure)(nil); !errors.As(err, &failure) || strings.Contains(err.Error(), "canary-secret") {
				t.Errorf("Download = %v, want a failure without a secret", err)
			}
			return
		}
		got, err := io.ReadAll(file)
		if err != nil || string(got) != body && string(got) != "video" || file.Close() != nil {
			t.Errorf("read %q, %v, want %q", got, err, body)
		}
	})
}
