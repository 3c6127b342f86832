package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/cmd/cli/chart"
	"github.com/xianda-bot/xianda/dialog/likely/replay"
	"github.com/xianda-bot/xianda/dialog/release"
)

// BenchmarkSimulate lets 5,000 people come to a house that knows nothing yet (make simulate SHARED=../shared). What each wants, and the
// channel, state, product and sub-product that are known of them, are drawn from contact-context. It prints how many took what they were
// offered, beside menus that somebody would have fixed, and draws how that grows into docs/likely-curve.svg.
func BenchmarkSimulate(b *testing.B) {
	columns := replay.Columns{Factors: []string{"channel", "state", "product", "sub_product"}}
	picture := chart.Chart{Title: "Offers taken by 5,000 people, cold start", X: "people so far (1 = 5,000)", Y: "offers taken, of the last 250 people"}
	for _, target := range []string{"issue", "question"} {
		columns.Target = target
		var rows []replay.Row
		for _, part := range []string{"train", "dev"} {
			some, err := replay.Rows(dataTable(b, "contact-context/"+part+".tsv"), columns)
			if err != nil {
				b.Fatal(err)
			}
			rows = append(rows, some...)
		}
		t, err := replay.Simulate(b.Context(), rows, replay.Crowd{
			People: 5000, Every: 90 * time.Second, Floor: release.DefaultFloor, Seed: 1, Page: "product",
		})
		if err != nil {
			b.Fatal(err)
		}
		b.Logf("%s (%d different): ours %.3f of %d people, %.3f were offered something; of the last 1,000 %.3f", target, t.Wants, replay.Share(t.Ours),
			t.People, float64(t.Offered)/float64(t.People), replay.Share(t.Ours[t.People-1000:]))
		picture.Lines = append(picture.Lines, line(target+": ours", t.Ours))
		for _, m := range t.Menus {
			b.Logf("    %-42s %.3f, ours is %.2f times as much (of the last 1,000: %.2f)", m.Name, replay.Share(m.Taken),
				replay.Share(t.Ours)/replay.Share(m.Taken), replay.Share(t.Ours[t.People-1000:])/replay.Share(m.Taken[t.People-1000:]))
		}
		picture.Lines = append(picture.Lines, line(target+": "+t.Menus[1].Name, t.Menus[1].Taken))
	}
	f, err := os.Create(filepath.Join(root, "docs", "likely-curve.svg"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := picture.Write(f); err != nil {
		b.Fatal(err)
	}
}

// line is how many of the last 250 people took an offer.
func line(name string, took []bool) chart.Line {
	const last = 250
	l := chart.Line{Name: name}
	for i := 50; i <= len(took); i += 50 {
		l.Points = append(l.Points, chart.Point{X: float64(i) / float64(len(took)), Y: replay.Share(took[max(0, i-last):i])})
	}
	return l
}
