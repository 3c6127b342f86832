package likely

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

const (
	halfLife = 90 * 24 * time.Hour // of a count
	grace    = 5 * time.Minute     // turns are counted by the store's clock, which may be behind ours
)

// Learned is what was learned up to a moment. It is immutable and may be shared.
type Learned struct {
	base  *table    // the hours that are over
	until time.Time // their end: nothing before it is added any more
	now   *table    // with the hour under way
}

// table holds how often what was wanted in which context. Counts are weighted by their age: one of epoch weighs 1, one that is a
// half-life younger 2.
type table struct {
	epoch    time.Time
	ids      []string
	at       map[string]int32
	contexts map[uint64]*context
}

type context struct {
	total float64
	cells []cell // by id
}

type cell struct {
	id int32
	n  float32
}

// Learn returns l with hours added, as of now. Hours that are over are kept; one under way is given anew each time, with all that was
// counted in it so far. l may be nil, and is not changed.
func Learn(l *Learned, hours []Hour, now time.Time) *Learned {
	next := &Learned{base: &table{}}
	if l != nil {
		next.base, next.until = l.base, l.until
	}
	hours = slices.Clone(hours)
	slices.SortStableFunc(hours, func(a, b Hour) int { return a.At.Compare(b.At) })
	var over, open []Hour
	for _, h := range hours {
		end := h.At.Add(time.Hour)
		switch {
		case h.At.Before(next.until):
		case end.Add(grace).After(now):
			open = append(open, h)
		default:
			over = append(over, h)
		}
	}
	if len(over) > 0 {
		next.base = next.base.with(over)
		next.until = over[len(over)-1].At.Add(time.Hour)
	}
	next.now = next.base
	if len(open) > 0 {
		next.now = next.base.with(open)
	}
	return next
}

// with returns a table with hours added; contexts that they do not touch are shared.
func (t *table) with(hours []Hour) *table {
	n := &table{epoch: t.epoch, ids: slices.Clip(t.ids), at: t.at, contexts: maps.Clone(t.contexts)}
	if n.contexts == nil {
		n.contexts, n.epoch = map[uint64]*context{}, hours[0].At
	}
	ownIDs, own := false, map[uint64]bool{}
	for _, h := range hours {
		weight := math.Exp2(float64(h.At.Sub(n.epoch)) / float64(halfLife))
		for _, name := range slices.Sorted(maps.Keys(h.Counts)) {
			if !strings.HasPrefix(name, Prefix) {
				continue
			}
			kind, codes, id, ok := readName(name)
			if !ok || kind != wanted {
				continue
			}
			number, known := n.at[id]
			if !known {
				if !ownIDs {
					n.at, ownIDs = maps.Clone(n.at), true
					if n.at == nil {
						n.at = map[string]int32{}
					}
				}
				number = int32(len(n.ids))
				n.ids = append(n.ids, id)
				n.at[id] = number
			}
			for _, set := range subsets(len(codes)) {
				key := keyOf(codes, set)
				c := n.contexts[key]
				if !own[key] {
					own[key] = true
					if c == nil {
						c = &context{}
					} else {
						c = &context{total: c.total, cells: slices.Clone(c.cells)}
					}
					n.contexts[key] = c
				}
				c.add(number, float64(h.Counts[name])*weight)
			}
		}
	}
	return n
}

func (c *context) add(id int32, n float64) {
	c.total += n
	i, ok := slices.BinarySearchFunc(c.cells, id, func(x cell, id int32) int { return int(x.id - id) })
	if ok {
		c.cells[i].n += float32(n)
		return
	}
	c.cells = slices.Insert(c.cells, i, cell{id, float32(n)})
}
