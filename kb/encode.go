package kb

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// A compiled index is the flat slices of an Index one after the other, each behind its length, least byte first. It carries no
// checksum: who keeps it does.

// format is raised with every change of the layout and of what the numbers mean.
const format = 1

// ErrFormat says that a compiled index was written by another version of this package.
var ErrFormat = errors.New("compiled by another version")

// errBroken says that bytes are no index.
var errBroken = errors.New("not a whole index")

// Encode writes the index, so that Decode gives one that finds the same.
func (x *Index) Encode(w io.Writer) error {
	e := &encoder{w: bufio.NewWriterSize(w, 1<<16)}
	e.number(format)
	ids, firsts, unseen := make([]string, len(x.docs)), make([]int32, len(x.docs)), make([]float32, 0, 2*len(x.docs))
	for i, d := range x.docs {
		ids[i], firsts[i] = d.id, d.first
		unseen = append(unseen, d.unseen, d.unseenPiece)
	}
	e.texts(ids)
	numbers(e, firsts)
	numbers(e, unseen)
	texts, docs, selves := make([]string, len(x.phrases)), make([]int32, len(x.phrases)), make([]float32, len(x.phrases))
	for i, p := range x.phrases {
		texts[i], docs[i], selves[i] = p.text, p.doc, p.self
	}
	e.texts(texts)
	numbers(e, docs)
	numbers(e, selves)
	for _, c := range []*chains{x.exact, x.bare} {
		e.table(c.first)
		numbers(e, c.head)
		numbers(e, c.next)
	}
	e.number(uint32(len(x.synonyms)))
	for _, row := range x.synonyms {
		e.texts(row)
	}
	e.texts(x.cutter.spelling)
	e.table(x.terms)
	numbers(e, x.idf)
	numbers(e, x.inPhrase.first)
	numbers(e, x.inPhrase.in)
	numbers(e, x.inDoc.first)
	numbers(e, x.inDoc.in)
	numbers(e, x.inDoc.much)
	numbers(e, x.inDoc.lm)
	numbers(e, []float32{x.newest, x.spread})
	if x.linear == nil {
		e.number(0)
	} else {
		e.number(1)
		l := x.linear
		e.table(l.rows)
		numbers(e, l.scale)
		numbers(e, l.first)
		numbers(e, l.in)
		numbers(e, l.much)
		numbers(e, l.bias)
		numbers(e, []float32{l.step})
	}
	if e.err != nil {
		return e.err
	}
	return e.w.Flush()
}

type encoder struct {
	w   *bufio.Writer
	buf [8]byte
	err error
}

func (e *encoder) number(n uint32) {
	binary.LittleEndian.PutUint32(e.buf[:4], n)
	e.write(e.buf[:4])
}

func (e *encoder) write(b []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(b)
	}
}

func (e *encoder) texts(list []string) {
	lengths := make([]int32, len(list))
	for i, s := range list {
		lengths[i] = int32(len(s))
	}
	numbers(e, lengths)
	for _, s := range list {
		if e.err == nil {
			_, e.err = e.w.WriteString(s)
		}
	}
}

func (e *encoder) table(t *table) {
	numbers(e, t.keys)
	numbers(e, t.num)
	e.number(uint32(t.n))
}

// numbers writes a slice behind its length.
func numbers[T int16 | int32 | uint64 | float32](e *encoder, list []T) {
	e.number(uint32(len(list)))
	part := make([]byte, 0, 8192)
	for len(list) > 0 {
		n := min(len(list), cap(part)/8)
		part = part[:0]
		switch some := any(list[:n]).(type) {
		case []int16:
			for _, v := range some {
				part = binary.LittleEndian.AppendUint16(part, uint16(v))
			}
		case []int32:
			for _, v := range some {
				part = binary.LittleEndian.AppendUint32(part, uint32(v))
			}
		case []float32:
			for _, v := range some {
				part = binary.LittleEndian.AppendUint32(part, math.Float32bits(v))
			}
		case []uint64:
			for _, v := range some {
				part = binary.LittleEndian.AppendUint64(part, v)
			}
		}
		e.write(part)
		list = list[n:]
	}
}
