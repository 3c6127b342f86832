package likely

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	confidence  = 4.0  // observations of a context that count as much as what it falls back on
	dayDoubt    = 50.0 // the same for an hour of the day
	trendDoubt  = 10.0 // the same for the last hours
	trendSigmas = 2.0  // of chance
	nobodyKnows = 5.0  // observations of something that is no candidate, known beforehand
	maxClasses  = 64   // ids that are told apart; the others are everything else
	leastSeen   = 1e-6 // probability of what was never seen, in a logarithm
)

// view is what a table says of a person: the posterior of each class in each context, and from them the mixed one. A class is a
// candidate worth looking at; the last class is everything else.
type view struct {
	t       *table
	codes   []string
	lattice lattice
	numbers []int32 // of the classes, -1: not in the table

	scales     [2]float64     // of the slow and the fast memory
	posteriors [2][][]float64 // by memory, set, class
	features   [][]float64    // logarithms to be mixed, by expert and class
	p          []float64      // mixed, by class
	slab       []float64      // rows not yet used
}

// look prepares a view without classes.
func (t *table) look(codes []string, at time.Time) *view {
	v := &view{t: t, codes: codes, lattice: t.latticeOf(len(codes))}
	slow, fast := t.aged(at)
	v.scales = [2]float64{1 / slow, 1 / fast}
	return v
}

// row is a new slice of one number for each class.
func (v *view) row() []float64 {
	n := len(v.numbers) + 1
	if len(v.slab) < n {
		v.slab = make([]float64, n*(4*len(v.lattice.sets)+8)) // all that one guess needs
	}
	row := v.slab[:n:n]
	v.slab = v.slab[n:]
	return row
}

// most are the ids of the table that are worth looking at, the likeliest first: at most maxClasses that keep lets pass (nil: all).
func (v *view) most(keep func(id int32) bool) []int32 {
	type worth struct {
		id int32
		n  float64
	}
	all := make([]worth, 0, 4*maxClasses)
	at := make(map[int32]int32, 4*maxClasses) // where in all, -1: kept out
	add := func(id int32, n float64) {
		i, ok := at[id]
		if !ok {
			i = -1
			if keep == nil || keep(id) {
				i = int32(len(all))
				all = append(all, worth{id: id})
			}
			at[id] = i
		}
		if i >= 0 {
			all[i].n += n
		}
	}
	for _, set := range v.lattice.sets {
		if c := v.t.contexts[keyOf(v.codes, set)]; c != nil {
			n := c.slow * v.scales[0]
			trust := n / (n + confidence)
			c.each(func(id int32, x float64) { add(id, x*trust) })
		}
	}
	for _, id := range v.t.trendTop {
		add(id, v.t.trend[id]/v.t.trendSum)
	}
	slices.SortFunc(all, func(a, b worth) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.id, b.id)) })
	ids := make([]int32, min(len(all), maxClasses))
	for i := range ids {
		ids[i] = all[i].id
	}
	return ids
}

// count is what was counted of the classes in a context, by memory, and in all; the last class has what the others leave.
func (v *view) count(c *context) (n [2][]float64, total [2]float64) {
	last := len(v.numbers)
	n = [2][]float64{v.row(), v.row()}
	if c == nil {
		return n, total
	}
	total = [2]float64{c.slow * v.scales[0], c.fast * v.scales[1]}
	n[0][last], n[1][last] = total[0], total[1]
	for i, id := range v.numbers {
		if x, ok := c.find(id); ok {
			for m, y := range [2]float32{x.slow, x.fast} {
				n[m][i] = float64(y) * v.scales[m]
				n[m][last] -= n[m][i]
			}
		}
	}
	n[0][last], n[1][last] = max(n[0][last], 0), max(n[1][last], 0)
	return n, total
}

// compute fills in the posteriors: each context falls back on the mean of those with one factor less.
func (v *view) compute() {
	for s, set := range v.lattice.sets {
		n, total := v.count(v.t.contexts[keyOf(v.codes, set)])
		for m := range n {
			p := n[m]
			doubt := confidence
			if s == 0 {
				doubt = nobodyKnows
				p[len(p)-1] += nobodyKnows
			}
			for _, d := range v.lattice.below[s] {
				share := doubt / float64(len(v.lattice.below[s]))
				for i, x := range v.posteriors[m][d] {
					p[i] += share * x
				}
			}
			for i := range p {
				p[i] /= total[m] + doubt
			}
			v.posteriors[m] = append(v.posteriors[m], p)
		}
	}
}

// experts fills in the features: the logarithm of each posterior, then how the hour, the weekday and the trend differ from the usual.
// What an operation says fades with its age: fades is, for each factor, how much is left of it.
func (v *view) experts(at time.Time, fades []float64) {
	logs := [2][][]float64{}
	for m := range logs {
		for s, set := range v.lattice.sets {
			f := v.row()
			for i, p := range v.posteriors[m][s] {
				f[i] = math.Log(p + leastSeen)
			}
			left, gone := 1.0, 0
			for i, x := range fades {
				if set&(1<<i) != 0 && x < 1 {
					left, gone = min(left, x), gone|1<<i
				}
			}
			if gone != 0 {
				for i, x := range logs[m][v.lattice.without(set, gone)] {
					f[i] = left*f[i] + (1-left)*x
				}
			}
			logs[m] = append(logs[m], f)
		}
		v.features = append(v.features, logs[m]...)
	}
	usual := v.posteriors[0][0]
	for _, key := range dayKeys(at) {
		n, total := v.count(v.t.contexts[key])
		v.features = append(v.features, against(n[0], total[0], dayDoubt, usual))
	}
	v.features = append(v.features, v.trending(at, v.posteriors[1][0]))
}

// against is how much more of each class there is among n than usual, as logarithm, as far as n is enough to tell.
func against(n []float64, total, doubt float64, usual []float64) []float64 {
	for i, u := range usual {
		n[i] = math.Log((n[i]+doubt*u)/(total+doubt)+leastSeen) - math.Log(u+leastSeen)
	}
	return n
}

// trending is how much more of each class was wanted in the last hours than usual, as logarithm: only what chance does not explain, so
// that a quiet hour says nothing.
func (v *view) trending(at time.Time, usual []float64) []float64 {
	last := len(v.numbers)
	n := v.row()
	scale := math.Exp2(-max(0, float64(at.Sub(v.t.trendAt))) / float64(trendHalf))
	total := v.t.trendSum * scale
	n[last] = total
	for i, id := range v.numbers {
		n[i] = v.t.trend[id] * scale
		n[last] -= n[i]
	}
	for i, u := range usual {
		expected := total * u
		more := max(n[i], 0) - expected
		chance := min(trendSigmas*math.Sqrt(max(n[i], expected)), math.Abs(more))
		n[i] = expected + math.Copysign(math.Abs(more)-chance, more)
	}
	return against(n, total, trendDoubt, usual)
}

// mixed weighs the features and fills in p.
func (v *view) mixed(w []float64) {
	if v.p == nil {
		v.p = v.row()
	}
	for e, f := range v.features {
		if w[e] != 0 {
			for i, x := range f {
				v.p[i] += w[e] * x
			}
		}
	}
	top := v.p[0]
	for _, x := range v.p {
		top = max(top, x)
	}
	sum := 0.0
	for i, x := range v.p {
		v.p[i] = math.Exp(x - top)
		sum += v.p[i]
	}
	for i := range v.p {
		v.p[i] /= sum
	}
}
