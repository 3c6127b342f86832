package release

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/xianda-bot/xianda/dialog/script"
)

func sources(t *testing.T, dir string) []script.Source {
	t.Helper()
	var out []script.Source
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		out = append(out, script.Source{Name: filepath.ToSlash(name), Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBuildDump(t *testing.T) {
	for _, d := range []string{"acceptance", "bench", "redpacket"} {
		r, f := Build(sources(t, "testdata/"+d), Options{})
		for _, x := range f {
			t.Logf("%s:%d:%d %s %v %s | %s", x.File, x.Line, x.Col, x.Rule, x.Warning, x.Text, x.Edit)
		}
		if r != nil {
			t.Log(r.Name, r.Version, len(r.Dialogs), len(r.Entries), r.Hours, r.Thresholds, len(r.Patterns))
		}
	}
}
