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
		Use: "session", Short: "look at one person's conversation, join it with their others, or forget it",
		Example: "  xianda session show shop o6_bmjrPTlm6_2sgVt7hMZOPfL2M\n  xianda session forget shop o6_bmjrPTlm6_2sgVt7hMZOPfL2M",
	}
	cmd.AddCommand(sessionShow(c), sessionLink(c), sessionUnlink(c), sessionForget(c))
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
			if v.Session.User != "" {
				fmt.Fprintf(w, "user:    %s\n", visible(v.Session.User))
			}
			for _, m := range v.Session.Mates {
				fmt.Fprintf(w, "also:    %s %s%s\n", visible(m.At.Channel), visible(m.At.Peer), stands(m))
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

// stands is what a conversation knows of another of the same person.
func stands(m session.Mate) string {
	k := m.Known
	switch {
	case k == nil:
		return ""
	case k.Case != nil && k.Case.Held:
		return " (a seat has case " + k.Case.ID + ")"
	case k.Case != nil:
		return " (case " + k.Case.ID + " waits)"
	case k.Place != nil:
		return " (in the middle of " + visible(k.Place.Dialog) + ")"
	}
	return ""
}

func sessionLink(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "link CHANNEL PERSON CHANNEL PERSON", Short: "say that two conversations are one person's", Args: cobra.ExactArgs(4),
		Long: `Join two conversations because you know that both are the same person's: what was begun in one goes on in the other, and seats see
both. Those that either was joined with before come along. Two users of your product are never made one: that is your product's to say.`,
		Example: "  xianda session link shop o6_bmjrPTlm6_2sgVt7hMZOPfL2M term terminal\n" +
			"  xianda session link shop o6_bmjrPTlm6_2sgVt7hMZOPfL2M term terminal --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := c.house()
			if err != nil {
				return err
			}
			other := map[string]string{"channel": args[2], "peer": args[3]}
			if err := h.ask(cmd.Context(), http.MethodPost, conversationPath(args)+"/person", other, nil); err != nil {
				return err
			}
			return c.printDone(args[1], "link")
		},
	}
}

func sessionUnlink(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "unlink CHANNEL PERSON", Short: "take a conversation from the person's others", Args: cobra.ExactArgs(2),
		Long: `Take one conversation from its person and from your product's user: nothing more goes to the others or comes from them, and what
was carried over is erased on both sides.`,
		Example: "  xianda session unlink term terminal\n  xianda session unlink shop o6_bmjrPTlm6_2sgVt7hMZOPfL2M --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := c.house()
			if err != nil {
				return err
			}
			if err := h.ask(cmd.Context(), http.MethodDelete, conversationPath(args)+"/person", nil, nil); err != nil {
				return err
			}
			return c.printDone(args[1], "unlink")
		},
	}
}

func sessionForget(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "forget CHANNEL PERSON", Short: "erase everything that is kept of a conversation", Args: cobra.ExactArgs(2),
		Long: `Erase the session, mailbox, debts, cases and dead letters of one conversation, everywhere in the store, with its link
to the person's other conversations, what those hold of it, and its link codes. This cannot be undone. A turn under way is given up.`,
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
