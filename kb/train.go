package kb

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
)

// The linear model: one line per document between its phrases and those of the others (a support vector machine with squared hinge,
// trained by coordinate descent on its dual). The values were settled on the development parts of public sets in both languages.
const (
	loose      = 6.0 // how much a phrase on the wrong side costs (C)
	rounds     = 10  // over the phrases
	settled    = 0.1 // no phrase pulls harder than this: the line stands
	distant    = 0.5 // a phrase this far on the right side is not looked at again
	rarity     = 0.3 // exponent of a feature's rarity
	loadEffort = 20_000_000
	leastKnown = 100       // phrases that a line must at least be drawn through, if there are more
	maxRows    = 400_000   // features; beyond, those of a single phrase are left out
	maxWeights = 3_000_000 // of all documents; the smallest are left out
	leastPart  = 0.004     // a weight below this tells nothing
)

// texts are the phrases of all documents as vectors of length 1.
type texts struct {
	doc   []int32 // by phrase
	start []int32 // of a phrase's features, one more than phrases
	row   []int32
	value []float32
	own   [][]int32 // by document: its phrases
}

func (t *texts) of(p int32) ([]int32, []float32) {
	return t.row[t.start[p]:t.start[p+1]], t.value[t.start[p]:t.start[p+1]]
}

// learn draws the lines, or none when effort does not suffice for a useful number of phrases.
func (x *Index) learn(effort Effort) *linear {
	if effort <= 0 {
		effort = loadEffort
	}
	if len(x.docs) < 2 || len(x.phrases) == 0 {
		return nil
	}
	average := 0
	for _, p := range x.phrases {
		average += min(5*len(p.text)/2, 8*maxPhrase)
	}
	average = average/len(x.phrases) + 1
	most := int(effort) / (len(x.docs) * average)
	if most < leastKnown && most < len(x.phrases) {
		return nil
	}
	l, t := x.read()
	var near *neighbours
	if most < len(x.phrases) {
		near = gatherNear(t, l.rows.n)
	}
	all := make([]int32, len(x.phrases))
	for i := range all {
		all[i] = int32(i)
	}
	l.bias = make([]float32, len(x.docs))
	lines := make([][]part, len(x.docs))
	var next atomic.Int32
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(x.docs)) {
		wait.Go(func() {
			d := &descent{texts: t, all: all, weights: make([]float32, l.rows.n), shared: make([]float32, len(x.docs))}
			for {
				doc := next.Add(1) - 1
				if int(doc) >= len(x.docs) {
					return
				}
				lines[doc], l.bias[doc] = d.line(doc, near.choose(d, l, doc, most), maxWeights/len(x.docs))
			}
		})
	}
	wait.Wait()
	l.pack(lines)
	return l
}

// read turns the phrases into vectors.
func (x *Index) read() (*linear, *texts) {
	l := &linear{rows: newTable(16 * len(x.phrases))}
	t := &texts{own: make([][]int32, len(x.docs)), start: make([]int32, 1, len(x.phrases)+1)}
	var units []unit
	var fs []feature
	var freq []int32
	for p, ph := range x.phrases {
		units = x.cutter.cut(units[:0], Fold(ph.text), maxPhrase, nil)
		fs = x.cutter.features(fs[:0], units, nil)
		for _, f := range fs {
			i, fresh := l.rows.put(f.key)
			if fresh {
				freq = append(freq, 0)
			}
			freq[i]++
			t.row, t.value = append(t.row, i), append(t.value, f.weight)
		}
		t.start = append(t.start, int32(len(t.row)))
		t.doc = append(t.doc, ph.doc)
		t.own[ph.doc] = append(t.own[ph.doc], int32(p))
	}
	if l.rows.n > maxRows {
		freq = l.common(t, freq)
	}
	l.scale = make([]float32, len(freq))
	for i, n := range freq {
		l.scale[i] = float32(math.Pow(math.Log(float64(1+len(x.phrases))/float64(1+n))+1, rarity))
	}
	for p := range t.doc {
		rows, values := t.of(int32(p))
		l.normalize(rows, values)
	}
	return l, t
}

// common leaves out the features that only one phrase has.
func (l *linear) common(t *texts, freq []int32) []int32 {
	keys := l.rows.list()
	kept := newTable(maxRows)
	var left []int32
	number := make([]int32, len(keys))
	for i, key := range keys {
		number[i] = -1
		if freq[i] > 1 {
			number[i], _ = kept.put(key)
			left = append(left, freq[i])
		}
	}
	at := int32(0)
	for p := range t.doc {
		from, to := t.start[p], t.start[p+1]
		t.start[p] = at
		for i := from; i < to; i++ {
			if n := number[t.row[i]]; n >= 0 {
				t.row[at], t.value[at] = n, t.value[i]
				at++
			}
		}
	}
	t.start[len(t.doc)] = at
	t.row, t.value, l.rows = t.row[:at], t.value[:at], kept
	return left
}

// part is one weight of a line.
type part struct {
	row    int32
	weight float32
}

// descent draws lines, one after the other; it belongs to one goroutine.
type descent struct {
	*texts
	all     []int32   // every phrase
	weights []float32 // all zero between lines
	shared  []float32 // all zero between choices
	near    []int32
	top     []int32
	chosen  []int32
	pull    []float64
	active  []int32
}

// line separates the phrases of doc from the other examples. It returns no more than most weights, the largest.
func (d *descent) line(doc int32, examples []int32, most int) ([]part, float32) {
	r := rand.New(rand.NewPCG(1, uint64(doc)))
	d.pull = append(d.pull[:0], make([]float64, len(examples))...)
	d.active = d.active[:0]
	for i := range examples {
		d.active = append(d.active, int32(i))
	}
	bias := 0.0
	const slack = 1 / (2 * loose)
	for range rounds {
		r.Shuffle(len(d.active), func(i, j int) { d.active[i], d.active[j] = d.active[j], d.active[i] })
		hardest, kept := 0.0, d.active[:0]
		for _, i := range d.active {
			rows, values := d.of(examples[i])
			side := -1.0
			if d.doc[examples[i]] == doc {
				side = 1
			}
			at := float32(0)
			for k, row := range rows {
				at += d.weights[row] * values[k]
			}
			gradient := side*(float64(at)+bias) - 1 + slack*d.pull[i]
			if d.pull[i] == 0 && gradient > distant {
				continue
			}
			kept = append(kept, i)
			if d.pull[i] == 0 && gradient > 0 {
				continue
			}
			hardest = max(hardest, math.Abs(gradient))
			old := d.pull[i]
			d.pull[i] = max(0, old-gradient/(2+slack)) // a vector has length 1, and so has its part of the bias
			if step := (d.pull[i] - old) * side; step != 0 {
				for k, row := range rows {
					d.weights[row] += float32(step) * values[k]
				}
				bias += step
			}
		}
		d.active = kept
		if hardest < settled {
			break
		}
	}
	return d.collect(examples, most), float32(bias)
}

// collect takes the weights out of where they were counted.
func (d *descent) collect(examples []int32, most int) []part {
	var line []part
	for _, p := range examples { // those that pull no more as well: what they left behind is not quite nothing
		rows, _ := d.of(p)
		for _, row := range rows {
			if w := d.weights[row]; w != 0 {
				if w > leastPart || w < -leastPart {
					line = append(line, part{row, w})
				}
				d.weights[row] = 0
			}
		}
	}
	return largest(line, most)
}

// largest keeps no more than most parts: those above the weight at which so many are left, in steps of the largest.
func largest(line []part, most int) []part {
	if len(line) <= most {
		return line
	}
	top := float32(0)
	for _, p := range line {
		top = max(top, p.weight, -p.weight)
	}
	step := func(p part) int { return int(255 * max(p.weight, -p.weight) / top) }
	var counts [256]int
	for _, p := range line {
		counts[step(p)]++
	}
	least, n := 256, 0
	for least > 0 && n+counts[least-1] <= most {
		least--
		n += counts[least]
	}
	kept := make([]part, 0, n)
	for _, p := range line {
		if step(p) >= least {
			kept = append(kept, p)
		}
	}
	return kept
}
