package likely

import (
	"math/bits"
	"time"
)

// lattice is the sets of k factors by which is counted and looked up, as bits, smaller ones first: all of them up to four factors,
// beyond that none, single ones, pairs, all but one, all.
type lattice struct {
	sets  []int
	below [][]int // of each set, by index: the greatest smaller ones, to fall back on
}

func newLattice(k int) lattice {
	var l lattice
	for size := 0; size <= k; size++ {
		for set := range 1 << k {
			if bits.OnesCount(uint(set)) == size && (k <= 4 || size <= 2 || size >= k-1) {
				l.sets = append(l.sets, set)
			}
		}
	}
	l.below = make([][]int, len(l.sets))
	for i, s := range l.sets {
		size := 0
		for j := i - 1; j >= 0; j-- {
			n := bits.OnesCount(uint(l.sets[j]))
			if l.sets[j]&^s == 0 && n >= size {
				size = n
				l.below[i] = append(l.below[i], j)
			}
		}
	}
	return l
}

// without is the greatest set of l that has none of the factors of gone but only such of set, by index.
func (l lattice) without(set, gone int) int {
	for i := len(l.sets) - 1; i > 0; i-- {
		if l.sets[i]&^(set&^gone) == 0 {
			return i
		}
	}
	return 0
}

// single is the factor of a set of one, -1: it is none.
func single(set int) int {
	if bits.OnesCount(uint(set)) != 1 {
		return -1
	}
	return bits.TrailingZeros(uint(set))
}

// everybody is the context of no factor at all.
const everybody = 0

// keyOf names the context of those factors that set has.
func keyOf(codes []string, set int) uint64 {
	if set == 0 {
		return everybody
	}
	var parts [maxFactors]string
	n := 0
	for i, c := range codes {
		if set&(1<<i) != 0 {
			parts[n] = c
			n++
		}
	}
	return hash(parts[:n]...)
}

// dayKeys name the contexts of an hour of the day and of a weekday. Both are those of UTC: what is usual at an hour there is usual at
// some hour here, and the hour in which something was counted is kept in UTC.
func dayKeys(at time.Time) [2]uint64 {
	at = at.UTC()
	return [2]uint64{hash("hour", letters[at.Hour()/3:][:1]), hash("weekday", letters[at.Weekday():][:1])}
}
