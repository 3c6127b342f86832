package release

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

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
		out = append(out, script.Source{Name: name, Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func told(findings []script.Finding) string {
	lines := make([]string, 0, len(findings))
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%s:%d:%d %s: %s | %s", f.File, f.Line, f.Col, f.Rule, f.Text, f.Edit))
	}
	return strings.Join(lines, "\n")
}

func TestBuildAcceptance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dir, name         string
		dialogs, entries  int
		answer, offer     float64
		queues            []string
		warned            string
		dialog, firstStep string
	}{
		{dir: "acceptance", name: "验收", dialogs: 1, entries: 3, answer: 0.60, offer: 0.25, dialog: "slow", firstStep: "query", warned: "few-triggers nothing-likely"},
		{dir: "bench", name: "测速", dialogs: 1, entries: 60, answer: 0.60, offer: 0.25, dialog: "rounds", firstStep: "tell", warned: "few-triggers phrase-shadowed phrase-shadowed phrase-shadowed nothing-likely"},
		{dir: "redpacket", name: "支付帮助", dialogs: 1, entries: 3, answer: 0.75, offer: 0.30, queues: []string{"支付", "综合"}, dialog: "redpacket_refund", firstStep: "start", warned: "few-triggers same-trigger"},
	} {
		t.Run(c.dir, func(t *testing.T) {
			t.Parallel()
			r, findings := Build(sources(t, "testdata/"+c.dir), Options{Queues: c.queues, Now: time.Date(2026, 1, 28, 12, 0, 0, 0, time.UTC)})
			if r == nil {
				t.Fatalf("Build:\n%s", told(findings))
			}
			var rules []string
			for _, f := range findings {
				rules = append(rules, f.Rule)
			}
			if got := strings.Join(rules, " "); got != c.warned {
				t.Errorf("warnings = %s, want %s:\n%s", got, c.warned, told(findings))
			}
			if r.Name != c.name || len(r.Dialogs) != c.dialogs || len(r.Entries) != c.entries || r.Thresholds != (Thresholds{c.answer, c.offer, DefaultFloor}) {
				t.Errorf("Build = %s, %d dialogs, %d entries, %v", r.Name, len(r.Dialogs), len(r.Entries), r.Thresholds)
			}
			d := r.Dialog(c.dialog)
			if d == nil || d.Steps[0].ID != c.firstStep || r.DialogVersion(c.dialog, d.Version) != d || r.DialogVersion(c.dialog, "other") != nil {
				t.Errorf("Dialog(%s) = %+v", c.dialog, d)
			}
			if human := r.Pattern("人工"); human == nil || human.Do != script.DoHandoff || len(human.Contains) == 0 {
				t.Errorf("Pattern(人工) = %+v, want it with the built-in phrases", human)
			}
			if r.Entry(r.Entries[0].ID) != &r.Entries[0] || r.Entry("none") != nil {
				t.Error("Entry does not find the first entry, or finds one that is not there")
			}
		})
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	const hi = "dialog: hi\ntitle: 问好\ntriggers: {ask: [一一, 二二, 三三, 四四, 五五]}\nsteps:\n  - {id: say, say: 您好}\n  - {id: done, end: resolved}\n"
	for _, c := range []struct{ name, file, content, want string }{
		{"no release.yaml", "", "", "release.yaml:1:1 missing-file: 没有 release.yaml | 建一个，写上 name: 这套帮助的名字"},
		{"unknown key", "release.yaml", "name: 小\ngreting: 您好\n", "release.yaml:2:1 unknown-key: release.yaml里没有“greting”这个键 | 是不是 greeting？"},
		{"offer above answer", "release.yaml", "thresholds: {answer: 0.3, offer: 0.5}\n", "release.yaml:1:13 range: offer 不能大于 answer | 例如 {answer: 0.60, offer: 0.25}"},
		{"threshold above 1", "release.yaml", "thresholds: {answer: 60}\n", "release.yaml:1:22 range: answer 要在 0 和 1 之间 | 例如 0.60"},
		{"unknown text", "release.yaml", "texts: {mis: 看不懂}\n", "release.yaml:1:9 unknown-key: texts里没有“mis”这个键 | 是不是 miss？"},
		{"slot in a text", "release.yaml", "texts: {miss: '{slot.x}'}\n", "release.yaml:1:15 placeholder-unknown: 这句话在任何地方都可能说，“{slot.x}”没有值 | 去掉它，或改用 queue、hours、user、scene、profile"},
		{"hours backwards", "release.yaml", "hours: {mon-fri: \"21:00-09:00\"}\n", "release.yaml:1:18 hours: “21:00-09:00”的起止不对 | 在同一天之内，结束最晚 24:00；跨午夜的写成两段，例如 \"18:00-24:00\" 和第二天的 \"00:00-02:00\""},
		{"hours unreadable", "release.yaml", "hours: {mon: 九点}\n", "release.yaml:1:14 hours: “九点”不是一段时间 | 写成 \"09:00-21:00\"，休息写 closed"},
		{"day unknown", "release.yaml", "hours: {monday: closed}\n", "release.yaml:1:9 unknown-key: hours 里没有“monday”这个键 | 可用的是 zone、closed、mon-fri、sat-sun、mon-sun 和 mon 到 sun"},
		{"zone unknown", "release.yaml", "hours: {zone: Mars/Base}\n", "release.yaml:1:15 hours: 没有时区“Mars/Base” | 例如 Asia/Shanghai"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := []script.Source{{Name: "dialogs/hi.yaml", Data: []byte(hi)}}
			if c.file != "" {
				files = append(files, script.Source{Name: c.file, Data: []byte(c.content)})
			}
			r, findings := Build(files, Options{})
			if got := told(findings); r != nil || got != c.want {
				t.Errorf("Build = %v\n%s\nwant\n%s", r, got, c.want)
			}
		})
	}
}

func TestBuildDefaults(t *testing.T) {
	t.Parallel()
	r, findings := Build([]script.Source{{Name: "release.yaml", Data: []byte("name: 小\ntexts: {miss: 没看懂}\n")}}, Options{})
	if r == nil {
		t.Fatal(told(findings))
	}
	if r.Locale != "zh-CN" || r.Thresholds != (Thresholds{0.60, 0.25, 0.15}) || r.Greeting == nil || !r.Hours.Always {
		t.Errorf("Build = %+v, want the defaults", r)
	}
	if r.Texts.Miss != "没看懂" || r.Texts.Maybe != DefaultTexts().Maybe {
		t.Errorf("Texts = %+v, want one changed and the others as they were", r.Texts)
	}
}

func TestEveryDefaultTextParses(t *testing.T) {
	t.Parallel()
	for lang, texts := range map[string]Texts{"zh": DefaultTexts(), "en": English()} {
		for name, s := range texts.fields() {
			if name == "" || *s == "" {
				t.Errorf("%s: text %q has no yaml name or no words", lang, name)
			}
			tpl, err := script.ParseTemplate(*s, script.Pos{})
			if err != nil {
				t.Errorf("%s: text %s: %v", lang, name, err)
				continue
			}
			if findings := script.CheckText(tpl, placeholders(name)...); script.Broken(findings) {
				t.Errorf("%s: text %s: %s", lang, name, told(findings))
			}
		}
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	build := func(settings string) *Release {
		r, findings := Build([]script.Source{{Name: "release.yaml", Data: []byte(settings)}}, Options{})
		if r == nil {
			t.Fatal(told(findings))
		}
		return r
	}
	r := build("name: 小\nlanguages:\n  en: {greeting: Hello there, texts: {miss: What?}}\n  ja: {texts: {miss: わかりません}}\n")
	for _, c := range []struct {
		lang, miss string
		exact      bool
	}{
		{"", DefaultTexts().Miss, true}, {"zh", DefaultTexts().Miss, true}, {"en", "What?", true}, {"ja", "わかりません", true},
		{"fr", DefaultTexts().Miss, false},
	} {
		if w, exact := r.Words(c.lang); w.Texts.Miss != c.miss || exact != c.exact || w.Greeting == nil {
			t.Errorf("Words(%q) = %q, %t, want %q, %t", c.lang, w.Texts.Miss, exact, c.miss, c.exact)
		}
	}
	if w, _ := r.Words("en"); w.Greeting.Source != "Hello there" || w.Texts.Human != English().Human {
		t.Errorf("Words(en) = %+v, want its own greeting and the house's English", w)
	}
	if w, exact := build("name: small\nlocale: en-GB\ntexts: {miss: Pardon?}\n").Words(""); !exact || w.Texts.Miss != "Pardon?" || w.Texts.Sorry != English().Sorry {
		t.Errorf("an English release says %+v, want English words", w.Texts)
	}
}

func TestMenuOf(t *testing.T) {
	t.Parallel()
	files := []script.Source{
		{Name: "release.yaml", Data: []byte("name: 小\n")},
		{Name: "menu.yaml", Data: []byte("shop: [{label: 一, url: https://x.example}]\ndefault: [{label: 二, url: https://x.example}]\n")},
	}
	r, findings := Build(files, Options{})
	if r == nil || len(findings) > 0 {
		t.Fatal(told(findings))
	}
	for channel, want := range map[string]string{"shop": "一", "other": "二"} {
		if m := r.Menu(channel); m == nil || m.Items[0].Label != want {
			t.Errorf("Menu(%s) = %+v, want %s", channel, m, want)
		}
	}
	if m := empty("v").Menu("shop"); m != nil {
		t.Errorf("a release without menus has %+v", m)
	}
	var packed bytes.Buffer
	if err := Pack(&packed, files, r); err != nil {
		t.Fatal(err)
	}
	again, _, err := Unpack(bytes.NewReader(packed.Bytes()), Options{})
	if err != nil || again.Menu("shop") == nil || again.Menu("shop").Items[0].Label != "一" {
		t.Errorf("the compiled release has lost its menus: %v", err)
	}
}

func TestVersionOf(t *testing.T) {
	t.Parallel()
	a, b := script.Source{Name: "a", Data: []byte("bc")}, script.Source{Name: "b", Data: []byte("x")}
	if VersionOf([]script.Source{a, b}) != VersionOf([]script.Source{b, a}) {
		t.Error("the order of files changes the version")
	}
	if VersionOf([]script.Source{a}) == VersionOf([]script.Source{{Name: "ab", Data: []byte("c")}}) {
		t.Error("two sets of files share a version")
	}
}

func TestIndexKnowsOtherLanguages(t *testing.T) {
	t.Parallel()
	r, findings := Build([]script.Source{{Name: "release.yaml", Data: []byte("name: 小\n")}, {Name: "kb/a.yaml", Data: []byte(
		"- {id: refund, question: 怎么退款, answer: 点退款。, languages: {en: {question: how to get a refund, phrasings: [give my money back], answer: Tap it.}}}\n")}}, Options{})
	if r == nil {
		t.Fatal(told(findings))
	}
	for _, text := range []string{"怎么退款", "How to get a refund?", "give my money back"} {
		if hits := r.Index.Find(text, 1, nil); len(hits) != 1 || hits[0].ID != "kb:refund" || !hits[0].Exact {
			t.Errorf("Find(%q) = %+v, want kb:refund exactly", text, hits)
		}
	}
}
