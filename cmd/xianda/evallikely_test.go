package main

import (
	"testing"

	"github.com/xianda-bot/xianda/dialog/likely/replay"
	"github.com/xianda-bot/xianda/dialog/release"
)

// BenchmarkEvalLikely prints how the very ranker that serves people does before a word is typed. Contact-context rows are learned at the
// end of their day, as in a house that runs; sgd-trace has no dates and is learned once.
func BenchmarkEvalLikely(b *testing.B) {
	context := []string{"channel", "state", "product", "sub_product"}
	for _, set := range []struct {
		name, folder         string
		columns              replay.Columns
		measure              string
		shown                func(replay.Report) []float64
		floor, gate, stretch string
	}{
		{"contact-context, issue", "contact-context", replay.Columns{Target: "issue", Date: "date", Factors: context}, "hit@1 / @3",
			func(r replay.Report) []float64 { return []float64{r.Hit1, r.Hit3} }, ".484 / .800", ".45 / .81", ".46 / .82"},
		{"contact-context, question", "contact-context", replay.Columns{Target: "question", Date: "date", Factors: context}, "hit@3 / @5",
			func(r replay.Report) []float64 { return []float64{r.Hit3, r.Hit5} }, ".523 / .655", ".518 / .654", ".53 / .665"},
		{"sgd-trace, last operations", "sgd-trace", replay.Columns{Target: "next", Factors: []string{"trace"}}, "hit@1 / @3",
			func(r replay.Report) []float64 { return []float64{r.Hit1, r.Hit3} }, ".710 / .962", ".71 / .95", "-"},
	} {
		var parts [2][]replay.Row
		for i, part := range []string{"train", "dev"} {
			rows, err := replay.Rows(dataTable(b, set.folder+"/"+part+".tsv"), set.columns)
			if err != nil {
				b.Fatal(err)
			}
			parts[i] = rows
		}
		r, err := replay.Run(b.Context(), parts[0], parts[1], replay.Options{Floor: release.DefaultFloor})
		if err != nil {
			b.Fatal(err)
		}
		measurement{set.name, set.measure, figures(set.shown(r)...), set.floor, set.gate, set.stretch}.print(b)
		measurement{"", "calibration error", figures(r.Calibration), "-", "-", "-"}.print(b)
	}
}
