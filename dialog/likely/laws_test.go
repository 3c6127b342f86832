package likely

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world draws a few candidates, people and what they wanted.
type world struct {
	candidates []string
	learned    *Learned
}

func drawFactors(t *rapid.T) []Factor {
	names := []string{"scene.page", "scene.error", "event", "channel", "tag", "profile.level", "topic", "hour"}
	var f []Factor
	for range rapid.IntRange(0, 7).Draw(t, "factors") {
		f = append(f, Factor{
			Name: rapid.SampledFrom(names).Draw(t, "name"), Value: rapid.SampledFrom([]string{"a", "b", "kb:1", "kb:2"}).Draw(t, "value"),
			Age: time.Duration(rapid.IntRange(0, 100).Draw(t, "age")) * time.Hour,
		})
	}
	return f
}

func drawWorld(t *rapid.T) world {
	w := world{}
	for i := range rapid.IntRange(1, 12).Draw(t, "candidates") {
		w.candidates = append(w.candidates, fmt.Sprintf("kb:%d", i))
	}
	var hours []Hour
	for i := range rapid.IntRange(0, 4).Draw(t, "hours") {
		h := Hour{At: noon.Add(time.Duration(i-6) * time.Hour), Counts: map[string]int64{}}
		for range rapid.IntRange(0, 12).Draw(t, "people") {
			f := drawFactors(t)
			want := rapid.SampledFrom(w.candidates).Draw(t, "want")
			shown := rapid.SliceOfN(rapid.SampledFrom(w.candidates), 0, 3).Draw(t, "shown")
			CountOffer(h.Counts, f, shown, "")
			for range rapid.IntRange(1, 40).Draw(t, "times") {
				CountWanted(h.Counts, f, want)
			}
		}
		hours = append(hours, h)
	}
	if len(hours) > 0 {
		w.learned = Learn(nil, hours, noon)
	}
	return w
}

func (w world) drawQuery(t *rapid.T) Query {
	q := Query{Candidates: w.candidates, Factors: drawFactors(t), Now: noon, N: 20}
	for i := range rapid.IntRange(0, 4).Draw(t, "votes") {
		v := Vote{ID: rapid.SampledFrom(w.candidates).Draw(t, "for"), Score: rapid.Float64Range(0, 1).Draw(t, "score"), Rule: fmt.Sprintf("likely.yaml:%d", i)}
		if len(q.Factors) > 0 && rapid.Bool().Draw(t, "of a factor") {
			f := rapid.SampledFrom(q.Factors).Draw(t, "factor")
			v.Factor, v.Value = f.Name, f.Value
		}
		q.Votes = append(q.Votes, v)
	}
	return q
}

func of(all []Guess, id string) float64 {
	for _, g := range all {
		if g.ID == id {
			return g.P
		}
	}
	return 0
}

func TestProbabilitiesAreOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		got := Rank(w.learned, w.drawQuery(t))
		sum := 0.0
		for i, g := range got {
			sum += g.P
			if !(g.P > 0) || i > 0 && g.P > got[i-1].P {
				t.Fatalf("Rank: guess %d has P %v after %v, want them above 0 and falling", i, g.P, got[max(i-1, 0)].P)
			}
			if len(g.Why) == 0 {
				t.Fatalf("Rank: %s has no reason", g.ID)
			}
		}
		if sum > 1+1e-9 {
			t.Fatalf("Rank: the probabilities add up to %v, want at most 1", sum)
		}
	})
}

func TestSameArgumentsSameAnswer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		q := w.drawQuery(t)
		q.Seed = rapid.Uint64().Draw(t, "seed")
		votes, factors := slices.Clone(q.Votes), slices.Clone(q.Factors)
		first := Rank(w.learned, q)
		if again := Rank(w.learned, q); !reflect.DeepEqual(first, again) {
			t.Fatalf("Rank twice: %+v, then %+v", first, again)
		}
		if !reflect.DeepEqual(votes, q.Votes) || !reflect.DeepEqual(factors, q.Factors) {
			t.Fatal("Rank changed its query")
		}
	})
}

// TestSetsAreCandidates: a set that was made ready gives what its ids give one by one.
func TestSetsAreCandidates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		for i := range rapid.SampledFrom([]int{0, 2 * maxClasses}).Draw(t, "more") {
			w.candidates = append(w.candidates, fmt.Sprintf("kb:more-%d", i))
		}
		q := w.drawQuery(t)
		gone := rapid.SampledFrom(w.candidates).Draw(t, "gone")
		plain := q
		plain.Candidates = slices.DeleteFunc(slices.Clone(w.candidates), func(id string) bool { return id == gone })
		q.Candidates, q.Set, q.Keep = nil, NewSet(w.candidates), func(id string) bool { return id != gone }
		if a, b := Rank(w.learned, plain), Rank(w.learned, q); len(a)+len(b) > 0 && !reflect.DeepEqual(a, b) {
			t.Fatalf("Rank of candidates = %+v, of a set %+v", a, b)
		}
	})
}

func TestAStrongerRuleNeverHurts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		q := w.drawQuery(t)
		if len(q.Votes) == 0 {
			return
		}
		i := rapid.IntRange(0, len(q.Votes)-1).Draw(t, "rule")
		before := of(Rank(w.learned, q), q.Votes[i].ID)
		q.Votes = slices.Clone(q.Votes)
		q.Votes[i].Score = rapid.Float64Range(q.Votes[i].Score, 1).Draw(t, "stronger")
		if after := of(Rank(w.learned, q), q.Votes[i].ID); after < before-1e-9 {
			t.Fatalf("Rank: P of %s fell from %v to %v with a stronger rule", q.Votes[i].ID, before, after)
		}
	})
}

func TestWantingItNeverHurts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := []Factor{{Name: "scene.page", Value: "a"}, {Name: "channel", Value: "web"}}
		counts := map[string]int64{}
		for i := range 4 {
			for range rapid.IntRange(0, 30).Draw(t, "times") {
				CountWanted(counts, f, fmt.Sprintf("kb:%d", i))
			}
		}
		more := maps.Clone(counts)
		for range rapid.IntRange(1, 30).Draw(t, "more") {
			CountWanted(more, f, "kb:1")
		}
		q := Query{Candidates: []string{"kb:0", "kb:1", "kb:2", "kb:3"}, Factors: f, Now: noon, N: 4}
		learn := func(c map[string]int64) float64 {
			return of(Rank(Learn(nil, []Hour{{At: noon.Add(-50 * time.Hour), Counts: c}}, noon), q), "kb:1")
		}
		if before, after := learn(counts), learn(more); after < before-1e-9 {
			t.Fatalf("P fell from %v to %v after it was wanted more often", before, after)
		}
	})
}

// TestHoursInPieces: a running house learns hour by hour and looks into the hour under way again and again; a restarted one learns all
// at once. Both know the same.
func TestHoursInPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var hours []Hour
		for i := range 5 {
			h := Hour{At: noon.Add(time.Duration(i-5) * time.Hour), Counts: map[string]int64{}}
			for range rapid.IntRange(0, 6).Draw(t, "people") {
				CountWanted(h.Counts, drawFactors(t), fmt.Sprintf("kb:%d", rapid.IntRange(0, 3).Draw(t, "want")))
			}
			hours = append(hours, h)
		}
		var l *Learned
		for i := range hours {
			half := Hour{At: hours[i].At, Counts: map[string]int64{}}
			for name, n := range hours[i].Counts {
				half.Counts[name] = (n + 1) / 2
			}
			l = Learn(l, append(slices.Clone(hours[:i]), half), hours[i].At.Add(30*time.Minute))
		}
		l = Learn(l, hours, noon.Add(time.Minute))
		whole := Learn(nil, hours, noon.Add(time.Minute))
		q := Query{Candidates: []string{"kb:0", "kb:1", "kb:2", "kb:3"}, Factors: drawFactors(t), Now: noon.Add(time.Minute), N: 4}
		a, b := Rank(l, q), Rank(whole, q)
		for i := range b {
			if len(a) != len(b) || a[i].ID != b[i].ID || abs(a[i].P-b[i].P) > 1e-6 {
				t.Fatalf("Rank after pieces = %+v, after all at once = %+v", a, b)
			}
		}
	})
}

func abs(x float64) float64 { return max(x, -x) }
