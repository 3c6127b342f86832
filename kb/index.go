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
	Effort   Effort     // how long it may learn from the phrases
}

// Effort is how much work an index may put into learning. The outcome depends on it and on the documents alone, not on the machine.
type Effort int64

const (
	AtLoad  Effort = 0           // what a start can afford: the default
	Compile Effort = 100_000_000 // what publishing can afford
)

// Hit is a document that a text may ask for.
type Hit struct {
	ID     string
	Score  float64 // 0 to 1: how probably the text asks for this document
	Exact  bool    // the folded text equals one of its phrases
	Phrase string  // the phrase that matched best
}

// Index finds documents. It is immutable and may be shared. It is made by NewIndex or Decode; a nil Index finds nothing.
type Index struct {
	docs    []document
	phrases []phrase
	exact   *chains // folded phrase → phrases
	bare    *chains // the same without 吗 and 了 at the end
	cutter  *cutter

	synonyms [][]string // as they were given
	terms    *table
	chars    []int32   // by character of the basic plane: its number plus one
	idf      []float32 // of a term, times its weight
	inPhrase postings  // term → phrases, each once
	inDoc    postings  // term → documents, with how much the document speaks of it
	linear   *linear   // nil: there was too much to learn
	scratch  sync.Pool // *scratch
	newest   float32   // idf of a term that no document has
	spread   float32   // mean number of phrases of a document
}

type document struct {
	id    string
	first int32 // phrase; -1: none
	// What the language model gives for each unit, and each piece of a word, that the document does not have.
	unseen, unseenPiece float32
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
	lm    []float32 // beside in: what the language model adds
}

// Limits, in units, beyond which the rest of a text is not looked at.
const (
	maxPhrase = 200
	maxWeak   = 200
	maxQuery  = 400
)

// NewIndex builds an index over docs. Documents keep their order among equals.
func NewIndex(docs []Doc, o Options) *Index {
	x := &Index{cutter: newCutter(o.Synonyms), synonyms: o.Synonyms}
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
			x.exact.add(hashText(folded), p)
			x.bare.add(hashText(bare(folded)), p)
			if x.docs[i].first < 0 {
				x.docs[i].first = p
			}
			b.phrase(x, p, folded)
		}
		b.end(x, Fold(d.Weak))
	}
	x.weigh(b.docFreq)
	b.speak(x)
	x.inPhrase = gather(b.phrasePosts, len(x.idf))
	x.inDoc = gather(b.docPosts, len(x.idf))
	x.inPhrase.much, x.inPhrase.lm = nil, nil
	for _, p := range b.phrasePosts {
		x.phrases[p.in].self += x.idf[p.term]
	}
	x.spread = float32(len(x.phrases)) / float32(max(len(x.docs), 1))
	x.linear = x.learn(docs, o.Effort)
	x.ready()
	return x
}

// ready makes what Find counts in.
func (x *Index) ready() {
	x.scratch.New = func() any { return newScratch(len(x.docs), len(x.phrases)) }
}

// weigh gives each term its worth: rare ones more, grammar little.
func (x *Index) weigh(docFreq []int32) {
	n := float64(len(x.docs))
	idf := func(df float64) float32 { return float32(math.Log(1+(n-df+0.5)/(df+0.5)) + idfFloor) }
	x.idf = make([]float32, len(docFreq))
	for i, key := range x.terms.list() {
		x.idf[i] = idf(float64(docFreq[i])) * x.cutter.weight(term(key), nil)
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
	return x.terms.of(uint64(t))
}
