package script

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the findings of testdata as they are now")

// wanted are the last lines of a file of testdata: "# want line:col rule: text | edit", one for each finding.
func wanted(t *testing.T, data []byte) string {
	t.Helper()
	var want []string
	for line := range strings.SplitSeq(string(data), "\n") {
		if w, ok := strings.CutPrefix(line, "# want "); ok {
			want = append(want, w)
		}
	}
	if len(want) == 0 {
		t.Fatal("the file has no “# want” line")
	}
	return strings.Join(want, "\n")
}

func told(findings []Finding) string {
	lines := make([]string, 0, len(findings))
	for _, f := range findings {
		kind := ""
		if f.Warning {
			kind = "?"
		}
		lines = append(lines, fmt.Sprintf("%d:%d %s%s: %s | %s", f.Line, f.Col, f.Rule, kind, f.Text, f.Edit))
	}
	return strings.Join(lines, "\n")
}

// Each file of testdata/bad is a dialog with mistakes of grammar, each of testdata/check one that only Check finds fault with, named for it.
func TestBadDialogs(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"bad", "check"} {
		files, err := filepath.Glob(filepath.Join("testdata", dir, "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("testdata/%s: %d files, %v", dir, len(files), err)
		}
		for _, file := range files {
			t.Run(dir+"/"+filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				d, findings := ParseDialog(Source{Name: "dialogs/" + filepath.Base(file), Data: data})
				if dir == "bad" && d != nil {
					t.Errorf("ParseDialog gave a dialog although it is bad")
				}
				if dir == "check" {
					if d == nil {
						t.Fatalf("ParseDialog:\n%s", told(findings))
					}
					found := Check(Checkable{Dialogs: []*Dialog{d}, Patterns: Merge(nil), Entries: testEntries(), Queues: []string{"支付"}, Now: testNow()})
					findings = append(findings, slices.DeleteFunc(found, func(f Finding) bool { return f.File == "kb/a.yaml" })...) // of the entries themselves
				}
				if *update {
					head, _, _ := strings.Cut(string(data), "# want ")
					lines := "# want " + strings.ReplaceAll(told(findings), "\n", "\n# want ") + "\n"
					if err := os.WriteFile(file, []byte(head+lines), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				if got, want := told(findings), wanted(t, data); got != want {
					t.Errorf("findings:\n%s\nwant:\n%s", got, want)
				}
			})
		}
	}
}

func TestParseDialogSurvivesTheExample(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../release/testdata/redpacket/dialogs/redpacket_refund.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, findings := ParseDialog(Source{Name: "dialogs/redpacket_refund.yaml", Data: data})
	if d == nil || len(findings) > 0 {
		t.Fatalf("ParseDialog:\n%s", told(findings))
	}
	if got := len(d.Steps); got != 10 {
		t.Errorf("%d steps, want 10", got)
	}
	issue := d.Slot("issue")
	if got := fmt.Sprint(issue.Choices); got != "[{hold 提示功能被暂停} {refund 想问退款} {lost 对方没收到}]" {
		t.Errorf("choices = %s, want them in the order written", got)
	}
	step, at := d.Step("query")
	if step == nil || at != 4 || step.Call != "pay.refund_status" || step.Timeout.String() != "2s" || step.Save != "refund" || step.With[0].Name != "order_no" {
		t.Errorf("query = %+v at %d", step, at)
	}
	if s, _ := d.Step("hold"); s.Answer != "redpacket.risk_hold" || s.Then == nil || s.Then.Solved != "done" {
		t.Errorf("hold = %+v", s)
	}
	if d.Likely[0].Goto != "hold" || d.Likely[0].Score != 0.95 || !d.Likely[0].When.Bool(scope()) {
		t.Errorf("likely = %+v", d.Likely[0])
	}
}

func TestParsePatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, want string }{
		{"reworded", "人工: {words: [人工], do: handoff, queue: default}\n", ""},
		{"do of the built-in", "取消: {words: [不要了]}\n", ""},
		{"removed", "人工: {words: [人工], do: say, say: 没有}\n", "1:1 human-removed: “人工”可以换说法，但必须转人工 | 写成 do: handoff"},
		{"no words", "人工: {words: [], do: handoff}\n", "1:1 pattern-words: “人工”没有词 | 写上 words: [词, 词]"},
		{"typo", "取消: {words: [算了], do: cancle}\n", "1:23 pattern-do: 没有“cancle”这种做法 | 是不是 cancel？"},
		{"no do", "你好: {words: [你好]}\n", "1:1 pattern-do: “你好”没有写 do | 可用的是 handoff、cancel、back、restart、offer、unsolved、say、skip、link、unlink"},
		{"punctuation only", "你好: {words: [\"！！\"], do: offer}\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, findings := ParsePatterns(Source{Name: "patterns.yaml", Data: []byte(c.src)})
			if c.name == "punctuation only" { // depends on what kb.Fold leaves of it; it must only not be an error in reading
				return
			}
			if told(findings) != c.want || (got == nil) != (c.want != "") {
				t.Errorf("ParsePatterns = %v\n%s\nwant\n%s", got, told(findings), c.want)
			}
		})
	}
}

func TestMergeKeepsHumanPhrases(t *testing.T) {
	t.Parallel()
	own, findings := ParsePatterns(Source{Name: "patterns.yaml", Data: []byte("人工: {words: [喊人], do: handoff}\n菜单: {words: [菜单], do: offer}\n")})
	if own == nil {
		t.Fatal(told(findings))
	}
	all := Merge(own)
	if len(all) != len(BuiltIn())+1 || all[0].Words[0] != "喊人" || len(all[0].Contains) == 0 {
		t.Errorf("Merge = %d patterns, first %+v, want the reworded 人工 with the built-in phrases", len(all), all[0])
	}
}

func FuzzParseDialog(f *testing.F) {
	for _, dir := range []string{"bad", "check"} {
		files, _ := filepath.Glob(filepath.Join("testdata", dir, "*.yaml"))
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte("dialog: &a [*a, *a]\n"))
	f.Add([]byte("{{{{{{[[[[[["))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, findings := ParseDialog(Source{Name: "dialogs/x.yaml", Data: data})
		if (d == nil) != Broken(findings) {
			t.Fatalf("ParseDialog = %v with %d findings", d, len(findings))
		}
		for _, x := range findings {
			if x.Line < 1 || x.Col < 1 || x.Rule == "" || x.Text == "" {
				t.Fatalf("finding without a place or words: %+v", x)
			}
		}
		if d != nil {
			Check(Checkable{Dialogs: []*Dialog{d}, Patterns: Merge(nil)})
		}
	})
}
