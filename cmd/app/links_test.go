package app

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/adapters/entry"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/config"
)

// TestSigner holds which secret signs entry links, that those made before stay good, and that plain scenes need none.
func TestSigner(t *testing.T) {
	t.Parallel()
	open := func(text string) (*entry.Signer, error) {
		cfg, err := config.Parse([]byte("release: .\n"+text), "x.yaml", nil)
		if err != nil {
			t.Fatal(err)
		}
		return signer(cfg, time.Now, newMetrics())
	}
	must := func(text string) *entry.Signer {
		s, err := open(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const long = "a-secret-of-more-than-thirty-two-bytes"
	scene := map[string]string{"error": "RP_HOLD"}
	byAdmin := must("admin: {token: short-token}\n")
	token, err := byAdmin.Sign("site", scene, time.Now().Add(time.Hour), 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		config string
		reads  bool
	}{
		{"admin: {token: short-token}\n", true},
		{"admin: {token: another}\n", false},
		{"admin: {token: short-token}\nlinks: {secret: " + long + "}\n", false},
		{"links: {secret: " + long + ", secret_previous: short-token}\n", true},
		{"", false},
	} {
		if got := must(c.config).Read("site", token); (got[chat.SignedScene] == "yes") != c.reads {
			t.Errorf("with %q the link reads as %v", c.config, got)
		}
	}
	bare := must("")
	if _, err := bare.Sign("site", scene, time.Now().Add(time.Hour), 64); !errors.Is(err, entry.ErrNoSecret) {
		t.Errorf("without a secret: %v", err)
	}
	if d := cmp.Diff(scene, bare.Read("site", "RP_HOLD")); d != "" {
		t.Errorf("without a secret a plain scene reads otherwise:\n%s", d)
	}
	_, err = open("links: {secret: short}\n")
	if err == nil || !strings.Contains(err.Error(), "at least 32") || strings.Contains(err.Error(), "short") {
		t.Errorf("a short secret: %v", err)
	}
}
