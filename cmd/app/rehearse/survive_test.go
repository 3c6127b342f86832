package rehearse_test

import (
	"testing"

	"github.com/xianda-bot/xianda/cmd/app/rehearse"
)

// TestSurvives plays every conversation of the engine's tests again with something in between each two turns: it must come out the same.
func TestSurvives(t *testing.T) {
	t.Parallel()
	rel := load(t, "testdata/engine")
	tests, findings := rehearse.ParseAll(rel)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	for name, between := range map[string][]rehearse.Turn{
		"restart":             {{Restart: true}},
		"publish":             {{Publish: true}},
		"restart and publish": {{Publish: true}, {Restart: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results, err := rehearse.Run(t.Context(), rel, disturbed(tests, between, nil), rehearse.Options{Caps: caps})
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
	t.Run("faults", func(t *testing.T) {
		t.Parallel()
		results, err := rehearse.Run(t.Context(), rel, disturbed(tests, nil, []rehearse.Fault{rehearse.WechatRetry, rehearse.KillAfterCommit}), rehearse.Options{Caps: caps})
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

// disturbed are tests with more turns behind every turn, and with faults.
func disturbed(tests []rehearse.Test, between []rehearse.Turn, faults []rehearse.Fault) []rehearse.Test {
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
		if faults != nil {
			t.Fault = faults
		}
		out = append(out, t)
	}
	return out
}
