package kb

import "math"

// How much the language model says in the sum of votes: most where documents have few phrases, through which no useful line can be drawn.
const (
	voice       = 0.05
	voiceOfFew  = 0.15 // divided by the mean number of phrases
	sharpness   = 4.2  // how much the sum of votes tells between two documents
	dullOfFew   = 1.2
	sharpAlone  = 10.5 // the same without lines: the sum is smaller then
	dullOfAlone = 6.0  // divided by the root of the mean number of phrases
)

func (x *Index) voice() float32 { return voice + voiceOfFew/max(x.spread, 1) }

// judge turns votes into probabilities. Its values were fitted by logistic regression on bases of 2 to 150 documents with 1 to 100
// phrases each, drawn from the development parts of public sets in both languages, asked what they answer, what their neighbours
// would answer, and what belongs to other fields, four of ten questions having an answer. Sure ones are then made less so (careful): of
// fields as near as those more would be answered wrongly than one in ten.
type judge struct {
	sharp              float64
	bias, shared, side float64
	docs, phrases      float64 // of the logarithms of their numbers: more of them resemble more
	known              float64 // of the share of the text that the index has seen at all
}

// judgeOf is another one with lines than without: a vote of the line is then missing in the sum.
func (x *Index) judgeOf() judge {
	spread := float64(max(x.spread, 1))
	if x.linear != nil {
		return judge{sharp: sharpness - dullOfFew/spread, bias: -1.28, shared: 4.12, side: 2.59, docs: 0.177, phrases: -0.818, known: 1.47}
	}
	return judge{sharp: sharpAlone - dullOfAlone/math.Sqrt(spread), bias: -1.41, shared: 10, docs: -0.26, phrases: -0.796}
}

// Beyond these the fit has seen nothing.
const (
	mostDocs   = 200
	mostSpread = 150
)

// careful of the logarithm of odds are kept, less doubt.
const (
	careful = 0.85
	doubt   = 0.15
)

// confidence is how probably the text asks for any document at all.
func (x *Index) confidence(j judge, top vote, s *scratch) float32 {
	z := j.bias + j.shared*float64(top.shared) + j.side*float64(top.side) + j.docs*math.Log(float64(min(len(x.docs), mostDocs))) +
		j.phrases*math.Log(float64(min(max(x.spread, 1), mostSpread))) + j.known*float64(s.known)
	return float32(1 / (1 + math.Exp(doubt-careful*z)))
}

// odds is how probable a document is against the best one when its votes sum up to so much less.
func (j judge) odds(less float32) float32 {
	z := j.sharp * float64(less)
	if z < hopeless {
		return 0
	}
	return float32(math.Exp(z))
}

// hopeless is the logarithm of odds that no sum over documents would notice.
const hopeless = -25
