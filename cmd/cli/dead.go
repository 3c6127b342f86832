package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/chat"
)

func newDead(c *common) *cobra.Command {
	cmd := &cobra.Command{
		Use: "dead", Short: "list, replay or drop messages whose turn died three times",
		Long: `A message that killed three turns is put aside: the person got the fallback and the way to a human, and
others noticed nothing. Replay it after the cause is mended, or drop it.`,
		Example: "  xianda dead list\n  xianda dead replay 27c0ffee1234",
	}
	cmd.AddCommand(deadList(c),
		deadAct(c, "replay", "put a message back into its conversation", func(id string) (string, string) {
			return http.MethodPost, "/v1/dead/" + url.PathEscape(id) + "/replay"
		}),
		deadAct(c, "drop", "forget a message", func(id string) (string, string) {
			return http.MethodDelete, "/v1/dead/" + url.PathEscape(id)
		}))
	return cmd
}

func deadList(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "list dead letters, oldest first", Args: cobra.NoArgs,
		Example: "  xianda dead list\n  xianda dead list --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := c.house()
			if err != nil {
				return err
			}
			var got struct {
				Dead []chat.Dead `json:"dead"`
			}
			if err := h.ask(cmd.Context(), http.MethodGet, "/v1/dead", nil, &got); err != nil {
				return err
			}
			if c.json {
				return c.printJSON(got)
			}
			var rows [][]string
			for _, d := range got.Dead {
				rows = append(rows, []string{d.ID, c.since(d.At), d.Message.From.Channel, string(d.Message.Kind), strconv.Itoa(d.Tries), d.Why})
			}
			c.printTable([]string{"dead letter", "when", "channel", "kind", "tries", "why"}, rows)
			return nil
		},
	}
}

func deadAct(c *common, verb, short string, call func(id string) (method, path string)) *cobra.Command {
	return &cobra.Command{
		Use: verb + " LETTER", Short: short, Args: cobra.ExactArgs(1),
		Example: "  xianda dead " + verb + " 27c0ffee1234\n  xianda dead " + verb + " 05beef001122 -c shop.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := c.house()
			if err != nil {
				return err
			}
			method, path := call(args[0])
			if err := h.ask(cmd.Context(), method, path, nil, nil); err != nil {
				return fmt.Errorf("dead letter %s: %w", args[0], err)
			}
			return c.printDone(args[0], verb)
		},
	}
}
