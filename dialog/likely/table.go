package likely

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// How long what was counted is remembered. Habits change slowly; what is new shows in the fast memory first, an outage within minutes
// in the trend. Settled on contact-context (years before its dev part): any two half-lives that far apart do.
const (
	slowHalf  = 365 * 24 * time.Hour
	fastHalf  = 30 * 24 * time.Hour
	trendHalf = 2 * time.Hour

	rebaseAfter = 48 * fastHalf // float32 holds twice that
)

// Limits of a table. What is seldom falls out first.
const (
	maxContexts = 40_000
	maxCells    = 400_000
	maxShapes   = 256
	topOf       = 32 // ids of a context that are looked at
)

// table holds how often what was wanted in which context. It is immutable once it is built; what two tables have in common is shared.
// Counts are weighted by their age: one of epoch weighs 1, one that is a half-life younger 2.
type table struct {
	epoch    time.Time
	ids      []string
	at       map[string]int32
	contexts map[uint64]*context
	offers   map[uint64]*context // slow: shown, fast: taken, both weighted slowly
	again    [2]float64          // wanted what was no recent topic, and what was one; weighted slowly
	weights  map[uint64]*weights // by shape
	cells    int
	lattices []lattice // by number of factors

	trend    map[int32]float64 // of the last hours, weighted at trendAt
	trendAt  time.Time
	trendSum float64
	trendTop []int32 // the topOf most wanted in the last hours
}

// context is everything wanted by those whose factors are the same.
type context struct {
	slow, fast float64 // sums
	cells      []cell  // by id
	top        []int32 // where in cells the topOf most wanted are; nil: all
}

type cell struct {
	id         int32
	slow, fast float32
}

// aged is what a count of epoch weighs at a moment, by memory: what is kept is divided by it.
func (t *table) aged(at time.Time) (slow, fast float64) {
	d := float64(at.Sub(t.epoch))
	return math.Exp2(d / float64(slowHalf)), math.Exp2(d / float64(fastHalf))
}

func (t *table) latticeOf(k int) lattice {
	if k < len(t.lattices) {
		return t.lattices[k]
	}
	return newLattice(k)
}

func (c *context) find(id int32) (cell, bool) {
	if c == nil {
		return cell{}, false
	}
	i, ok := slices.BinarySearchFunc(c.cells, id, func(x cell, id int32) int { return int(x.id - id) })
	if !ok {
		return cell{}, false
	}
	return c.cells[i], true
}

// each calls f with the ids of c that are looked at and how much of all that was wanted they are.
func (c *context) each(f func(id int32, share float64)) {
	if c == nil {
		return
	}
	share := func(x cell) float64 { return float64(x.slow)/c.slow + float64(x.fast)/c.fast }
	if c.top == nil {
		for _, x := range c.cells {
			f(x.id, share(x))
		}
		return
	}
	for _, i := range c.top {
		f(c.cells[i].id, share(c.cells[i]))
	}
}

// choose finds the most wanted ids, the first of equal ones before the others.
func (c *context) choose() {
	c.top = nil
	if len(c.cells) <= topOf {
		return
	}
	top, worths := make([]int32, 0, topOf+1), make([]float64, 0, topOf+1)
	for i, x := range c.cells {
		worth := float64(x.slow)/c.slow + float64(x.fast)/c.fast
		at := len(top)
		for at > 0 && worths[at-1] < worth {
			at--
		}
		if at == topOf {
			continue
		}
		top, worths = slices.Insert(top, at, int32(i)), slices.Insert(worths, at, worth)
		top, worths = top[:min(len(top), topOf)], worths[:min(len(worths), topOf)]
	}
	c.top = top
}

// builder is a table that may still change.
type builder struct {
	*table
	ownIDs  bool
	owned   map[*context]bool // made here; others are shared with older tables
	dirty   map[*context]bool // changed in this hour
	ownMind map[uint64]bool   // shapes whose weights were made here
}

func (t *table) change() *builder {
	n := *t
	n.ids = slices.Clip(t.ids)
	n.contexts, n.offers, n.weights, n.trend = maps.Clone(t.contexts), maps.Clone(t.offers), maps.Clone(t.weights), maps.Clone(t.trend)
	if n.contexts == nil {
		n.at, n.contexts, n.offers = map[string]int32{}, map[uint64]*context{}, map[uint64]*context{}
		n.weights, n.trend = map[uint64]*weights{}, map[int32]float64{}
		for k := range maxFactors + 1 {
			n.lattices = append(n.lattices, newLattice(k))
		}
	}
	return &builder{table: &n, owned: map[*context]bool{}, dirty: map[*context]bool{}, ownMind: map[uint64]bool{}}
}

// number is that of an id, which gets one when it is new.
func (b *builder) number(id string) int32 {
	n, ok := b.at[id]
	if !ok {
		if !b.ownIDs {
			b.at, b.ownIDs = maps.Clone(b.at), true
		}
		n = int32(len(b.ids))
		b.ids = append(b.ids, id)
		b.at[id] = n
	}
	return n
}

func (b *builder) add(in map[uint64]*context, key uint64, id int32, slow, fast float64) {
	c := in[key]
	if !b.owned[c] {
		switch {
		case c != nil:
			c = &context{slow: c.slow, fast: c.fast, cells: slices.Clone(c.cells)}
		case len(in) >= 2*maxContexts || b.cells >= 2*maxCells:
			return // until the next hour makes room
		default:
			c = &context{}
		}
		b.owned[c] = true
		in[key] = c
	}
	b.dirty[c] = true
	c.slow += slow
	c.fast += fast
	i, ok := slices.BinarySearchFunc(c.cells, id, func(x cell, id int32) int { return int(x.id - id) })
	if !ok {
		c.cells = slices.Insert(c.cells, i, cell{id: id})
		b.cells++
	}
	c.cells[i].slow += float32(slow)
	c.cells[i].fast += float32(fast)
}

// settle makes what was added in an hour ready to be looked at.
func (b *builder) settle() {
	for c := range b.dirty {
		c.choose()
	}
	clear(b.dirty)
	b.trendSum = 0
	b.trendTop = slices.Sorted(maps.Keys(b.trend))
	for _, id := range b.trendTop { // in the order of ids, so that the sum is the same each time
		b.trendSum += b.trend[id]
	}
	slices.SortStableFunc(b.trendTop, func(x, y int32) int { return cmp.Compare(b.trend[y], b.trend[x]) })
	b.trendTop = slices.Clip(b.trendTop[:min(len(b.trendTop), topOf)])
}

// bound forgets what is seldom and moves the epoch on, when it is time.
func (b *builder) bound(at time.Time) {
	crowded := len(b.contexts) > maxContexts || len(b.offers) > maxContexts || b.cells > maxCells
	if !crowded && at.Sub(b.epoch) < rebaseAfter {
		return
	}
	slow, fast := b.aged(at)
	old := b.table
	n := (&table{epoch: at}).change()
	n.weights, n.again = old.weights, [2]float64{old.again[0] / slow, old.again[1] / slow}
	n.ownMind = b.ownMind
	move := func(from, to map[uint64]*context, fast float64) {
		for _, key := range heaviest(from, maxContexts*3/4) {
			for _, x := range from[key].cells {
				if n.cells < maxCells*3/4 {
					n.add(to, key, n.number(old.ids[x.id]), float64(x.slow)/slow, float64(x.fast)/fast)
				}
			}
		}
	}
	move(old.contexts, n.contexts, fast)
	move(old.offers, n.offers, slow)
	n.trendAt = old.trendAt
	for id, x := range old.trend {
		n.trend[n.number(old.ids[id])] = x
	}
	n.settle()
	*b = *n
}

// heaviest are the keys of at most n contexts, those in which most was counted first.
func heaviest(contexts map[uint64]*context, n int) []uint64 {
	keys := slices.Collect(maps.Keys(contexts))
	slices.SortFunc(keys, func(a, b uint64) int {
		return cmp.Or(cmp.Compare(contexts[b].slow, contexts[a].slow), cmp.Compare(a, b))
	})
	return keys[:min(n, len(keys))]
}
