package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/media"
)

// shelf is Media by id.
type shelf map[string]func() (chat.Media, io.ReadCloser, error)

func (s shelf) Open(_ context.Context, id string) (chat.Media, io.ReadCloser, error) {
	if f := s[id]; f != nil {
		return f()
	}
	return chat.Media{}, nil, media.ErrUnknown
}

func holds(kind, mime, name string) func() (chat.Media, io.ReadCloser, error) {
	return func() (chat.Media, io.ReadCloser, error) {
		return chat.Media{Kind: kind, MIME: mime, Name: name, Size: 7}, io.NopCloser(strings.NewReader("content")), nil
	}
}

func fails(err error) func() (chat.Media, io.ReadCloser, error) {
	return func() (chat.Media, io.ReadCloser, error) { return chat.Media{}, nil, err }
}

// TestMedia is G3 as a browser sees it: what is no raster picture is never shown, and nothing runs.
func TestMedia(t *testing.T) {
	t.Parallel()
	h := newHouseAPI(t, shelf{
		"png":     holds("image", "image/png", "收据.png"),
		"bomb":    holds("file", "image/png", "bomb.png"),
		"svg":     holds("file", "image/svg+xml", "x.png.txt"),
		"html":    holds("file", "text/html", "x.txt"),
		"liar":    holds("image", "text/html", "x.png"),
		"voice":   holds("voice", "audio/amr", "voice.amr"),
		"unnamed": holds("file", "application/pdf", ""),
		"not_yet": fails(media.ErrNotYet), "expired": fails(media.ErrExpired), "lost": fails(fmt.Errorf("%w: too_large", media.ErrLost)),
		"away": fails(errors.New("the disk burns")),
	})
	for _, tt := range []struct{ id, want string }{
		{"png", "200 image/png inline; filename*=utf-8''%E6%94%B6%E6%8D%AE.png"},
		{"bomb", "200 application/octet-stream attachment; filename=bomb.png"},
		{"svg", "200 application/octet-stream attachment; filename=x.png.txt"},
		{"html", "200 application/octet-stream attachment; filename=x.txt"},
		{"liar", "200 application/octet-stream attachment; filename=x.png"},
		{"voice", "200 audio/amr attachment; filename=voice.amr"},
		{"unnamed", `200 application/octet-stream attachment; filename=""`},
		{"unknown", "404 not_found"}, {"..%2F..%2Fetc%2Fpasswd", "404 not_found"},
		{"not_yet", "404 not_yet"}, {"expired", "410 expired"}, {"lost", "410 lost"}, {"away", "503 unavailable"},
	} {
		w := h("GET", "/v1/media/"+tt.id)
		got := fmt.Sprintf("%d %s %s", w.Code, w.Header().Get("Content-Type"), w.Header().Get("Content-Disposition"))
		if w.Code != http.StatusOK {
			_, code, _ := strings.Cut(w.Body.String(), `"code":"`)
			code, _, _ = strings.Cut(code, `"`)
			got = fmt.Sprintf("%d %s", w.Code, code)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.id, got, tt.want)
		}
		if w.Code == http.StatusOK && (w.Body.String() != "content" || w.Header().Get("Content-Length") != "7" ||
			w.Header().Get("Content-Security-Policy") != "default-src 'none'; sandbox") {
			t.Errorf("%s: %q with %v", tt.id, w.Body, w.Header())
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
			t.Errorf("%s: headers %v", tt.id, w.Header())
		}
	}
	if w := h("HEAD", "/v1/media/png"); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d, %d bytes", w.Code, w.Body.Len())
	}
	if w := newHouseAPI(t, nil)("GET", "/v1/media/png"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "media.store") {
		t.Errorf("a house that keeps none: %d %s", w.Code, w.Body)
	}
}

// TestMediaTorn holds that a content which cannot be read to its end is not taken for a whole one.
func TestMediaTorn(t *testing.T) {
	t.Parallel()
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("the connection goes on: %v", err)
		}
	}()
	newHouseAPI(t, shelf{"torn": func() (chat.Media, io.ReadCloser, error) {
		return chat.Media{Kind: "file", Size: 100}, io.NopCloser(strings.NewReader("the beginning")), nil
	}})("GET", "/v1/media/torn")
}

// newHouseAPI is the API over media alone.
func newHouseAPI(t *testing.T, m Media) func(method, path string) *httptest.ResponseRecorder {
	t.Helper()
	if s, ok := m.(shelf); ok && s == nil {
		m = nil
	}
	api := New(Deps{Media: m, Token: "t"})
	return func(method, path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Authorization", "Bearer t")
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w
	}
}
