package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/chat/typo"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

func dialogShow(c *common) *cobra.Command {
	var mermaid bool
	var path string
	cmd := &cobra.Command{
		Use: "show [DIALOG]", Short: "show a dialog step by step, as text or as a chart", Args: cobra.MaximumNArgs(1),
		Long: `Show how a dialog begins, what each step does and where it goes on; without a name, every dialog of the
release. A step without a way goes on to the one below. With --mermaid it is a Mermaid flowchart instead, for a
page that draws it, such as a Markdown file on most code hosts.`,
		Example: "  xianda dialog show refund\n  xianda dialog show refund --mermaid --release helpdesk",
		RunE: func(cmd *cobra.Command, args []string) error {
			var named []string
			if path != "" {
				named = []string{path}
			}
			folder, cfg, err := c.releaseDir(named)
			if err != nil {
				return err
			}
			rel, err := c.mustRead(cmd.Context(), folder, cfg)
			if err != nil {
				return err
			}
			dialogs := rel.Dialogs
			if len(args) > 0 {
				d := rel.Dialog(args[0])
				if d == nil {
					return noDialog(rel, args[0])
				}
				dialogs = []*script.Dialog{d}
			}
			return c.showDialogs(folder, rel, dialogs, mermaid)
		},
	}
	cmd.Flags().BoolVar(&mermaid, "mermaid", false, "draw a Mermaid flowchart")
	cmd.Flags().StringVar(&path, "release", "", "folder of the release (default: the configuration's)")
	return cmd
}

func noDialog(rel *release.Release, id string) error {
	ids := make([]string, 0, len(rel.Dialogs))
	for _, d := range rel.Dialogs {
		ids = append(ids, d.ID)
	}
	if near := typo.Nearest(id, ids); near != "" {
		return fmt.Errorf("there is no dialog %q; did you mean %q?", id, near)
	}
	return fmt.Errorf("there is no dialog %q; there are: %s", id, strings.Join(ids, ", "))
}

func (c *common) showDialogs(folder string, rel *release.Release, dialogs []*script.Dialog, mermaid bool) error {
	if mermaid && !c.json {
		fmt.Fprint(c.env.Out, script.Mermaid(dialogs, rel.Entry))
		return nil
	}
	outlines := make([]script.Outline, 0, len(dialogs))
	for _, d := range dialogs {
		outlines = append(outlines, d.Outline(rel.Entry))
	}
	if c.json {
		return c.printJSON(map[string]any{"dialogs": outlinesJSON(folder, outlines)})
	}
	for i, o := range outlines {
		if i > 0 {
			fmt.Fprintln(c.env.Out)
		}
		c.printOutline(folder, o)
	}
	return nil
}

func (c *common) printOutline(folder string, o script.Outline) {
	fmt.Fprintf(c.env.Out, "%s  %s  %s:%d\n", c.bold(visible(o.ID)), visible(o.Title), placed(folder, o.Pos.File), o.Pos.Line)
	for _, b := range o.Begins {
		fmt.Fprintf(c.env.Out, "  %s\n", visible(b))
	}
	for i, s := range o.Steps {
		branch, below := "├─", "│ "
		if i == len(o.Steps)-1 {
			branch, below = "└─", "  "
		}
		fmt.Fprintf(c.env.Out, "%s %s  %s %s\n", branch, c.bold(visible(s.ID)), s.Verb, visible(s.What))
		for j, w := range s.Ways {
			way := "├"
			if j == len(s.Ways)-1 {
				way = "└"
			}
			fmt.Fprintf(c.env.Out, "%s    %s %s → %s\n", below, way, visible(w.Name), visible(w.To))
		}
	}
}

func outlinesJSON(folder string, outlines []script.Outline) []any {
	type way struct {
		Name string `json:"name"`
		To   string `json:"to"`
	}
	type step struct {
		ID   string `json:"id"`
		Verb string `json:"verb"`
		What string `json:"what"`
		Ways []way  `json:"ways,omitempty"`
	}
	all := []any{}
	for _, o := range outlines {
		steps := []step{}
		for _, s := range o.Steps {
			one := step{ID: s.ID, Verb: string(s.Verb), What: s.What}
			for _, w := range s.Ways {
				one.Ways = append(one.Ways, way(w))
			}
			steps = append(steps, one)
		}
		all = append(all, map[string]any{"dialog": o.ID, "title": o.Title, "file": placed(folder, o.Pos.File), "begins": o.Begins, "steps": steps})
	}
	return all
}
