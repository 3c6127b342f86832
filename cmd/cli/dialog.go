package cli

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

func newDialog(c *common) *cobra.Command {
	cmd := &cobra.Command{
		Use: "dialog", Short: "check, test and show a release, put it into force",
		Example: "  xianda dialog check\n  xianda dialog test helpdesk",
	}
	cmd.AddCommand(dialogCheck(c), dialogTest(c), dialogShow(c), dialogFmt(c), dialogSchema(c), dialogPublish(c), dialogRollback(c), dialogReleases(c))
	return cmd
}

func dialogSchema(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "print the JSON Schema of a dialog, for editors", Args: cobra.NoArgs,
		Long: `Print the JSON Schema of the files of dialogs/. An editor that is given it completes keys and marks mistakes while
one writes; what only the release as a whole can tell, "xianda dialog check" tells.`,
		Example: "  xianda dialog schema\n  xianda dialog schema > dialog.schema.json",
		RunE:    func(*cobra.Command, []string) error { return c.printJSON(script.SchemaJSON()) },
	}
}

func dialogCheck(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "check [RELEASE]", Short: "check a release and tell what is wrong with it", Args: cobra.MaximumNArgs(1),
		Long: `Read every file of a release and tell what is wrong with it: file, line and column, the rule, one sentence
and the edit that mends it. Errors fail; warnings do not. A release without errors has its conversation
tests played, to warn of steps that none of them reaches; whether they come out as written, "xianda dialog
test" tells. Nothing is changed.`,
		Example: "  xianda dialog check\n  xianda dialog check helpdesk --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, cfg, err := c.releaseDir(args)
			if err != nil {
				return err
			}
			rel, findings, err := c.read(cmd.Context(), folder, cfg)
			if err != nil {
				return err
			}
			if rel != nil {
				more, err := checkTests(cmd.Context(), rel, findings)
				if err != nil {
					return err
				}
				findings = append(findings, located(folder, more)...)
				script.Sort(findings)
			}
			return c.printFindings(rel, findings)
		},
	}
}

// checkTests finds what is wrong with the tests of a release: mistakes in them, and what they do not reach. told is what was found in
// the release itself.
func checkTests(ctx context.Context, rel *release.Release, told []script.Finding) ([]script.Finding, error) {
	tests, findings := rehearse.ParseAll(rel)
	if script.Broken(findings) {
		return findings, nil
	}
	var cover rehearse.Coverage
	if _, err := rehearse.Run(ctx, rel, tests, rehearse.Options{Caps: app.SampleCaps, Cover: &cover}); err != nil {
		return nil, err
	}
	for _, f := range cover.Report(rel).Untested() {
		neverBegun := func(t script.Finding) bool {
			return t.Rule == "never-begun" && filepath.Base(t.File) == path.Base(f.File)
		}
		if !slices.ContainsFunc(told, neverBegun) { // else no test can reach it
			findings = append(findings, f)
		}
	}
	return findings, nil
}

func (c *common) printFindings(rel *release.Release, findings []script.Finding) error {
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
			word := c.colour(red, "error")
			if f.Warning {
				word = c.colour(yellow, "warning")
			}
			fmt.Fprintln(c.env.Out, findingAs(f, word))
		}
	}
	if rel == nil || errors > 0 {
		fmt.Fprintf(c.env.Err, "%s, %s\n", count(errors, "error"), count(len(findings)-errors, "warning"))
		return errQuiet
	}
	fmt.Fprintf(c.env.Err, "%s: %s, %s, version %s: no errors, %s\n",
		rel.Name, count(len(rel.Dialogs), "dialog"), count(len(rel.Entries), "answer"), rel.Version, count(len(findings), "warning"))
	return nil
}
