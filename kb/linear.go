package kb

import "math"

// linear is the trained part of an index: what each feature says for and against each document.
type linear struct {
	rows  *table    // feature → row
	scale []float32 // of a row: its rarity
	first []int32   // of the weights of a row, one more than rows
	in    []int32   // documents
	much  []int16   // weights in steps
	step  float32
	bias  []float32 // of a document
}

// normalize makes a vector of length 1, rare features counting more.
func (l *linear) normalize(rows []int32, values []float32) {
	length := 0.0
	for i, row := range rows {
		values[i] *= l.scale[row]
		length += float64(values[i]) * float64(values[i])
	}
	if length == 0 {
		return
	}
	by := float32(1 / math.Sqrt(length))
	for i := range values {
		values[i] *= by
	}
}

// pack keeps lines by row, each weight as a number of steps.
func (l *linear) pack(lines [][]part) {
	largest, n := float32(0), 0
	l.first = make([]int32, l.rows.n+1)
	for _, line := range lines {
		n += len(line)
		for _, p := range line {
			l.first[p.row+1]++
			largest = max(largest, p.weight, -p.weight)
		}
	}
	for i := range l.rows.n {
		l.first[i+1] += l.first[i]
	}
	l.step = max(largest, 1e-6) / math.MaxInt16
	l.in, l.much = make([]int32, n), make([]int16, n)
	next := append([]int32(nil), l.first...)
	for doc, line := range lines {
		for _, p := range line {
			l.in[next[p.row]] = int32(doc)
			l.much[next[p.row]] = int16(math.Round(float64(p.weight / l.step)))
			next[p.row]++
		}
	}
}

// count fills sides with how far on its side of each document's line a text lies.
func (l *linear) count(sides []float32, fs []feature, rows []int32, values []float32) ([]int32, []float32) {
	copy(sides, l.bias)
	rows, values = rows[:0], values[:0]
	for _, f := range fs {
		if row, ok := l.rows.of(f.key); ok {
			rows, values = append(rows, row), append(values, f.weight)
		}
	}
	l.normalize(rows, values)
	for i, row := range rows {
		by := values[i] * l.step
		in := l.in[l.first[row]:l.first[row+1]]
		much := l.much[l.first[row]:l.first[row+1]]
		for j, doc := range in {
			sides[doc] += by * float32(much[j])
		}
	}
	return rows, values
}
