package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/cli/chart"
	"github.com/xianda-bot/xianda/kb"
	"github.com/xianda-bot/xianda/kb/exam"
)

// evalFiles names what an evaluation reads.
type evalFiles struct {
	kb, similar   string
	rank          int
	train         string
	queries, from string
	label, text   string
	oos           string
	plot          string
}

func kbEval(c *common) *cobra.Command {
	var f evalFiles
	cmd := &cobra.Command{
		Use: "eval", Short: "tell how often labelled questions find the right answer", Args: cobra.NoArgs,
		Long: `Put labelled questions to the very index that serves people, as "dialog publish" compiles it, and tell how often
the right entry comes first, and what is rejected that no entry answers. Files are UTF-8 with tabs between columns, a
first line of column names and no quoting.

With --kb the base is a table of faq_id, standard_question, answer; --similar adds faq_id, rank, similar_question up
to --rank; --queries has query, faq_id (OOS: nothing is right). With --train the labels of a table are the entries
and its texts their phrasings; rows labelled --oos are left out.

The threshold below which a question is rejected is chosen on --threshold-from, a file with the columns of --queries.
With --kb it is the one at which most rows come out right, rejecting being right for OOS. With --train only rows in
scope are looked at: it is the highest one that costs no more than 2.5 right answers of a hundred. Without
--threshold-from each half of the queries (every second row) is judged with what the same rule chooses on the other.

  acc1 acc3 mrr            of questions in scope, whatever the score: right first, among the first three, mean of 1/rank
  in_scope_acc             of questions in scope: right and not rejected
  oos_recall oos_f1 auroc  of rejecting what is out of scope; 0 where every question is in scope.`,
		Example: "  xianda kb eval --kb kb.tsv --similar similar.tsv --rank 5 --queries dev.tsv --plot curve.svg\n" +
			"  xianda kb eval --train train.tsv --queries dev.tsv --label intent --text text --oos oos --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd.Flags().Changed); err != nil {
				return &usageError{err}
			}
			return c.kbEval(cmd.Context(), f)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.kb, "kb", "", "table of entries: faq_id, standard_question, answer")
	fl.StringVar(&f.similar, "similar", "", "table of further phrasings: faq_id, rank, similar_question")
	fl.IntVar(&f.rank, "rank", math.MaxInt32, "use similar questions up to this rank (default: all)")
	fl.StringVar(&f.train, "train", "", "table of labelled texts, instead of --kb")
	fl.StringVar(&f.queries, "queries", "", "table of labelled questions to ask")
	fl.StringVar(&f.from, "threshold-from", "", "table like --queries on which the threshold is chosen")
	fl.StringVar(&f.label, "label", "intent", "column of labels, with --train")
	fl.StringVar(&f.text, "text", "text", "column of texts, with --train")
	fl.StringVar(&f.oos, "oos", "oos", "label of what is out of scope, with --train")
	fl.StringVar(&f.plot, "plot", "", "draw in-scope accuracy against out-of-scope recall over all thresholds into this SVG `FILE`")
	fl.Lookup("rank").DefValue = "0" // not to show 2147483647
	return cmd
}

func (f *evalFiles) check(given func(string) bool) error {
	switch {
	case (f.kb == "") == (f.train == ""):
		return errors.New("name either --kb or --train")
	case f.queries == "":
		return errors.New("name the questions with --queries")
	case f.kb != "" && (given("label") || given("text") || given("oos")):
		return errors.New("--label, --text and --oos belong to --train")
	case f.train != "" && (f.similar != "" || given("rank")):
		return errors.New("--similar and --rank belong to --kb")
	case given("rank") && f.similar == "":
		return errors.New("--rank needs --similar")
	case f.rank < 0:
		return fmt.Errorf("--rank %d: want 0 or more", f.rank)
	}
	return nil
}

func (c *common) kbEval(ctx context.Context, f evalFiles) error {
	docs, err := f.docs()
	if err != nil {
		return err
	}
	questions, err := f.questions(f.queries)
	if err != nil {
		return err
	}
	if n := exam.Strange(questions, docs); n > 0 {
		fmt.Fprintf(c.env.Err, "%s: %s with a label that the base does not have: counted as wrong\n", f.queries, count(n, "row"))
	}
	end := c.working("learn and ask")
	x := kb.NewIndex(docs, kb.Options{Effort: kb.Compile})
	outcomes, each, err := exam.Ask(ctx, x, questions)
	end()
	if err != nil {
		return err
	}
	rule := exam.Keep
	if f.kb != "" {
		rule = exam.MostRight
	}
	var r exam.Report
	if f.from == "" {
		r = exam.JudgeHalves(outcomes, rule)
	} else {
		known, err := f.questions(f.from)
		if err != nil {
			return err
		}
		chosen, _, err := exam.Ask(ctx, x, known)
		if err != nil {
			return err
		}
		r = exam.Judge(outcomes, rule(chosen))
	}
	r.Micros = float64(each.Nanoseconds()) / 1000
	if f.plot != "" {
		if err := plotCurve(f.plot, f.queries, outcomes, r); err != nil {
			return err
		}
	}
	if c.json {
		return c.printJSON(r)
	}
	c.printReport(r)
	return nil
}

// docs is the base.
func (f *evalFiles) docs() ([]kb.Doc, error) {
	if f.train != "" {
		t, err := readTable(f.train)
		if err != nil {
			return nil, err
		}
		return exam.Labelled(t, f.label, f.text, f.oos)
	}
	entries, err := readTable(f.kb)
	if err != nil {
		return nil, err
	}
	var similar *exam.Table
	if f.similar != "" {
		if similar, err = readTable(f.similar); err != nil {
			return nil, err
		}
	}
	return exam.Base(entries, similar, f.rank)
}

func (f *evalFiles) questions(name string) ([]exam.Question, error) {
	t, err := readTable(name)
	if err != nil {
		return nil, err
	}
	if f.train != "" {
		return exam.Questions(t, f.label, f.text, f.oos)
	}
	return exam.Queries(t)
}

func readTable(name string) (*exam.Table, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return exam.Read(name, file)
}

func (c *common) printReport(r exam.Report) {
	row := func(name string, v float64) []string { return []string{name, fmt.Sprintf("%.3f", v)} }
	rows := [][]string{
		{"queries", fmt.Sprint(r.Queries)}, {"in_scope", fmt.Sprint(r.InScope)},
		row("acc1", r.Acc1), row("acc3", r.Acc3), row("mrr", r.MRR),
	}
	if r.InScope < r.Queries {
		rows = append(rows, row("threshold", r.Threshold), row("in_scope_acc", r.InScopeAcc), row("oos_recall", r.OOSRecall), row("oos_f1", r.OOSF1), row("auroc", r.AUROC))
	}
	c.printTable([]string{"measure", "ours"}, append(rows, []string{"us_per_query", fmt.Sprintf("%.0f", r.Micros)}))
}

// plotCurve draws what every threshold gives, and the chosen one.
func plotCurve(name, title string, outcomes []exam.Outcome, r exam.Report) error {
	var line chart.Line
	line.Name = "every threshold"
	for _, p := range exam.Curve(outcomes) {
		line.Points = append(line.Points, chart.Point{X: p.OOSRecall, Y: p.InScopeAcc})
	}
	picture := chart.Chart{Title: title, X: "out-of-scope recall", Y: "in-scope accuracy", Lines: []chart.Line{
		line, {Name: fmt.Sprintf("threshold %.3f", r.Threshold), Points: []chart.Point{{X: r.OOSRecall, Y: r.InScopeAcc}}},
	}}
	return writeNew(name, picture.Write)
}

// writeNew writes a file that is whole or as it was.
func writeNew(name string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer os.Remove(file.Name()) // after the rename there is nothing to remove
	if err := errors.Join(write(file), file.Chmod(0o644), file.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.Rename(file.Name(), name)
}
