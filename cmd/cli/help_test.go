package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// verbs are those that a line of help may begin with.
var verbs = strings.Fields(`answer ask check end erase forget give keep list look play print put read run say show take talk tell write`)

// placeholderWords stand for arguments; complete.go offers values for all but words that only a person can know.
var placeholderWords = strings.Fields(`CASE CHANNEL COMMAND DIALOG DIR ENTRY FILE LETTER MEDIUM PERSON RELEASE SHELL TEXT VERSION`)

// every is cmd and all commands below it.
func every(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		all = append(all, every(sub)...)
	}
	return all
}

func testEnv(out, talk *bytes.Buffer) *Env {
	return &Env{
		In: strings.NewReader(""), Out: out, Err: talk, Getenv: func(string) (string, bool) { return "", false },
		Clock: func() time.Time { return time.Date(2026, 1, 28, 20, 0, 0, 0, time.UTC) }, Version: "test",
	}
}

// TestHelp holds what a person may expect of the help of each command: one line that begins with a verb, two examples, and that the
// examples are true, because cmd/xianda's scripts run every one of them.
func TestHelp(t *testing.T) {
	t.Parallel()
	ran := scriptLines(t)
	root := newRoot(testEnv(&bytes.Buffer{}, &bytes.Buffer{}))
	root.InitDefaultHelpCmd()
	for _, cmd := range every(root) {
		path, short := cmd.CommandPath(), cmd.Short
		verb, _, _ := strings.Cut(short, " ")
		if i := slices.Index(verbs, strings.TrimSuffix(verb, ",")); i < 0 || strings.HasSuffix(short, ".") || len(path)+len(short) > 110 {
			t.Errorf("%s: Short is %q, want a short line that begins with a verb, lower case, no period", path, short)
		}
		if cmd.Long != "" && (!strings.HasSuffix(cmd.Long, ".") && !strings.HasSuffix(cmd.Long, "\".") || !unicode.IsUpper([]rune(cmd.Long)[0])) {
			t.Errorf("%s: Long is %q, want whole sentences", path, cmd.Long)
		}
		if _, told := touches[strings.TrimPrefix(path, "xianda ")]; cmd != root && !cmd.HasSubCommands() && !told {
			t.Errorf("%s: help.go does not say in touches what it reads and writes", path)
		}
		for _, word := range placeholders(cmd.Use) {
			if !slices.Contains(placeholderWords, word) {
				t.Errorf("%s: %s is a new word for an argument: let complete.go offer what it stands for, and name it here", path, word)
			}
		}
		examples := strings.Split(cmd.Example, "\n")
		if len(examples) < 2 {
			t.Errorf("%s: %d examples, want two", path, len(examples))
		}
		for _, line := range examples {
			if !strings.HasPrefix(line, "  ") || !strings.Contains(line, path) {
				t.Errorf("%s: the example %q does not show this command", path, line)
			}
			for _, words := range invocations(line) {
				if !slices.ContainsFunc(ran, func(script []string) bool { return same(words, script) }) {
					t.Errorf("%s: no script in cmd/xianda/testdata/script runs the example %q with ok, start or serve", path, strings.Join(words, " "))
				}
			}
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && f.Name != "version" && (f.Usage == "" || strings.HasSuffix(f.Usage, ".") || unicode.IsUpper([]rune(f.Usage)[0])) {
				t.Errorf("%s --%s: the usage is %q, want a lower-case line without a period", path, f.Name, f.Usage)
			}
		})
	}
}

// invocations are the arguments with which one line of an example runs xianda: behind pipes and &&, before redirections.
func invocations(line string) (all [][]string) {
	for _, piece := range regexp.MustCompile(`&&|\|`).Split(line, -1) {
		piece, _, _ = strings.Cut(piece, " > ")
		if words := strings.Fields(piece); len(words) > 0 && words[0] == "xianda" {
			all = append(all, words[1:])
		}
	}
	return all
}

var id = regexp.MustCompile(`^[0-9a-f]{12}$|^[0-9a-f]{24}-[0-9a-f]+-[0-9a-f]{32}$`)

// same: a script holds the ids of cases, media and dead letters in variables.
func same(example, script []string) bool {
	return slices.EqualFunc(example, script, func(e, s string) bool { return e == s || id.MatchString(e) && strings.HasPrefix(s, "$") })
}

// scriptLines are the arguments of every xianda that a script runs and that must succeed, or start.
func scriptLines(t *testing.T) (all [][]string) {
	t.Helper()
	files, err := filepath.Glob("../xianda/testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no scripts (%v)", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		script, _, _ := strings.Cut(string(text), "\n-- ")
		for line := range strings.Lines(script) {
			switch words := strings.Fields(line); {
			case len(words) > 0 && (words[0] == "ok" || words[0] == "start"):
				all = append(all, words[1:])
			case len(words) > 0 && words[0] == "serve":
				all = append(all, words)
			}
		}
	}
	return all
}

func TestInvocations(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"  xianda init . && xianda serve":                  2,
		"  printf '你好\\n' | xianda chat":                   1,
		"  xianda config schema > xianda.schema.json":      1,
		"  xianda handoff claim 27c0ffee1234 --seat alice": 1,
		"  echo nothing": 0,
	} {
		if got := invocations(line); len(got) != want {
			t.Errorf("invocations(%q) = %q, want %d", line, got, want)
		}
	}
	if !same([]string{"show", "27c0ffee1234"}, []string{"show", "$CASE"}) || same([]string{"show", "helpdesk"}, []string{"show", "$CASE"}) {
		t.Error("a variable stands for ids, and for nothing else")
	}
}

// TestUnknownCommand holds that the nearest command is named, not the first that is near enough.
func TestUnknownCommand(t *testing.T) {
	t.Parallel()
	tests := []struct{ args, want string }{
		{"chta", `did you mean "chat"?`},
		{"handof", `did you mean "handoff"?`},
		{"handoff noet", `did you mean "note"?`},
		{"handoff clsoe x", `did you mean "close"?`},
		{"mumble", `see "xianda --help"`},
		{"help mumble", `unknown command "mumble" for "xianda"`},
		{"help session mumble", `unknown command "mumble" for "xianda session"`},
	}
	for _, tt := range tests {
		var out, talk bytes.Buffer
		code := Run(t.Context(), strings.Fields(tt.args), *testEnv(&out, &talk))
		if code != Misused || out.Len() > 0 || !strings.Contains(talk.String(), tt.want) {
			t.Errorf("xianda %s exits with %d and says %q, want 2 and %q", tt.args, code, talk.String(), tt.want)
		}
	}
}
