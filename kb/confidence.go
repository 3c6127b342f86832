package kb

import "math"

// voice is how much the language model says in the sum of votes.
const voice = 0.05

// judge turns votes into probabilities. Its values were fitted by logistic regression on bases of 2 to 150 documents with 1 to 100
// phrases each, drawn from the development parts of public sets in both languages, asked what they answer, what their neighbours
// would answer, and what belongs to other fields, four of ten questions being answered; then the bias was lowered by 0.35, so that nine of
// ten answers are right at 0.60 though the fields be near.
type judge struct {
	sharp              float64 // how much the sum of votes tells between two documents
	bias, shared, side float64
	docs, phrases      float64 // of the logarithms of their numbers: more of them resemble more
	known              float64 // of the share of the text that the index has seen at all
}

// judgeOf is another one with lines than without: a vote of the line is then missing in the sum.
func (x *Index) judgeOf() judge {
	if x.linear != nil {
		return judge{sharp: 4.2, bias: -1.62, shared: 4.18, side: 2.65, docs: 0.195, phrases: -0.82, known: 1.43}
	}
	return judge{sharp: 9.5, bias: -1.78, shared: 10.3, docs: -0.262, phrases: -0.783}
}

// Beyond these the fit has seen nothing.
const (
	mostDocs   = 200
	mostSpread = 150
)

// confidence is how probably the text asks for any document at all.
func (x *Index) confidence(j judge, top vote, s *scratch) float32 {
	z := j.bias + j.shared*float64(top.shared) + j.side*float64(top.side) + j.docs*math.Log(float64(min(len(x.docs), mostDocs))) +
		j.phrases*math.Log(float64(min(max(x.spread, 1), mostSpread))) + j.known*float64(s.known)
	return float32(1 / (1 + math.Exp(-z)))
}

// odds is how probable a document is against the best one when its votes sum up to so much less.
func (j judge) odds(less float32) float32 { return float32(math.Exp(j.sharp * float64(less))) }
