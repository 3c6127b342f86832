package replay

import (
	"cmp"
	"math"
	"slices"
)

// measure adds up how rows came out.
type measure struct {
	rows   int
	hits   [keep + 1]int // by rank
	first  []sample      // probability of the first guess, and whether it was right
	offers []offer
}

type sample struct {
	p     float64
	right bool
}

type offer struct {
	p    float64
	rank int
}

func (m *measure) add(j Judged) {
	m.rows++
	m.hits[j.Rank]++
	p := 0.0
	if len(j.Guesses) > 0 {
		p = j.Guesses[0].P
	}
	m.first = append(m.first, sample{p, j.Rank == 1})
	m.offers = append(m.offers, offer{j.Offer, j.Rank})
}

func (m *measure) report(floor float64) Report {
	r := Report{Rows: m.rows}
	if m.rows == 0 {
		return r
	}
	share := func(n int) float64 { return float64(n) / float64(m.rows) }
	n := 0
	for rank := 1; rank <= keep; rank++ {
		n += m.hits[rank]
		switch rank {
		case 1:
			r.Hit1 = share(n)
		case 3:
			r.Hit3 = share(n)
		case 5:
			r.Hit5 = share(n)
		}
	}
	at := m.at(floor)
	r.Offered, r.FalseOffer = at.Offered, at.FalseOffer
	r.Calibration = calibration(m.first)
	for i := range 101 {
		r.Curve = append(r.Curve, m.at(float64(i)/100))
	}
	return r
}

// at is what a floor gives.
func (m *measure) at(floor float64) Point {
	var offered, wrong, first, three, five int
	for _, o := range m.offers {
		if o.p < floor || o.p <= 0 {
			continue
		}
		offered++
		hit := o.rank > 0
		if !hit || o.rank > Shown {
			wrong++
		}
		if hit && o.rank <= 1 {
			first++
		}
		if hit && o.rank <= Shown {
			three++
		}
		if hit && o.rank <= 5 {
			five++
		}
	}
	share := func(n int) float64 { return float64(n) / float64(m.rows) }
	return Point{Floor: floor, Offered: share(offered), FalseOffer: share(wrong), Hit1: share(first), Hit3: share(three), Hit5: share(five)}
}

// calibration is the expected calibration error over bins of equal size.
func calibration(samples []sample) float64 {
	samples = slices.Clone(samples)
	slices.SortFunc(samples, func(a, b sample) int { return cmp.Compare(a.p, b.p) })
	sum := 0.0
	for b := range bins {
		from, to := b*len(samples)/bins, (b+1)*len(samples)/bins
		said, right := 0.0, 0.0
		for _, s := range samples[from:to] {
			said += s.p
			if s.right {
				right++
			}
		}
		sum += math.Abs(said - right)
	}
	return sum / float64(len(samples))
}
