package main

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.." // of the repository, seen from this folder
	module = "github.com/xianda-bot/xianda"

	maxLines = 400 // of a file without a reason
)

// source is one parsed file.
type source struct {
	name    string // "chat/chat.go", from the root
	pkg     string // "chat"
	test    bool   // its name ends in _test.go
	lines   int
	doc     bool     // the package clause has a comment
	imports []string // ours without the module's path
	inits   []int    // lines of init functions
	reason  bool     // a comment line begins with "Length:" and gives a reason
}

// TestSources holds the rules that a single file can break.
func TestSources(t *testing.T) {
	t.Parallel()
	for _, line := range faults(readTree(t)) {
		t.Error(line)
	}
}

// faults names every file and package that breaks a rule.
func faults(files []source) []string {
	var out []string
	documented := map[string]bool{}
	for _, f := range files {
		for _, line := range f.inits {
			out = append(out, fmt.Sprintf("%s:%d: an init function runs unasked; name the thing where it is used", f.name, line))
		}
		if f.lines > maxLines && !f.reason {
			out = append(out, fmt.Sprintf("%s: %d lines, and no comment line \"Length:\" says why; which second job moved in?", f.name, f.lines))
		}
		if !f.test {
			documented[f.pkg] = documented[f.pkg] || f.doc
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(documented)) {
		if !documented[pkg] {
			out = append(out, fmt.Sprintf("package %s has no doc comment: say in one sentence what it does, in a second what it does not", pkg))
		}
	}
	return out
}

func TestSourcesCatch(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\n", maxLines)
	for _, c := range []struct{ name, file, text, want string }{
		{"init", "chat/a.go", "// Package chat is.\npackage chat\n\nfunc init() {}\n", "chat/a.go:4: an init function runs unasked; name the thing where it is used"},
		{"init in a test", "chat/a_test.go", "package chat\n\nfunc init() {}\n", "chat/a_test.go:3: an init function runs unasked; name the thing where it is used"},
		{"a method may be called init", "chat/a.go", "// Package chat is.\npackage chat\n\ntype x int\n\nfunc (x) init() {}\n", ""},
		{"long", "chat/a.go", "// Package chat is.\npackage chat\n" + long, `chat/a.go: 402 lines, and no comment line "Length:" says why; which second job moved in?`},
		{"long with a reason", "chat/a.go", "// Package chat is.\npackage chat\n\n// Length: one script, kept whole.\n" + long, ""},
		{"long without words", "chat/a_test.go", "package chat\n\n// Length:\n" + long, `chat/a_test.go: 403 lines, and no comment line "Length:" says why; which second job moved in?`},
		{"no doc", "chat/a.go", "package chat\n", "package chat has no doc comment: say in one sentence what it does, in a second what it does not"},
		{"no doc, tests only", "chat/a_test.go", "package chat\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, err := readSource(c.file, []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(faults([]source{f}), "\n"); got != c.want {
				t.Errorf("faults(%s) = %q, want %q", c.file, got, c.want)
			}
		})
	}
}

// readTree parses every Go file of the repository. It reads them itself: the test cache notices files that this process opens, and
// would not notice what a "go list" child reads.
func readTree(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && name != root) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f, err := readSource(filepath.ToSlash(rel), text)
		all = append(all, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func readSource(name string, text []byte) (source, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return source{}, err
	}
	s := source{name: name, pkg: filepath.ToSlash(filepath.Dir(name)), test: strings.HasSuffix(name, "_test.go"), doc: f.Doc != nil}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); s.lines++ {
		reason, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "// Length:")
		s.reason = s.reason || ok && strings.TrimSpace(reason) != ""
	}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			s.inits = append(s.inits, fset.Position(fn.Pos()).Line)
		}
	}
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, err
		}
		s.imports = append(s.imports, strings.TrimPrefix(p, module+"/"))
	}
	return s, nil
}
