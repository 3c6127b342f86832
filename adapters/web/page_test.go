package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

func get(path string) *http.Request {
	return httptest.NewRequest(http.MethodGet, "/web/site/"+path, nil)
}

func TestPage(t *testing.T) {
	t.Parallel()
	s := section()
	s.Title, s.Colour = `帮助 "><script>alert(1)</script>`, "#0a7f5a"
	h := newHall(t, s)
	w := h.serve("ann", get("?lang=en-GB&scene=pay"))
	page := w.Body.String()
	nonce := regexp.MustCompile(`nonce-([0-9A-Za-z_-]{22})'`).FindStringSubmatch(w.Header().Get("Content-Security-Policy"))
	if w.Code != http.StatusOK || nonce == nil {
		t.Fatalf("answered %d with %v", w.Code, w.Header())
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy": "default-src 'none'; script-src 'nonce-" + nonce[1] + "'; style-src 'nonce-" + nonce[1] + "'; img-src 'self' https:; " +
			"connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors " + shop,
		"Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()", "Cross-Origin-Opener-Policy": "same-origin",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for _, want := range []string{`<html lang="en-GB">`, `nonce="` + nonce[1] + `"`, "widget.js?v=" + version("widget.js"), "page.css?v=" + version("page.css"), `data-colour="#0a7f5a"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	if strings.Contains(page, "<script>") || strings.Count(page, "<script") != 1 || strings.Contains(page, "pay") {
		t.Errorf("the page holds what it should not:\n%s", page)
	}
	if again := h.serve("ann", get("")).Header().Get("Content-Security-Policy"); strings.Contains(again, nonce[1]) {
		t.Error("two pages have one nonce")
	}
	if w := h.serve("x", get(`?lang="><script>`)); !strings.Contains(w.Body.String(), `<html lang="zh-CN">`) {
		t.Errorf("an odd language gave %s", w.Body)
	}
}

func TestPageWithoutOriginsIsInNoFrame(t *testing.T) {
	t.Parallel()
	w := newHall(t, Section{Secret: testSecret}).serve("ann", get(""))
	if csp := w.Header().Get("Content-Security-Policy"); !strings.HasSuffix(csp, "frame-ancestors 'none'") || w.Header().Get("X-Frame-Options") != "DENY" {
		t.Errorf("the page may be framed: %v", w.Header())
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	for name, kind := range assets() {
		w := h.serve("x", get(name+"?v="+version(name)))
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Cross-Origin-Resource-Policy") != "cross-origin" {
			t.Errorf("%s: answered %d with %v", name, w.Code, w.Header())
		}
		r := get(name)
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		if w := h.serve("x", r); w.Code != http.StatusNotModified || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s asked again: answered %d with %v, want 304 and a short life", name, w.Code, w.Header())
		}
	}
}

// maxBundle is what the bundle of page and widget may weigh; with the page's style it is about 10 KB on the wire.
const maxBundle = 15 << 10

func TestBundleIsSmallAndMakesNoHTML(t *testing.T) {
	t.Parallel()
	total := 0
	for name := range assets() {
		text, err := files.ReadFile("static/" + name)
		if err != nil {
			t.Fatal(err)
		}
		total += len(text)
		if name == "widget.js" && len(text) >= maxBundle {
			t.Errorf("widget.js has %d bytes, want less than %d", len(text), maxBundle)
		}
		for _, sink := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc", "DOMParser", "http://", "https://", "url("} {
			if strings.Contains(strings.ReplaceAll(string(text), "http://www.w3.org/2000/svg", ""), sink) {
				t.Errorf("%s holds %q", name, sink)
			}
		}
	}
	if total > 25<<10 {
		t.Errorf("all files weigh %d bytes, want at most 25 KB", total)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Section)
		want   string
	}{
		{"path", func(s *Section) { s.Path = "web" }, `path "web" must be a plain path such as /web/site`},
		{"path with a pattern", func(s *Section) { s.Path = "/web/{name}" }, `path "/web/{name}" must be a plain path such as /web/site`},
		{"path with dots", func(s *Section) { s.Path = "/web/../x" }, `path "/web/../x" must be a plain path such as /web/site`},
		{"colour", func(s *Section) { s.Colour = "red" }, `colour "red" must be written #rrggbb`},
		{"title", func(s *Section) { s.Title = " " }, "title must have 1 to 120 bytes, or be left out"},
		{"short secret", func(s *Section) { s.Secret = "canary" }, "secret and secret_previous must have at least 32 characters (openssl rand -hex 32), or be left out"},
		{"previous alone", func(s *Section) { s.Secret, s.SecretPrevious = "", testSecret }, "secret_previous is set without secret: set secret, or remove both"},
		{"any origin", func(s *Section) { s.Origins = []string{"*"} }, `origins[0] "*" must be an origin such as https://shop.example: scheme and host, no path, no *`},
		{"wild card", func(s *Section) { s.Origins = []string{shop, "https://*.example"} }, `origins[1] "https://*.example" must be an origin such as https://shop.example: scheme and host, no path, no *`},
		{"a page", func(s *Section) { s.Origins = []string{shop + "/"} }, `origins[0] "https://shop.example/" must be an origin such as https://shop.example: scheme and host, no path, no *`},
		{"no scheme", func(s *Section) { s.Origins = []string{"shop.example"} }, `origins[0] "shop.example" must be an origin such as https://shop.example: scheme and host, no path, no *`},
		{"more than an origin", func(s *Section) { s.Origins = []string{"https://a.example; script-src *"} }, `origins[0] "https://a.example; script-src *" must be an origin such as https://shop.example: scheme and host, no path, no *`},
		{"too many", func(s *Section) {
			for i := range 101 {
				s.Origins = append(s.Origins, fmt.Sprint("https://a", i))
			}
		}, "origins has more than 100 entries: give the widget's pages fewer hosts"},
	} {
		s := section()
		c.change(&s)
		d, _ := adapterstest.NewDeps()
		_, err := New("site", func(into any) error {
			got := into.(*Section)
			if s.Path == "" {
				s.Path = got.Path
			}
			if s.Title == "" {
				s.Title = got.Title
			}
			if s.Colour == "" {
				s.Colour = got.Colour
			}
			*got = s
			return nil
		}, d)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: New = %v, want %s", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error %q holds a secret", c.name, err)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s    Section
		want string
	}{
		{section(), "page: at /web/site/ · widget: pages of https://shop.example may hold it · people: known again by the configured secret"},
		{Section{}, "page: at /web/site/ · widget: no page may hold it: set origins to let one · people: known again by a secret that all processes share in the store"},
	} {
		d, _ := adapterstest.NewDeps()
		var got []string
		for _, k := range mustNew(t, c.s, d).Probe(t.Context()) {
			if !k.OK {
				t.Errorf("%s is not well: %s", k.Name, k.Detail)
			}
			got = append(got, k.Name+": "+k.Detail)
		}
		if line := strings.Join(got, " · "); line != c.want {
			t.Errorf("Probe = %q, want %q", line, c.want)
		}
	}
}
