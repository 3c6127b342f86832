package likely

import "math/bits"

// subsets are the sets of k factors, as bits, by which is counted and looked up, smaller ones first: all of them up to four factors,
// beyond that none, single ones, pairs, all but one, all.
func subsets(k int) []int {
	var out []int
	for size := 0; size <= k; size++ {
		for set := range 1 << k {
			if bits.OnesCount(uint(set)) == size && (k <= 4 || size <= 2 || size >= k-1) {
				out = append(out, set)
			}
		}
	}
	return out
}

// below are, for each of sets, the greatest smaller ones, by index: what to fall back on.
func below(sets []int) [][]int {
	out := make([][]int, len(sets))
	for i, s := range sets {
		size := 0
		for j := i - 1; j >= 0; j-- {
			n := bits.OnesCount(uint(sets[j]))
			if sets[j]&^s == 0 && sets[j] != s && n >= size {
				size = n
				out[i] = append(out[i], j)
			}
		}
	}
	return out
}

// keyOf names the context of the factors of set.
func keyOf(codes []string, set int) uint64 {
	if set == 0 {
		return 0
	}
	parts := make([]string, 0, maxFactors)
	for i, c := range codes {
		if set&(1<<i) != 0 {
			parts = append(parts, c)
		}
	}
	return hash(parts...)
}
