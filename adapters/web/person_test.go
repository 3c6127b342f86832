package web

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

func TestSecretIsSharedByAllProcesses(t *testing.T) {
	t.Parallel()
	d, _ := adapterstest.NewDeps()
	now := time.Now()
	d.Clock = func() time.Time { return now }
	a, b := mustNew(t, Section{}, d), mustNew(t, Section{}, d) // no secret is configured
	peer, err := a.mint()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := a.keys.sign(t.Context(), asCookie, peer)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.keys.verify(t.Context(), asCookie, signed); err != nil || got != peer {
		t.Errorf("another process reads %q, %v, want %q", got, err, peer)
	}
	secret, err := d.Vault.Get(t.Context(), "web/site/secret")
	if err != nil || len(secret) != 64 {
		t.Fatalf("the vault holds a secret of %d letters, %v, want 64", len(secret), err)
	}
	// The store loses it; the process that comes first makes a new one, the other learns of it.
	if err := d.Vault.Drop(t.Context(), "web/site/secret", secret); err != nil {
		t.Fatal(err)
	}
	c := mustNew(t, Section{}, d)
	again, err := c.keys.sign(t.Context(), asCookie, peer)
	if err != nil || again == signed {
		t.Fatalf("sign with a new secret = %q, %v, want another signature", again, err)
	}
	if got, _ := a.keys.verify(t.Context(), asCookie, again); got != "" {
		t.Error("the vault is asked for every signature that is not ours, want at most every few seconds")
	}
	now = now.Add(lookAgain)
	if got, err := a.keys.verify(t.Context(), asCookie, again); err != nil || got != peer {
		t.Errorf("after a while the first process reads %q, %v, want %q", got, err, peer)
	}
}

func TestSecretRotation(t *testing.T) {
	t.Parallel()
	d, _ := adapterstest.NewDeps()
	const older = "canary-older-secret-0123456789abcdef"
	peer := strings.Repeat("p", 22)
	old, err := mustNew(t, Section{Secret: older}, d).keys.sign(t.Context(), asToken, peer)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		s    Section
		want string
	}{
		{"before", Section{Secret: older}, peer},
		{"during", Section{Secret: testSecret, SecretPrevious: older}, peer},
		{"after", Section{Secret: testSecret}, ""},
	} {
		k := mustNew(t, c.s, d).keys
		if got, err := k.verify(t.Context(), asToken, old); err != nil || got != c.want {
			t.Errorf("%s: the old token reads %q, %v, want %q", c.name, got, err, c.want)
		}
		fresh, err := k.sign(t.Context(), asToken, peer)
		if err != nil || (fresh == old) != (c.name == "before") {
			t.Errorf("%s: the new signature is the old one: %t, %v", c.name, fresh == old, err)
		}
	}
}

func TestCookie(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		secure bool
	}{
		{"plain", func(*http.Request) {}, false},
		{"TLS", func(r *http.Request) { r.TLS = &tls.ConnectionState{} }, true},
		{"behind a proxy that ends TLS", func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }, true},
		{"behind a plain proxy", func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "http") }, false},
		{"other headers are not believed", func(r *http.Request) {
			r.Header.Set("X-Forwarded-Host", "evil.example")
			r.Header.Set("Forwarded", "proto=https")
		}, false},
	} {
		h := newHall(t, section())
		r := httptest.NewRequest(http.MethodGet, "/web/site/", nil)
		c.change(r)
		got := h.serve("ann", r).Result().Cookies()
		if len(got) != 1 || got[0].Name != "xianda_site" || !got[0].HttpOnly || got[0].SameSite != http.SameSiteLaxMode || got[0].Path != "/web/site/" ||
			got[0].Secure != c.secure || got[0].Domain != "" || got[0].MaxAge <= 0 {
			t.Errorf("%s: cookies %+v, want one that scripts cannot read, of this page only, secure %t", c.name, got, c.secure)
		}
	}
}

// TestWhoIsKnownStaysTheSame: nothing but a lost or foreign cookie makes a person new.
func TestWhoIsKnownStaysTheSame(t *testing.T) {
	t.Parallel()
	h := newHall(t, section())
	_, begin, _ := h.open(t, "ann", "", "")
	who := peer(t, begin)
	link := httptest.NewRequest(http.MethodGet, "/web/site/?scene=pay", nil) // a link on another site
	link.Header.Set("Sec-Fetch-Site", "cross-site")
	link.Header.Set("Sec-Fetch-Mode", "navigate")
	link.Header.Set("Sec-Fetch-Dest", "document")
	if w := h.serve("ann", link); w.Code != http.StatusOK || len(w.Result().Cookies()) > 0 {
		t.Errorf("a page opened by a link of another site was answered %d with cookies %v, want none: it may not have been sent ours", w.Code, w.Result().Cookies())
	}
	frame := httptest.NewRequest(http.MethodGet, "/web/site/", nil)
	frame.Header.Set("Sec-Fetch-Dest", "iframe")
	if w := h.serve("x", frame); len(w.Result().Cookies()) > 0 {
		t.Errorf("a frame got the cookies %v, want none", w.Result().Cookies())
	}
	h.post("ann", body("a", "在吗"))
	_, again, _ := h.open(t, "ann", "", "")
	if got := peer(t, again); got != who || h.heard()[1].From.Peer != who {
		t.Errorf("the person became %s and %s, want %s", got, h.heard()[1].From.Peer, who)
	}
	h.names["ann"] = &http.Cookie{Name: "xianda_site", Value: who + ".forged"}
	_, other, _ := h.open(t, "ann", "", "")
	if got := peer(t, other); got == who {
		t.Error("a forged cookie opened the person's conversation")
	}
}
