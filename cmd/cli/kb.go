package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/dialog"
)

func newKB(c *common) *cobra.Command {
	cmd := &cobra.Command{
		Use: "kb", Short: "look into the knowledge base and measure it",
		Example: "  xianda kb find 红包什么时候退\n  xianda kb find --release helpdesk 转账限额",
	}
	cmd.AddCommand(kbFind(c), kbEval(c), kbImport(c), kbExport(c))
	return cmd
}

func kbFind(c *common) *cobra.Command {
	var n int
	var path string
	cmd := &cobra.Command{
		Use: "find TEXT …", Short: "show what a question would find, with scores", Args: cobra.MinimumNArgs(1),
		Long: `Show the entries and dialogs that a typed question finds, best first, with the same index and scores that
serve people, and what would come of it for somebody of whom nothing is known: one is answered, or several are
offered that are together likely enough, or nothing is. "xianda likely explain" tells it for a known person.`,
		Example: "  xianda kb find 红包什么时候退\n  xianda kb find -n 10 --json 转账限额",
		RunE: func(cmd *cobra.Command, args []string) error {
			if n < 1 {
				return &usageError{fmt.Errorf("--count %d: want 1 or more", n)}
			}
			var named []string
			if path != "" {
				named = []string{path}
			}
			dir, cfg, err := c.releaseDir(named)
			if err != nil {
				return err
			}
			rel, err := c.mustRead(cmd.Context(), dir, cfg)
			if err != nil {
				return err
			}
			now := c.env.Clock()
			text := strings.Join(args, " ")
			hits := rel.Index.Find(text, n, func(id string) bool {
				e := rel.Entry(strings.TrimPrefix(id, "kb:"))
				return !strings.HasPrefix(id, "kb:") || e != nil && e.Valid(now)
			})
			type found struct {
				ID     string  `json:"id"`
				Score  float64 `json:"score"`
				Exact  bool    `json:"exact"`
				Phrase string  `json:"phrase"`
				Then   string  `json:"then"` // answer, offer, nothing
			}
			e := dialog.Explain(rel, dialog.Situation{Text: text, Now: now})
			then := map[string]string{}
			for i, g := range e.Guesses {
				if g.Shown && e.Rule != "miss" && (i == 0 || e.Then != dialog.WouldAnswer) {
					then[g.ID] = e.Then
				}
			}
			list := []found{}
			for _, h := range hits {
				what := then[h.ID]
				if what == "" {
					what = dialog.WouldNothing
				}
				list = append(list, found{h.ID, h.Score, h.Exact, h.Phrase, what})
			}
			if e.Rule == "keyword" || e.Rule == "trigger" {
				for id := range then {
					fmt.Fprintf(c.env.Err, "before what is found, a %s decides: %s\n", e.Rule, id)
				}
			}
			if c.json {
				return c.printJSON(map[string]any{"hits": list, "answer": rel.Thresholds.Answer, "offer": rel.Thresholds.Offer})
			}
			var rows [][]string
			for _, f := range list {
				rows = append(rows, []string{fmt.Sprintf("%.3f", f.Score), f.Then, f.ID, f.Phrase})
			}
			c.printTable([]string{"score", "then", "id", "closest phrase"}, rows)
			return nil
		},
	}
	cmd.Flags().IntVarP(&n, "count", "n", 5, "how many to show")
	cmd.Flags().StringVar(&path, "release", "", "folder of the release (default: the configuration's)")
	return cmd
}
