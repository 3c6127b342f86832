// Package exam asks an index labelled questions and tells how often it is right. It reads tables and opens no files; what it asks is
// the very index that serves people.
package exam

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/kb"
)

// Question is one labelled text.
type Question struct {
	Text string
	Want string // the id of the document that is right; "": none is, the text is out of scope
}

// Outcome is what the index made of one question.
type Outcome struct {
	Want  string
	First string  // the best document, "": none
	Rank  int     // of the right document, 0: not among the first 50
	Score float64 // of the best document; -1: there is none, which every threshold rejects
}

func (o Outcome) in() bool    { return o.Want != "" }
func (o Outcome) right() bool { return o.Rank == 1 }

// depth is how far down the right document is looked for.
const depth = 50

// Ask puts every question to the index and tells how long one took on average. It stops when ctx ends.
func Ask(ctx context.Context, x *kb.Index, questions []Question) (outcomes []Outcome, each time.Duration, err error) {
	outcomes = make([]Outcome, 0, len(questions))
	began := time.Now()
	for _, q := range questions {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		o := Outcome{Want: q.Want, Score: -1}
		hits := x.Find(q.Text, depth, nil)
		if len(hits) > 0 {
			o.First, o.Score = hits[0].ID, hits[0].Score
		}
		if q.Want != "" {
			o.Rank = 1 + slices.IndexFunc(hits, func(h kb.Hit) bool { return h.ID == q.Want })
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, time.Since(began) / time.Duration(max(len(questions), 1)), nil
}

// Report is how well an index did. Where no question is out of scope, what is told about those is 0.
type Report struct {
	Queries    int     `json:"queries"`
	InScope    int     `json:"in_scope"`
	Acc1       float64 `json:"acc1"` // of the questions in scope: the first document is right, whatever its score
	Acc3       float64 `json:"acc3"`
	MRR        float64 `json:"mrr"`
	Threshold  float64 `json:"threshold"`    // scores below it are rejected
	InScopeAcc float64 `json:"in_scope_acc"` // right and not rejected
	OOSRecall  float64 `json:"oos_recall"`   // of the questions out of scope: rejected
	OOSF1      float64 `json:"oos_f1"`
	AUROC      float64 `json:"auroc"` // how probably a question in scope scores above one out of scope
	Micros     float64 `json:"us_per_query"`
}

// Judge reports on outcomes at one threshold.
func Judge(outcomes []Outcome, threshold float64) Report {
	return judge(outcomes, func(int) float64 { return threshold }, threshold)
}

// JudgeHalves reports on outcomes with two thresholds: rule chooses one on every second outcome, which is used on the others.
func JudgeHalves(outcomes []Outcome, rule Rule) Report {
	var halves [2][]Outcome
	for i, o := range outcomes {
		halves[i%2] = append(halves[i%2], o)
	}
	chosen := [2]float64{rule(halves[0]), rule(halves[1])}
	return judge(outcomes, func(i int) float64 { return chosen[1-i%2] }, (chosen[0]+chosen[1])/2)
}

func judge(outcomes []Outcome, at func(i int) float64, threshold float64) Report {
	r := Report{Queries: len(outcomes), Threshold: threshold}
	kept, rejected, caught := 0, 0, 0
	for i, o := range outcomes {
		reject := o.Score < max(at(i), 0)
		if reject {
			rejected++
		}
		if !o.in() {
			if reject {
				caught++
			}
			continue
		}
		r.InScope++
		if o.Rank > 0 {
			r.MRR += 1 / float64(o.Rank)
			if o.Rank <= 3 {
				r.Acc3++
			}
		}
		if o.right() {
			r.Acc1++
			if !reject {
				kept++
			}
		}
	}
	share := func(a, b float64) float64 {
		if b == 0 {
			return 0
		}
		return a / b
	}
	in, out := float64(r.InScope), float64(r.Queries-r.InScope)
	r.Acc1, r.Acc3, r.MRR, r.InScopeAcc = share(r.Acc1, in), share(r.Acc3, in), share(r.MRR, in), share(float64(kept), in)
	r.OOSRecall = share(float64(caught), out)
	if precision := share(float64(caught), float64(rejected)); precision > 0 {
		r.OOSF1 = 2 * precision * r.OOSRecall / (precision + r.OOSRecall)
	}
	r.AUROC = auroc(outcomes)
	return r
}

// auroc counts, over all pairs of a question in scope and one out of scope, how often the first scores higher; ties count half.
func auroc(outcomes []Outcome) float64 {
	sorted := slices.Clone(outcomes)
	slices.SortFunc(sorted, func(a, b Outcome) int { return cmp.Compare(a.Score, b.Score) })
	above, in, out := 0.0, 0.0, 0.0
	for i := 0; i < len(sorted); {
		j, ins, outs := i, 0.0, 0.0
		for ; j < len(sorted) && sorted[j].Score == sorted[i].Score; j++ {
			if sorted[j].in() {
				ins++
			} else {
				outs++
			}
		}
		above += ins * (out + outs/2)
		in, out, i = in+ins, out+outs, j
	}
	if in == 0 || out == 0 {
		return 0
	}
	return above / (in * out)
}
