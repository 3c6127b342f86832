package likely

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

const maxReasons = 6

// reasons tells what of the posterior speaks for each class: single factors against everybody, the hour, the trend.
func (r *ranking) reasons() {
	v := r.view
	w := r.t.weigh(v.codes, len(v.lattice.sets))
	trend := len(v.features) - 1
	for i := range r.classes {
		c := &r.classes[i]
		usual := math.Sqrt(v.posteriors[0][0][i] * v.posteriors[1][0][i])
		for s, set := range v.lattice.sets {
			if f := single(set); f >= 0 && r.factors[f].Value != "" {
				p := math.Sqrt(v.posteriors[0][s][i] * v.posteriors[1][s][i])
				if g := gain(p, usual); g > 0.05 {
					c.why = append(c.why, Reason{Factor: r.factors[f].Name, Value: r.factors[f].Value, Gain: g})
				}
			}
		}
		for d, name := range []string{"hour", "weekday"} {
			at := 2*len(v.lattice.sets) + d
			if g := w[at] * v.features[at][i]; g > 0.1 {
				c.why = append(c.why, Reason{Factor: name, Value: r.value(name), Gain: g})
			}
		}
		if g := w[trend] * v.features[trend][i]; g > 0.2 {
			more := math.Exp(v.features[trend][i])
			c.why = append(c.why, Reason{Factor: "trend", Value: "x" + strconv.FormatFloat(more, 'f', 1, 64), Gain: g})
		}
		if len(c.why) == 0 && c.number >= 0 {
			c.why = append(c.why, Reason{Gain: 0})
		}
	}
}

// value is that of a factor of the query, "" when it has none of this name.
func (r *ranking) value(name string) string {
	for _, f := range r.q.Factors {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// gain is the log-odds of p over those of the prior.
func gain(p, prior float64) float64 {
	odds := func(x float64) float64 {
		x = min(max(x, 1e-4), 1-1e-4)
		return math.Log(x / (1 - x))
	}
	return odds(p) - odds(prior)
}

// ordered puts what decided first.
func ordered(why []Reason) []Reason {
	slices.SortStableFunc(why, func(a, b Reason) int { return cmp.Compare(b.Gain, a.Gain) })
	return why[:min(len(why), maxReasons)]
}
