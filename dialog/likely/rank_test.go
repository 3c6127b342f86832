package likely

import (
	"fmt"
	"math"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// counting is the counts of n people with factors f who want id.
func counting(c map[string]int64, n int, id string, f ...Factor) map[string]int64 {
	if c == nil {
		c = map[string]int64{}
	}
	for range n {
		CountWanted(c, f, id)
	}
	return c
}

func hour(before time.Duration, c map[string]int64) Hour {
	return Hour{At: noon.Add(-before), Counts: c}
}

var (
	refundPage = Factor{Name: "scene.page", Value: "refund"}
	loginPage  = Factor{Name: "scene.page", Value: "login"}
	abc        = []string{"kb:a", "kb:b", "kb:c"}
)

func TestRankCold(t *testing.T) {
	t.Parallel()
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
		{"of equal rules the one whose candidate stands first", Query{Votes: []Vote{always, {ID: "kb:a", Score: .4}}}, "kb:a", .4},
		{"a rule for something that may not be offered", Query{Votes: []Vote{always, {ID: "kb:gone", Score: .9}}}, "kb:c", .4},
		{"what the text says goes before every rule", Query{Votes: []Vote{always, hold}, Text: true, Hits: []Hit{{"kb:a", 1}}}, "kb:a", 1},
		{"what the text leaves open", Query{Votes: []Vote{hold}, Text: true, Hits: []Hit{{"kb:a", .5}, {"kb:b", .48}}}, "kb:b", .52},
		{"what the text says clearly enough", Query{Votes: []Vote{hold}, Text: true, Hits: []Hit{{"kb:a", .8}, {"kb:b", .48}}}, "kb:a", .74},
		{"the topic of last week", Query{Factors: []Factor{{Name: "topic", Value: "kb:c", Age: 24 * time.Hour}}}, "kb:c", .18},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.q.Candidates, tt.q.Now, tt.q.N = abc, noon, 3
			got := Rank(nil, tt.q)
			if len(got) == 0 || got[0].ID != tt.first || math.Abs(got[0].P-tt.p) > .02 {
				t.Errorf("Rank = %+v, want %s first with about %v", got, tt.first, tt.p)
			}
		})
	}
	got := Rank(nil, Query{Candidates: abc, Votes: []Vote{hold}, Now: noon, N: 3})
	if want := (Reason{Factor: "scene.error", Value: "RP_HOLD", Rule: "dialogs/redpacket.yaml:18"}); got[0].Label != hold.Label ||
		got[0].Why[0].Factor != want.Factor || got[0].Why[0].Value != want.Value || got[0].Why[0].Rule != want.Rule {
		t.Errorf("Rank = %+v, want it to say %q because of %+v", got[0], hold.Label, want)
	}
	if got := Rank(nil, Query{Candidates: abc, Now: noon, N: 3}); len(got) > 0 {
		t.Errorf("Rank of nothing known = %+v, want none", got)
	}
}

// TestRankLearned are the things that only counts can teach. Each is asked with the same candidates.
func TestRankLearned(t *testing.T) {
	t.Parallel()
	event := func(kind string, age time.Duration) Factor { return Factor{Name: "event", Value: kind, Age: age} }
	web, wechat := Factor{Name: "channel", Value: "web"}, Factor{Name: "channel", Value: "wechat"}
	always := Vote{ID: "kb:c", Score: .4, Rule: "likely.yaml:1"}
	hold := Vote{ID: "kb:c", Score: .95, Factor: "scene.page", Value: "refund", Rule: "likely.yaml:2"}
	pages := counting(counting(nil, 40, "kb:a", refundPage, web), 60, "kb:b", loginPage, web)
	for _, tt := range []struct {
		name  string
		hours []Hour
		q     Query
		first string
		why   string // the factor that decided; "": not asked
	}{
		{"the page", []Hour{hour(50*time.Hour, pages)}, Query{Factors: []Factor{refundPage, web}}, "kb:a", "scene.page"},
		{"what everybody wants, on a page not seen before", []Hour{hour(50*time.Hour, pages)}, Query{Factors: []Factor{{Name: "scene.page", Value: "new"}, web}}, "kb:b", ""},
		{"an operation that just happened", []Hour{hour(50*time.Hour, counting(counting(nil, 50, "kb:a", event("held", 0), web), 90, "kb:b", web))},
			Query{Factors: []Factor{event("held", time.Minute), web}}, "kb:a", "event"},
		{"an operation of three days ago", []Hour{hour(50*time.Hour, counting(counting(nil, 50, "kb:a", event("held", 0), web), 200, "kb:b", web))},
			Query{Factors: []Factor{event("held", 71*time.Hour), web}}, "kb:b", ""},
		{"a rule that nobody follows", []Hour{hour(50*time.Hour, counting(nil, 200, "kb:b", web))}, Query{Factors: []Factor{web}, Votes: []Vote{always}}, "kb:b", ""},
		{"a rule of a factor against a hundred people", []Hour{hour(50*time.Hour, counting(nil, 100, "kb:a", refundPage, web))},
			Query{Factors: []Factor{refundPage, web}, Votes: []Vote{hold}}, "kb:c", "scene.page"},
		{"a rule of a factor against thousands", []Hour{hour(50*time.Hour, counting(nil, 4000, "kb:a", refundPage, web))},
			Query{Factors: []Factor{refundPage, web}, Votes: []Vote{hold}}, "kb:a", "scene.page"},
		{"a rule of a factor on a page of its own", []Hour{hour(50*time.Hour, counting(nil, 4000, "kb:a", loginPage, wechat))},
			Query{Factors: []Factor{refundPage, web}, Votes: []Vote{hold}}, "kb:c", "scene.page"},
		{"what the year forgot", []Hour{hour(4*365*24*time.Hour, counting(nil, 300, "kb:a", web)), hour(50*time.Hour, counting(nil, 100, "kb:b", web))},
			Query{Factors: []Factor{web}}, "kb:b", ""},
		{"what all ask in the last minutes", []Hour{hour(300*time.Hour, counting(counting(nil, 900, "kb:a", web), 20, "kb:b", web)), hour(10*time.Minute, counting(nil, 40, "kb:b", web))},
			Query{Factors: []Factor{web}}, "kb:b", "trend"},
		{"what few ask in the last minutes", []Hour{hour(300*time.Hour, counting(counting(nil, 900, "kb:a", web), 20, "kb:b", web)), hour(10*time.Minute, counting(nil, 3, "kb:b", web))},
			Query{Factors: []Factor{web}}, "kb:a", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.q.Candidates, tt.q.Now, tt.q.N = abc, noon, 3
			got := Rank(Learn(nil, tt.hours, noon), tt.q)
			if len(got) == 0 || got[0].ID != tt.first || tt.why != "" && got[0].Why[0].Factor != tt.why {
				t.Errorf("Rank = %+v, want %s first because of %q", got, tt.first, tt.why)
			}
		})
	}
}

func TestRefusedOffersAreBelieved(t *testing.T) {
	t.Parallel()
	f := []Factor{{Name: "channel", Value: "web"}}
	counts := counting(counting(nil, 60, "kb:a", f...), 40, "kb:b", f...)
	q := Query{Candidates: abc, Factors: f, Now: noon, N: 3}
	before := Rank(Learn(nil, []Hour{hour(50*time.Hour, counts)}, noon), q)
	for range 500 {
		CountOffer(counts, f, []string{"kb:a"}, "")
	}
	after := Rank(Learn(nil, []Hour{hour(50*time.Hour, counts)}, noon), q)
	if before[0].ID != "kb:a" || after[0].ID != "kb:b" {
		t.Errorf("first %s before and %s after 500 refusals, want kb:a, then kb:b", before[0].ID, after[0].ID)
	}
}

func TestTheSameTopicAgain(t *testing.T) {
	t.Parallel()
	mine := Factor{Name: "topic", Value: "dialog:game", Age: time.Hour}
	q := Query{Candidates: []string{"kb:a", "dialog:game/pay"}, Factors: []Factor{mine}, Now: noon, N: 2}
	var last float64
	for i, c := range []map[string]int64{
		counting(nil, 200, "kb:a", mine), nil, counting(nil, 200, "dialog:game/pay", mine),
	} {
		p := of(Rank(Learn(nil, []Hour{hour(50*time.Hour, c)}, noon), q), "dialog:game/pay")
		if p <= last {
			t.Errorf("P of the topic = %v after %v, want it to rise with those who come back to theirs (%d)", p, last, i)
		}
		last = p
	}
}

func TestExplorationIsSmall(t *testing.T) {
	t.Parallel()
	var candidates []string
	counts := map[string]int64{}
	web := Factor{Name: "channel", Value: "web"}
	for i := range 8 {
		candidates = append(candidates, fmt.Sprintf("kb:%d", i))
		counting(counts, 300-30*i, candidates[i], web)
	}
	l := Learn(nil, []Hour{hour(50*time.Hour, counts)}, noon)
	q := Query{Candidates: candidates, Factors: []Factor{web}, Now: noon, N: 3}
	plain := Rank(l, q)
	third := 0
	for seed := range 1000 {
		q.Seed = uint64(seed) + 1
		got := Rank(l, q)
		if got[0].ID != plain[0].ID || got[1].ID != plain[1].ID {
			t.Fatalf("seed %d: %+v, want the first two as without exploration", seed, got)
		}
		if got[2].ID != plain[2].ID {
			third++
		}
	}
	if third < 20 || third > 100 {
		t.Errorf("the third place was given away in %d of 1000 turns, want about 50", third)
	}
	q.Votes = []Vote{{ID: "kb:0", Score: .99, Factor: "channel"}, {ID: "kb:1", Score: .99, Factor: "channel"}, {ID: "kb:2", Score: .99, Factor: "channel"}}
	for seed := range 200 {
		q.Seed = uint64(seed) + 1
		for i, g := range Rank(l, q) {
			if g.ID != fmt.Sprintf("kb:%d", i) {
				t.Fatalf("seed %d: place %d has %s, want what the rules are certain of", seed, i, g.ID)
			}
		}
	}
}
