package likely

import (
	"cmp"
	"slices"
)

const (
	certainRule = 0.95   // a rule of such a score is not the place to try something else
	nearTie     = 0.97   // of the probability of the one before
	tryShare    = 0.05   // of offers whose last place goes to one that is hardly less likely
	tryAmong    = 8      // places that are looked at
	tryLeast    = 1. / 3 // of the probability of the one whose place it takes
)

// best sorts the classes and returns the first, with a little exploration where learning can make use of it.
func (r *ranking) best(learning bool) []Guess {
	order := slices.Clone(r.classes)
	order = slices.DeleteFunc(order, func(c class) bool { return !(c.p > 0) })
	slices.SortFunc(order, func(a, b class) int { return cmp.Or(cmp.Compare(b.p, a.p), cmp.Compare(a.candidate, b.candidate)) })
	n := min(r.q.N, len(order))
	if learning && !r.q.Text && r.q.Seed != 0 {
		explore(order, n, r.q.Seed)
	}
	out := make([]Guess, n)
	for i, c := range order[:n] {
		out[i] = Guess{ID: r.ids[c.candidate], Label: c.label, P: c.p, Why: ordered(c.why)}
	}
	return out
}

// explore changes the order where next to nothing is lost by it: neighbours that are all but equally likely, and now and then the last
// of three places. The seed decides, so that the same turn judged again shows the same.
func explore(order []class, n int, seed uint64) {
	for i := 0; i+1 < min(n, len(order)); i++ {
		if seed = mix(seed + 1); seed&1 == 0 && !order[i].certain && order[i+1].p >= nearTie*order[i].p {
			order[i], order[i+1] = order[i+1], order[i]
			i++
		}
	}
	const last = 2 // the third
	if n <= last || len(order) <= last+1 || order[last].certain {
		return
	}
	if seed = mix(seed + 1); float64(seed>>11)/(1<<53) >= tryShare {
		return
	}
	others := order[last+1 : min(len(order), tryAmong)]
	others = slices.DeleteFunc(slices.Clone(others), func(c class) bool { return c.p < tryLeast*order[last].p })
	if len(others) == 0 {
		return
	}
	pick := others[mix(seed+1)%uint64(len(others))]
	for i := last; i < len(order); i++ {
		if order[i].candidate == pick.candidate {
			order[last], order[i] = order[i], order[last]
		}
	}
}
