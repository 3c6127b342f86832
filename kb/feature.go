package kb

import (
	"math"
	"slices"
	"unicode/utf8"
)

// Features are what the linear model sees of a text, besides which neighbours are near each other without being side by side. The
// weights of kinds were settled on public sets of both languages, see train.go.
const (
	tripleWeight = 0.7 // three units in a row
	nearWeight   = 0.6 // two units within nearest of each other, in any order
	nearest      = 6
	plainWordly  = 0.7 // words of grammar, alone and among themselves; characters of grammar tell as much as others, in Chinese
	pieceLeast   = 2   // characters of the shortest piece of a word, its ends included
	pieceMost    = 4
)

// feature is one thing that a text has, and how much.
type feature struct {
	key    uint64
	weight float32
}

// features appends the features of a text to out, each once, by key. fresh are the words that cut found and the index does not have.
func (c *cutter) features(out []feature, units []unit, fresh []string) []feature {
	row := make([]unit, 0, 64)
	for _, u := range units {
		if u != wall {
			row = append(row, u)
		}
	}
	tells := make([]float32, len(row))
	for i, u := range row {
		tells[i] = 1
		if u >= wordBase && c.plain(u, fresh) {
			tells[i] = plainWordly
		}
	}
	for i, u := range row {
		out = append(out, feature{hash(1, uint64(u), 0), tells[i]})
		if i+1 < len(row) {
			out = append(out, feature{hash(2, uint64(u), uint64(row[i+1])), max(tells[i], tells[i+1])})
		}
		if i+2 < len(row) {
			out = append(out, feature{hash(3, uint64(u), uint64(row[i+1])<<32|uint64(row[i+2])), tripleWeight * max(tells[i], tells[i+1], tells[i+2])})
		}
		for j := i + 1; j < min(i+1+nearest, len(row)); j++ {
			v := row[j]
			out = append(out, feature{hash(4, uint64(min(u, v)), uint64(max(u, v))), nearWeight * max(tells[i], tells[j])})
		}
		if word := c.spelled(u, fresh); word != "" {
			pieces(word, pieceLeast, pieceMost, func(key uint64) { out = append(out, feature{key, 1}) })
		}
	}
	slices.SortFunc(out, func(a, b feature) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return 0
	})
	n := 0
	for i := 0; i < len(out); {
		j := i
		for j < len(out) && out[j].key == out[i].key {
			j++
		}
		f := out[i]
		if j-i > 1 { // said twice is not twice as much
			f.weight *= 1 + float32(math.Log(float64(j-i)))
		}
		out[n] = f
		n, i = n+1, j
	}
	return out[:n]
}

// hash is never 0.
func hash(kind, a, b uint64) uint64 {
	return mix(mix(a*0x9e3779b97f4a7c15+kind)^b) | 1
}

// pieces calls each with every run of least to most characters of a word whose ends are marked.
func pieces(word string, least, most int, each func(key uint64)) {
	runes := make([]rune, 1, 32)
	runes[0] = '<'
	for _, r := range word {
		runes = append(runes, r)
	}
	runes = append(runes, '>')
	for n := least; n <= most; n++ {
		for i := 0; i+n <= len(runes); i++ {
			each(pieceKey(runes[i : i+n]))
		}
	}
}

func pieceKey(runes []rune) uint64 {
	key := uint64(0)
	for _, r := range runes {
		key = key<<21 ^ uint64(r) ^ key>>43
	}
	return hash(5, key, uint64(len(runes)))
}

// plainWord tells whether a word is made of letters alone and long enough to have pieces that mean something.
func plainWord(word string) bool {
	if utf8.RuneCountInString(word) < 3 {
		return false
	}
	for i := range len(word) {
		if '0' <= word[i] && word[i] <= '9' {
			return false
		}
	}
	return true
}
