package starter

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/release"
)

// TestSurvives plays every conversation of the starter again with something between each two turns: whatever step it stands in, it must
// come out as written. "xianda dialog test --coverage" shows that they reach every
// step of every dialog.
func TestSurvives(t *testing.T) {
	t.Parallel()
	rel := helpdeskRelease(t)
	tests := conversations(t, rel)
	both := []rehearse.Fault{rehearse.WechatRetry, rehearse.KillAfterCommit}
	for _, c := range []struct {
		name    string
		between []rehearse.Turn
		faults  []rehearse.Fault
	}{
		{name: "the process is killed", between: []rehearse.Turn{{Restart: true}}},
		{name: "the release is published", between: []rehearse.Turn{{Publish: true}}},
		{name: "both", between: []rehearse.Turn{{Publish: true}, {Restart: true}}},
		{name: "every commit kills, every message comes three times", faults: both},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			results, err := rehearse.Run(t.Context(), rel, disturbed(tests, c.between, c.faults), rehearse.Options{Caps: app.SampleCaps})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				for _, f := range r.Failures {
					t.Errorf("%s: %s (%s): %s", r.File, r.Test, r.Channel, f)
				}
			}
		})
	}
}

// TestSurvivesSilence lets three days pass wherever a dialog waits for an answer: who comes back is asked whether to go on, and the
// conversation comes out as written. Every turn kills its process, those of timers too: still each fires once.
func TestSurvivesSilence(t *testing.T) {
	t.Parallel()
	rel := helpdeskRelease(t)
	tests := conversations(t, rel)
	var silent []rehearse.Test
	none := 0
	watch := func(seen rehearse.Seen) {
		test, turn, s := seen.Test, seen.Turn, seen.Session
		if s.Place == nil || s.Place.Asking == "" || s.Waiting != nil || turn+1 == len(test.Turns) || slices.ContainsFunc(test.Turns, rests) {
			return
		}
		if slices.ContainsFunc(test.Turns, func(t rehearse.Turn) bool { return t.Channel != "" }) {
			return // a link code lasts ten minutes, and the dialog may go on elsewhere
		}
		long := test
		long.Name = fmt.Sprintf("%s, three days behind line %d", test.Name, test.Turns[turn].Pos.Line)
		long.Channels, long.Fault, long.After.Duplicates = []string{test.Given.Channel}, []rehearse.Fault{rehearse.KillAfterCommit}, &none
		long.Turns = slices.Insert(slices.Clone(test.Turns), turn+1,
			rehearse.Turn{Wait: 72 * time.Hour, Pos: test.Turns[turn].Pos},
			rehearse.Turn{Enter: &rehearse.Enter{}, Pos: test.Turns[turn].Pos},
			rehearse.Turn{Choose: rel.Texts.GoOn, Expect: rehearse.Expect{Dialog: &s.Place.Dialog, Step: s.Place.Step}, Pos: test.Turns[turn].Pos},
		)
		for i := range long.Turns {
			long.Turns[i].Expect = timeless(long.Turns[i].Expect)
		}
		silent = append(silent, long)
	}
	if _, err := rehearse.Run(t.Context(), rel, tests, rehearse.Options{Caps: app.SampleCaps, Watch: watch}); err != nil {
		t.Fatal(err)
	}
	if len(silent) < len(tests)/2 {
		t.Errorf("in %d conversations a dialog waited %d times for an answer", len(tests), len(silent))
	}
	reminded := 0
	once := func(s rehearse.Seen) { // the reminder, and the word with which the dialog is put aside
		if s.Test.Turns[s.Turn].Wait == 0 {
			return
		}
		told := map[string]bool{}
		for _, r := range s.Shown {
			if told[r.Text] || len(s.Shown) > 2 {
				t.Errorf("%s: three days of silence bring %d messages, among them %q", s.Test.Name, len(s.Shown), r.Text)
			}
			told[r.Text] = true
			reminded++
		}
	}
	results, err := rehearse.Run(t.Context(), rel, silent, rehearse.Options{Caps: app.SampleCaps, Watch: once})
	if err != nil {
		t.Fatal(err)
	}
	if reminded < len(silent) {
		t.Errorf("%d silences brought %d messages, want a reminder in each", len(silent), reminded)
	}
	for _, r := range results {
		for _, f := range r.Failures {
			t.Errorf("%s: %s (%s): %s", r.File, r.Test, r.Channel, f)
		}
	}
}

// conversations are the starter's tests; every fifth of them with -short.
func conversations(t *testing.T, rel *release.Release) []rehearse.Test {
	t.Helper()
	tests, findings := rehearse.ParseAll(rel)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	if !testing.Short() {
		return tests
	}
	var some []rehearse.Test
	for i := 0; i < len(tests); i += 5 {
		some = append(some, tests[i])
	}
	return some
}

var dated = regexp.MustCompile(`^\d{4}-\d\d-\d\d$|\d{1,2}:\d\d|月\d+日`)

// timeless leaves out what has to differ three days later: what 昨天 is, and when the seats open next.
func timeless(e rehearse.Expect) rehearse.Expect {
	e.Slot = maps.Clone(e.Slot)
	maps.DeleteFunc(e.Slot, func(_, value string) bool { return dated.MatchString(value) })
	e.Says = slices.DeleteFunc(slices.Clone(e.Says), dated.MatchString)
	return e
}

// rests tells whether a test is itself about time that passes.
func rests(t rehearse.Turn) bool { return t.Wait > 0 }

// disturbed are tests with more turns behind every turn, and with faults; nothing may be shown twice.
func disturbed(tests []rehearse.Test, between []rehearse.Turn, faults []rehearse.Fault) []rehearse.Test {
	none := 0
	out := make([]rehearse.Test, 0, len(tests))
	for _, t := range tests {
		turns := t.Turns
		t.Turns = nil
		for _, turn := range turns {
			t.Turns = append(t.Turns, turn)
			for _, b := range between {
				b.Pos = turn.Pos
				t.Turns = append(t.Turns, b)
			}
		}
		t.Fault = slices.Concat(t.Fault, faults)
		t.After.Duplicates = &none
		out = append(out, t)
	}
	return out
}
