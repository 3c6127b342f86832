package starter

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/script/layout"
	"github.com/xianda-bot/xianda/kb"
)

// sources are the files that init writes.
func sources(t *testing.T) []script.Source {
	t.Helper()
	var files []script.Source
	err := fs.WalkDir(Files(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(Files(), name)
		files = append(files, script.Source{Name: name, Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// helpdeskRelease builds what init writes, against a configuration like the one that init writes beside it.
func helpdeskRelease(t *testing.T) *release.Release {
	t.Helper()
	rel, findings := release.Build(sources(t), release.Options{
		Queues:   []string{},
		Channels: []script.Channel{{Name: "term", Kind: "console"}, {Name: "shop", Kind: "wechat"}, {Name: "site", Kind: "web"}},
		Now:      time.Now(), // whoever runs init today must get answers that are valid today
	})
	for _, f := range findings { // of warnings too: a beginner should not meet any
		t.Errorf("%s:%d:%d %s: %s | %s", f.File, f.Line, f.Col, f.Rule, f.Text, f.Edit)
	}
	if rel == nil {
		t.FailNow()
	}
	return rel
}

func TestHelpdeskIsWhole(t *testing.T) {
	t.Parallel()
	rel := helpdeskRelease(t)
	if len(rel.Dialogs) < 10 || len(rel.Entries) < 60 {
		t.Errorf("the helpdesk has %d dialogs and %d entries, want at least 10 and 60", len(rel.Dialogs), len(rel.Entries))
	}
	for _, d := range rel.Dialogs {
		if len(d.Triggers.Ask) < 10 || len(d.Triggers.Events) == 0 || len(d.Likely) < 3 {
			t.Errorf("dialog %s has %d ways to ask, %d events, %d likely rules, want at least 10, 1, 3", d.ID, len(d.Triggers.Ask), len(d.Triggers.Events), len(d.Likely))
		}
		factors := map[string]bool{}
		for _, l := range d.Likely {
			for _, name := range l.When.Names() {
				root, _, _ := strings.Cut(name, ".")
				factors[root] = true
			}
		}
		for _, f := range []string{"scene", "trace", "profile"} {
			if !factors[f] {
				t.Errorf("dialog %s has no likely rule about %s", d.ID, f)
			}
		}
		for _, s := range d.Slots {
			if s.Title == "" {
				t.Errorf("dialog %s: slot %s has no title, by which people correct it", d.ID, s.Name)
			}
		}
	}
	guides, english, refusals := 0, 0, 0
	for _, e := range rel.Entries {
		if len(e.Phrasings) < 8 || e.Owner == "" || e.Category == "" {
			t.Errorf("entry %s has %d phrasings, owner %q, category %q, want at least 8 and both", e.ID, len(e.Phrasings), e.Owner, e.Category)
		}
		if !e.ValidTo.IsZero() {
			t.Errorf("entry %s ends to be valid on %s: whoever runs init later would miss it", e.ID, e.ValidTo)
		}
		if len(e.Answer) > 900 {
			t.Errorf("entry %s answers with %d bytes, too long for a phone", e.ID, len(e.Answer))
		}
		if len(e.Steps) > 0 {
			guides++
		}
		if _, ok := e.Languages["en"]; ok {
			english++
		}
		if e.Reject {
			refusals++
		}
	}
	if guides < 8 || english < 25 || refusals < 5 {
		t.Errorf("%d guides, %d English entries, %d refusals, want at least 8, 25, 5", guides, english, refusals)
	}
}

// TestInOneLayout: the first "xianda dialog fmt" of an operator must not change what they have not touched.
func TestInOneLayout(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		if path.Ext(f.Name) != ".yaml" {
			continue
		}
		formatted, err := layout.Format(f)
		if err != nil {
			t.Errorf("Format(%s): %v", f.Name, err)
		} else if !bytes.Equal(formatted, f.Data) {
			t.Errorf("%s is not in the one layout: run xianda dialog fmt", f.Name)
		}
	}
}

// TestColdArrivalHelpsAtOnce keeps the promise of the first minute: whoever picks any of the three openers that always hold gets an
// answer, not another question.
func TestColdArrivalHelpsAtOnce(t *testing.T) {
	t.Parallel()
	rel := helpdeskRelease(t)
	always := 0
	for _, o := range rel.Openers {
		id, entry := strings.CutPrefix(o.Target, "kb:")
		if o.When != nil {
			continue
		}
		always++
		if e := rel.Entry(id); !entry || e == nil || e.Answer == "" || len(e.Steps) > 0 {
			t.Errorf("%s:%d: %s always holds and is no entry that answers at once", o.Pos.File, o.Pos.Line, o.Target)
		}
	}
	if always != 3 {
		t.Errorf("%d openers always hold, want the 3 that an offer shows", always)
	}
}

// TestPhrasesLeadHome guards against two entries that claim the same words: each phrase must find its own document first.
func TestPhrasesLeadHome(t *testing.T) {
	t.Parallel()
	rel := helpdeskRelease(t)
	home := func(id string, phrases []string) {
		for _, p := range phrases {
			hits := rel.Index.Find(p, 1, nil)
			if len(hits) == 0 || hits[0].ID != id || !hits[0].Exact {
				t.Errorf("Find(%q) = %+v, want %s exactly", p, hits, id)
			}
		}
	}
	for _, e := range rel.Entries {
		home("kb:"+e.ID, e.Phrases())
	}
	for _, d := range rel.Dialogs {
		home("dialog:"+d.ID, append([]string{d.Title}, d.Triggers.Ask...))
	}
}

// TestEveryKeywordIsRehearsed: each keyword rule decides about a sentence of some conversation, one that is no phrase of an entry or
// dialog, which would go first.
func TestEveryKeywordIsRehearsed(t *testing.T) {
	t.Parallel()
	rel := helpdeskRelease(t)
	tests, findings := rehearse.ParseAll(rel)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	decides := map[*script.Keyword]bool{}
	for _, test := range tests {
		for _, turn := range test.Turns {
			if turn.User == nil {
				continue
			}
			if hits := rel.Index.Find(*turn.User, 1, nil); len(hits) > 0 && hits[0].Exact {
				continue
			}
			if i := slices.IndexFunc(rel.Keywords, func(k *script.Keyword) bool { return k.Match(kb.Fold(*turn.User)) }); i >= 0 {
				decides[rel.Keywords[i]] = true
			}
		}
	}
	for _, k := range rel.Keywords {
		if !decides[k] {
			t.Errorf("%s:%d: no conversation has a sentence that this rule decides", k.Pos.File, k.Pos.Line)
		}
	}
}

// TestEveryMenuKeyIsRehearsed: each tap on the menu (F5) is the entry of some conversation, which says what it leads to.
func TestEveryMenuKeyIsRehearsed(t *testing.T) {
	t.Parallel()
	rel := helpdeskRelease(t)
	tests, findings := rehearse.ParseAll(rel)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	entered := map[string]bool{}
	for _, test := range tests {
		if e := test.Given.Enter; e != nil {
			entered[e.Scene["menu"]] = true
			entered[strings.TrimPrefix(e.Event, "menu.")] = true
		}
	}
	menu := rel.Menu("shop")
	if menu == nil || menu.Channel != script.AnyChannel {
		t.Fatalf("Menu(shop) = %+v, want the one of all channels", menu)
	}
	for _, i := range menu.Items {
		for _, b := range append([]*script.MenuItem{i}, i.Items...) {
			if b.Key != "" && !entered[b.Key] {
				t.Errorf("menu.yaml:%d: no conversation enters by %s (%s)", b.Pos.Line, b.Key, b.Label)
			}
		}
	}
}

// TestNoNumbersOfPeople: a helpdesk that strangers copy must hold nobody's phone number, and no hotline that is not a public one.
func TestNoNumbersOfPeople(t *testing.T) {
	t.Parallel()
	mobile := regexp.MustCompile(`(?:^|[^0-9])1[3-9][0-9]{9}(?:[^0-9]|$)`)
	dialled := regexp.MustCompile(`拨打[^。，；\n]{0,12}?([0-9]{3,12})`)
	public := map[string]bool{"110": true, "120": true, "96110": true, "12315": true, "12348": true, "12356": true, "12363": true, "12366": true}
	for _, f := range sources(t) {
		if m := mobile.Find(f.Data); m != nil {
			t.Errorf("%s holds a mobile number: %s", f.Name, m)
		}
		for _, m := range dialled.FindAllSubmatch(f.Data, -1) {
			if !public[string(m[1])] {
				t.Errorf("%s sends people to %s, which is no public line of all", f.Name, m[1])
			}
		}
	}
}

// TestEveryDialogIsRehearsed: each has a file of conversations with its main ways, a wrong answer, a digression, a correction, a cancel
// and 人工; each call that it makes is played with an answer and with an error.
func TestEveryDialogIsRehearsed(t *testing.T) {
	t.Parallel()
	rel := helpdeskRelease(t)
	text := map[string]string{}
	for _, f := range rel.Tests {
		text[path.Base(f.Name)] = string(f.Data)
	}
	for _, d := range rel.Dialogs {
		conversations := text[d.ID+".yaml"]
		for _, kind := range []string{"走通", "答错", "插问", "改口", "取消", "人工", "推荐"} {
			if d.ID == "redpacket" && kind == "取消" { // in one conversation with 上一步 and 重来
				kind = "上一步、重来和取消"
			}
			if !strings.Contains(conversations, "test: "+kind) {
				t.Errorf("tests/%s.yaml has no conversation of the kind %s", d.ID, kind)
			}
		}
		for _, s := range d.Steps {
			if s.Verb != script.Call {
				continue
			}
			if !strings.Contains(conversations, "{"+s.Call+": {error: true}}") {
				t.Errorf("tests/%s.yaml never lets %s fail", d.ID, s.Call)
			}
			if !regexp.MustCompile(regexp.QuoteMeta("{"+s.Call+": {") + `[^e}]`).MatchString(conversations) {
				t.Errorf("tests/%s.yaml never lets %s answer", d.ID, s.Call)
			}
			if s.Retry == 0 || s.Timeout > 10*time.Second {
				t.Errorf("dialog %s: %s has %d retries within %s", d.ID, s.Call, s.Retry, s.Timeout)
			}
		}
		for _, l := range d.Likely {
			if !strings.Contains(conversations, l.Say) {
				t.Errorf("tests/%s.yaml never sees the likely question %q", d.ID, l.Say)
			}
		}
	}
	for _, o := range rel.Openers {
		say := o.Say
		if id, entry := strings.CutPrefix(o.Target, "kb:"); entry && say == "" {
			say = rel.Entry(id).Question
		}
		found := o.When != nil && strings.HasPrefix(o.When.Source, "channel") // a rehearsal's channel has no name of the configuration
		for _, conversations := range text {
			found = found || strings.Contains(conversations, say)
		}
		if !found {
			t.Errorf("no conversation sees the opener %q", say)
		}
	}
	for _, p := range rel.Patterns {
		if p.Pos.File != "" && !strings.Contains(text["patterns.yaml"]+text["silence.yaml"], "test: "+p.Name) {
			t.Errorf("tests/patterns.yaml has no conversation of the pattern %s", p.Name)
		}
	}
}

func TestConversations(t *testing.T) {
	t.Parallel()
	rel := helpdeskRelease(t)
	tests, findings := rehearse.ParseAll(rel)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	results, err := rehearse.Run(t.Context(), rel, tests, rehearse.Options{Caps: app.SampleCaps})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) < 250 {
		t.Errorf("%d conversations were played, want at least 250", len(results))
	}
	for _, r := range results {
		for _, f := range r.Failures {
			t.Errorf("%s: %s: %s", r.File, r.Test, f)
		}
	}
}
