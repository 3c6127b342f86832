package all_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/xianda-bot/xianda/adapters/all"
)

// A messenger that has a folder and no line would be dead code that looks alive.
func TestEveryMessengerIsBuiltIn(t *testing.T) {
	t.Parallel()
	notMessengers := map[string]bool{"adapterstest": true, "all": true, "entry": true, "internal": true, "postman": true}
	folders, err := filepath.Glob("../*")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range folders {
		name := filepath.Base(f)
		if info, err := os.Stat(f); err != nil || !info.IsDir() || notMessengers[name] {
			continue
		}
		found++
		if all.Registry()[name].New == nil {
			t.Errorf("adapters/%s has no line in adapters/all", name)
		}
	}
	if found != len(all.Registry()) {
		t.Errorf("%d folders of messengers, %d lines: a kind must bear the name of its folder", found, len(all.Registry()))
	}
}
