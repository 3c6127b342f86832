package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/cli/chart"
	"github.com/xianda-bot/xianda/dialog/likely/replay"
	"github.com/xianda-bot/xianda/dialog/release"
)

// replayFiles names what an evaluation of the ranker reads.
type replayFiles struct {
	train, test string
	columns     replay.Columns
	floor       float64
	plot        string
}

func likelyEval(c *common) *cobra.Command {
	var f replayFiles
	cmd := &cobra.Command{
		Use: "eval", Short: "tell how often what people wanted was among the likely questions", Args: cobra.NoArgs,
		Long: `Replay what people wanted through the very ranker that serves people, row by row: each row is guessed from its
factors with what was learned before it, then learned. Files are UTF-8 with tabs between columns, a first line of
column names and no quoting; rows are in the order of time.

With --date a row is learned at the end of its day, rows of --test too: what happened on an earlier day may be used,
nothing of the same day or later. Without it --train is learned once and --test never.

--factors names the columns known before a word, at most six. A column stands for the factor of its name; write
scene.page=product when it is called otherwise. A column "trace" holds operations, oldest first, with spaces between.

  hit1 hit3 hit5      share of rows in which what was wanted is the first guess, among three, among five
  offered             share of rows with an offer: the three questions together are at least as likely as --floor
  false_offer         share of rows with an offer in which what was wanted is not
  calibration_error   mean distance between the probability of the first guess and how often it is right.`,
		Example: "  xianda likely eval --train train.tsv --test dev.tsv --target issue --date date --factors channel,state --plot curve.svg\n" +
			"  xianda likely eval --train train.tsv --test dev.tsv --target next --factors trace --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return &usageError{err}
			}
			return c.likelyEval(cmd.Context(), f)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.train, "train", "", "table of earlier rows")
	fl.StringVar(&f.test, "test", "", "table of rows to guess")
	fl.StringVar(&f.columns.Target, "target", "", "column of what was wanted")
	fl.StringVar(&f.columns.Date, "date", "", "column of the day, 2026-01-31, or the moment")
	fl.StringSliceVar(&f.columns.Factors, "factors", nil, "columns known before a word, with commas between")
	fl.Float64Var(&f.floor, "floor", release.DefaultFloor, "least probability of an offer, as thresholds.floor of a release")
	fl.StringVar(&f.plot, "plot", "", "draw hits, offers and false offers over all floors into this SVG `FILE`")
	return cmd
}

func (f *replayFiles) check() error {
	for _, need := range []struct{ flag, value string }{{"train", f.train}, {"test", f.test}, {"target", f.columns.Target}} {
		if need.value == "" {
			return fmt.Errorf("name --%s", need.flag)
		}
	}
	if len(f.columns.Factors) == 0 {
		return errors.New("name the columns known before a word with --factors")
	}
	for _, x := range f.columns.Factors {
		name, column, other := strings.Cut(x, "=")
		switch {
		case name == "" || other && column == "":
			return fmt.Errorf("--factors %q: want a column, or factor=column", x)
		case name == "hour" || name == "weekday":
			return fmt.Errorf("--factors %s: the %s is taken from --date", name, name)
		case column == f.columns.Target || name == f.columns.Target:
			return fmt.Errorf("--factors %s: that is what is to be guessed", f.columns.Target)
		}
	}
	if f.floor < 0 || f.floor > 1 {
		return fmt.Errorf("--floor %v: want 0 to 1", f.floor)
	}
	return nil
}

func (c *common) likelyEval(ctx context.Context, f replayFiles) error {
	var parts [2][]replay.Row
	for i, name := range []string{f.train, f.test} {
		t, err := readTable(name)
		if err != nil {
			return err
		}
		if parts[i], err = replay.Rows(t, f.columns); err != nil {
			return err
		}
	}
	train, test := parts[0], parts[1]
	if last := train[len(train)-1]; last.At.After(test[0].At) {
		return fmt.Errorf("%s:2: it begins on %s, before %s ends: what is later must not teach", f.test, test[0].At.Format("2006-01-02"), f.train)
	}
	step, end := c.progress("guess", len(test))
	r, err := replay.Run(ctx, train, test, replay.Options{Floor: f.floor, Progress: step})
	end()
	if err != nil {
		return err
	}
	if f.plot != "" {
		if err := plotFloors(f.plot, f.test, f.columns.Target, r); err != nil {
			return err
		}
	}
	if c.json {
		return c.printJSON(r)
	}
	row := func(name string, v float64) []string { return []string{name, fmt.Sprintf("%.3f", v)} }
	c.printTable([]string{"measure", "ours"}, [][]string{
		{"rows", fmt.Sprint(r.Rows)}, {"classes", fmt.Sprint(r.Classes)}, row("hit1", r.Hit1), row("hit3", r.Hit3), row("hit5", r.Hit5),
		row("offered", r.Offered), row("false_offer", r.FalseOffer), row("calibration_error", r.Calibration),
	})
	return nil
}

// plotFloors draws what every floor gives.
func plotFloors(name, file, target string, r replay.Report) error {
	lines := []chart.Line{{Name: "offered"}, {Name: "hit@1"}, {Name: "hit@3"}, {Name: "hit@5"}, {Name: "false offer"}}
	for _, p := range r.Curve {
		for i, y := range []float64{p.Offered, p.Hit1, p.Hit3, p.Hit5, p.FalseOffer} {
			lines[i].Points = append(lines[i].Points, chart.Point{X: p.Floor, Y: y})
		}
	}
	picture := chart.Chart{
		Title: fmt.Sprintf("%s: %s, %d rows, %d classes", file, target, r.Rows, r.Classes),
		X:     "floor: least probability of an offer", Y: "share of all rows", Lines: slices.Clip(lines),
	}
	return writeNew(name, picture.Write)
}
