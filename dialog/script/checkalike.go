package script

import (
	"fmt"
	"math"
	"strings"
)

// near is how alike two phrases of two dialogs must be to be taken for each other: two wordings of one thing mostly are above it.
const near = 0.80

// maxCompared bounds how many ways to ask are held against each other.
const maxCompared = 5000

// asked is one way to ask for a dialog, as the weights of its characters and pairs of characters.
type asked struct {
	d      *Dialog
	i      int
	folded string
	terms  map[string]float64
	length float64
}

// confusable finds ways to ask for one dialog whose nearest neighbour belongs to another. It compares letters and rare pairs of letters
// by itself: the ranker's scores are of a text against whole dialogs, and a phrase that stands in it is always its own.
func (k *checker) confusable() {
	all := k.phrases()
	if len(all) > maxCompared {
		return
	}
	with := map[string][]int{} // term → phrases that have it
	for i, p := range all {
		for t := range p.terms {
			with[t] = append(with[t], i)
		}
	}
	told := map[int]bool{}
	for i, p := range all {
		gain := map[int]float64{}
		for t, w := range p.terms {
			for _, j := range with[t] {
				gain[j] += w * all[j].terms[t]
			}
		}
		best, score := -1, 0.0
		for j := range all {
			if s := gain[j] / (p.length * all[j].length); j != i && s > score {
				best, score = j, s
			}
		}
		if best < 0 || score < near || all[best].d == p.d || all[best].folded == p.folded || told[i] || told[best] {
			continue // equal ones are told as such, and each pair once
		}
		told[i], told[best] = true, true
		other := all[best]
		k.warn(p.d.Triggers.ask(p.i, p.d.Pos), "confusable", fmt.Sprintf("问法“%s”和对话“%s”的“%s”太像（%.2f），容易认错", p.d.Triggers.Ask[p.i], other.d.ID, other.d.Triggers.Ask[other.i], score), "改写其中一句，让两个对话的问法分得开")
	}
}

// phrases are all ways to ask for a dialog; rare terms weigh most, words of one row of the synonyms are one.
func (k *checker) phrases() []asked {
	var pairs []string
	for _, row := range k.Synonyms {
		for _, w := range row {
			if bare(w) != "" && bare(row[0]) != "" {
				pairs = append(pairs, bare(w), bare(row[0]))
			}
		}
	}
	same := strings.NewReplacer(pairs...)
	var all []asked
	seen := map[string]float64{}
	for _, d := range k.Dialogs {
		for i, phrase := range d.Triggers.Ask {
			p := asked{d: d, i: i, folded: same.Replace(bare(phrase)), terms: map[string]float64{}}
			r := []rune(p.folded)
			for at := range r {
				p.terms[string(r[at])]++
				if at+1 < len(r) {
					p.terms[string(r[at:at+2])]++
				}
			}
			for t := range p.terms {
				seen[t]++
			}
			if len(r) > 0 {
				all = append(all, p)
			}
		}
	}
	for i := range all {
		sum := 0.0
		for t, n := range all[i].terms {
			w := n * math.Log(1+float64(len(all))/seen[t])
			all[i].terms[t] = w
			sum += w * w
		}
		all[i].length = math.Sqrt(sum)
	}
	return all
}
