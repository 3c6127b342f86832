package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/script"
)

func newDialog(c *common) *cobra.Command {
	cmd := &cobra.Command{
		Use: "dialog", Short: "check and test the dialogs and answers of a release",
		Example: "  xianda dialog check\n  xianda dialog test helpdesk",
	}
	cmd.AddCommand(dialogCheck(c), dialogTest(c))
	return cmd
}

func dialogCheck(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "check [RELEASE]", Short: "check a release without running it", Args: cobra.MaximumNArgs(1),
		Long: `Read every file of a release and tell what is wrong with it: file, line and column, the rule, one sentence
and the edit that mends it. Errors fail; warnings do not. Nothing is changed.`,
		Example: "  xianda dialog check\n  xianda dialog check helpdesk --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			path, cfg, err := c.releaseDir(args)
			if err != nil {
				return err
			}
			rel, findings, err := c.read(cmd.Context(), path, cfg)
			if err != nil {
				return err
			}
			errors := 0
			for _, f := range findings {
				if !f.Warning {
					errors++
				}
			}
			if c.json {
				type finding struct {
					File    string `json:"file"`
					Line    int    `json:"line"`
					Col     int    `json:"col"`
					Rule    string `json:"rule"`
					Text    string `json:"text"`
					Edit    string `json:"edit,omitempty"`
					Warning bool   `json:"warning"`
				}
				list := []finding{}
				for _, f := range findings {
					list = append(list, finding{f.File, f.Line, f.Col, f.Rule, f.Text, f.Edit, f.Warning})
				}
				if err := c.printJSON(map[string]any{"findings": list, "errors": errors}); err != nil {
					return err
				}
			} else {
				for _, f := range findings {
					fmt.Fprintln(c.env.Out, findingLine(f))
				}
			}
			if rel == nil || errors > 0 {
				fmt.Fprintf(c.env.Err, "%s, %s\n", count(errors, "error"), count(len(findings)-errors, "warning"))
				return errQuiet
			}
			fmt.Fprintf(c.env.Err, "%s: %s, %s, version %s: no errors, %s\n",
				rel.Name, count(len(rel.Dialogs), "dialog"), count(len(rel.Entries), "answer"), rel.Version, count(len(findings), "warning"))
			return nil
		},
	}
}

func dialogTest(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "test [RELEASE]", Short: "play the conversation tests of a release", Args: cobra.MaximumNArgs(1),
		Long: `Play every conversation of tests/*.yaml through the real engine, with the clock, seats and backends that the
test gives: no network, no server, the same result every time. Fails when one does not come out as written.`,
		Example: "  xianda dialog test\n  xianda dialog test helpdesk --json",
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
				return fmt.Errorf("the tests of %s cannot be read", path)
			}
			results, err := rehearse.Run(cmd.Context(), rel, tests, rehearse.Options{Caps: app.SampleCaps})
			if err != nil {
				return err
			}
			failed := 0
			for _, r := range results {
				if len(r.Failures) > 0 {
					failed++
				}
			}
			if c.json {
				if err := c.printJSON(map[string]any{"tests": results, "passed": len(results) - failed, "failed": failed}); err != nil {
					return err
				}
			} else {
				for _, r := range results {
					if len(r.Failures) == 0 {
						fmt.Fprintf(c.env.Out, "ok    %s  %s\n", r.File, r.Test)
						continue
					}
					fmt.Fprintf(c.env.Out, "FAIL  %s  %s\n", r.File, r.Test)
					for _, f := range r.Failures {
						fmt.Fprintf(c.env.Out, "      %s\n", visible(f))
					}
				}
			}
			fmt.Fprintf(c.env.Err, "%d passed, %d failed\n", len(results)-failed, failed)
			if failed > 0 {
				return errQuiet
			}
			return nil
		},
	}
}
