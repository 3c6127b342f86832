package likely

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

const (
	grace     = 5 * time.Minute // turns are counted by the store's clock, which may be behind ours
	maxTaught = 300             // vectors of an hour from which weights are learned
)

// Learned is what was learned up to a moment. It is immutable and may be shared; it is bounded, however much was counted.
type Learned struct {
	base  *table    // the hours that are over
	until time.Time // their end: nothing before it is added any more
	now   *table    // with the hours under way
}

// Until is the end of the last hour that is learned for good: hours before it need not be given again. Zero: none.
func (l *Learned) Until() time.Time {
	if l == nil {
		return time.Time{}
	}
	return l.until
}

// Learn returns l with hours added, as of now. Hours that are over are learned once and for good, in the order of time; one under way
// is given anew each time, with all that was counted in it so far. l may be nil, and is not changed.
func Learn(l *Learned, hours []Hour, now time.Time) *Learned {
	next := &Learned{base: &table{}}
	if l != nil {
		next.base, next.until = l.base, l.until
	}
	hours = slices.Clone(hours)
	slices.SortStableFunc(hours, func(a, b Hour) int { return a.At.Compare(b.At) })
	var over, open []Hour
	for _, h := range hours {
		switch {
		case h.At.Before(next.until) || h.At.After(now):
		case h.At.Add(time.Hour + grace).After(now):
			open = append(open, h)
		default:
			over = append(over, h)
		}
	}
	if len(over) > 0 {
		b := next.base.change()
		for _, h := range over {
			b.learn(h, true)
			b.bound(h.At)
		}
		next.base, next.until = b.table, over[len(over)-1].At.Add(time.Hour)
	}
	next.now = next.base
	if len(open) > 0 {
		b := next.base.change()
		for _, h := range open {
			b.learn(h, false)
		}
		next.now = b.table
	}
	return next
}

// learn adds an hour. teach: before it is counted, it is guessed, so that what guesses well weighs more.
func (b *builder) learn(h Hour, teach bool) {
	if b.epoch.IsZero() {
		b.epoch = h.At
	}
	var rows []counted
	order := map[string]uint64{}
	names := slices.Collect(maps.Keys(h.Counts))
	for _, name := range names {
		order[name] = hash(name)
	}
	slices.SortFunc(names, func(x, y string) int { return cmp.Or(cmp.Compare(order[x], order[y]), cmp.Compare(x, y)) })
	slow, fast := b.aged(h.At)
	for _, name := range names {
		switch name {
		case notAgain:
			b.again[0] += slow * float64(h.Counts[name])
		case onceAgain:
			b.again[1] += slow * float64(h.Counts[name])
		default:
			if c, ok := read(name, h.Counts[name]); ok {
				rows = append(rows, c)
			}
		}
	}
	if teach {
		all := lessons(rows)
		for _, l := range all[:min(len(all), maxTaught)] {
			b.teach(l, h.At)
		}
	}
	b.fade(h.At)
	day := dayKeys(h.At)
	for _, c := range rows {
		id := b.number(c.id)
		sets := b.latticeOf(len(c.codes)).sets
		switch c.kind {
		case wanted:
			b.trend[id] += c.n
			for _, set := range sets {
				b.add(b.contexts, keyOf(c.codes, set), id, slow*c.n, fast*c.n)
			}
			for _, key := range day {
				b.add(b.contexts, key, id, slow*c.n, fast*c.n)
			}
		default:
			showed, took := slow*c.n, 0.0
			if c.kind == taken {
				showed, took = 0, slow*c.n
			}
			for i, set := range sets {
				if i == 0 || i == len(sets)-1 || single(set) >= 0 {
					b.add(b.offers, keyOf(c.codes, set), id, showed, took)
				}
			}
		}
	}
	b.settle()
}

// fade lets the trend age until at.
func (b *builder) fade(at time.Time) {
	if b.trendAt.IsZero() {
		b.trendAt = at
	}
	by := math.Exp2(-float64(at.Sub(b.trendAt)) / float64(trendHalf))
	for id, x := range b.trend {
		if x *= by; x < 0.01 {
			delete(b.trend, id)
		} else {
			b.trend[id] = x
		}
	}
	b.trendAt = at
}
