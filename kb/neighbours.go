package kb

import "slices"

// neighbours tells which documents share features, so that a line can be drawn through the phrases that matter to it when all would
// be too many. It is nil when all are taken.
type neighbours struct {
	first []int32 // of the documents that have a feature
	in    []int32
}

const (
	farShare   = 4   // one of so many examples comes from anywhere
	commonRow  = 200 // a feature of more documents tells little about which ones are near
	nearDocs   = 200 // of one document
	strideFrom = 7919
)

// gather notes which documents have each feature.
func gatherNear(t *texts, rows int) *neighbours {
	n := &neighbours{first: make([]int32, rows+1)}
	last := make([]int32, rows)
	each := func(do func(row, doc int32)) {
		clear(last)
		for doc, own := range t.own {
			for _, p := range own {
				has, _ := t.of(p)
				for _, row := range has {
					if last[row] != int32(doc)+1 {
						last[row] = int32(doc) + 1
						do(row, int32(doc))
					}
				}
			}
		}
	}
	each(func(row, _ int32) { n.first[row+1]++ })
	for i := range rows {
		n.first[i+1] += n.first[i]
	}
	n.in = make([]int32, n.first[rows])
	next := slices.Clone(n.first)
	each(func(row, doc int32) {
		n.in[next[row]] = doc
		next[row]++
	})
	return n
}

// choose returns the phrases through which the line of doc is drawn: its own, those of the documents that share most with it, and some
// from anywhere.
func (n *neighbours) choose(d *descent, l *linear, doc int32, most int) []int32 {
	if n == nil {
		return d.all
	}
	out := append(d.chosen[:0], d.own[doc]...)
	if len(out) > most/2 {
		out = out[:most/2]
	}
	d.near = d.near[:0]
	for _, p := range out {
		rows, _ := d.of(p)
		for _, row := range rows {
			has := n.in[n.first[row]:n.first[row+1]]
			if len(has) > commonRow {
				continue
			}
			worth := l.scale[row] * l.scale[row]
			for _, other := range has {
				if other == doc {
					continue
				}
				if d.shared[other] == 0 {
					d.near = append(d.near, other)
				}
				d.shared[other] += worth
			}
		}
	}
	for _, other := range d.nearest(min(nearDocs, 1+most*len(d.own)/len(d.all))) {
		if len(out) < most-most/farShare {
			out = append(out, d.own[other]...)
		}
	}
	for _, other := range d.near {
		d.shared[other] = 0
	}
	for i := 1; len(out) < most; i++ { // the same for every machine, and spread over the base
		p := int32((int(doc)*strideFrom + i*strideFrom) % len(d.all))
		if d.doc[p] != doc {
			out = append(out, p)
		} else if i > 2*most {
			break
		}
	}
	d.chosen = out
	return out
}

// nearest returns the n documents of d.near that share most. They are few of many: keeping a short list sorted is cheaper than sorting.
func (d *descent) nearest(n int) []int32 {
	before := func(a, b int32) bool {
		return d.shared[a] > d.shared[b] || d.shared[a] == d.shared[b] && a < b
	}
	top := d.top[:0]
	for _, doc := range d.near {
		if len(top) == n && !before(doc, top[n-1]) {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, doc, func(a, b int32) int {
			if before(a, b) {
				return -1
			}
			return 1
		})
		top = slices.Insert(top[:min(len(top), n-1)], at, doc)
	}
	d.top = top
	return top
}
