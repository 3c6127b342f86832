package likely

import (
	"cmp"
	"math"
	"slices"
)

const (
	voteStrength = 20.0 // observations that a rule of score s weighs are voteStrength/(1-s)
	unknownCount = 5.0  // observations of something that is no candidate, known beforehand
	confidence   = 4.0  // observations of a context that count as much as what it falls back on
	maxReorder   = 0.5  // log-odds by which factors move what the text says
)

// Rank returns the likeliest candidates, best first, at most q.N, ties by their order. l may be nil: only rules and text then. The same
// arguments give the same answer. Without text the probabilities sum to at most 1.
func Rank(l *Learned, q Query) []Guess {
	r := &ranking{q: q, at: make(map[string]int, len(q.Candidates))}
	for i, id := range q.Candidates {
		if _, twice := r.at[id]; !twice {
			r.at[id] = i
		}
	}
	r.p = make([]float64, len(q.Candidates))
	r.label, r.why = map[int]string{}, map[int][]Reason{}
	general, specific := r.votes()
	r.learned(l, general)
	r.lift(l, specific)
	if q.Text && len(q.Hits) > 0 {
		r.hear()
	}
	return r.best()
}

type ranking struct {
	q     Query
	at    map[string]int // candidate → index
	p     []float64
	label map[int]string
	why   map[int][]Reason
}

// votes are the rules for candidates, the strongest first, each candidate once: those that always hold, and those of a factor.
func (r *ranking) votes() (general, specific []Vote) {
	all := slices.Clone(r.q.Votes)
	slices.SortStableFunc(all, func(a, b Vote) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(r.at[a.ID], r.at[b.ID])) })
	seen := map[string]bool{}
	for _, v := range all {
		i, ok := r.at[v.ID]
		if !ok || !(v.Score > 0) {
			continue
		}
		v.Score = min(v.Score, 1)
		if r.label[i] == "" {
			r.label[i] = v.Label
		}
		if list := &general; v.Factor == "" {
			if !seen[v.ID] {
				*list = append(*list, v)
				seen[v.ID] = true
			}
			continue
		}
		if !seen[v.Factor+"\x00"+v.ID] {
			specific = append(specific, v)
			seen[v.Factor+"\x00"+v.ID] = true
		}
	}
	return general, specific
}

func strength(score float64) float64 { return voteStrength / max(1-score, 1e-6) }

// learned fills in the posterior of each candidate from what others with the same factors wanted. Rules that always hold are the prior.
func (r *ranking) learned(l *Learned, general []Vote) {
	prior := make([]float64, len(r.p))
	left, most := 1.0, unknownCount
	for _, v := range general {
		i := r.at[v.ID]
		prior[i] = left * v.Score
		left -= prior[i]
		most = max(most, strength(v.Score))
		r.why[i] = append(r.why[i], Reason{Rule: v.Rule, Gain: gain(prior[i], 0)})
	}
	if l == nil || l.now == nil || len(l.now.contexts) == 0 {
		copy(r.p, prior)
		return
	}
	t := l.now
	scale := math.Exp2(-float64(r.q.Now.Sub(t.epoch)) / float64(halfLife))
	factors := pick(r.q.Factors)
	codes := make([]string, len(factors))
	for i, f := range factors {
		codes[i] = f.code
	}
	sets := subsets(len(codes))
	down := below(sets)
	index := make([]int, len(t.ids)) // id → candidate, -1: none
	for n, id := range t.ids {
		index[n] = -1
		if i, ok := r.at[id]; ok {
			index[n] = i
		}
	}
	post := make([][]float64, len(sets))
	for s, set := range sets {
		p := make([]float64, len(r.p))
		post[s] = p
		c := t.contexts[keyOf(codes, set)]
		n := 0.0
		if c != nil {
			n = c.total * scale
		}
		k := confidence
		if s == 0 {
			k = most
			for i := range p {
				p[i] = k * prior[i]
			}
		}
		for _, d := range down[s] {
			for i, x := range post[d] {
				p[i] += k * x / float64(len(down[s]))
			}
		}
		if c != nil {
			for _, x := range c.cells {
				if i := index[x.id]; i >= 0 {
					p[i] += float64(x.n) * scale
				}
			}
		}
		for i := range p {
			p[i] /= n + k
		}
	}
	copy(r.p, post[len(post)-1])
	for i, p := range r.p {
		if p == 0 {
			continue
		}
		for s, set := range sets {
			if set != 0 && set&(set-1) == 0 {
				f := factors[bit(set)]
				if g := gain(post[s][i], post[0][i]); g > 0 {
					r.why[i] = append(r.why[i], Reason{Factor: f.Name, Value: f.Value, Gain: g})
				}
			}
		}
		if len(r.why[i]) == 0 {
			r.why[i] = append(r.why[i], Reason{Gain: 0})
		}
	}
}

func bit(set int) int {
	n := 0
	for set > 1 {
		set >>= 1
		n++
	}
	return n
}

// lift lets the rules of factors go first, as far as what was learned of those factors does not know better.
func (r *ranking) lift(l *Learned, specific []Vote) {
	left := 1.0
	raised := map[int]float64{}
	for _, v := range specific {
		i := r.at[v.ID]
		n := 0.0
		if l != nil && l.now != nil {
			scale := math.Exp2(-float64(r.q.Now.Sub(l.now.epoch)) / float64(halfLife))
			for _, f := range pick(r.q.Factors) {
				if f.Name == v.Factor && (v.Value == "" || f.Value == v.Value) {
					if c := l.now.contexts[keyOf([]string{f.code}, 1)]; c != nil {
						n = max(n, c.total*scale)
					}
				}
			}
		}
		k := strength(v.Score)
		take := left * v.Score * k / (k + n)
		left -= take
		raised[i] += take
		r.why[i] = append(r.why[i], Reason{Factor: v.Factor, Value: v.Value, Rule: v.Rule, Gain: gain(v.Score, r.p[i])})
	}
	for i := range r.p {
		r.p[i] *= left
	}
	for i, x := range raised {
		r.p[i] += x
	}
}

// hear lets the text speak: its hits stand before everything else, and factors move them only as far as the text leaves open.
func (r *ranking) hear() {
	mean, found := 0.0, map[int]float64{}
	for _, h := range r.q.Hits {
		if i, ok := r.at[h.ID]; ok && h.Score > 0 {
			found[i] = max(found[i], min(h.Score, 1))
		}
	}
	if len(found) == 0 {
		return
	}
	top := 0.0
	for i, s := range found {
		mean += r.p[i] / float64(len(found))
		top = max(top, s)
	}
	for i := range r.p {
		s, ok := found[i]
		if !ok {
			r.p[i] *= (1 - top) / 2
			continue
		}
		move := maxReorder * (r.p[i] - mean) / (r.p[i] + mean + 1e-9) * 4 * s * (1 - s)
		r.p[i] = s
		if s < 1 {
			r.p[i] = 1 / (1 + math.Exp(-math.Log(s/(1-s))-move))
		}
		r.why[i] = append(r.why[i], Reason{Factor: "text", Gain: gain(s, 0)})
	}
}

// gain is the log-odds of p over those of the prior.
func gain(p, prior float64) float64 {
	odds := func(x float64) float64 {
		x = min(max(x, 1e-4), 1-1e-4)
		return math.Log(x / (1 - x))
	}
	return odds(p) - odds(prior)
}

func (r *ranking) best() []Guess {
	order := make([]int, 0, len(r.p))
	for i, p := range r.p {
		if p > 0 && r.at[r.q.Candidates[i]] == i {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.p[b], r.p[a]) })
	out := make([]Guess, 0, min(r.q.N, len(order)))
	for _, i := range order[:cap(out)] {
		why := r.why[i]
		slices.SortStableFunc(why, func(a, b Reason) int { return cmp.Compare(b.Gain, a.Gain) })
		out = append(out, Guess{ID: r.q.Candidates[i], Label: r.label[i], P: r.p[i], Why: why})
	}
	return out
}
