package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/script"
)

func dialogTest(c *common) *cobra.Command {
	var only string
	var coverage, show bool
	cmd := &cobra.Command{
		Use: "test [RELEASE]", Short: "play the conversation tests of a release", Args: cobra.MaximumNArgs(1),
		Long: `Play every conversation of tests/*.yaml through the real engine, with the clock, seats and backends that the
test gives: no network, no server, the same result every time. Fails when one does not come out as written.
With --coverage it also tells which steps, branches, patterns and answers the conversations reach, and names
those that none of them does. With --show each conversation stands there as the person reads it on that messenger.

A test says how things stand (given: channel, clock, lang, seats, stub, trace, profile, enter), then turn by turn what
happens (user, choose, media, seat, close, wait, event, enter, restart, publish, forget; channel: another one of the same
person, and {link.code} in what they type the code that was shown last) and what must come of it (expect:
says, lacks, image, link, silent, likely, offered, factor, source, kb, verbatim, dialog, step, slot, retry, handoff, to_user,
lang), what must hold at the end (after: outcome, sent_max, duplicates), and what goes wrong all the while (fault:
wechat_retry delivers each message three times, kill_after_commit kills the process after each turn).`,
		Example: "  xianda dialog test\n  xianda dialog test helpdesk --json\n  xianda dialog test helpdesk --run 红包\n  xianda dialog test helpdesk --coverage",
		RunE: func(cmd *cobra.Command, args []string) error {
			path, cfg, err := c.releaseDir(args)
			if err != nil {
				return err
			}
			rel, err := c.mustRead(cmd.Context(), path, cfg)
			if err != nil {
				return err
			}
			tests, findings := rehearse.ParseAll(rel)
			if script.Broken(findings) {
				for _, f := range located(path, findings) {
					fmt.Fprintln(c.env.Err, findingLine(f))
				}
				return fmt.Errorf("the tests of %s cannot be read: mend what is named above", path)
			}
			if only != "" {
				tests = slices.DeleteFunc(tests, func(t rehearse.Test) bool { return !strings.Contains(t.Name, only) })
				if len(tests) == 0 {
					return &usageError{fmt.Errorf("--run %q: no test has this in its name", only)}
				}
			}
			var cover rehearse.Coverage
			n := 0
			for _, t := range tests {
				n += len(t.Channels)
			}
			o, end := rehearse.Options{Caps: app.SampleCaps, Cover: &cover}, func() {}
			if show && !c.json {
				o.Watch = c.printSeen // which shows how far it is
			} else {
				o.Played, end = c.progress("conversations", n)
			}
			results, err := rehearse.Run(cmd.Context(), rel, tests, o)
			end()
			if err != nil {
				return err
			}
			var report *rehearse.Report
			if coverage {
				r := cover.Report(rel)
				report = &r
			}
			return c.printResults(path, results, report)
		},
	}
	cmd.Flags().StringVar(&only, "run", "", "play only the tests with `NAME` in their name")
	cmd.Flags().BoolVar(&show, "show", false, "print each conversation as the person reads it, and where its words come from")
	cmd.Flags().BoolVar(&coverage, "coverage", false, "tell what the tests reach, and what they do not")
	return cmd
}

// printSeen prints a turn as the person reads it, and what it was decided from.
func (c *common) printSeen(s rehearse.Seen) {
	if s.Turn == 0 {
		fmt.Fprintf(c.env.Out, "%s  (%s)\n", c.bold(visible(s.Test.Name)), s.Test.Given.Channel)
	}
	fmt.Fprintln(c.env.Out, visibleLines(strings.TrimRight(s.Transcript(), "\n")))
	fmt.Fprintf(c.env.Out, "  = %s\n", visible(s.Decision()))
}

func (c *common) printResults(path string, results []rehearse.Result, report *rehearse.Report) error {
	failed := 0
	for _, r := range results {
		if len(r.Failures) > 0 {
			failed++
		}
	}
	if c.json {
		out := map[string]any{"tests": results, "passed": len(results) - failed, "failed": failed}
		if report != nil {
			out["coverage"] = report
		}
		if err := c.printJSON(out); err != nil {
			return err
		}
	} else {
		for _, r := range results {
			c.printResult(r)
		}
		if report != nil {
			c.printCoverage(path, *report)
		}
	}
	fmt.Fprintf(c.env.Err, "%d passed, %d failed\n", len(results)-failed, failed)
	if failed > 0 {
		return errQuiet
	}
	return nil
}

func (c *common) printResult(r rehearse.Result) {
	mark := c.colour(green, "ok   ")
	if len(r.Failures) > 0 {
		mark = c.colour(red, "FAIL ")
	}
	name := visible(r.Test)
	if r.Channel != "wechat" {
		name += " (" + visible(r.Channel) + ")"
	}
	fmt.Fprintf(c.env.Out, "%s %s  %s\n", mark, r.File, name)
	for _, f := range r.Failures {
		fmt.Fprintf(c.env.Out, "      %s\n", visible(f))
	}
}

// printCoverage draws a table of what was reached, and lists what was not.
func (c *common) printCoverage(path string, r rehearse.Report) {
	rows := make([][]string, 0, len(r.Dialogs)+3)
	for _, d := range r.Dialogs {
		rows = append(rows, []string{d.Dialog, share(d.Steps), share(d.Branches)})
	}
	rows = append(rows, []string{"all dialogs", share(r.Steps), share(r.Branches)})
	fmt.Fprintln(c.env.Out)
	c.printTable([]string{"dialog", "steps", "branches"}, rows)
	fmt.Fprintf(c.env.Out, "patterns %s, answers %s\n", share(r.Patterns), share(r.Answers))
	for _, part := range []struct {
		what string
		rehearse.Part
	}{{"steps", r.Steps}, {"branches", r.Branches}, {"patterns", r.Patterns}, {"answers", r.Answers}} {
		if len(part.Missed) == 0 {
			continue
		}
		fmt.Fprintf(c.env.Out, "%s that no test reaches:\n", part.what)
		for _, m := range part.Missed {
			fmt.Fprintf(c.env.Out, "  %s:%d  %s\n", placed(path, m.File), m.Line, visible(m.What))
		}
	}
}

// share is "8/9 88%"; of nothing, all is reached.
func share(p rehearse.Part) string {
	percent := 100
	if p.Of > 0 {
		percent = 100 * p.Reached / p.Of
	}
	return fmt.Sprintf("%d/%d %d%%", p.Reached, p.Of, percent)
}
