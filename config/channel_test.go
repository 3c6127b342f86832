package config

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// account is a section as an adapter would describe it.
type account struct {
	shared   `yaml:",inline"`
	Token    string         `yaml:"token"`
	Code     string         `yaml:"code" secret:"true"`
	Verified bool           `yaml:"verified"`
	Menus    string         `yaml:"menus"`
	Origins  []string       `yaml:"origins"`
	Timeout  time.Duration  `yaml:"timeout"`
	Retries  *int           `yaml:"retries"`
	Share    float64        `yaml:"share"`
	Limit    uint8          `yaml:"limit"`
	Bind     netip.Addr     `yaml:"bind"`
	Labels   map[string]int `yaml:"labels"`
	Any      any            `yaml:"any"`
	Mode     mode
	skipped  string //nolint:unused // that it is not reachable is what is tested
}

type shared struct {
	AppID string `yaml:"app_id"`
	Path  string `yaml:"path"`
}

type mode string

func section(t *testing.T, text string) Channel {
	t.Helper()
	c, err := Parse([]byte("release: .\nchannels:\n  - name: shop\n    kind: wechat\n"+text), "testdata/xianda.yaml", someVariables)
	if err != nil {
		t.Fatal(err)
	}
	return c.Channels[0]
}

func TestChannelDecode(t *testing.T) {
	t.Parallel()
	three := 3
	for _, c := range []struct {
		name, text string
		want       account
	}{
		{"nothing keeps defaults", "", account{Menus: "numbered"}},
		{"every kind", "    app_id: wx1\n    path: /p\n    token: ${TOKEN}\n    verified: true\n    origins: [a, '${TOKEN}']\n    timeout: 1m30s\n    retries: 3\n    share: 0.5\n" +
			"    limit: 255\n    bind: 127.0.0.1\n    labels: {a: 1}\n    any: {x: [1, 1.5, true, null, '2']}\n    mode: polling\n    menus: links\n",
			account{shared: shared{"wx1", "/p"}, Token: "canary11", Verified: true, Menus: "links", Origins: []string{"a", "canary11"}, Timeout: 90 * time.Second, Retries: &three,
				Share: 0.5, Limit: 255, Bind: netip.MustParseAddr("127.0.0.1"), Labels: map[string]int{"a": 1},
				Any: map[string]any{"x": []any{int64(1), 1.5, true, nil, "2"}}, Mode: "polling"}},
		{"digits stay as written", "    app_id: 0123\n    token: 1_000\n    code: 0x1F\n", account{shared: shared{AppID: "0123"}, Token: "1_000", Code: "0x1F", Menus: "numbered"}},
		{"null is nothing", "    app_id: ~\n    token:\n", account{Menus: "numbered"}},
		{"from a file", "    token_file: secret.txt\n    code_file: secret.txt\n", account{Token: "from-a-file", Code: "from-a-file", Menus: "numbered"}},
		{"a block of text", "    app_id: |\n      a\n      b\n", account{shared: shared{AppID: "a\nb\n"}, Menus: "numbered"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := account{Menus: "numbered"}
			if err := section(t, c.text).Decode(&got); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got, cmp.AllowUnexported(account{}), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
				t.Errorf("Decode(%q), - want + got:\n%s", c.text, d)
			}
		})
	}
}

func TestChannelDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "    appid: wx1\n", `testdata/xianda.yaml:5:5: unknown key "appid"; did you mean "app_id"?`},
		{"a field that is not exported", "    skipped: x\n", `testdata/xianda.yaml:5:5: unknown key "skipped"; known here: app_id, path, token, code, verified, menus, origins, timeout, retries, share, limit, bind, labels, any, mode`},
		{"not true or false", "    verified: yes\n", `testdata/xianda.yaml:5:15: verified: want true or false, got "yes"`},
		{"not a number", "    retries: many\n", `testdata/xianda.yaml:5:14: retries: want a whole number, got "many"`},
		{"too large", "    limit: 256\n", `testdata/xianda.yaml:5:12: limit: want a whole number, got "256"`},
		{"not finite", "    share: .inf\n", `testdata/xianda.yaml:5:12: share: want a number, got ".inf"`},
		{"not a duration", "    timeout: -5s\n", `testdata/xianda.yaml:5:14: timeout: want a duration such as 5s or 2m, got "-5s"`},
		{"a secret is not quoted", "    code: {hunter2: 1}\n", `testdata/xianda.yaml:5:12: code: want text, got a mapping`},
		{"a variable's value is not quoted", "    verified: ${TOKEN}\n", `testdata/xianda.yaml:5:15: verified: want true or false, got text`},
		{"an item", "    origins: [a, [b]]\n", `testdata/xianda.yaml:5:18: origins[1]: want text, got a list`},
		{"a type of its own", "    bind: nowhere\n", `testdata/xianda.yaml:5:11: bind: ParseAddr("nowhere"): unable to parse IP`},
		{"a variable's value of a type of its own", "    bind: ${TOKEN}\n", `testdata/xianda.yaml:5:11: bind: want a netip.Addr, got text`},
		{"unset where it is used", "    origins: ['${NOT_SET}']\n", `testdata/xianda.yaml:5:15: origins[0]: the environment variable NOT_SET is not set`},
		{"no file", "    token_file: nowhere\n", `testdata/xianda.yaml:5:17: token_file: testdata/nowhere: no such file or directory`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := section(t, c.text).Decode(&account{})
			if err == nil || err.Error() != c.want {
				t.Errorf("Decode(%q) = %v, want %s", c.text, err, c.want)
			}
		})
	}
	if err := section(t, "").Decode(account{}); err == nil || !strings.Contains(err.Error(), "pointer") {
		t.Errorf("Decode(no pointer) = %v, want an error that says so", err)
	}
}

func TestChannelSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, a, b string
		want       bool
	}{
		{"equal", "    app_id: wx1\n", "    app_id: 'wx1' # moved\n", true},
		{"another value", "    app_id: wx1\n", "    app_id: wx2\n", false},
		{"one key more", "    app_id: wx1\n", "    app_id: wx1\n    verified: true\n", false},
		{"another item", "    origins: [a]\n", "    origins: [b]\n", false},
		{"a secret in a file may have changed", "    token_file: secret.txt\n", "    token_file: secret.txt\n", false},
	} {
		if got := section(t, c.a).Same(section(t, c.b)); got != c.want {
			t.Errorf("%s: Same = %t, want %t", c.name, got, c.want)
		}
	}
}

// TestMistake holds that what a channel's owner finds wrong is told with its place: that of the key, else of the section.
func TestMistake(t *testing.T) {
	t.Parallel()
	c := section(t, "    app_id: wx1\n    token_file: secret.txt\n    origins: [a]\n")
	decoded := c.Decode(&struct {
		App string `yaml:"app"`
	}{})
	for _, tt := range []struct {
		err  error
		want string
	}{
		{errors.New("app_id is malformed: copy it"), "testdata/xianda.yaml:5:13: channel shop: app_id is malformed: copy it"},
		{errors.New("token must be shorter"), "testdata/xianda.yaml:6:17: channel shop: token must be shorter"},
		{errors.New("origins[0] is no origin"), "testdata/xianda.yaml:7:14: channel shop: origins[0] is no origin"},
		{errors.New("secret is missing: copy it"), "testdata/xianda.yaml:3:5: channel shop: secret is missing: copy it"},
		{fmt.Errorf("opening: %w", errors.New("no")), "testdata/xianda.yaml:3:5: channel shop: opening: no"},
		{decoded, "testdata/xianda.yaml:5:5: channel shop: unknown key \"app_id\"; known here: app\n" +
			"testdata/xianda.yaml:6:5: channel shop: unknown key \"token_file\"; known here: app\n" +
			"testdata/xianda.yaml:7:5: channel shop: unknown key \"origins\"; known here: app"},
	} {
		if got := c.Mistake(tt.err).Error(); got != tt.want {
			t.Errorf("Mistake(%q):\n%s\nwant\n%s", tt.err, got, tt.want)
		}
	}
}
