package likely

import (
	"math"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestRankCold(t *testing.T) {
	t.Parallel()
	candidates := []string{"kb:a", "kb:b", "kb:c"}
	hold := Vote{ID: "kb:b", Label: "收不了红包怎么办", Score: .95, Factor: "scene.error", Value: "RP_HOLD", Rule: "dialogs/redpacket.yaml:18"}
	always := Vote{ID: "kb:c", Score: .4, Rule: "likely.yaml:1"}
	for _, tt := range []struct {
		name  string
		q     Query
		first string
		p     float64
	}{
		{"a rule of a factor", Query{Votes: []Vote{always, hold}}, "kb:b", .95},
		{"a rule that always holds", Query{Votes: []Vote{always}}, "kb:c", .4},
		{"what the text says", Query{Votes: []Vote{always, hold}, Text: true, Hits: []Hit{{"kb:a", 1}}}, "kb:a", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.q.Candidates, tt.q.Now, tt.q.N = candidates, noon, 3
			got := Rank(nil, tt.q)
			if len(got) == 0 || got[0].ID != tt.first || math.Abs(got[0].P-tt.p) > .01 {
				t.Errorf("Rank = %+v, want %s first with about %v", got, tt.first, tt.p)
			}
		})
	}
	if got := Rank(nil, Query{Candidates: candidates, Now: noon, N: 3}); len(got) > 0 {
		t.Errorf("Rank of nothing known = %+v, want none", got)
	}
}

func TestRankLearns(t *testing.T) {
	t.Parallel()
	page := []Factor{{Name: "scene.page", Value: "refund"}}
	counts := map[string]int64{}
	for range 50 {
		CountWanted(counts, page, "kb:b")
		CountWanted(counts, []Factor{{Name: "scene.page", Value: "login"}}, "kb:a")
	}
	l := Learn(nil, []Hour{{At: noon.Add(-3 * time.Hour), Counts: counts}}, noon)
	got := Rank(l, Query{Candidates: []string{"kb:a", "kb:b"}, Factors: page, Now: noon, N: 2})
	if len(got) != 2 || got[0].ID != "kb:b" || got[0].P < .8 || got[0].Why[0].Factor != "scene.page" {
		t.Errorf("Rank = %+v, want kb:b first because of scene.page", got)
	}
}
