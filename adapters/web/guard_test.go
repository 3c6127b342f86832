package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func crossSite(method, path, origin, body string) *http.Request {
	r := httptest.NewRequest(method, "/web/site/"+path, strings.NewReader(body))
	r.Header.Set("Origin", origin)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	for origin, want := range map[string]int{
		shop: http.StatusNoContent, "https://SHOP.example": http.StatusNoContent, "http://shop.example": http.StatusForbidden,
		"https://shop.example:444": http.StatusForbidden, "https://shop.example.evil.example": http.StatusForbidden,
		"https://evil-shop.example": http.StatusForbidden, "null": http.StatusForbidden, "": http.StatusForbidden,
	} {
		for _, path := range []string{"session", "messages", "stream"} {
			w := h.serve("x", crossSite(http.MethodOptions, path, origin, ""))
			allowed := w.Header().Get("Access-Control-Allow-Origin")
			if w.Code != want || (allowed == origin) != (want == http.StatusNoContent) && origin != "" {
				t.Errorf("%s from %q: answered %d, allowed %q, want %d", path, origin, w.Code, allowed, want)
			}
			if w.Header().Get("Access-Control-Allow-Credentials") != "" || w.Header().Get("Vary") != "Origin" {
				t.Errorf("%s from %q: headers %v, want no credentials, and Vary", path, origin, w.Header())
			}
		}
	}
}

func TestTokenOfAnotherSite(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	w := h.serve("x", crossSite(http.MethodPost, "session", shop, ""))
	var s struct{ Token, Peer string }
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != http.StatusOK || s.Token == "" || len(w.Result().Cookies()) > 0 {
		t.Fatalf("session was answered %d %q, %v", w.Code, w.Body, err)
	}
	with := func(r *http.Request, token string) *http.Request {
		r.Header.Set("Authorization", "Bearer "+token)
		return r
	}
	if w := h.serve("x", with(crossSite(http.MethodPost, "messages", shop, body("a", "在吗")), s.Token)); w.Code != http.StatusAccepted || w.Header().Get("Access-Control-Allow-Origin") != shop {
		t.Errorf("a message by token was answered %d with %v", w.Code, w.Header())
	}
	if got := h.heard(); len(got) != 1 || got[0].From.Peer != s.Peer {
		t.Errorf("the house heard %+v, want a message of %s", got, s.Peer)
	}
	tp, stop := listen(t, h.door, with(crossSite(http.MethodGet, "stream", shop, ""), s.Token))
	if status := <-tp.status; status != http.StatusOK || tp.header.Get("Set-Cookie") != "" {
		t.Errorf("the stream was answered %d with %v", status, tp.header)
	}
	if got := peer(t, tp.until(t, ready)); got != s.Peer {
		t.Errorf("the stream is of %s, want %s", got, s.Peer)
	}
	stop()
	if w := h.serve("x", with(crossSite(http.MethodPost, "session", shop, ""), s.Token)); !strings.Contains(w.Body.String(), s.Token) {
		t.Errorf("a good token was renewed to %q, want itself", w.Body)
	}
	// A token is no pass for pages that may not speak to us.
	if w := h.serve("x", with(crossSite(http.MethodPost, "messages", "https://evil.example", body("b", "在吗")), s.Token)); w.Code != http.StatusForbidden {
		t.Errorf("a token from another origin was answered %d, want 403", w.Code)
	}
}

// TestCookieStaysACookie: no request brings a token of the person whom the cookie speaks for, and no other site acts by the cookie.
func TestCookieStaysACookie(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	_, begin, _ := h.open(t, "ann", "", "")
	who, cookie := peer(t, begin), h.cookie("ann")
	r := httptest.NewRequest(http.MethodPost, "/web/site/session", nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(cookie)
	if w := h.serve("x", r); strings.Contains(w.Body.String(), who) {
		t.Errorf("session gave a token of the cookie's person: %q", w.Body)
	}
	for name, r := range map[string]*http.Request{
		"a message of an allowed site": crossSite(http.MethodPost, "messages", shop, body("a", "转账")),
		"a message of another":         crossSite(http.MethodPost, "messages", "https://evil.example", body("a", "转账")),
		"a stream of an allowed site":  crossSite(http.MethodGet, "stream", shop, ""),
		"a stream of another":          crossSite(http.MethodGet, "stream", "https://evil.example", ""),
	} {
		r.AddCookie(cookie)
		if w := h.serve("x", r); w.Code != http.StatusForbidden && w.Code != http.StatusUnauthorized {
			t.Errorf("%s with the cookie was answered %d, want it refused", name, w.Code)
		}
	}
	if n := len(h.heard()); n != 1 { // ann's own arrival
		t.Errorf("the house heard %d messages, want the arrival alone", n)
	}
}
