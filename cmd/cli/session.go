package cli

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

func newSession(c *common) *cobra.Command {
	cmd := &cobra.Command{
		Use: "session", Short: "look at one person's conversation, or forget it",
		Example: "  xianda session show shop o6_bmjrPTlm6_2sgVt7hMZOPfL2M\n  xianda session forget shop o6_bmjrPTlm6_2sgVt7hMZOPfL2M",
	}
	cmd.AddCommand(sessionShow(c), sessionForget(c))
	return cmd
}

func conversationPath(args []string) string {
	return "/v1/conversations/" + url.PathEscape(args[0]) + "/" + url.PathEscape(args[1])
}

func sessionShow(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "show CHANNEL PERSON", Short: "show where a conversation stands, its last turns and why they came out so", Args: cobra.ExactArgs(2),
		Example: "  xianda session show shop o6_bmjrPTlm6_2sgVt7hMZOPfL2M\n  xianda session show term terminal --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := c.house()
			if err != nil {
				return err
			}
			var v struct {
				Session session.Session   `json:"session"`
				Lines   []chat.Line       `json:"lines"`
				Rights  []chat.ReplyRight `json:"rights"`
				Hold    *session.Hold     `json:"hold"`
				Mailbox int               `json:"mailbox"`
			}
			if c.json {
				var raw any
				if err := h.ask(cmd.Context(), http.MethodGet, conversationPath(args), nil, &raw); err != nil {
					return fmt.Errorf("%s in channel %s: %w", args[1], args[0], err)
				}
				return c.printJSON(raw)
			}
			if err := h.ask(cmd.Context(), http.MethodGet, conversationPath(args), nil, &v); err != nil {
				return fmt.Errorf("%s in channel %s: %w", args[1], args[0], err)
			}
			w := c.env.Out
			fmt.Fprintf(w, "turns:   %d (release %s)\n", v.Session.Turn, v.Session.Release)
			if p := v.Session.Place; p != nil {
				fmt.Fprintf(w, "dialog:  %s at %s\n", visible(p.Dialog), visible(p.Step))
				for _, name := range p.Order {
					fmt.Fprintf(w, "slot:    %s = %s\n", visible(name), visible(p.Slots[name]))
				}
			}
			if v.Hold != nil {
				fmt.Fprintf(w, "held by: %s (case %s)\n", visible(v.Hold.Seat), v.Hold.Case)
			} else if v.Session.Waiting != nil {
				fmt.Fprintf(w, "waits:   case %s in queue %s\n", v.Session.Waiting.Case, visible(v.Session.Waiting.Queue))
			}
			if v.Mailbox > 0 {
				fmt.Fprintf(w, "mailbox: %d\n", v.Mailbox)
			}
			for _, l := range v.Lines {
				printLine(w, l)
				if l.Source != "" {
					fmt.Fprintf(w, "%25s(%s)\n", "", visible(l.Source))
				}
			}
			return nil
		},
	}
}

func sessionForget(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "forget CHANNEL PERSON", Short: "erase everything that is kept of a conversation", Args: cobra.ExactArgs(2),
		Long: `Erase the session, mailbox, debts, cases and dead letters of one conversation, everywhere in the store.
This cannot be undone. A turn under way is given up.`,
		Example: "  xianda session forget shop o6_bmjrPTlm6_2sgVt7hMZOPfL2M\n  xianda session forget term terminal",
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := c.house()
			if err != nil {
				return err
			}
			if err := h.ask(cmd.Context(), http.MethodDelete, conversationPath(args), nil, nil); err != nil {
				return err
			}
			return c.printDone(args[1], "forget")
		},
	}
}
