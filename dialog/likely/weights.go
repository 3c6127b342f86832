package likely

import (
	"math"
	"slices"
	"time"
)

// How fast weights are learned: a step is rate over the number of experts, less and less with the number of steps. Settled on
// contact-context; half and twice as much do the same.
const (
	rate      = 0.16
	slower    = 1000 // steps after which the rate is down to 0.7
	stepSize  = 4    // observations from which one step is made
	mostSteps = 25   // for one vector in one hour
	mostMove  = 0.02 // in one step, for a feature that is off by one
	mostOff   = 4.0  // that a feature may seem to be off: one surprise must not undo what was learned
	leastW    = -1.0
	mostW     = 2.0
	trendFrom = 1.0 // weight of the trend before anything is learned of it
	dayFrom   = 0.5 // of the hour and of the weekday
)

// weights are how much each expert is believed for vectors of one shape.
type weights struct {
	w     []float64
	steps float64
}

// unlearned are the weights that a shape begins with: those of the whole vector decide, and the trend may overrule them.
func unlearned(sets int) []float64 {
	w := make([]float64, 2*sets+3)
	w[sets-1], w[2*sets-1] = 0.5, 0.5
	w[len(w)-3], w[len(w)-2], w[len(w)-1] = dayFrom, dayFrom, trendFrom
	return w
}

func (t *table) weigh(codes []string, sets int) []float64 {
	if w := t.weights[shape(codes)]; w != nil && len(w.w) == 2*sets+3 {
		return w.w
	}
	return unlearned(sets)
}

// lesson is what people with one vector wanted in one hour.
type lesson struct {
	codes []string
	rows  []counted
}

// lessons puts the rows of an hour together by vector, in their order.
func lessons(rows []counted) []*lesson {
	var all []*lesson
	at := map[string]*lesson{}
	for _, c := range rows {
		if c.kind != wanted {
			continue
		}
		l := at[c.vector]
		if l == nil {
			l = &lesson{codes: c.codes}
			at[c.vector] = l
			all = append(all, l)
		}
		l.rows = append(l.rows, c)
	}
	return all
}

// teach guesses what was wanted before it is counted, and moves the weights to where the guess would have been better.
func (b *builder) teach(l *lesson, at time.Time) {
	key := shape(l.codes)
	w := b.weights[key]
	if w == nil && len(b.weights) >= maxShapes {
		return
	}
	v := b.look(l.codes, at)
	v.numbers = v.most(nil)
	if len(v.numbers) == 0 {
		return
	}
	v.compute()
	v.experts(at, nil)
	switch {
	case w == nil:
		w = &weights{w: unlearned(len(v.lattice.sets))}
	case !b.ownMind[key]:
		w = &weights{w: slices.Clone(w.w), steps: w.steps}
	}
	b.weights[key], b.ownMind[key] = w, true
	truth, n := make([]float64, len(v.numbers)+1), 0.0
	for _, c := range l.rows {
		if id, ok := b.at[c.id]; ok {
			if i := slices.Index(v.numbers, id); i >= 0 {
				truth[i] += c.n
				n += c.n
			}
		}
	}
	if n == 0 {
		return // what is new, nobody could have guessed
	}
	want := make([]float64, len(w.w)) // mean of each feature
	for e, f := range v.features {
		for i, x := range f {
			want[e] += truth[i] / n * x
		}
	}
	steps := math.Ceil(min(n/stepSize, mostSteps))
	for range int(steps) {
		clear(v.p)
		v.mixed(w.w)
		step := n / steps * rate / float64(len(w.w)) / math.Sqrt(1+w.steps/slower)
		w.steps += n / steps
		for e, f := range v.features {
			off := min(max(want[e]-expected(f, v.p), -mostOff), mostOff)
			w.w[e] = min(max(w.w[e]+min(step, mostMove)*off, leastW), mostW)
		}
	}
}

func expected(f, p []float64) float64 {
	sum := 0.0
	for i, x := range f {
		sum += p[i] * x
	}
	return sum
}
