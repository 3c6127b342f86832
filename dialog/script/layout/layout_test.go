package layout_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/script/layout"
	"github.com/xianda-bot/xianda/kb"
)

// TestFormat holds every file of testdata against its layout: in and out are the two files of each archive.
func TestFormat(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata: %d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := layout.Format(script.Source{Name: a.Files[0].Name, Data: a.Files[0].Data})
			if err != nil {
				t.Fatal(err)
			}
			if want := string(a.Files[1].Data); string(got) != want {
				t.Errorf("Format:\n%s\nwant:\n%s", got, want)
			}
			again(t, a.Files[0].Name, got)
		})
	}
}

// again formats what was formatted: nothing may change.
func again(t *testing.T, name string, formatted []byte) {
	t.Helper()
	twice, err := layout.Format(script.Source{Name: name, Data: formatted})
	if err != nil {
		t.Fatalf("formatting again: %v\n%s", err, formatted)
	}
	if string(twice) != string(formatted) {
		t.Errorf("formatting again changes it:\n%s\nto:\n%s", formatted, twice)
	}
}

// comments are the words behind every # of a file, in any order.
func comments(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if i := strings.Index(line, "#"); i == 0 || i > 0 && line[i-1] == ' ' {
			out = append(out, strings.TrimSpace(strings.TrimLeft(line[i:], "#")))
		}
	}
	slices.Sort(out)
	return out
}

// TestFormatKeepsMeaning formats every file of every release of this project: it can, once is enough, each comment is still there, and
// what the readers make of it is the same.
func TestFormatKeepsMeaning(t *testing.T) {
	t.Parallel()
	n := 0
	err := filepath.WalkDir("../../..", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && strings.HasPrefix(e.Name(), ".") && len(e.Name()) > 2 {
			return fs.SkipDir
		}
		inRelease := strings.Contains(name, "helpdesk/") || strings.Contains(name, "rehearse/testdata/") || strings.Contains(name, "release/testdata/") || strings.Contains(name, "broken/good/")
		if e.IsDir() || !strings.HasSuffix(name, ".yaml") || !inRelease {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		n++
		short := filepath.ToSlash(filepath.Join(filepath.Base(filepath.Dir(name)), filepath.Base(name)))
		got, err := layout.Format(script.Source{Name: short, Data: data})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return nil
		}
		again(t, short, got)
		if a, b := comments(string(data)), comments(string(got)); !slices.Equal(a, b) {
			t.Errorf("%s: comments %q became %q", name, a, b)
		}
		return nil
	})
	if err != nil || n < 50 {
		t.Errorf("%d files were formatted, %v, want at least 50", n, err)
	}
}

func TestFormatRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want error
	}{
		{"a: [1\n", layout.ErrBroken},
		{"a: no\n", layout.ErrBroken},
		{"a: &x 1\n", layout.ErrBroken},
		{"a: |2\n    b\n", layout.ErrLayout},
		{"a: b\n\n  c\n", layout.ErrLayout},
	} {
		if got, err := layout.Format(script.Source{Name: "dialogs/x.yaml", Data: []byte(c.text)}); !errors.Is(err, c.want) {
			t.Errorf("Format(%q) = %q, %v, want %v", c.text, got, err, c.want)
		}
	}
}

func FuzzFormat(f *testing.F) {
	for _, pattern := range []string{"../testdata/*/*.yaml", "../../../cmd/cli/starter/helpdesk/*/*.yaml", "../../../cmd/cli/starter/helpdesk/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte("# head\n\n- a: {b: [c, # d\n  e], f: 'g''h'}\n  i: |\n    j\n\n  # k\n-   - l\n    -   m: n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"dialogs/x.yaml", "kb/x.yaml", "tests/x.yaml", "release.yaml"} {
			got, err := layout.Format(script.Source{Name: name, Data: data})
			if err != nil {
				continue
			}
			again(t, name, got)
		}
	})
}

// TestFormatKeepsDialogs reads every dialog before and after: it asks, says and goes on as before, with choices and patterns in their order.
func TestFormatKeepsDialogs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../cmd/cli/starter/helpdesk/dialogs/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d dialogs, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := "dialogs/" + filepath.Base(file)
		// A file that is as untidy as it can be and means the same.
		untidy := strings.ReplaceAll(strings.ReplaceAll(string(data), "\n  - ", "\n  -   "), ", ", " ,  ")
		for _, src := range []string{string(data), untidy} {
			before, _ := script.ParseDialog(script.Source{Name: name, Data: []byte(src)})
			formatted, err := layout.Format(script.Source{Name: name, Data: []byte(src)})
			if err != nil || before == nil {
				continue // blanks that a text cannot bear
			}
			after, found := script.ParseDialog(script.Source{Name: name, Data: formatted})
			if after == nil {
				t.Fatalf("%s: %v", name, found)
			}
			if a, b := meaning(before), meaning(after); a != b {
				t.Errorf("%s means\n%s\nand, formatted,\n%s", name, a, b)
			}
		}
	}
}

// meaning is what a dialog is, without places.
func meaning(d *script.Dialog) string {
	var b strings.Builder
	o := d.Outline(func(string) *kb.Entry { return nil })
	fmt.Fprintln(&b, o.ID, o.Title, o.Begins, o.Steps)
	for _, s := range d.Slots {
		fmt.Fprintln(&b, s.Name, s.Title, s.Type, s.Choices, s.Length, s.Pattern, s.MaxRetry, s.SkipWords, source(s.Ask), source(s.Invalid))
	}
	for _, s := range d.Steps {
		fmt.Fprintln(&b, s.ID, s.Carry, source(s.Notice), source(s.NoSeat), s.Save, s.Timeout, s.Retry)
	}
	for _, p := range d.Patterns {
		fmt.Fprintln(&b, p.Name, p.Words, p.Contains, p.Do, source(p.Say))
	}
	return b.String()
}

func source(t *script.Template) string {
	if t == nil {
		return "-"
	}
	return t.Source
}
