package starter

import (
	"io/fs"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

// helpdeskRelease builds what init writes, against a configuration like the one that init writes beside it.
func helpdeskRelease(t *testing.T) *release.Release {
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
	rel, findings := release.Build(files, release.Options{
		Queues:   []string{},
		Channels: []script.Channel{{Name: "term", Kind: "console"}, {Name: "shop", Kind: "wechat"}},
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
	if len(rel.Dialogs) < 3 || len(rel.Entries) < 20 {
		t.Errorf("the helpdesk has %d dialogs and %d entries, want at least 3 and 20", len(rel.Dialogs), len(rel.Entries))
	}
	for _, d := range rel.Dialogs {
		if len(d.Triggers.Ask) < 6 || len(d.Triggers.Events) == 0 || len(d.Likely) == 0 {
			t.Errorf("dialog %s has %d ways to ask, %d events, %d likely rules, want at least 6, 1, 1", d.ID, len(d.Triggers.Ask), len(d.Triggers.Events), len(d.Likely))
		}
	}
	for _, e := range rel.Entries {
		if len(e.Phrasings) < 5 || e.Owner == "" || e.Category == "" {
			t.Errorf("entry %s has %d phrasings, owner %q, category %q, want at least 5 and both", e.ID, len(e.Phrasings), e.Owner, e.Category)
		}
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
		home("kb:"+e.ID, append([]string{e.Question}, e.Phrasings...))
	}
	for _, d := range rel.Dialogs {
		home("dialog:"+d.ID, append([]string{d.Title}, d.Triggers.Ask...))
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
	if len(results) < 20 {
		t.Errorf("%d conversations were played, want at least 20", len(results))
	}
	for _, r := range results {
		for _, f := range r.Failures {
			t.Errorf("%s: %s: %s", r.File, r.Test, f)
		}
	}
}
