package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/app"
)

func newChannelKinds(c *common) *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use: "kinds", Short: "tell which messengers are built in, and what they can do", Args: cobra.NoArgs,
		Long: `List the kinds of channel that a configuration may name, and what each can do when it is configured as
"xianda init" writes it: "xianda channel list" tells it of the configured channels.`,
		Example: "  xianda channel kinds\n  xianda channel kinds --markdown",
		RunE: func(*cobra.Command, []string) error {
			kinds, err := app.DescribeKinds()
			if err != nil {
				return err
			}
			head := []string{"kind", "messenger", "receives", "choices", "media", "push", "text limit", "native seats", "entry links"}
			var rows [][]string
			for _, k := range kinds {
				rows = append(rows, []string{k.Kind, k.Title, k.Receives, k.Choices, k.Media, k.Push, k.Limit, k.Seats, k.Links})
			}
			switch {
			case markdown:
				c.printMarkdown(head, rows)
			case c.json:
				return c.printJSON(map[string]any{"kinds": kinds})
			default:
				c.printTable(head, rows)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print the table of the README")
	return cmd
}

// printMarkdown writes rows under a head as a table of a page; what stands in the first column is code.
func (c *common) printMarkdown(head []string, rows [][]string) {
	line := func(cells []string) {
		for i := range cells {
			cells[i] = strings.ReplaceAll(visible(cells[i]), "|", `\|`)
		}
		fmt.Fprintln(c.env.Out, "| "+strings.Join(cells, " | ")+" |")
	}
	line(head)
	fmt.Fprintln(c.env.Out, strings.Repeat("|---", len(head))+"|")
	for _, r := range rows {
		r[0] = "`" + r[0] + "`"
		line(r)
	}
}
