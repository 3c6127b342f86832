package cli

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

var update = flag.Bool("update", false, "write testdata as things are now; read every change")

// checked is what "xianda dialog check" finds in a release under a configuration with one queue, one backend and two channels.
func checked(t *testing.T, files map[string]string) []script.Finding {
	t.Helper()
	var sources []script.Source
	for name, text := range files {
		sources = append(sources, script.Source{Name: name, Data: []byte(text)})
	}
	rel, findings := release.Build(sources, release.Options{
		Queues: []string{"支付"}, Backends: []string{"pay"}, Now: time.Date(2026, 1, 28, 12, 0, 0, 0, time.UTC),
		Channels: []script.Channel{{Name: "shop", Kind: "wechat", MaxText: 2048, Unit: chat.Bytes}, {Name: "site", Kind: "web"}},
	})
	if rel == nil {
		return findings
	}
	more, err := checkTests(t.Context(), rel, findings)
	if err != nil {
		t.Fatal(err)
	}
	return append(findings, more...)
}

func goodRelease(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	root := os.DirFS("testdata/broken/good")
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestGoodReleaseIsClean(t *testing.T) {
	t.Parallel()
	for _, f := range checked(t, goodRelease(t)) {
		t.Errorf("%s", findingLine(f))
	}
}

// TestBrokenReleases holds every file of testdata/broken against what stands at its head. Each is the good release with one mistake,
// for which it is named, in the files that it holds; GONE is a file that is missing. The head says in a line what the mistake is, and then:
//
//	want FILE:LINE:COL RULE    the one thing that the checker finds
//	edit TEXT                  the edit that it proposes
//	fix WAY                    how that edit, made by the test, gives a clean release:
//	                             word    the word in question is replaced by the one that was meant
//	                             line    the line is replaced
//	                             insert  a line is put behind it
//	                             swap    one sign is replaced by another
//	                             value   the value is replaced by the example
//	                             delete  the line is deleted, or the word out of its list
//	                             good    it says what to do, and the good release is what comes of it
func TestBrokenReleases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/broken/*.txtar")
	if err != nil || len(files) < 50 {
		t.Fatalf("testdata/broken has %d broken releases, %v, want at least 50", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			broken := goodRelease(t)
			for _, f := range archive.Files {
				if broken[f.Name] = string(f.Data); string(f.Data) == "GONE\n" {
					delete(broken, f.Name)
				}
			}
			findings := checked(t, broken)
			if len(findings) != 1 {
				for _, f := range findings {
					t.Log(findingLine(f))
				}
				t.Fatalf("%d findings, want the one mistake", len(findings))
			}
			found := findings[0]
			what, _, _ := strings.Cut(string(archive.Comment), "\n")
			way := header(archive, "fix")
			if *update {
				way = fixedBy(t, broken, found)
			}
			head := fmt.Sprintf("%s\nwant %s:%d:%d %s\nedit %s\nfix %s\n", what, found.File, found.Line, found.Col, found.Rule, found.Edit, way)
			if *update {
				archive.Comment = []byte(head)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if string(archive.Comment) != head {
				t.Errorf("found:\n%swant:\n%s", head, archive.Comment)
			}
			if found.Edit == "" || found.Text == "" || strings.ContainsAny(found.Text, "\n。") {
				t.Errorf("finding %+v, want one sentence and an edit", found)
			}
			mended := apply(broken, found, way)
			if way == "good" {
				mended = goodRelease(t)
			}
			for _, f := range checked(t, mended) {
				t.Errorf("after the edit: %s", findingLine(f))
			}
		})
	}
}

func header(a *txtar.Archive, key string) string {
	for line := range strings.Lines(string(a.Comment)) {
		if v, ok := strings.CutPrefix(line, key+" "); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// fixedBy is the first way of making the edit by which the release comes out clean.
func fixedBy(t *testing.T, broken map[string]string, f script.Finding) string {
	for _, way := range []string{"word", "line", "insert", "swap", "value", "delete"} {
		if mended := apply(broken, f, way); mended != nil && len(checked(t, mended)) == 0 {
			return way
		}
	}
	return "good"
}

var (
	meantForm  = regexp.MustCompile(`^是不是 (\S+)？$`)
	quotedForm = regexp.MustCompile(`“([^”]+)”`)
	insertForm = regexp.MustCompile(`^写上 ([a-z_]+: [^…]+)$`)
	valueForm  = regexp.MustCompile(`(?:例如|写成|或写 dialog:) (\{[^}]*\}|\[[^\]]*\]|- \[[^\]]*\]|[^\s；、，（]+)`)
	tokenForm  = regexp.MustCompile(`^(?:\{[^}]*\}|\[[^\]]*\]|"[^"]*"|[^,}\]]+)`)
	deleteForm = regexp.MustCompile(`(从.*里)?删掉(?:(它|其中一个|这一条)| ([a-z_]+)|$)`)
	swapForm   = regexp.MustCompile(`^(?:把 (\S+) 改成|写成 on_fail:) (\S+)$`)
)

// apply makes an edit as its words say; nil when it cannot be made in this way.
func apply(broken map[string]string, f script.Finding, way string) map[string]string {
	lines := strings.Split(broken[f.File], "\n")
	if f.Line > len(lines) || broken[f.File] == "" {
		return nil
	}
	line := lines[f.Line-1]
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t-"))]
	switch way {
	case "word":
		m := meantForm.FindStringSubmatch(f.Edit)
		if m == nil {
			return nil
		}
		at := string([]rune(line)[f.Col-1:])
		done := false
		for _, wrong := range quotedForm.FindAllStringSubmatch(f.Text, -1) {
			good := m[1]
			for _, prefix := range []string{"kb.", "slot.", "dialog."} {
				if !strings.Contains(wrong[1], prefix) {
					good = strings.TrimPrefix(good, prefix)
				}
			}
			if i := strings.LastIndex(at, wrong[1]); i >= 0 && !done {
				lines[f.Line-1] = strings.TrimSuffix(line, at) + at[:i] + good + at[i+len(wrong[1]):]
				done = true
			}
		}
		if !done {
			return nil
		}
	case "line":
		if strings.HasPrefix(f.Edit, " ") {
			lines[f.Line-1] = f.Edit
		} else {
			lines[f.Line-1] = line[:len(line)-len(strings.TrimLeft(line, " \t"))] + f.Edit
		}
	case "insert":
		m := insertForm.FindStringSubmatch(f.Edit)
		if m == nil {
			return nil
		}
		lines = slices.Insert(lines, f.Line, strings.Repeat(" ", len(indent))+m[1])
	case "swap":
		m := swapForm.FindStringSubmatch(f.Edit)
		if m == nil {
			return nil
		}
		head, at := string([]rune(line)[:f.Col-1]), string([]rune(line)[f.Col-1:])
		if m[1] == "" {
			lines[f.Line-1] = head + m[2]
		} else {
			lines[f.Line-1] = head + strings.Replace(at, m[1], m[2], 1)
		}
	case "value":
		m := valueForm.FindStringSubmatch(f.Edit)
		if m == nil {
			return nil
		}
		head, at := string([]rune(line)[:f.Col-1]), string([]rune(line)[f.Col-1:])
		lines[f.Line-1] = head + m[1] + at[len(tokenForm.FindString(at)):]
	case "delete":
		m := deleteForm.FindStringSubmatch(f.Edit)
		quoted := quotedForm.FindAllStringSubmatch(f.Text, -1)
		switch {
		case m == nil || m[2] == "这一条" && !strings.HasPrefix(strings.TrimSpace(line), "- "):
			return nil
		case m[1] != "" && len(quoted) > 1: // out of the list
			word := quoted[1][1]
			lines[f.Line-1] = strings.Replace(strings.Replace(line, ", "+word, "", 1), word+", ", "", 1)
		case m[3] != "" && !strings.Contains(line, m[3]+":"):
			return nil
		default:
			lines = slices.Delete(lines, f.Line-1, f.Line)
		}
	default:
		return nil
	}
	mended := maps.Clone(broken)
	mended[f.File] = strings.Join(lines, "\n")
	return mended
}

// TestEveryRuleIsBroken holds that no rule of the checker is without a release that breaks it: what no file can show stands here, with why.
func TestEveryRuleIsBroken(t *testing.T) {
	t.Parallel()
	unshown := map[string]string{
		"dialog-size": "501 steps", "file-size": "8 MB", "encoding": "bytes that no archive of text holds", "yaml-depth": "20 levels",
		"yaml-key": "a list as a key", "yaml": "what no other rule explains", "duplicate-slot": "YAML tells of the key first",
		"duplicate-pattern": "YAML tells of the key first",
	}
	shown := map[string]bool{}
	files, err := filepath.Glob("testdata/broken/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, rule, _ := strings.Cut(header(archive, "want"), " ")
		shown[rule] = true
	}
	told := regexp.MustCompile(`(?:\.add|\.warn|\bwarn|Fault|FaultAt|\.fault)\((?:[^"\n]*?, ?)?"([a-z]+(?:-[a-z]+)*)", `)
	rules := 0
	for _, pattern := range []string{"../../dialog/script/*.go", "../../dialog/release/*.go", "../app/rehearse/*.go"} {
		sources, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range sources {
			text, err := os.ReadFile(source)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(source, "_test.go") {
				continue
			}
			for _, m := range told.FindAllStringSubmatch(string(text), -1) {
				rules++
				if !shown[m[1]] && unshown[m[1]] == "" {
					t.Errorf("%s tells of %q, and no release of testdata/broken has it", source, m[1])
				}
			}
		}
	}
	if rules < 100 {
		t.Errorf("%d places tell of a mistake, want at least 100: does the pattern still find them?", rules)
	}
}
