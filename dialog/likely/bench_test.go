package likely

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// busy is a house in which 10,000 things are wanted by people of many kinds.
func busy(candidates int) (*Learned, []string, func(*rand.Rand) []Factor) {
	r := rand.New(rand.NewPCG(1, 2))
	ids := make([]string, candidates)
	for i := range ids {
		ids[i] = fmt.Sprintf("kb:topic.%d.entry_%d", i%97, i)
	}
	person := func(r *rand.Rand) []Factor {
		return []Factor{
			{Name: "scene.page", Value: fmt.Sprint(r.IntN(40))}, {Name: "scene.error", Value: fmt.Sprint(r.IntN(20))},
			{Name: "channel", Value: fmt.Sprint(r.IntN(3))}, {Name: "event", Value: fmt.Sprint(r.IntN(10)), Age: time.Minute},
			{Name: "event", Value: fmt.Sprint(r.IntN(10)), Age: time.Hour}, {Name: "tag", Value: fmt.Sprint(r.IntN(4))},
		}
	}
	var l *Learned
	for h := range 20 {
		counts := map[string]int64{}
		for range 2000 {
			CountWanted(counts, person(r), ids[int(float64(candidates)*r.Float64()*r.Float64()*r.Float64())])
		}
		l = Learn(l, []Hour{{At: noon.Add(time.Duration(h-21) * time.Hour), Counts: counts}}, noon.Add(time.Duration(h-19)*time.Hour))
	}
	return l, ids, person
}

func BenchmarkRank(b *testing.B) {
	for _, n := range []int{300, 10_000} {
		b.Run(fmt.Sprint(n, " candidates"), func(b *testing.B) {
			l, ids, person := busy(n)
			set := NewSet(ids)
			votes := []Vote{{ID: ids[7], Score: .4}, {ID: ids[8], Score: .9, Factor: "scene.error", Value: "3"}}
			r := rand.New(rand.NewPCG(3, 4))
			b.ReportAllocs()
			for b.Loop() {
				Rank(l, Query{Set: set, Factors: person(r), Votes: votes, Now: noon, Seed: r.Uint64(), N: 9})
			}
		})
	}
}

// BenchmarkLearn is one refresh: the hour under way, with 2,000 names in it.
func BenchmarkLearn(b *testing.B) {
	l, ids, person := busy(10_000)
	r := rand.New(rand.NewPCG(5, 6))
	counts := map[string]int64{}
	for range 2000 {
		CountWanted(counts, person(r), ids[r.IntN(len(ids))])
	}
	b.ReportAllocs()
	for b.Loop() {
		Learn(l, []Hour{{At: noon.Add(-30 * time.Minute), Counts: counts}}, noon)
	}
}
