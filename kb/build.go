package kb

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
	ends        []int32 // where each document's posts end
}

type post struct {
	term, in int32
	much     float32 // of a document: how strongly it has the term
	lm       float32
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
	x.exact, x.bare = newChains(phrases), newChains(phrases)
	x.terms = newTable((size + weak) / 4)
	x.chars = make([]int32, maxChar)
	return &builder{phrasePosts: make([]post, 0, 2*size), docPosts: make([]post, 0, 2*size+weak)}
}

func (b *builder) begin(doc int32) {
	b.doc = doc
	b.here = b.here[:0]
}

func (b *builder) cut(x *Index, folded string, limit int) {
	b.units = x.cutter.cut(b.units[:0], folded, limit, nil)
	b.terms = x.cutter.terms(b.terms[:0], b.units, nil)
}

// number is the number of a term, which it gets when it is first seen; the document at hand then has it.
func (b *builder) number(x *Index, t term) int32 {
	var i int32
	if t < maxChar && x.chars[t] > 0 {
		i = x.chars[t] - 1
	} else {
		var fresh bool
		if i, fresh = x.terms.put(uint64(t)); fresh {
			b.docFreq, b.lastDoc, b.strength = append(b.docFreq, 0), append(b.lastDoc, 0), append(b.strength, 0)
		}
		if t < maxChar {
			x.chars[t] = i + 1
		}
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
		if !t.hidden() {
			b.phrasePosts = append(b.phrasePosts, post{term: i, in: p})
		}
	}
}

// end closes the document.
func (b *builder) end(x *Index, weak string) {
	if weak != "" {
		b.cut(x, weak, maxWeak)
		for _, t := range b.terms {
			if i := b.number(x, t); b.strength[i] == 0 {
				b.strength[i] = weakTimes
			}
		}
	}
	for _, i := range b.here {
		b.docPosts = append(b.docPosts, post{term: i, in: b.doc, much: b.strength[i]})
	}
	b.ends = append(b.ends, int32(len(b.docPosts)))
}

// gather sorts posts by term, keeping the order of documents.
func gather(posts []post, terms int) postings {
	g := postings{first: make([]int32, terms+1), in: make([]int32, len(posts)), much: make([]float32, len(posts)), lm: make([]float32, len(posts))}
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
		g.in[at], g.much[at], g.lm[at] = p.in, p.much, p.lm
	}
	return g
}
