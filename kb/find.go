package kb

import (
	"cmp"
	"math"
	"slices"
)

// How texts are compared. The values were settled on the development parts of public sets at several sizes, never on single questions.
const (
	plainWeight = 0.4 // of a character of grammar
	pairWeight  = 1.0 // of two neighbours, against one character
	idfFloor    = 0.3 // added to every idf: a term of all documents still tells something in a base of three
	newestFreq  = 1.0 // a term that no document has is as rare as one that this many have
	saturation  = 0.3 // a document speaks of a term n/(n+saturation) when n of its phrases have it
	weakTimes   = 0.2 // n of a term that stands in the answer alone
	phraseShare = 0.5 // of the phrase's own worth, against the text's, in what the best phrase could have gained
	docShare    = 0.5 // of the whole document in what is shared; the best phrase has the rest
	notExact    = 0.985
	maxTerms    = 128 // of a text: the rarest are looked up
	newPair     = 0.5 // of two known neighbours that no document has side by side, against a pair that one has
)

// scratch is what one Find counts in. Its lists by phrase and document are all zero between uses.
type scratch struct {
	units       []unit
	fresh       []string // words that the index does not have
	terms       []term
	worths      []worth
	features    []feature
	rows        []int32
	values      []float32
	phrases     []float32 // gain by phrase
	docs        []float32 // gain by document
	best        []float32 // share of the best phrase by document
	bestPhrase  []int32   // that phrase plus one, by document
	lm          []float32 // what the language model gives, by document
	sides       []float32 // of the lines, by document; of no meaning between uses
	seen        []bool    // a document is in seenDocs
	alike       []bool    // it shares more with the text than where it begins and ends
	seenPhrases []int32   // those that gained
	seenDocs    []int32
	votes       []vote
	hits        []found
	known       float32 // share of the text's worth that the index has seen
	said        int     // units, ends and unknown ones included
	spelled     int     // pieces of words
}

func newScratch(docs, phrases int) *scratch {
	return &scratch{phrases: make([]float32, phrases), docs: make([]float32, docs), best: make([]float32, docs), bestPhrase: make([]int32, docs),
		lm: make([]float32, docs), sides: make([]float32, docs), seen: make([]bool, docs), alike: make([]bool, docs)}
}

type worth struct {
	term int32 // -1: no document has it
	gain float32
	rim  bool // where a text begins or ends: nearly every document has it
}

// vote is what the ways of counting say about one document.
type vote struct {
	doc    int32
	shared float32 // 0 to 1: what the text shares with the best phrase and the whole document, as a share of what it could
	side   float32 // of the document's line; 0 without lines
	sum    float32 // all together, the language model included
}

type found struct {
	doc    int32
	phrase int32 // -1: none
	exact  bool
	score  float32
}

// Find returns the best n documents for text that keep lets pass (nil: all), best first, exact phrases before everything. Score is
// 1 for an exact phrase only; else it is how probably the text asks for this very document, so that of all hits around 0.6 about six
// in ten are right, and less for what resembles nothing. Only the first 400 characters or words of a text count. It is deterministic,
// may be called concurrently and takes no lock while it counts.
func (x *Index) Find(text string, n int, keep func(id string) bool) []Hit {
	folded := Fold(text)
	if x == nil || n <= 0 || folded == "" || len(x.docs) == 0 {
		return nil
	}
	s := x.scratch.Get().(*scratch)
	defer x.scratch.Put(s)
	s.hits = s.hits[:0]
	x.findExact(s, folded, n, keep)
	if len(s.hits) < n {
		x.findLike(s, folded, n, keep)
	}
	if len(s.hits) == 0 {
		return nil
	}
	hits := make([]Hit, 0, min(n, len(s.hits)))
	for _, f := range s.hits[:cap(hits)] {
		hits = append(hits, x.hit(f))
	}
	return hits
}

func (x *Index) hit(f found) Hit {
	h := Hit{ID: x.docs[f.doc].id, Score: float64(f.score), Exact: f.exact}
	if f.phrase >= 0 {
		h.Phrase = x.phrases[f.phrase].text
	}
	return h
}

// Exact returns the first document that has text among its phrases, as Find would, without looking at what only resembles it.
func (x *Index) Exact(text string, keep func(id string) bool) (h Hit, ok bool) {
	folded := Fold(text)
	if x == nil || folded == "" || len(x.docs) == 0 {
		return h, false
	}
	s := x.scratch.Get().(*scratch)
	defer x.scratch.Put(s)
	s.hits = s.hits[:0]
	if x.findExact(s, folded, 1, keep); len(s.hits) == 0 {
		return h, false
	}
	return x.hit(s.hits[0]), true
}

// findExact takes the documents one of whose phrases the text is: folded alike first, then alike but for 吗 and 了 at the end.
func (x *Index) findExact(s *scratch, folded string, n int, keep func(string) bool) {
	bared := bare(folded)
	take := func(c *chains, hash uint64, same func(p int32) bool) {
		for p := c.of(hash); p >= 0 && len(s.hits) < n; p = c.next[p] {
			doc := x.phrases[p].doc
			if same(p) && !s.has(doc) && (keep == nil || keep(x.docs[doc].id)) {
				s.hits = append(s.hits, found{doc: doc, phrase: p, exact: true, score: 1})
			}
		}
	}
	take(x.exact, hashText(folded), func(p int32) bool { return Fold(x.phrases[p].text) == folded })
	take(x.bare, hashText(bared), func(p int32) bool { return bare(Fold(x.phrases[p].text)) == bared })
}

func (s *scratch) has(doc int32) bool { return s.hasExact(doc, len(s.hits)) }

// hasExact tells whether doc is among the first exact hits.
func (s *scratch) hasExact(doc int32, exact int) bool {
	return slices.ContainsFunc(s.hits[:exact], func(f found) bool { return f.doc == doc })
}

// findLike adds the best of the other documents behind the exact ones.
func (x *Index) findLike(s *scratch, folded string, n int, keep func(string) bool) {
	if !x.vote(s, folded) {
		return
	}
	top := s.votes[0]
	for _, v := range s.votes {
		if v.before(top) {
			top = v
		}
	}
	j, all := x.judgeOf(), float32(0)
	for _, v := range s.votes {
		all += j.odds(v.sum - top.sum)
	}
	likely := x.confidence(j, top, s) / all
	exact := len(s.hits)
	for _, v := range s.votes {
		f := found{doc: v.doc, phrase: s.bestPhrase[v.doc] - 1, score: min(notExact, likely*j.odds(v.sum-top.sum))}
		if f.phrase < 0 {
			f.phrase = x.docs[v.doc].first
		}
		at := len(s.hits)
		for at > exact && f.before(s.hits[at-1]) {
			at--
		}
		if at >= n || s.hasExact(v.doc, exact) || keep != nil && !keep(x.docs[v.doc].id) {
			continue
		}
		s.hits = slices.Insert(s.hits[:min(len(s.hits), n-1)], at, f)
	}
	s.clear()
}

func (v vote) before(w vote) bool   { return v.sum > w.sum || v.sum == w.sum && v.doc < w.doc }
func (f found) before(g found) bool { return f.score > g.score || f.score == g.score && f.doc < g.doc }

// vote fills s.votes with every document that has anything of the text; false: none has.
func (x *Index) vote(s *scratch, folded string) bool {
	whole := x.value(s, folded)
	if whole <= 0 {
		return false
	}
	x.count(s, whole)
	if x.linear != nil {
		s.features = x.cutter.features(s.features[:0], s.units, s.fresh)
		s.rows, s.values = x.linear.count(s.sides, s.features, s.rows, s.values)
	}
	s.votes = s.votes[:0]
	by := x.voice() / float32(math.Sqrt(float64(max(s.said, 1))))
	for _, doc := range s.seenDocs {
		if !s.alike[doc] {
			continue
		}
		d := &x.docs[doc]
		v := vote{doc: doc, shared: (1-docShare)*s.best[doc] + docShare*s.docs[doc]/whole}
		if x.linear != nil {
			v.side = s.sides[doc]
		}
		v.sum = v.side + v.shared + by*(s.lm[doc]+float32(s.said)*d.unseen+float32(s.spelled)*d.unseenPiece)
		s.votes = append(s.votes, v)
	}
	if len(s.votes) == 0 {
		s.clear()
	}
	return len(s.votes) > 0
}

// clear makes s ready for the next text.
func (s *scratch) clear() {
	for _, p := range s.seenPhrases {
		s.phrases[p] = 0
	}
	for _, doc := range s.seenDocs {
		s.docs[doc], s.best[doc], s.bestPhrase[doc], s.lm[doc], s.seen[doc], s.alike[doc] = 0, 0, 0, 0, false, false
	}
	s.seenPhrases, s.seenDocs = s.seenPhrases[:0], s.seenDocs[:0]
}

// value fills s.worths with the terms of the text and returns what they are worth together.
func (x *Index) value(s *scratch, folded string) float32 {
	s.fresh = s.fresh[:0]
	s.units = x.cutter.cut(s.units[:0], folded, maxQuery, &s.fresh)
	s.terms = x.cutter.terms(s.terms[:0], s.units, s.fresh)
	s.worths = s.worths[:0]
	s.said, s.spelled = 0, 0
	whole := float32(0)
	for _, t := range s.terms {
		switch {
		case t&pieceTerm != 0:
			s.spelled++
		case t.first() == 0:
			s.said++
		}
		if i, ok := x.number(t); ok {
			s.worths = append(s.worths, worth{i, x.idf[i], t.rim()})
			continue
		}
		gain := x.newest * x.cutter.weight(t, s.fresh)
		if t.first() != 0 {
			gain *= newPair
		}
		s.worths = append(s.worths, worth{-1, gain, false})
	}
	if len(s.worths) > maxTerms {
		slices.SortStableFunc(s.worths, func(a, b worth) int { return cmp.Compare(b.gain, a.gain) })
		s.worths = s.worths[:maxTerms]
	}
	known := float32(0)
	for _, w := range s.worths {
		if whole += w.gain; w.term >= 0 {
			known += w.gain
		}
	}
	s.known = known / max(whole, 1e-6)
	if !slices.ContainsFunc(s.units, func(u unit) bool { return u != wall && !x.cutter.plain(u, s.fresh) }) {
		whole *= 2 // 怎么办 alone names no topic, whatever it resembles
	}
	return whole
}

// count adds up what each phrase and document shares with the text, and what the language model says.
func (x *Index) count(s *scratch, whole float32) {
	for _, w := range s.worths {
		if w.term < 0 {
			continue
		}
		for _, p := range x.inPhrase.of(w.term) {
			if s.phrases[p] == 0 {
				s.seenPhrases = append(s.seenPhrases, p)
			}
			s.phrases[p] += w.gain
		}
		from := x.inDoc.first[w.term]
		for i, doc := range x.inDoc.of(w.term) {
			if !s.seen[doc] {
				s.seen[doc] = true
				s.seenDocs = append(s.seenDocs, doc)
			}
			s.alike[doc] = s.alike[doc] || !w.rim
			s.docs[doc] += w.gain * x.inDoc.much[from+int32(i)]
			s.lm[doc] += x.inDoc.lm[from+int32(i)]
		}
	}
	for _, p := range s.seenPhrases {
		ph := &x.phrases[p]
		share := s.phrases[p] / (phraseShare*ph.self + (1-phraseShare)*whole)
		if share > s.best[ph.doc] || share == s.best[ph.doc] && p < s.bestPhrase[ph.doc]-1 {
			s.best[ph.doc], s.bestPhrase[ph.doc] = share, p+1
		}
	}
}

func (g *postings) of(term int32) []int32 { return g.in[g.first[term]:g.first[term+1]] }
