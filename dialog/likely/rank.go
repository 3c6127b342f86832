package likely

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
)

const (
	voteStrength = 20.0 // observations that a rule of score s weighs are voteStrength/(1-s)
	offerDoubt   = 10.0 // takings that must be expected of an offer before its refusals tell half of what they could
	offerMost    = 2.0  // how much likelier takings can make it
	againShare   = 0.2  // of those with a recent topic who want it again, known beforehand
	againDoubt   = 20.0 // observations that this weighs
)

// Rank returns the likeliest candidates, best first, at most q.N, ties by their order. l may be nil: only rules and text then. The same
// arguments give the same answer. Without text the probabilities sum to at most 1. A candidate that nothing speaks for is not returned.
func Rank(l *Learned, q Query) []Guess {
	r := &ranking{q: q, ids: q.Candidates, t: &table{}, factors: pick(q.Factors), named: map[string]int{}, position: map[int]int{}}
	if q.Set != nil {
		r.ids = q.Set.ids
	}
	if q.N <= 0 || len(r.ids) == 0 {
		return nil
	}
	if l != nil && l.now != nil {
		r.t = l.now
	}
	r.find()
	if !q.Text || !plain(q.Hits) {
		r.votes()
		r.posterior()
		r.offered()
		r.repeat()
		r.lift()
	}
	if q.Text {
		r.hear()
	}
	return r.best(l != nil)
}

// ranking is one Rank under way.
type ranking struct {
	q       Query
	ids     []string // of the candidates
	t       *table
	factors []picked

	named map[string]int // candidates that the query names: by a vote, a topic, a hit
	place []int32        // by number of an id in the table: its candidate plus one
	rules []Vote         // for candidates, the strongest first

	view     *view
	classes  []class
	position map[int]int // candidate → class
}

// class is a candidate that something speaks for.
type class struct {
	candidate int
	number    int32 // in the table; -1: not there
	p         float64
	label     string
	why       []Reason
	certain   bool // a rule says so: not the place to try something else
}

// find tells where among the candidates those are that the query names and opens them; when there are few, all.
func (r *ranking) find() {
	r.locate()
	named := slices.Collect(maps.Values(r.named))
	slices.Sort(named)
	for _, i := range named {
		if i >= 0 {
			r.open(i)
		}
	}
}

func (r *ranking) locate() {
	var topics []string
	for _, v := range r.q.Votes {
		r.named[v.ID] = -1
	}
	for _, h := range r.q.Hits {
		r.named[h.ID] = -1
	}
	for _, f := range r.q.Factors {
		if f.Name == nameTopic {
			topics = append(topics, f.Value)
		}
	}
	few := len(r.ids) <= maxClasses
	if r.q.Set != nil {
		for _, id := range topics {
			r.named[id] = -1
		}
		for id := range r.named {
			r.named[id] = r.member(id)
		}
		if few {
			for i, id := range r.ids {
				if r.member(id) == i {
					r.open(i)
				}
			}
		}
		return
	}
	if !few {
		r.place = make([]int32, len(r.t.ids))
	}
	for i, id := range r.ids {
		if few {
			r.open(i)
		} else if n, ok := r.t.at[id]; ok && r.place[n] == 0 {
			r.place[n] = int32(i) + 1
		}
		if at, ok := r.named[id]; ok && at < 0 || !ok && slices.ContainsFunc(topics, func(topic string) bool { return same(topic, id) }) {
			r.named[id] = i
		}
	}
}

// member is the index of an id in the set, -1: it is not there, or not now.
func (r *ranking) member(id string) int {
	if i, ok := r.q.Set.at[id]; ok && (r.q.Keep == nil || r.q.Keep(id)) {
		return i
	}
	return -1
}

// placed is the candidate that an id of the table is, -1: none.
func (r *ranking) placed(number int32) int {
	if r.q.Set != nil {
		return r.member(r.t.ids[number])
	}
	return int(r.place[number]) - 1
}

// candidate is the index of an id that the query names, -1: it is none.
func (r *ranking) candidate(id string) int {
	if i, ok := r.named[id]; ok {
		return i
	}
	return -1
}

// votes sorts the rules: the strongest first, one for each candidate and factor.
func (r *ranking) votes() {
	all := slices.Clone(r.q.Votes)
	slices.SortStableFunc(all, func(a, b Vote) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(r.candidate(a.ID), r.candidate(b.ID)))
	})
	seen := map[[2]string]bool{}
	for _, v := range all {
		key := [2]string{v.Factor, v.ID}
		if r.candidate(v.ID) < 0 || !(v.Score > 0) || seen[key] {
			continue
		}
		seen[key] = true
		v.Score = min(v.Score, 1)
		r.rules = append(r.rules, v)
	}
}

func strength(score float64) float64 { return voteStrength / max(1-score, 1e-9) }

// open adds a class for a candidate, once, and returns where it is.
func (r *ranking) open(candidate int) int {
	if i, ok := r.position[candidate]; ok {
		return i
	}
	c := class{candidate: candidate, number: -1}
	if n, ok := r.t.at[r.ids[candidate]]; ok {
		c.number = n
	}
	r.position[candidate] = len(r.classes)
	r.classes = append(r.classes, c)
	return len(r.classes) - 1
}

// posterior fills in the probabilities that what others with the same factors wanted gives.
func (r *ranking) posterior() {
	r.view = r.t.look(codesOf(r.factors), r.q.Now)
	if len(r.t.contexts) == 0 {
		return
	}
	if len(r.ids) > maxClasses {
		for _, id := range r.view.most(func(id int32) bool { return r.placed(id) >= 0 }) {
			r.open(r.placed(id))
		}
	}
	v := r.view
	for _, c := range r.classes {
		v.numbers = append(v.numbers, c.number)
	}
	v.compute()
	v.experts(r.q.Now, r.fades())
	v.mixed(r.t.weigh(v.codes, len(v.lattice.sets)))
	for i := range r.classes {
		if v.posteriors[0][0][i]+v.posteriors[1][0][i] > 0 {
			r.classes[i].p = v.p[i]
		}
	}
	r.reasons()
}

// fades is how much of what each factor says is left at its age.
func (r *ranking) fades() []float64 {
	out := make([]float64, len(r.factors))
	for i, f := range r.factors {
		out[i] = 1
		if f.Name == nameEvent && f.Age > 0 {
			out[i] = math.Exp2(-float64(f.Age) / float64(eventFades))
		}
	}
	return out
}

// offered lets what became of earlier offers count: what is shown and seldom taken is not wanted as often as it seemed.
func (r *ranking) offered() {
	if len(r.t.offers) == 0 {
		return
	}
	sets := r.view.lattice.sets
	scale := r.view.scales[0]
	for i := range r.classes {
		c := &r.classes[i]
		if c.number < 0 || c.p <= 0 {
			continue
		}
		ratio, showed, took := 1.0, 0.0, 0.0
		for s := len(sets) - 1; s >= 0; s-- { // the closest context in which it was shown often enough
			if s != 0 && s != len(sets)-1 && single(sets[s]) < 0 {
				continue
			}
			x, ok := r.t.offers[keyOf(r.view.codes, sets[s])].find(c.number)
			showed, took = float64(x.slow)*scale, float64(x.fast)*scale
			if !ok || s != 0 && showed*c.p < offerDoubt {
				continue
			}
			ratio = (took + offerDoubt) / (showed*c.p + offerDoubt)
			break
		}
		ratio = min(ratio, offerMost, 0.5+0.5/c.p) // never beyond half of what is left
		if before := c.p; ratio != 1 {
			c.p *= ratio
			if g := gain(c.p, before); math.Abs(g) > 0.1 {
				c.why = append(c.why, Reason{Factor: "offers", Value: fmt.Sprintf("%.0f/%.0f", took, showed), Gain: g})
			}
		}
	}
	r.shrink()
}

// shrink keeps the sum of the probabilities at 1 or below.
func (r *ranking) shrink() {
	sum := 0.0
	for _, c := range r.classes {
		sum += c.p
	}
	if sum > 1 {
		for i := range r.classes {
			r.classes[i].p /= sum
		}
	}
}

// repeat lets the person's own recent topics count: who asked it lately asks it again.
func (r *ranking) repeat() {
	slow, _ := r.t.aged(r.q.Now)
	again, not := r.t.again[1]/slow, r.t.again[0]/slow
	share := (again + againShare*againDoubt) / (again + not + againDoubt)
	left := 1.0
	var mine []Factor
	for _, f := range r.q.Factors {
		if f.Name == nameTopic && f.Age < topicWindow {
			mine = append(mine, f)
		}
	}
	slices.SortStableFunc(mine, func(a, b Factor) int { return cmp.Compare(a.Age, b.Age) })
	lifts := make([]float64, len(r.classes))
	for _, f := range mine {
		best := -1
		for i, c := range r.classes {
			if same(f.Value, r.ids[c.candidate]) && (best < 0 || c.p > r.classes[best].p) {
				best = i
			}
		}
		if best < 0 {
			continue
		}
		x := left * share * math.Exp2(-float64(f.Age)/float64(topicWindow/4))
		left -= x
		lifts[best] += x
		r.classes[best].why = append(r.classes[best].why, Reason{Factor: f.Name, Value: f.Value, Gain: gain(x+(1-x)*r.classes[best].p, r.classes[best].p)})
	}
	for i := range r.classes {
		r.classes[i].p = r.classes[i].p*left + lifts[i]
	}
}

// lift lets the rules go first, the strongest before the others, each as far as what was learned of people whom it is for does not know
// better.
func (r *ranking) lift() {
	left := 1.0
	lifts := make([]float64, len(r.classes))
	for _, v := range r.rules {
		i := r.position[r.candidate(v.ID)]
		k := strength(v.Score)
		x := left * v.Score * k / (k + r.evidence(v))
		left -= x
		lifts[i] += x
		c := &r.classes[i]
		c.certain = c.certain || v.Score >= certainRule
		if c.label == "" {
			c.label = v.Label
		}
		c.why = append(c.why, Reason{Factor: v.Factor, Value: v.Value, Rule: v.Rule, Gain: gain(x+(1-x)*c.p, c.p)})
	}
	for i := range r.classes {
		r.classes[i].p = r.classes[i].p*left + lifts[i]
	}
}

// evidence is how much was observed of people with the factor of a rule; when that is not counted by, of those with the same factors; of
// everybody when the rule is for everybody.
func (r *ranking) evidence(v Vote) float64 {
	set := 1<<len(r.factors) - 1
	if v.Factor == "" {
		set = 0
	}
	for i, f := range r.factors {
		if f.Name == v.Factor && (f.Value == v.Value || f.Name != nameEvent && f.Name != nameTag) {
			set = 1 << i
		}
	}
	if c := r.t.contexts[keyOf(r.view.codes, set)]; c != nil {
		return c.slow * r.view.scales[0]
	}
	return 0
}
