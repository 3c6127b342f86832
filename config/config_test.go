package config

import (
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "write the error texts and golden files anew")

func variables(all map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := all[name]
		return v, ok
	}
}

var someVariables = variables(map[string]string{
	"REDIS_PASSWORD": "canary7", "XIANDA_ADMIN": "canary8", "SHOP_AES_KEY": "canary9", "PAY_TOKEN": "canary10", "TOKEN": "canary11",
	"HOSTILE": "x\nlisten: \":1\"", "NESTED": "${TOKEN}", "EMPTY": "",
})

func TestLoad(t *testing.T) {
	t.Parallel()
	got, err := Load("testdata/full.yaml", someVariables)
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Listen:  "127.0.0.1:8080",
		Store:   "redis://:canary7@127.0.0.1:6379/0",
		Release: "testdata/helpdesk",
		COS:     COS{SecretID: "AKIDcanary1", SecretKey: "canary2"},
		Admin:   Admin{Listen: "127.0.0.1:8081", Token: "canary8"},
		Channels: []Channel{
			{Name: "shop", Kind: "wechat", Path: "/wechat/shop", NativeSeats: true},
			{Name: "term", Kind: "console", Path: "/console/term", NativeSeats: true},
		},
		Handoff: Handoff{
			Webhook: Webhook{URL: "https://desk.example/hook?key=canary5", Secret: "canary6"},
			Queues:  map[string]Queue{"default": {Skills: []string{}}, "支付": {Skills: []string{"退款", "it's"}}},
		},
		Media: Media{Store: "testdata/files", Keep: 48 * time.Hour, MaxMB: 5, Allow: []string{"files.corp.example:9000"}},
		Links: Links{Secret: "canary-of-thirty-two-characters-1", SecretPrevious: "canary6"},
		Backends: map[string]Backend{
			"pay":  {URL: "https://pay.example/helpdesk", Token: "canary10", Timeout: time.Minute},
			"slow": {URL: "http://127.0.0.1:8900/_slow", Timeout: 30 * time.Second},
		},
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{}, Channel{})); d != "" {
		t.Errorf("Load(full.yaml), - want + got:\n%s", d)
	}
}

func TestParseFillsIn(t *testing.T) {
	t.Parallel()
	got, err := Parse([]byte("\ufeffrelease: cos://b-1.r/p\ncos: {secret_id_file: secret.txt, secret_key: \"$${x}${EMPTY}${NESTED}\"}\nadmin:\n  token: ${HOSTILE}\n"), "testdata/x.yaml", someVariables)
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		Listen: DefaultListen, Store: "local:testdata/data", Release: "cos://b-1.r/p",
		COS:     COS{SecretID: "from-a-file", SecretKey: "${x}${TOKEN}"},
		Admin:   Admin{Listen: DefaultAdmin, Token: "x\nlisten: \":1\""},
		Handoff: Handoff{Queues: map[string]Queue{"default": {}}},
		Media:   Media{Store: "testdata/data/media", Keep: DefaultKeep, MaxMB: DefaultMaxMB},
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{}, Channel{})); d != "" {
		t.Errorf("Parse, - want + got:\n%s", d)
	}
}

// TestBad asserts the whole text that each mistake gives. The texts stand beside the files; go test -run TestBad -update writes them.
func TestBad(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 40 {
		t.Fatalf("found %d bad files (%v), want those of testdata/bad", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			_, err := Load(file, someVariables)
			if err == nil {
				t.Fatalf("Load(%s) = nil, want an error", file)
			}
			got := strings.ReplaceAll(err.Error(), file, "xianda.yaml") + "\n"
			if strings.Contains(got, "canary") || strings.Contains(got, "hunter2") {
				t.Errorf("Load(%s) = %q, which tells a secret", file, got)
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", got)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s, - want + got:\n%s", name, d)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	c, err := Load("testdata/full.yaml", variables(map[string]string{"REDIS_PASSWORD": "canary7", "XIANDA_ADMIN": "canary8", "PAY_TOKEN": "canary10"}))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := c.Show(&out); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"canary", "01234567890123456789012345678901", "from-a-file"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("Show tells a secret:\n%s", out.String())
		}
	}
	golden(t, "testdata/full.show.txt", out.String())
	if _, err := Parse([]byte(out.String()), "shown.yaml", someVariables); err != nil {
		t.Errorf("what Show wrote does not parse: %v\n%s", err, out.String())
	}
}

func TestSecretsHide(t *testing.T) {
	t.Parallel()
	type holder struct {
		S Secret
		U URL
		M map[string]Secret
	}
	h := holder{"canary", "redis://me:canary@h:1/0?password=canary&db=2#canary", map[string]Secret{"k": "canary"}}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "secret", h.S, "url", h.U, "all", h)
	asJSON, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{fmt.Sprint(h), fmt.Sprintf("%v %+v %#v %s %q", h, h, h, h.S, h.U), string(asJSON), log.String()} {
		if strings.Contains(got, "canary") {
			t.Errorf("%s tells a secret", got)
		}
	}
	if got, want := h.U.String(), "redis://me:<secret>@h:1/0?password=<secret>&db=2"; got != want {
		t.Errorf("URL.String() = %q, want %q", got, want)
	}
	for _, c := range []struct{ in, want string }{
		{"local:/var/lib/xianda", "local:/var/lib/xianda"},
		{"redis-sentinel://h1,h2/master?db=0", "redis-sentinel://h1,h2/master?db=0"},
		{"https://pay.example/helpdesk", "https://pay.example/helpdesk"},
		{"redis:canary", hidden},
		{"", ""},
	} {
		if got := URL(c.in).String(); got != c.want {
			t.Errorf("URL(%q).String() = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"app_id", "app_secret", "token", "path"}
	for _, c := range []struct{ key, want string }{
		{"appid", `unknown key "appid"; did you mean "app_id"?`},
		{"app_secert", `unknown key "app_secert"; did you mean "app_secret"?`},
		{"colour", `unknown key "colour"; known here: app_id, app_secret, token, path`},
	} {
		if got := unknownKey(c.key, known); got != c.want {
			t.Errorf("unknownKey(%q) = %q, want %q", c.key, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, file := range append(files, "testdata/full.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data, "testdata/fuzz.yaml", someVariables)
		if err != nil {
			return
		}
		var out strings.Builder
		if err := c.Show(&out); err != nil {
			t.Fatal(err)
		}
		for _, ch := range c.Channels {
			_ = ch.Decode(&map[string]any{})
		}
		again, err := Parse([]byte(out.String()), "shown.yaml", someVariables)
		if err != nil {
			t.Fatalf("what Show wrote does not parse: %v\n%s", err, out.String())
		}
		if len(again.Channels) != len(c.Channels) || again.Listen != c.Listen {
			t.Errorf("what Show wrote reads as something else:\n%s", out.String())
		}
	})
}
