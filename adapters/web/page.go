package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"html/template"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// The page, and what the front end in ui/ is built to: make web.
//
//go:embed page.html static
var files embed.FS

var langForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[0-9A-Za-z]{2,8}){0,3}$`)

// assets are the built files with their types.
func assets() map[string]string {
	return map[string]string{"widget.js": "text/javascript; charset=utf-8", "page.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
}

// harden sets what every answer says to a browser; the page itself says more.
func harden(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// policy lets the page do what it needs: its own script and style by nonce, pictures of answers, requests to us. No text ever becomes
// HTML (trusted types), and only pages of origins may hold it in a frame.
func (a *Adapter) policy(nonce string) string {
	holders := "'none'"
	if len(a.cfg.Origins) > 0 {
		holders = strings.Join(a.cfg.Origins, " ")
	}
	return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "'; img-src 'self' https:; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors " + holders
}

// page answers with the chat page. A frame of another site gets no cookie: it asks for a token.
func (a *Adapter) page(w http.ResponseWriter, r *http.Request) {
	framed := r.Header.Get("Sec-Fetch-Dest") == "iframe"
	if !framed {
		if _, _, refusal := a.person(w, r, true); refusal != nil && refusal.Status != http.StatusUnauthorized {
			a.refuse(w, *refusal)
			return
		}
	}
	var b [16]byte
	if _, err := io.ReadFull(a.deps.Random, b[:]); err != nil {
		a.refuse(w, *a.unavailable("random", err))
		return
	}
	nonce := base64.RawURLEncoding.EncodeToString(b[:])
	lang := r.URL.Query().Get("lang")
	if !langForm.MatchString(lang) {
		lang = "zh-CN"
	}
	var out bytes.Buffer
	err := pageTemplate().Execute(&out, map[string]string{
		"Lang": lang, "Title": a.cfg.Title, "Colour": a.cfg.Colour, "Nonce": nonce, "Script": version("widget.js"), "Style": version("page.css"),
	})
	if err != nil {
		a.refuse(w, *a.unavailable("page", err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", a.policy(nonce))
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if len(a.cfg.Origins) == 0 {
		h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(out.Bytes()))
}

func pageTemplate() *template.Template {
	return template.Must(template.ParseFS(files, "page.html")) // a file of ours: a mistake in it fails every test
}

// asset answers with a built file. Any page may load the widget's script; what it opens is guarded by itself.
func (a *Adapter) asset(w http.ResponseWriter, r *http.Request, name string) {
	body, err := files.ReadFile("static/" + name)
	if err != nil {
		a.refuse(w, errUnknown)
		return
	}
	h := w.Header()
	h.Set("ETag", `"`+version(name)+`"`)
	h.Set("Cache-Control", "public, max-age=300")
	if r.URL.Query().Get("v") == version(name) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Content-Type", assets()[name])
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// version changes with the content of a built file.
func version(name string) string {
	body, err := files.ReadFile("static/" + name)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}
