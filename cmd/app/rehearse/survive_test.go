package rehearse_test

import (
	"testing"

	"github.com/xianda-bot/xianda/cmd/app/rehearse"
)

// TestSurvives plays every conversation again with something in between each two turns, and under faults: it must come out the same.
func TestSurvives(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"testdata/engine", "testdata/whole"} {
		rel := load(t, folder)
		tests, findings := rehearse.ParseAll(rel)
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		for name, played := range map[string][]rehearse.Test{
			"restart":             disturbed(tests, []rehearse.Turn{{Restart: true}}, nil),
			"publish":             disturbed(tests, []rehearse.Turn{{Publish: true}}, nil),
			"restart and publish": disturbed(tests, []rehearse.Turn{{Publish: true}, {Restart: true}}, nil),
			"faults":              disturbed(tests, nil, []rehearse.Fault{rehearse.WechatRetry, rehearse.KillAfterCommit}),
		} {
			t.Run(folder+" "+name, func(t *testing.T) {
				t.Parallel()
				results, err := rehearse.Run(t.Context(), rel, played, rehearse.Options{Caps: caps})
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
