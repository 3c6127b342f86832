package kb

import "math"

// The language model: how probable a text is in the mouth of somebody who wants a document. Each document has its own frequencies of
// units and neighbours; neighbours lean on units, units on the whole base, so that a document of one phrase already tells something.
const (
	leanUnit   = 20  // units of the whole base that each document has read besides its own
	leanPair   = 10  // the same for what follows a unit
	leanPiece  = 60  // the same for pieces of words
	pieceShare = 0.3 // of a piece: pieces of one word tell the same thing several times
)

// mass is how much of one kind of term the whole base has.
type mass struct{ sum, kinds float64 }

// share is the probability of a term that the base has n times.
func (m mass) share(n float64) float64 { return (n + 0.5) / (m.sum + 0.5*m.kinds) }

// speak turns how strongly documents have terms into what both ways of counting use: the more of its phrases have a term, the more a
// document speaks of it, with less and less gain; and what the language model adds for it.
func (b *builder) speak(x *Index) {
	keys := x.terms.list()
	total := make([]float64, len(keys))
	for _, p := range b.docPosts {
		total[p.term] += float64(p.much)
	}
	var units, pieces mass
	for i, key := range keys {
		if m := massOf(term(key), &units, &pieces); m != nil {
			m.sum += total[i]
			m.kinds++
		}
	}
	strength := make([]float64, len(keys)) // of the document at hand
	from := int32(0)
	for doc, end := range b.ends {
		posts := b.docPosts[from:end]
		from = end
		var said, spelled mass
		for _, p := range posts {
			strength[p.term] = float64(p.much)
			if m := massOf(term(keys[p.term]), &said, &spelled); m != nil {
				m.sum += float64(p.much)
			}
		}
		for j := range posts {
			p := &posts[j]
			c := float64(p.much)
			switch t := term(keys[p.term]); massOf(t, &units, &pieces) {
			case &pieces:
				p.lm = float32(pieceShare * math.Log1p(c/(leanPiece*pieces.share(total[p.term]))))
			case &units: // the unit itself, less what it takes from those that may follow it
				p.lm = float32(math.Log1p(c/(leanUnit*units.share(total[p.term]))) - math.Log1p(c/leanPair))
			default:
				second, _ := x.number(term(t.second()))
				alone := (strength[second] + leanUnit*units.share(total[second])) / (said.sum + leanUnit)
				p.lm = float32(math.Log1p(c / (leanPair * alone)))
			}
			p.much /= p.much + saturation
		}
		for _, p := range posts {
			strength[p.term] = 0
		}
		x.docs[doc].unseen = float32(math.Log(leanUnit / (said.sum + leanUnit)))
		x.docs[doc].unseenPiece = float32(pieceShare * math.Log(leanPiece/(spelled.sum+leanPiece)))
	}
}

// massOf returns the one to which a term belongs; nil for neighbours.
func massOf(t term, units, pieces *mass) *mass {
	switch {
	case t&pieceTerm != 0:
		return pieces
	case t.first() == 0:
		return units
	}
	return nil
}
