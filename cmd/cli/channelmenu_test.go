package cli

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/adapters/wechat/wechattest"
)

// On a terminal the operator sees what changes and is asked; anything but y changes nothing.
func TestPushMenuAsks(t *testing.T) {
	t.Parallel()
	p := wechattest.New(t)
	api := httptest.NewServer(p)
	t.Cleanup(api.Close)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"xianda.yaml": fmt.Sprintf("release: .\nchannels:\n  - {name: shop, kind: wechat, app_id: %s, app_secret: %s, token: %s, verified: true, api_base: %q}\n",
			p.Account.App, p.Account.Secret, p.Account.Token, api.URL),
		"release.yaml": "name: 小\n",
		"menu.yaml":    "shop: [{label: 官网, url: https://shop.example}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		answer string
		code   int
		sets   int // calls of menu/create so far
	}{
		{"", Failed, 0}, {"n\n", Failed, 0}, {"yes please\n", Failed, 0}, {"Y\n", Done, 1}, {"", Done, 1}, // the last: it is there already
	} {
		var out, talk bytes.Buffer
		env := testEnv(&out, &talk)
		env.In, env.Terminal = strings.NewReader(c.answer), true
		code := Run(t.Context(), []string{"channel", "menu", "push", "shop", "-c", filepath.Join(dir, "xianda.yaml")}, *env)
		if code != c.code || p.Called("/cgi-bin/menu/create") != c.sets {
			t.Errorf("answering %q: exit code %d, %d menus set, want %d and %d\n%s%s", c.answer, code, p.Called("/cgi-bin/menu/create"), c.code, c.sets, &out, &talk)
		}
		if asked := strings.Contains(talk.String(), "[y/N]"); asked != strings.Contains(out.String(), "官网  url https://shop.example") {
			t.Errorf("answering %q: it asks without showing, or shows without asking: %s%s", c.answer, &out, &talk)
		}
		if p.Leak(out.String() + talk.String()) {
			t.Errorf("answering %q: a secret is printed", c.answer)
		}
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want string }{
		{"", "", ""}, {"a b", "a b", " a, b"}, {"a b", "a", " a,-b"}, {"", "a b", "+a,+b"}, {"a b c", "a x c", " a,-b,+x, c"}, {"a b", "b a", "-a, b,+a"},
	} {
		if got := strings.Join(difference(strings.Fields(c.a), strings.Fields(c.b)), ","); got != c.want {
			t.Errorf("difference(%q, %q) = %q, want %q", c.a, c.b, got, c.want)
		}
	}
}
