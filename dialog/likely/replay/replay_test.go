package replay

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/kb/exam"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func row(day int, page, want string) Row {
	return Row{At: monday.AddDate(0, 0, day), Factors: []likely.Factor{{Name: "page", Value: page}}, Want: want}
}

func run(t *testing.T, train, test []Row) Report {
	t.Helper()
	r, err := Run(t.Context(), train, test, Options{Floor: .25})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOnlyEarlierDaysTeach: a row must not profit from its own day, however many such rows there are, but from every day before.
func TestOnlyEarlierDaysTeach(t *testing.T) {
	t.Parallel()
	train := []Row{row(0, "a", "x"), row(0, "a", "x"), row(0, "a", "x")}
	var test []Row
	for range 50 {
		test = append(test, row(1, "a", "y"))
	}
	if r := run(t, train, test); r.Hit1 != 0 || r.Hit3 != 0 || r.Rows != 50 || r.Classes != 2 {
		t.Errorf("rows of one day: %+v, want no hit: what they show is known only afterwards", r)
	}
	for i := range test[25:] {
		test[25+i].At = monday.AddDate(0, 0, 2)
	}
	if r := run(t, train, test); r.Hit1 != .5 {
		t.Errorf("rows of two days: hit1 %v, want .5: the second day knows the first", r.Hit1)
	}
	for i := range test {
		test[i].At = time.Time{}
	}
	if r := run(t, train, test); r.Hit3 != 0 {
		t.Errorf("rows without a date: hit3 %v, want 0: the test must not teach", r.Hit3)
	}
}

// TestLaterRowsChangeNothing: what a row gets does not depend on the rows behind it.
func TestLaterRowsChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := []Row{row(0, "a", "x"), row(0, "a", "y"), row(0, "b", "z")} // everything that may be offered
		train, day := len(rows), 0
		for range rapid.IntRange(2, 30).Draw(t, "rows") {
			day += rapid.IntRange(0, 2).Draw(t, "days")
			rows = append(rows, row(day, rapid.SampledFrom([]string{"a", "b"}).Draw(t, "page"), rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "want")))
		}
		cut := rapid.IntRange(train+1, len(rows)).Draw(t, "cut")
		guesses := func(test []Row) (out []string) {
			_, err := Run(t.Context(), rows[:train], test, Options{Each: func(j Judged) {
				if len(out) < cut-train {
					out = append(out, fmt.Sprint(j.Rank, j.Offer))
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if short, long := guesses(rows[train:cut]), guesses(rows[train:]); fmt.Sprint(short) != fmt.Sprint(long) {
			t.Fatalf("the first %d rows came out as %v, and with more behind them as %v", cut-train, short, long)
		}
	})
}

func TestReport(t *testing.T) {
	t.Parallel()
	m := &measure{}
	guess := func(p float64) []likely.Guess { return []likely.Guess{{P: p}} }
	for _, j := range []Judged{
		{guess(.6), 1, .9}, {guess(.6), 2, .9}, {guess(.6), 4, .9}, {guess(.1), 0, .2}, {nil, 0, 0},
	} {
		m.add(j)
	}
	r := m.report(.25)
	got := fmt.Sprintf("%d %.2f %.2f %.2f %.2f %.2f", r.Rows, r.Hit1, r.Hit3, r.Hit5, r.Offered, r.FalseOffer)
	if want := "5 0.20 0.40 0.60 0.60 0.20"; got != want {
		t.Errorf("report: rows, hits, offered, false offers = %s, want %s", got, want)
	}
	if p := r.Curve[10]; math.Abs(p.Offered-.8) > 1e-9 || math.Abs(p.Hit5-.6) > 1e-9 {
		t.Errorf("at a floor of .1: %+v, want offered .8 and hit5 .6", p)
	}
	if p := r.Curve[100]; p.Offered != 0 {
		t.Errorf("at a floor of 1: %+v, want no offer", p)
	}
}

func TestCalibration(t *testing.T) {
	t.Parallel()
	var honest, bold []sample
	for i := range 1000 {
		honest = append(honest, sample{.75, i%4 != 0})
		bold = append(bold, sample{1, i%4 != 0})
	}
	if e := calibration(honest); e > .01 {
		t.Errorf("calibration error of .75 that is right in three of four = %v, want about 0", e)
	}
	if e := calibration(bold); math.Abs(e-.25) > .01 {
		t.Errorf("calibration error of 1 that is right in three of four = %v, want .25", e)
	}
}

func TestRows(t *testing.T) {
	t.Parallel()
	table, err := exam.Read("t.tsv", strings.NewReader("day\tpage\ttrace\twant\n2026-03-02\trefund\tlook pay\tx\n2026-03-02T09:30:00+08:00\t\t\ty\n"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Rows(table, Columns{Target: "want", Date: "day", Factors: []string{"scene.page=page", "trace"}})
	if err != nil {
		t.Fatal(err)
	}
	want := "[{2026-03-02 00:00:00 +0000 UTC [{scene.page refund 0s} {event pay 0s} {event look 1m0s}] x} {2026-03-02 01:30:00 +0000 UTC [{scene.page  0s}] y}]"
	if got := fmt.Sprint(rows); got != want {
		t.Errorf("Rows = %s, want %s", got, want)
	}
}
