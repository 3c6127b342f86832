package kb

import (
	"cmp"
	"slices"
)

// How texts are compared. The values were settled on the public zh-faq set at several sizes, never on single questions.
const (
	plainWeight = 0.4 // of a character of grammar
	pairWeight  = 1.0 // of two neighbours, against one character
	idfFloor    = 0.3 // added to every idf: a term of all documents still tells something in a base of three
	newestFreq  = 1.0 // a term that no document has is as rare as one that this many have
	saturation  = 0.3 // a document speaks of a term n/(n+saturation) when n of its phrases have it
	weakTimes   = 0.2 // n of a term that stands in the answer alone
	phraseShare = 0.5 // of the phrase's own worth, against the text's, in what the best phrase could have gained
	docShare    = 0.5 // of the whole document in the score; the best phrase has the rest
	lift        = 0.4 // of the middle of the scale
	notExact    = 0.99
	maxTerms    = 96  // of a text: the rarest are looked up
	newPair     = 0.5 // of two known neighbours that no document has side by side, against a pair that one has
)

// scratch is what one Find counts in. Its lists by phrase and document are all zero between uses.
type scratch struct {
	units       []unit
	terms       []term
	worths      []worth
	phrases     []float32 // gain by phrase
	docs        []float32 // gain by document
	best        []float32 // share of the best phrase by document
	bestPhrase  []int32   // that phrase, by document
	seenPhrases []int32   // those that gained
	seenDocs    []int32
	hits        []found
}

type worth struct {
	term int32 // -1: no document has it
	gain float32
}

type found struct {
	doc    int32
	phrase int32 // -1: none
	exact  bool
	score  float32
}

// Find returns the best n documents for text that keep lets pass (nil: all), best first, exact phrases before everything. Score is
// 1 for an exact phrase only; else it is what the text shares with the best phrase and the whole document, rare words counting
// most, as a share of what it could. Only the first 400 characters or words of a text count. It is deterministic, may be called
// concurrently and takes no lock while it counts.
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
		h := Hit{ID: x.docs[f.doc].id, Score: float64(f.score), Exact: f.exact}
		if f.phrase >= 0 {
			h.Phrase = x.phrases[f.phrase].text
		}
		hits = append(hits, h)
	}
	return hits
}

// findExact takes the documents one of whose phrases the text is: folded alike first, then alike but for 吗 and 了 at the end.
func (x *Index) findExact(s *scratch, folded string, n int, keep func(string) bool) {
	for _, phrases := range [][]int32{x.exact[folded], x.bare[bare(folded)]} {
		for _, p := range phrases {
			doc := x.phrases[p].doc
			if len(s.hits) == n {
				return
			}
			if !s.has(doc) && (keep == nil || keep(x.docs[doc].id)) {
				s.hits = append(s.hits, found{doc: doc, phrase: p, exact: true, score: 1})
			}
		}
	}
}

func (s *scratch) has(doc int32) bool { return s.hasExact(doc, len(s.hits)) }

// hasExact tells whether doc is among the first exact hits.
func (s *scratch) hasExact(doc int32, exact int) bool {
	return slices.ContainsFunc(s.hits[:exact], func(f found) bool { return f.doc == doc })
}

// findLike adds the best of the other documents behind the exact ones.
func (x *Index) findLike(s *scratch, folded string, n int, keep func(string) bool) {
	whole := x.value(s, folded)
	if whole <= 0 {
		return
	}
	x.count(s, whole)
	exact := len(s.hits)
	for _, doc := range s.seenDocs {
		f := found{doc: doc, phrase: s.bestPhrase[doc] - 1,
			score: min(notExact, calibrate((1-docShare)*s.best[doc]+docShare*s.docs[doc]/whole))}
		if f.phrase < 0 {
			f.phrase = x.docs[doc].first
		}
		at := len(s.hits)
		for at > exact && f.before(s.hits[at-1]) {
			at--
		}
		if at >= n || s.hasExact(doc, exact) || keep != nil && !keep(x.docs[doc].id) {
			continue
		}
		s.hits = slices.Insert(s.hits[:min(len(s.hits), n-1)], at, f)
	}
	for _, p := range s.seenPhrases {
		s.phrases[p] = 0
	}
	for _, doc := range s.seenDocs {
		s.docs[doc], s.best[doc], s.bestPhrase[doc] = 0, 0, 0
	}
	s.seenPhrases, s.seenDocs = s.seenPhrases[:0], s.seenDocs[:0]
}

// calibrate lifts the middle of the scale, where most right answers lie, and leaves both ends: on zh-faq with five phrasings each, of
// the best hits at 0.6 nine in ten are right.
func calibrate(s float32) float32 { return s + lift*s*s*(1-s) }

func (f found) before(g found) bool { return f.score > g.score || f.score == g.score && f.doc < g.doc }

// value fills s.worths with the terms of the text and returns what they are worth together.
func (x *Index) value(s *scratch, folded string) float32 {
	s.units = x.cutter.cut(s.units[:0], folded, maxQuery, false)
	for i, u := range s.units {
		if u == unknown {
			s.units[i] = unknown - unit(i) // two unknown words are two
		}
	}
	s.terms = terms(s.terms[:0], s.units)
	s.worths = s.worths[:0]
	for _, t := range s.terms {
		if i, ok := x.number(t); ok {
			s.worths = append(s.worths, worth{i, x.idf[i]})
			continue
		}
		gain := x.newest * x.weight(t)
		if t.first() != 0 {
			gain *= newPair
		}
		s.worths = append(s.worths, worth{-1, gain})
	}
	if len(s.worths) > maxTerms {
		slices.SortStableFunc(s.worths, func(a, b worth) int { return cmp.Compare(b.gain, a.gain) })
		s.worths = s.worths[:maxTerms]
	}
	whole := float32(0)
	for _, w := range s.worths {
		whole += w.gain
	}
	if !slices.ContainsFunc(s.units, func(u unit) bool { return u != wall && (u >= wordBase || !x.plain[rune(u)]) }) {
		whole *= 2 // 怎么办 alone names no topic, whatever it resembles
	}
	return whole
}

// count adds up what each phrase and document shares with the text.
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
			if s.docs[doc] == 0 {
				s.seenDocs = append(s.seenDocs, doc)
			}
			s.docs[doc] += w.gain * x.inDoc.much[from+int32(i)]
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
