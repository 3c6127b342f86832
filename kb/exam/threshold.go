package exam

import (
	"cmp"
	"slices"
)

// Rule chooses the threshold on labelled outcomes.
type Rule func([]Outcome) float64

// MostRight is the threshold at which most rows come out right, when a row out of scope is right if it is rejected, and one in scope if
// its document is first and not rejected. Of equally good ones it is the lowest.
func MostRight(outcomes []Outcome) float64 {
	sorted := byScore(outcomes)
	right := 0
	for _, o := range sorted {
		if o.in() && o.right() {
			right++
		}
	}
	best, at := right, 0.0
	for i, o := range sorted {
		switch {
		case !o.in():
			right++
		case o.right():
			right--
		}
		if i+1 < len(sorted) && sorted[i+1].Score == o.Score {
			continue
		}
		if right > best {
			best, at = right, above(sorted, i)
		}
	}
	return at
}

// allowed is how many right answers, of a hundred rows in scope, Keep gives up for rejecting what is out of scope.
const allowed = 2.5

// Keep is the highest threshold that costs rows in scope no more than 2.5 right answers of a hundred. It looks at rows in scope only: a
// threshold chosen on known questions out of scope promises too much about unknown ones.
func Keep(outcomes []Outcome) float64 {
	var in []Outcome
	for _, o := range outcomes {
		if o.in() {
			in = append(in, o)
		}
	}
	sorted := byScore(in)
	lost := 0
	at := 0.0
	for i, o := range sorted {
		if o.right() {
			lost++
		}
		if 100*float64(lost) > allowed*float64(len(in)) {
			break
		}
		if i+1 < len(sorted) && sorted[i+1].Score > o.Score {
			at = above(sorted, i)
		}
	}
	return at
}

func byScore(outcomes []Outcome) []Outcome {
	sorted := slices.Clone(outcomes)
	slices.SortStableFunc(sorted, func(a, b Outcome) int { return cmp.Compare(a.Score, b.Score) })
	return sorted
}

// above is a threshold that rejects row i and keeps the next one.
func above(sorted []Outcome, i int) float64 {
	if i+1 == len(sorted) {
		return sorted[i].Score + 1e-6
	}
	return max((sorted[i].Score+sorted[i+1].Score)/2, 0)
}

// Point is what one threshold gives.
type Point struct{ Threshold, InScopeAcc, OOSRecall float64 }

// Curve is what every threshold gives, the lowest first.
func Curve(outcomes []Outcome) []Point {
	sorted := byScore(outcomes)
	in, out, kept := 0.0, 0.0, 0.0
	for _, o := range sorted {
		switch {
		case !o.in():
			out++
		default:
			in++
			if o.right() {
				kept++
			}
		}
	}
	points := []Point{{0, kept / max(in, 1), 0}}
	rejected := 0.0
	for i, o := range sorted {
		switch {
		case !o.in():
			rejected++
		case o.right():
			kept--
		}
		if i+1 < len(sorted) && sorted[i+1].Score == o.Score {
			continue
		}
		points = append(points, Point{above(sorted, i), kept / max(in, 1), rejected / max(out, 1)})
	}
	return points
}
