// Package typo finds the known word that an unknown one was meant to be. It corrects nothing: what it finds goes into a remedy that a
// person reads.
package typo

import "strings"

// Nearest is the word of known that s was probably meant to be: at most two letters away, or one begins with the other. "" when none
// is near; of several the first.
func Nearest(s string, known []string) string {
	best, least, word := "", 3, []rune(s)
	for _, k := range known {
		w := []rune(k)
		// Of a word of two letters one at least must be right.
		if d := distance(word, w); d < least && d < max(min(len(word), len(w)), 2) {
			best, least = k, d
		}
	}
	if best == "" {
		for _, k := range known {
			if len(s) >= 3 && (strings.HasPrefix(k, s) || strings.HasPrefix(s, k)) {
				return k
			}
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps between two words.
func distance(a, b []rune) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		rows[2][0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[1][j]+1, rows[2][j-1]+1, rows[1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[0][j-2]+1)
			}
			rows[2][j] = d
		}
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
	}
	return rows[1][len(b)]
}
