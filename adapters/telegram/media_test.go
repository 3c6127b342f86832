package telegram

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
	"github.com/xianda-bot/xianda/chat"
)

var png = append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 100)...)

// world is what lies behind addresses, for Deps.Outside.
func world(pages map[string][]byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(b)
	})
}

// A picture is sent by its address; when the platform cannot fetch that, it is uploaded; the next time its handle does.
func TestSendMedia(t *testing.T) {
	t.Parallel()
	image := func(path string) chat.Reply {
		return chat.Reply{Media: []chat.Media{{Kind: "image", URL: "https://cdn.example" + path}}}
	}
	file := func(kind, path, name string) chat.Reply {
		return chat.Reply{Media: []chat.Media{{Kind: kind, URL: "https://cdn.example" + path, Name: name}}}
	}
	for _, c := range []struct {
		name  string
		reply chat.Reply
		want  chat.FailureKind // "": it is shown
		kind  string
		file  string
		calls int
	}{
		{"by its address", image("/public.png"), "", "photo", "https://cdn.example/public.png", 1},
		{"by upload", image("/private.png"), "", "photo", "image.png", 2},
		{"a document", file("file", "/private.pdf", "../价目表.pdf"), "", "document", "价目表.pdf", 2},
		{"a voice", file("voice", "/private.ogg", ""), "", "voice", "file", 2},
		{"G2 too large", image("/large.png"), chat.BadMedia, "", "", 1},
		{"G2 empty", image("/empty.png"), chat.BadMedia, "", "", 1},
		{"G3 no image", image("/page.png"), chat.BadMedia, "", "", 1},
		{"not there", image("/missing.png"), chat.BadMedia, "", "", 1},
		{"by a handle", chat.Reply{Media: []chat.Media{{Kind: "image", Ref: "file-1"}}}, "", "photo", "file-1", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := telegramtest.New(t)
			p.Meet("ann")
			p.Reach("https://cdn.example/public.png")
			h := newHall(t, p, func(d *adapters.Deps) {
				d.Outside = adapterstest.Client(world(map[string][]byte{
					"/private.png": png, "/private.pdf": []byte("%PDF-1.7 …"), "/private.ogg": []byte("OggS"), "/empty.png": {},
					"/large.png": append(bytes.Clone(png), make([]byte, maxPhoto)...), "/page.png": []byte("<html><script>"),
				}))
			})
			_, err := h.Send(t.Context(), to("ann"), c.reply, nil)
			if c.want != "" {
				if f := failureOf(t, err); f.Kind != c.want || len(p.Messages()) > 0 {
					t.Errorf("Send = %v", f)
				}
				if strings.Contains(err.Error(), "cdn.example/") {
					t.Errorf("the error holds the address, which may be signed: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := p.Messages()
			if len(got) != 1 || got[0].Kind != c.kind || got[0].File != c.file || len(p.Calls()) != c.calls {
				t.Errorf("sent %+v in %d calls", got, len(p.Calls()))
			}
			if c.reply.Media[0].URL == "" {
				return
			}
			if _, err := h.Send(t.Context(), to("ann"), c.reply, nil); err != nil {
				t.Fatal(err)
			}
			if again := p.Messages()[1]; !strings.HasPrefix(again.File, "file-") || len(p.Calls()) != c.calls+1 {
				t.Errorf("the second time sent %+v in %d calls, want its handle in one", again, len(p.Calls())-c.calls)
			}
		})
	}
}

// A handle that the platform has forgotten is replaced.
func TestStaleHandle(t *testing.T) {
	t.Parallel()
	p := telegramtest.New(t)
	p.Meet("ann")
	address := "https://cdn.example/public.png"
	p.Reach(address)
	h := newHall(t, p, nil)
	if err := h.deps.Vault.Put(t.Context(), handleKey("sendPhoto", address), "stale", time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Send(t.Context(), to("ann"), chat.Reply{Media: []chat.Media{{Kind: "image", URL: address}}}, nil); err != nil {
		t.Fatal(err)
	}
	if known, err := h.deps.Vault.Get(t.Context(), handleKey("sendPhoto", address)); err != nil || known == "stale" {
		t.Errorf("the handle is %q still, %v", known, err)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	p := telegramtest.New(t)
	p.Keep("F", telegramtest.File{Path: "photos/file 1.jpg", Body: []byte("picture")})
	p.Keep("large", telegramtest.File{Path: "videos/a", Size: maxDownload + 1})
	p.Keep("local", telegramtest.File{Path: "/var/lib/telegram-bot-api/a"})
	p.Keep("outside", telegramtest.File{Path: "../../getMe"})
	h := newHall(t, p, func(d *adapters.Deps) {
		d.Outside = adapterstest.Client(world(map[string][]byte{"/a.png": png}))
	})
	for _, c := range []struct {
		name  string
		media chat.Media
		body  string
		want  chat.FailureKind // "": it opens
	}{
		{"a file", chat.Media{Kind: "image", Ref: "F"}, "picture", ""},
		{"an address", chat.Media{Kind: "image", URL: "https://cdn.example/a.png"}, string(png), ""},
		{"an address that is gone", chat.Media{Kind: "image", URL: "https://cdn.example/b.png"}, "", chat.BadMedia},
		{"G2 too large, the person's client says", chat.Media{Kind: "video", Ref: "F", Size: maxDownload + 1}, "", chat.BadMedia},
		{"G2 too large, the platform says", chat.Media{Kind: "video", Ref: "large"}, "", chat.BadMedia},
		{"G5 unknown", chat.Media{Kind: "image", Ref: "stale"}, "", chat.BadMedia},
		{"a path of another machine", chat.Media{Kind: "file", Ref: "local"}, "", chat.BadMedia},
		{"G6 a path out of the bot's files", chat.Media{Kind: "file", Ref: "outside"}, "", chat.BadMedia},
		{"a place", chat.Media{Kind: "location", Ref: "1,2"}, "", chat.BadMedia},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := h.Open(t.Context(), c.media)
			if c.want != "" {
				if f := failureOf(t, err); f.Kind != c.want {
					t.Errorf("Open = %v, want %s", f, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if b, err := io.ReadAll(r); err != nil || string(b) != c.body {
				t.Errorf("the file is %q, %v", b, err)
			}
		})
	}
}

// A download that breaks off, wherever it does, tells no address: the token is in it.
func TestBrokenDownload(t *testing.T) {
	t.Parallel()
	p := telegramtest.New(t)
	p.Keep("F", telegramtest.File{Path: "photos/a.jpg", Body: []byte("picture")})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/file/") {
			p.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("pict"))
	}))
	t.Cleanup(srv.Close)
	d, _ := adapterstest.NewDeps()
	d.HTTP = srv.Client()
	a := mustNew(t, p.Section(srv.URL), d).(adapters.Fetcher)
	r, err := a.Open(t.Context(), chat.Media{Kind: "image", Ref: "F"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if string(b) != "pict" || err == nil {
		t.Errorf("read %q, %v: want that it broke off", b, err)
	} else {
		sealed(t, "the error", err.Error())
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	srv.Close()
	if _, err = a.Open(t.Context(), chat.Media{Kind: "image", Ref: "F"}); failureOf(t, err).Kind != chat.Temporary {
		t.Errorf("nobody listens: Open = %v", err)
	}
}
