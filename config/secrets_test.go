package config

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("canary-from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) (string, bool) { return "canary-from-env", name == "SHOP" }
	cfg, err := Parse([]byte(`release: ./r
admin: {listen: "127.0.0.1:1", token: canary-admin}
channels:
  - {name: shop, kind: wechat, app_id: wx01, app_secret: "${SHOP}", token: short, aes_key_file: ./key, other: "${UNSET}"}
`), filepath.Join(dir, "xianda.yaml"), env)
	if err != nil {
		t.Fatal(err)
	}
	got := cfg.Secrets()
	slices.Sort(got)
	if want := []string{"canary-admin", "canary-from-env", "canary-from-file"}; !slices.Equal(got, want) {
		t.Errorf("Secrets() = %q, want %q", got, want)
	}
}
