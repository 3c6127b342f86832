package main

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/adapters/all"
	"github.com/xianda-bot/xianda/cmd/cli"
	"github.com/xianda-bot/xianda/cmd/cli/starter"
)

var update = flag.Bool("update", false, "write the README's table of messengers as the program prints it")

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section returns what stands in README.md under a heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(document(t, "README.md"), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("README.md has no section %q", heading)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// block returns the first fenced block of a text.
func block(text string) string {
	_, rest, _ := strings.Cut(text, "```")
	_, rest, _ = strings.Cut(rest, "\n")
	text, _, _ = strings.Cut(rest, "```")
	return text
}

// TestReadmeTree holds that the tree shows every folder with code, and no other. "<kind>/" stands for each messenger, and
// x/xtest, a fake for tests, needs no line where x has one.
func TestReadmeTree(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	var at []string // the folder of each depth
	for line := range strings.Lines(block(section(t, "The house"))) {
		depth := (len(line) - len(strings.TrimLeft(line, " "))) / 2
		names, caption, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if strings.TrimSpace(caption) == "" || depth > len(at) {
			t.Errorf("README.md: %q has no caption, or lies in no folder", strings.TrimSpace(line))
			continue
		}
		at = at[:depth]
		for _, name := range strings.Fields(names) {
			if name == "<kind>/" {
				for kind := range all.Registry() {
					shown[path.Join("adapters", kind)] = true
				}
				continue
			}
			shown[path.Join(append(slices.Clone(at), name)...)] = true
		}
		at = append(at, strings.Fields(names)[0])
	}
	has := map[string]bool{}
	for _, f := range readTree(t) {
		has[f.pkg] = true
	}
	for pkg := range has {
		above := path.Dir(pkg)
		if fake := shown[above] && path.Base(pkg) == path.Base(above)+"test"; !shown[pkg] && !fake {
			t.Errorf("README.md's tree does not show %s/", pkg)
		}
	}
	for dir := range shown {
		below := false
		for pkg := range has {
			below = below || within(pkg, dir)
		}
		if !below {
			t.Errorf("README.md's tree shows %s/, which holds no code", dir)
		}
	}
}

// TestReadmeConversation holds that the conversation on the first page is one that is played by the tests.
func TestReadmeConversation(t *testing.T) {
	t.Parallel()
	want := strings.TrimSpace(block(section(t, "What a conversation looks like")))
	found := false
	err := fs.WalkDir(starter.Files(), "tests", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(starter.Files(), name)
		found = found || want != "" && strings.Contains(string(text), want)
		return err
	})
	if err != nil || !found {
		t.Errorf("the conversation of README.md stands in no file of cmd/cli/starter/helpdesk/tests (%v)", err)
	}
}

var (
	commandLine = regexp.MustCompile(`(?m)(?:\./|^|\x60)xianda ((?:[a-z]+ ?)+)`)
	argument    = regexp.MustCompile(`\n  xianda [a-z]+ \[?[A-Z]`)
	fence       = regexp.MustCompile("(?ms)^```.*?^```")
	makeTarget  = regexp.MustCompile(`make ([a-z]+)`)
	messengers  = regexp.MustCompile(`(?m)(?:^\|.*\n)+`)
)

// TestReadmeCommands holds that every command that a page names exists.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	help := func(words ...string) string {
		var out bytes.Buffer
		env := cli.Env{In: strings.NewReader(""), Out: &out, Err: &out, Getenv: func(string) (string, bool) { return "", false }, Clock: time.Now, Version: "test"}
		if code := cli.Run(t.Context(), append(words, "--help"), env); code != cli.Done {
			t.Errorf("xianda %s --help exits with %d: %s", strings.Join(words, " "), code, out.String())
		}
		return out.String()
	}
	for _, page := range []string{"README.md", "DESIGN.md", "CHANGELOG.md"} {
		text := document(t, page)
		for _, m := range commandLine.FindAllStringSubmatch(text, -1) {
			words := strings.Fields(m[1])
			// What follows noun and verb are arguments; the noun alone may have some too ("init demo").
			if len(words) > 2 {
				words = words[:2]
			}
			exact := strings.Contains(help(words...), "\n  xianda "+strings.Join(words, " "))
			if !exact && !argument.MatchString(help(words[0])) {
				t.Errorf("%s names %q, which is no command", page, "xianda "+m[1])
			}
		}
		for _, m := range makeTarget.FindAllStringSubmatch(strings.Join(fence.FindAllString(text, -1), "\n"), -1) {
			if !strings.Contains(document(t, "Makefile"), "\n"+m[1]+":") {
				t.Errorf("%s names %q, which is no target of the Makefile", page, m[0])
			}
		}
	}
}

// TestReadmeMessengers holds that the table is what xianda channel kinds --markdown prints: what the messengers' own Caps say.
func TestReadmeMessengers(t *testing.T) {
	t.Parallel()
	var want, talk bytes.Buffer
	env := cli.Env{In: strings.NewReader(""), Out: &want, Err: &talk, Getenv: func(string) (string, bool) { return "", false }, Clock: time.Now, Version: "test"}
	if code := cli.Run(t.Context(), []string{"channel", "kinds", "--markdown"}, env); code != cli.Done {
		t.Fatalf("xianda channel kinds exits with %d: %s", code, talk.String())
	}
	got := messengers.FindString(section(t, "Messengers"))
	if *update && got != "" {
		page := strings.Replace(document(t, "README.md"), got, want.String(), 1)
		if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(want.String(), got); d != "" {
		t.Errorf("README.md's table of messengers, - program + table (go test ./cmd/xianda -run ReadmeMessengers -update writes it):\n%s", d)
	}
}

func TestReadmeIsShort(t *testing.T) {
	t.Parallel()
	if n := strings.Count(document(t, "README.md"), "\n"); n > 200 {
		t.Errorf("README.md has %d lines, want at most 200: details belong into package docs", n)
	}
}
