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
	looseWeak  = 0.3 // the same of an answer
	rounds     = 10  // over the phrases
	settled    = 0.1 // no phrase pulls harder than this: the line stands
	distant    = 0.5 // a phrase this far on the right side is not looked at again
	rarity     = 0.3 // exponent of a feature's rarity
	loadEffort = 20_000_000
	leastKnown = 100       // phrases that a line must at least be drawn through, if there are more
	maxRows    = 260_000   // features; beyond, the rarest are left out
	maxWeights = 3_000_000 // of all documents; the smallest are left out
	leastPart  = 0.004     // a weight below this tells nothing
)

// texts are the phrases of all documents, and behind them their answers, as vectors of length 1.
type texts struct {
	doc   []int32 // by text
	start []int32 // of a text's features, one more than texts
	row   []int32
	value []float32
	own   [][]int32 // by document: its texts
	weak  int32     // the first answer
}

func (t *texts) of(p int32) ([]int32, []float32) {
	return t.row[t.start[p]:t.start[p+1]], t.value[t.start[p]:t.start[p+1]]
}

// learn draws the lines, or none when effort does not suffice for a useful number of phrases.
func (x *Index) learn(docs []Doc, effort Effort) *linear {
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
	l, t := x.read(docs)
	var near *neighbours
	if most < len(t.doc) {
		near = gatherNear(t, l.rows.n)
	}
	all := make([]int32, len(t.doc))
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

// read turns the phrases and answers into vectors.
func (x *Index) read(docs []Doc) (*linear, *texts) {
	l := &linear{rows: newTable(16 * len(x.phrases))}
	t := &texts{own: make([][]int32, len(x.docs)), start: make([]int32, 1, len(x.phrases)+len(docs)+1), weak: int32(len(x.phrases))}
	r := &vectors{linear: l, texts: t, cutter: x.cutter}
	for _, ph := range x.phrases {
		r.add(ph.doc, ph.text, maxPhrase)
	}
	for i, d := range docs {
		if d.Weak != "" && len(t.own[i]) > 0 {
			r.add(int32(i), d.Weak, maxWeakLearned)
		}
	}
	if l.rows.n > maxRows {
		r.freq = l.common(t, r.freq)
	}
	l.scale = make([]float32, len(r.freq))
	for i, n := range r.freq {
		l.scale[i] = float32(math.Pow(math.Log(float64(1+len(t.doc))/float64(1+n))+1, rarity))
	}
	for p := range t.doc {
		rows, values := t.of(int32(p))
		l.normalize(rows, values)
	}
	return l, t
}

// maxWeakLearned is how many units of an answer are learned from: its beginning, which says what it is about.
const maxWeakLearned = 40

// vectors collects texts.
type vectors struct {
	*linear
	*texts
	cutter   *cutter
	units    []unit
	features []feature
	freq     []int32 // in how many texts a feature is
}

func (r *vectors) add(doc int32, text string, most int) {
	r.units = r.cutter.cut(r.units[:0], Fold(text), most, nil)
	r.features = r.cutter.features(r.features[:0], r.units, nil)
	for _, f := range r.features {
		i, fresh := r.rows.put(f.key)
		if fresh {
			r.freq = append(r.freq, 0)
		}
		r.freq[i]++
		r.row, r.value = append(r.row, i), append(r.value, f.weight)
	}
	r.own[doc] = append(r.own[doc], int32(len(r.doc)))
	r.start = append(r.start, int32(len(r.row)))
	r.doc = append(r.doc, doc)
}

// common leaves out the features of the fewest texts, until no more than maxRows are left.
func (l *linear) common(t *texts, freq []int32) []int32 {
	left, least := len(freq), int32(1)
	for ; left > maxRows; least++ {
		for _, n := range freq {
			if n == least {
				left--
			}
		}
	}
	keys := l.rows.list()
	kept := newTable(left)
	of := make([]int32, 0, left)
	number := make([]int32, len(keys))
	for i, key := range keys {
		number[i] = -1
		if freq[i] >= least {
			number[i], _ = kept.put(key)
			of = append(of, freq[i])
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
	return of
}

// part is one weight of a line.
type part struct {
	row    int32
	weight float32
}

// descent draws lines, one after the other; it belongs to one goroutine.
type descent struct {
	*texts
	all     []int32   // every text
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
	for range rounds {
		r.Shuffle(len(d.active), func(i, j int) { d.active[i], d.active[j] = d.active[j], d.active[i] })
		hardest, kept := 0.0, d.active[:0]
		for _, i := range d.active {
			rows, values := d.of(examples[i])
			side, slack := -1.0, 1/(2*loose)
			if examples[i] >= d.weak {
				slack = 1 / (2 * looseWeak)
			}
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
