package kb

import (
	"math"
	"sync"
)

// Doc is something that can be asked for: an entry, or a dialog by its triggers.
type Doc struct {
	ID      string   // "kb:redpacket.refund_time", "dialog:redpacket_refund"
	Phrases []string // ways to ask, the standard question first
	Weak    string   // further words, counted little (the answer)
}

// Options of an Index.
type Options struct {
	Synonyms [][]string // words of one row count as one
}

// Hit is a document that a text may ask for.
type Hit struct {
	ID     string
	Score  float64 // 0 to 1
	Exact  bool    // the folded text equals one of its phrases
	Phrase string  // the phrase that matched best
}

// Index finds documents. It is immutable and may be shared. It is made by NewIndex; a nil Index finds nothing.
type Index struct {
	docs    []document
	phrases []phrase
	exact   map[string][]int32 // folded phrase → phrases
	bare    map[string][]int32 // the same without 吗 and 了 at the end
	cutter  *cutter
	plain   map[rune]bool

	terms    map[term]int32 // number of a term that is not in chars
	chars    []int32        // by character of the basic plane: its number plus one
	idf      []float32      // of a term, times its weight
	inPhrase postings       // term → phrases, each once
	inDoc    postings       // term → documents, with how much the document speaks of it
	scratch  sync.Pool      // *scratch
	newest   float32        // idf of a term that no document has
}

type document struct {
	id    string
	first int32 // phrase; -1: none
}

type phrase struct {
	text string
	doc  int32
	self float32 // what a text gains that has every term of it
}

// postings keeps the lists of all terms in one slice: those of term i lie from first[i] to first[i+1].
type postings struct {
	first []int32
	in    []int32
	much  []float32 // beside in; nil: 1 each
}

// Limits, in units, beyond which the rest of a text is not looked at.
const (
	maxPhrase = 200
	maxWeak   = 200
	maxQuery  = 400
)

// NewIndex builds an index over docs. Documents keep their order among equals.
func NewIndex(docs []Doc, o Options) *Index {
	x := &Index{cutter: newCutter(o.Synonyms), plain: map[rune]bool{}}
	for _, r := range plainUnits {
		x.plain[r] = true
	}
	b := newBuilder(x, docs)
	for i, d := range docs {
		x.docs = append(x.docs, document{id: d.ID, first: -1})
		b.begin(int32(i))
		for _, text := range d.Phrases {
			folded := Fold(text)
			if folded == "" {
				continue
			}
			p := int32(len(x.phrases))
			x.phrases = append(x.phrases, phrase{text: text, doc: int32(i)})
			x.exact[folded] = append(x.exact[folded], p)
			bared := bare(folded)
			x.bare[bared] = append(x.bare[bared], p)
			if x.docs[i].first < 0 {
				x.docs[i].first = p
			}
			b.phrase(x, p, folded)
		}
		b.end(x, Fold(d.Weak))
	}
	x.weigh(b.docFreq)
	x.inPhrase = gather(b.phrasePosts, len(x.idf), false)
	x.inDoc = gather(b.docPosts, len(x.idf), true)
	for _, p := range b.phrasePosts {
		x.phrases[p.in].self += x.idf[p.term]
	}
	x.scratch.New = func() any {
		return &scratch{phrases: make([]float32, len(x.phrases)), docs: make([]float32, len(x.docs)),
			best: make([]float32, len(x.docs)), bestPhrase: make([]int32, len(x.docs))}
	}
	return x
}

// weigh gives each term its worth: rare ones more, grammar little.
func (x *Index) weigh(docFreq []int32) {
	n := float64(len(x.docs))
	idf := func(df float64) float32 { return float32(math.Log(1+(n-df+0.5)/(df+0.5)) + idfFloor) }
	x.idf = make([]float32, len(docFreq))
	set := func(t term, i int32) { x.idf[i] = idf(float64(docFreq[i])) * x.weight(t) }
	for t, i := range x.terms {
		set(t, i)
	}
	for r, i := range x.chars {
		if i > 0 {
			set(term(r), i-1)
		}
	}
	x.newest = idf(newestFreq)
}

// maxChar is above the characters that are looked up in a table: single ones are half of all look-ups.
const maxChar = 0xA000

// number is the number of a term, if any document has it.
func (x *Index) number(t term) (int32, bool) {
	if t < maxChar {
		return x.chars[t] - 1, x.chars[t] > 0
	}
	i, ok := x.terms[t]
	return i, ok
}

// builder collects postings, document by document.
type builder struct {
	units       []unit
	terms       []term
	docFreq     []int32 // documents whose phrases or answer have the term
	lastDoc     []int32 // the last document that had it, plus one
	strength    []float32
	here        []int32 // terms of the document at hand
	doc         int32
	phrasePosts []post
	docPosts    []post
}

type post struct {
	term, in int32
	much     float32
}

// newBuilder makes room beforehand: a large base is built while people wait for a new release.
func newBuilder(x *Index, docs []Doc) *builder {
	phrases, size, weak := 0, 0, 0
	for _, d := range docs {
		phrases += len(d.Phrases)
		weak += min(len(d.Weak)/3, maxWeak)
		for _, p := range d.Phrases {
			size += min(len(p)/3+1, maxPhrase)
		}
	}
	x.docs = make([]document, 0, len(docs))
	x.phrases = make([]phrase, 0, phrases)
	x.exact = make(map[string][]int32, phrases)
	x.bare = make(map[string][]int32, phrases)
	x.terms = make(map[term]int32, (size+weak)/4)
	x.chars = make([]int32, maxChar)
	return &builder{phrasePosts: make([]post, 0, 2*size), docPosts: make([]post, 0, 2*(size+weak))}
}

func (b *builder) begin(doc int32) {
	b.doc = doc
	b.here = b.here[:0]
}

func (b *builder) cut(x *Index, folded string, limit int) {
	b.units = x.cutter.cut(b.units[:0], folded, limit, true)
	b.terms = terms(b.terms[:0], b.units)
}

// number is the number of a term, which it gets when it is first seen; the document at hand then has it.
func (b *builder) number(x *Index, t term) int32 {
	i, ok := x.number(t)
	if !ok {
		i = int32(len(b.docFreq))
		if t < maxChar {
			x.chars[t] = i + 1
		} else {
			x.terms[t] = i
		}
		b.docFreq, b.lastDoc, b.strength = append(b.docFreq, 0), append(b.lastDoc, 0), append(b.strength, 0)
	}
	if b.lastDoc[i] != b.doc+1 {
		b.lastDoc[i] = b.doc + 1
		b.strength[i] = 0
		b.docFreq[i]++
		b.here = append(b.here, i)
	}
	return i
}

func (b *builder) phrase(x *Index, p int32, folded string) {
	b.cut(x, folded, maxPhrase)
	for _, t := range b.terms {
		i := b.number(x, t)
		b.strength[i]++
		b.phrasePosts = append(b.phrasePosts, post{term: i, in: p})
	}
}

// end closes the document: the more of its phrases have a term, the more it speaks of it, with less and less gain.
func (b *builder) end(x *Index, weak string) {
	b.cut(x, weak, maxWeak)
	for _, t := range b.terms {
		if i := b.number(x, t); b.strength[i] == 0 {
			b.strength[i] = weakTimes
		}
	}
	for _, i := range b.here {
		n := b.strength[i]
		b.docPosts = append(b.docPosts, post{term: i, in: b.doc, much: n / (n + saturation)})
	}
}

// gather sorts posts by term, keeping the order of documents.
func gather(posts []post, terms int, much bool) postings {
	g := postings{first: make([]int32, terms+1), in: make([]int32, len(posts))}
	if much {
		g.much = make([]float32, len(posts))
	}
	for _, p := range posts {
		g.first[p.term+1]++
	}
	for i := range terms {
		g.first[i+1] += g.first[i]
	}
	next := append([]int32(nil), g.first[:terms]...)
	for _, p := range posts {
		at := next[p.term]
		next[p.term]++
		g.in[at] = p.in
		if much {
			g.much[at] = p.much
		}
	}
	return g
}
