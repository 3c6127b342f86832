package config

import (
	"fmt"
	"slices"
	"strings"
)

// problem is one mistake of the file, with its place.
type problem struct {
	name      string
	line, col int // 0: of the file as a whole
	message   string
}

func (p *problem) Error() string {
	if p.line == 0 {
		return p.name + ": " + p.message
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.name, p.line, p.col, p.message)
}

// problems are all mistakes that were found, so that one reading tells them all.
type problems []*problem

// maxProblems is how many mistakes are told at once.
const maxProblems = 20

// Error has a line for each mistake, in the order of the file.
func (ps problems) Error() string {
	var lines []string
	for _, p := range ps[:min(len(ps), maxProblems)] {
		lines = append(lines, p.Error())
	}
	if more := len(ps) - maxProblems; more > 0 {
		lines = append(lines, fmt.Sprintf("%s: and %d more", ps[0].name, more))
	}
	return strings.Join(lines, "\n")
}

func (ps problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b *problem) int {
		if a.line != b.line {
			return a.line - b.line
		}
		return a.col - b.col
	})
	return ps
}

// unknownKey names the known key that key is most likely meant to be, or all of them.
func unknownKey(key string, known []string) string {
	best, least := "", max(2, len(key)/3)+1
	for _, k := range known {
		if d := distance(key, k); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("unknown key %q; did you mean %q?", key, best)
	}
	if len(known) == 0 {
		return fmt.Sprintf("unknown key %q; none is known here", key)
	}
	return fmt.Sprintf("unknown key %q; known here: %s", key, strings.Join(known, ", "))
}

// distance counts the letters to insert, drop, change or swap with their neighbour to make b of a.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			change := 1
			if s[i-1] == t[j-1] {
				change = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(s)][len(t)]
}
