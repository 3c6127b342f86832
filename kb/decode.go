package kb

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Decode reads what Encode wrote. size is how many bytes r has at most: no more memory than that is taken for a length that lies. What
// it returns may be used whatever the bytes were.
func Decode(r io.Reader, size int64) (*Index, error) {
	d := &decoder{r: bufio.NewReaderSize(r, 1<<16), left: size}
	if err := d.format(); err != nil {
		return nil, err
	}
	x := &Index{}
	ids, firsts, unseen := d.texts(), read[int32](d), read[float32](d)
	texts, docs, selves := d.texts(), read[int32](d), read[float32](d)
	for _, c := range []**chains{&x.exact, &x.bare} {
		*c = &chains{first: d.table(), head: read[int32](d), next: read[int32](d)}
	}
	rows := d.number()
	for range rows {
		if d.err != nil {
			break
		}
		x.synonyms = append(x.synonyms, d.texts())
	}
	spelling := d.texts()
	x.terms, x.idf = d.table(), read[float32](d)
	x.inPhrase = postings{first: read[int32](d), in: read[int32](d)}
	x.inDoc = postings{first: read[int32](d), in: read[int32](d), much: read[float32](d), lm: read[float32](d)}
	scalars := read[float32](d)
	if d.number() == 1 {
		l := &linear{rows: d.table(), scale: read[float32](d), first: read[int32](d), in: read[int32](d), much: read[int16](d), bias: read[float32](d)}
		if step := read[float32](d); len(step) == 1 {
			l.step = step[0]
		}
		x.linear = l
	}
	if d.err != nil {
		return nil, d.err
	}
	if len(firsts) != len(ids) || len(unseen) != 2*len(ids) || len(docs) != len(texts) || len(selves) != len(texts) || len(scalars) != 2 {
		return nil, errBroken
	}
	for i, id := range ids {
		x.docs = append(x.docs, document{id: id, first: firsts[i], unseen: unseen[2*i], unseenPiece: unseen[2*i+1]})
	}
	for i, text := range texts {
		x.phrases = append(x.phrases, phrase{text: text, doc: docs[i], self: selves[i]})
	}
	x.newest, x.spread = scalars[0], scalars[1]
	x.cutter = newCutter(x.synonyms)
	for _, w := range spelling {
		x.cutter.word(w, nil)
	}
	if !x.whole() {
		return nil, errBroken
	}
	x.chars = make([]int32, maxChar)
	for i, key := range x.terms.list() {
		if key < maxChar {
			x.chars[key] = int32(i) + 1
		}
	}
	x.ready()
	return x, nil
}

// whole tells whether every number that points somewhere points into what is there.
func (x *Index) whole() bool {
	docs, phrases := len(x.docs), len(x.phrases)
	for _, d := range x.docs {
		if d.first < -1 || int(d.first) >= phrases {
			return false
		}
	}
	for _, p := range x.phrases {
		if p.doc < 0 || int(p.doc) >= docs {
			return false
		}
	}
	ok := x.exact.whole(phrases) && x.bare.whole(phrases) && x.terms.whole() && len(x.idf) == x.terms.n &&
		inside(x.inPhrase.first, x.inPhrase.in, x.terms.n, phrases) && inside(x.inDoc.first, x.inDoc.in, x.terms.n, docs) &&
		len(x.inDoc.much) == len(x.inDoc.in) && len(x.inDoc.lm) == len(x.inDoc.in)
	if l := x.linear; ok && l != nil {
		ok = l.rows.whole() && len(l.scale) == l.rows.n && inside(l.first, l.in, l.rows.n, docs) && len(l.much) == len(l.in) && len(l.bias) == docs
	}
	return ok
}

// inside holds that first divides in into lists, one for each of n, of numbers below most.
func inside(first, in []int32, n, most int) bool {
	if len(first) != n+1 || first[0] != 0 || int(first[n]) != len(in) {
		return false
	}
	for i := range n {
		if first[i] > first[i+1] {
			return false
		}
	}
	for _, v := range in {
		if v < 0 || int(v) >= most {
			return false
		}
	}
	return true
}

func (c *chains) whole(phrases int) bool {
	if !c.first.whole() || len(c.head) != c.first.n || len(c.next) != phrases {
		return false
	}
	for _, p := range c.head {
		if p < 0 || int(p) >= phrases {
			return false
		}
	}
	for i, p := range c.next {
		if p != -1 && (int(p) <= i || int(p) >= phrases) { // later ones only, so that every chain ends
			return false
		}
	}
	return true
}

func (t *table) whole() bool {
	n := len(t.keys)
	if n == 0 || n&(n-1) != 0 || len(t.num) != n || t.n < 0 || 3*t.n > 2*n+3 {
		return false
	}
	seen := make([]bool, t.n)
	left := t.n
	for i, key := range t.keys {
		if key == 0 {
			continue
		}
		at := t.num[i]
		if at < 0 || int(at) >= t.n || seen[at] {
			return false
		}
		seen[at] = true
		left--
	}
	return left == 0
}

type decoder struct {
	r    *bufio.Reader
	left int64
	buf  [8]byte
	err  error
}

// Readable tells by the first bytes of r whether Encode of this version wrote it: ErrFormat when another one did.
func Readable(r io.Reader) error {
	d := &decoder{r: bufio.NewReaderSize(r, 16), left: 4}
	return d.format()
}

func (d *decoder) format() error {
	if v := d.number(); d.err == nil && v != format {
		return fmt.Errorf("format %d, want %d: %w", v, format, ErrFormat)
	}
	return d.err
}

func (d *decoder) number() uint32 {
	if !d.read(d.buf[:4]) {
		return 0
	}
	return binary.LittleEndian.Uint32(d.buf[:4])
}

func (d *decoder) read(b []byte) bool {
	if d.err != nil {
		return false
	}
	if d.left -= int64(len(b)); d.left < 0 {
		d.err = errBroken
		return false
	}
	if _, err := io.ReadFull(d.r, b); err != nil {
		if d.err = err; errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			d.err = errBroken
		}
		return false
	}
	return true
}

// room is a length of parts of a size; one that cannot be meant is an error.
func (d *decoder) room(size int64) int {
	n := int64(d.number())
	if d.err == nil && n*size > d.left {
		d.err = errBroken
	}
	if d.err != nil {
		return 0
	}
	return int(n)
}

func (d *decoder) texts() []string {
	lengths := read[int32](d)
	all := int64(0)
	for _, n := range lengths {
		if n < 0 {
			d.err = errBroken
			return nil
		}
		all += int64(n)
	}
	if all > d.left {
		d.err = errBroken
	}
	if d.err != nil {
		return nil
	}
	blob := make([]byte, all)
	if !d.read(blob) {
		return nil
	}
	text, out := string(blob), make([]string, len(lengths))
	for i, n := range lengths {
		out[i], text = text[:n], text[n:]
	}
	return out
}

func (d *decoder) table() *table {
	t := &table{keys: read[uint64](d), num: read[int32](d)}
	t.n = int(d.number())
	return t
}

// read reads a slice that numbers wrote.
func read[T int16 | int32 | uint64 | float32](d *decoder) []T {
	var zero T
	size := int64(4)
	switch any(zero).(type) {
	case int16:
		size = 2
	case uint64:
		size = 8
	}
	out := make([]T, d.room(size))
	part := make([]byte, 8192)
	for i := 0; i < len(out); {
		n := min(len(out)-i, len(part)/int(size))
		if !d.read(part[:n*int(size)]) {
			return nil
		}
		fill(out[i:i+n], part)
		i += n
	}
	return out
}

func fill[T int16 | int32 | uint64 | float32](out []T, from []byte) {
	switch out := any(out).(type) {
	case []int16:
		for i := range out {
			out[i] = int16(binary.LittleEndian.Uint16(from[2*i:]))
		}
	case []int32:
		for i := range out {
			out[i] = int32(binary.LittleEndian.Uint32(from[4*i:]))
		}
	case []float32:
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(from[4*i:]))
		}
	case []uint64:
		for i := range out {
			out[i] = binary.LittleEndian.Uint64(from[8*i:])
		}
	}
}
