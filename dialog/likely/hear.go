package likely

import (
	"math"
	"slices"
	"strconv"
)

const (
	maxReorder = 0.5 // log-odds by which factors move what the text leaves open
	plainly    = 0.9 // score of a hit that factors could not move by more than a hundredth
	unsaid     = 0.5 // of its probability stays to what the text does not mention at all
)

// plain tells whether the text is so clear that nothing else matters.
func plain(hits []Hit) bool {
	return slices.ContainsFunc(hits, func(h Hit) bool { return h.Score >= plainly })
}

// hear lets the text speak: its hits stand before everything else, and factors move them only as far as the text leaves open.
func (r *ranking) hear() {
	scores := make([]float64, len(r.classes))
	top, mean, n := 0.0, 0.0, 0.0
	for _, h := range r.q.Hits {
		if i := r.candidate(h.ID); i >= 0 && h.Score > 0 {
			at := r.position[i]
			if scores[at] == 0 {
				n++
				mean += r.classes[at].p
			}
			scores[at] = max(scores[at], min(h.Score, 1))
			top = max(top, scores[at])
		}
	}
	if n > 0 {
		mean /= n
	}
	for i := range r.classes {
		c, s := &r.classes[i], scores[i]
		if s == 0 {
			c.p *= unsaid * (1 - top)
			continue
		}
		move := 0.0
		if c.p+mean > 0 {
			move = maxReorder * (c.p - mean) / (c.p + mean) * 4 * s * (1 - s)
		}
		c.p = s
		if s < 1 {
			c.p = 1 / (1 + math.Exp(-math.Log(s/(1-s))-move))
		}
		c.certain = true
		for j := range c.why {
			c.why[j].Gain = min(c.why[j].Gain, move)
		}
		c.why = append(c.why, Reason{Factor: "text", Value: strconv.FormatFloat(s, 'f', 2, 64), Gain: gain(s, 0)})
	}
}
