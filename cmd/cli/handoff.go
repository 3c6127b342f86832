package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/chat"
)

func newHandoff(c *common) *cobra.Command {
	cmd := &cobra.Command{
		Use: "handoff", Short: "list, take, answer and close the cases that wait for a human",
		Long: `Cases are raised when somebody asks for a human, or when a dialog cannot go on. Claim one, and the bot
is silent in that conversation until it is closed. All commands ask the running house.`,
		Example: "  xianda handoff list\n  xianda handoff claim 27c0ffee1234 --seat alice",
	}
	cmd.AddCommand(handoffList(c), handoffShow(c), handoffClaim(c), handoffReply(c),
		handoffTransfer(c), handoffNote(c), handoffMedia(c), handoffClose(c))
	return cmd
}

func handoffList(c *common) *cobra.Command {
	var state, queue string
	var limit int
	cmd := &cobra.Command{
		Use: "list", Short: "list cases, urgent ones first, then the oldest", Args: cobra.NoArgs,
		Example: "  xianda handoff list\n  xianda handoff list --state held --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]chat.CaseState{"", chat.Waiting, chat.Held, chat.Over}, chat.CaseState(state)) {
				return &usageError{fmt.Errorf("--state %q: want %s, %s or %s", state, chat.Waiting, chat.Held, chat.Over)}
			}
			q := url.Values{}
			if state != "" {
				q.Set("state", state)
			}
			if queue != "" {
				q.Set("queue", queue)
			}
			if cmd.Flags().Changed("limit") {
				q.Set("limit", strconv.Itoa(limit))
			}
			h, err := c.house()
			if err != nil {
				return err
			}
			var got struct {
				Cases []chat.Case `json:"cases"`
			}
			if err := h.ask(cmd.Context(), http.MethodGet, "/v1/cases?"+q.Encode(), nil, &got); err != nil {
				return err
			}
			if c.json {
				return c.printJSON(got)
			}
			var rows [][]string
			for _, k := range got.Cases {
				rows = append(rows, []string{k.ID, string(k.State), k.Priority, k.Queue, k.Seat, c.since(k.Raised), k.Conversation.Channel, k.Wanted})
			}
			c.printTable([]string{"case", "state", "priority", "queue", "seat", "raised", "channel", "wanted"}, rows)
			return nil
		},
	}
	cmd.Flags().StringVar(&state, "state", "", "only waiting, held or closed")
	cmd.Flags().StringVar(&queue, "queue", "", "only this queue")
	cmd.Flags().IntVar(&limit, "limit", 100, "at most so many")
	return cmd
}

// since is how long ago t was, to the minute.
func (c *common) since(t time.Time) string {
	d := c.env.Clock().Sub(t)
	switch {
	case t.IsZero():
		return "-"
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm ago", int(d.Hours()), int(d.Minutes())%60)
	}
	return t.Local().Format("2006-01-02 15:04")
}

func handoffShow(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "show CASE", Short: "show a case whole: what is wanted, slots, tried answers, transcript", Args: cobra.ExactArgs(1),
		Example: "  xianda handoff show 27c0ffee1234\n  xianda handoff show 27c0ffee1234 --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := c.house()
			if err != nil {
				return err
			}
			var k chat.Case
			if err := h.ask(cmd.Context(), http.MethodGet, "/v1/cases/"+url.PathEscape(args[0]), nil, &k); err != nil {
				return fmt.Errorf("case %s: %w", args[0], err)
			}
			return c.printCase(&k)
		},
	}
}

func (c *common) printCase(k *chat.Case) error {
	if c.json {
		return c.printJSON(k)
	}
	w := c.env.Out
	fmt.Fprintf(w, "%s  %s  %s  queue %s", c.bold(k.ID), k.State, k.Priority, visible(k.Queue))
	if k.Seat != "" {
		fmt.Fprintf(w, "  seat %s", visible(k.Seat))
	}
	fmt.Fprintf(w, "\nperson:   %s\nwanted:   %s\nreason:   %s\n", place(k.Conversation), visible(k.Wanted), visible(k.Reason))
	for _, name := range slices.Sorted(maps.Keys(k.Slots)) {
		fmt.Fprintf(w, "slot:     %s = %s\n", visible(name), visible(k.Slots[name]))
	}
	if len(k.Tried) > 0 {
		fmt.Fprintf(w, "tried:    %s\n", strings.Join(k.Tried, ", "))
	}
	switch {
	case k.QuotaLeft >= 0 && !k.QuotaUntil.IsZero():
		fmt.Fprintf(w, "may send: %d until %s\n", k.QuotaLeft, k.QuotaUntil.Local().Format("2006-01-02 15:04"))
	case k.QuotaLeft >= 0:
		fmt.Fprintf(w, "may send: %d\n", k.QuotaLeft)
	}
	for _, s := range k.Suggestions {
		fmt.Fprintf(w, "suggests: %s (%s)\n", visible(s.Question), s.Entry)
	}
	for _, e := range k.Elsewhere {
		fmt.Fprintf(w, "also in:  %s%s\n", place(e.Conversation), elsewhere(e))
	}
	for _, l := range k.Transcript {
		if l.Source == "held_there" || l.Source == "seat:there" {
			l.Text = "[in another of their conversations] " + l.Text
		}
		printLine(w, l)
	}
	for _, l := range k.Notes {
		fmt.Fprintf(w, "note by %s: %s\n", visible(l.From), visible(l.Text))
	}
	return nil
}

// place is where a conversation is held, as "xianda session show" takes it.
func place(a chat.Address) string {
	s := visible(a.Channel) + " " + visible(a.Peer)
	if a.Thread != "" {
		s += " in " + visible(a.Thread)
	}
	return s
}

// elsewhere is what is known of another conversation of the person.
func elsewhere(e chat.Elsewhere) string {
	var parts []string
	add := func(what, value string) {
		if value != "" {
			parts = append(parts, what+" "+visible(value))
		}
	}
	add("asked", e.Asked)
	add("in the middle of", e.Dialog)
	add("case about", e.Wanted)
	for _, name := range slices.Sorted(maps.Keys(e.Slots)) {
		parts = append(parts, visible(name)+" = "+visible(e.Slots[name]))
	}
	add("was told", strings.Join(e.Tried, ", "))
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, "; ")
}

// remedy adds to a refusal what the seat can do about it.
func remedy(id string, err error) error {
	var r *refusal
	if !errors.As(err, &r) || r.Code != "owned" {
		return err
	}
	if r.Text == "held by nobody" {
		return fmt.Errorf("%w: take it first with \"xianda handoff claim %s\"", err, id)
	}
	return fmt.Errorf("%w: if that is you, say so with --seat; "+
		"else have it given to you with \"xianda handoff transfer %s --to YOU\"", err, id)
}

// caseAct is a command that does something to one case and prints it.
func caseAct(c *common, use, short, example string, body func(cmd *cobra.Command, args []string) (act string, body any, err error), args cobra.PositionalArgs) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Example: example, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			act, b, err := body(cmd, args)
			if err != nil {
				return err
			}
			h, err := c.house()
			if err != nil {
				return err
			}
			return c.act(cmd.Context(), h, args[0], act, b)
		},
	}
}

func (c *common) act(ctx context.Context, h *house, id, act string, body any) error {
	var k chat.Case
	var into any
	if act == "claim" {
		into = &k
	}
	if err := h.ask(ctx, http.MethodPost, "/v1/cases/"+url.PathEscape(id)+"/"+act, body, into); err != nil {
		return fmt.Errorf("case %s: %w", id, remedy(id, err))
	}
	if act == "claim" {
		return c.printCase(&k)
	}
	return c.printDone(id, act)
}

// seatFlag adds --seat with the operator's own name as its default.
func seatFlag(c *common, cmd *cobra.Command) *string {
	name, _ := c.env.Getenv("USER")
	if name == "" {
		name = "operator"
	}
	return cmd.Flags().String("seat", name, "who you are")
}

func handoffClaim(c *common) *cobra.Command {
	var seat *string
	cmd := caseAct(c, "claim CASE", "take a waiting case; the bot is silent from now on", "  xianda handoff claim 27c0ffee1234\n  xianda handoff claim 27c0ffee1234 --seat alice",
		func(*cobra.Command, []string) (string, any, error) {
			return "claim", map[string]string{"seat": *seat}, nil
		}, cobra.ExactArgs(1))
	seat = seatFlag(c, cmd)
	return cmd
}

func handoffReply(c *common) *cobra.Command {
	var seat, key *string
	cmd := caseAct(c, "reply CASE TEXT …", "say something to the person", "  xianda handoff reply 27c0ffee1234 您好，我是客服小王\n  xianda handoff reply 27c0ffee1234 --key r-1 已为您处理",
		func(_ *cobra.Command, args []string) (string, any, error) {
			if *key == "" {
				*key = rand.Text()
			}
			return "reply", map[string]string{"seat": *seat, "text": strings.Join(args[1:], " "), "key": *key}, nil
		}, cobra.MinimumNArgs(2))
	seat = seatFlag(c, cmd)
	key = cmd.Flags().String("key", "", "the same key twice is said once (default: a new one)")
	return cmd
}

func handoffTransfer(c *common) *cobra.Command {
	var queue, seat string
	cmd := caseAct(c, "transfer CASE", "give a case to another queue or seat", "  xianda handoff transfer 27c0ffee1234 --queue 支付\n  xianda handoff transfer 27c0ffee1234 --to bob",
		func(*cobra.Command, []string) (string, any, error) {
			if (queue == "") == (seat == "") {
				return "", nil, &usageError{fmt.Errorf("give exactly one of --queue and --to")}
			}
			if queue != "" {
				return "transfer", map[string]string{"queue": queue}, nil
			}
			return "transfer", map[string]string{"seat": seat}, nil
		}, cobra.ExactArgs(1))
	cmd.Flags().StringVar(&queue, "queue", "", "the queue in which it waits again")
	cmd.Flags().StringVar(&seat, "to", "", "the seat that holds it from now on")
	return cmd
}

func handoffNote(c *common) *cobra.Command {
	var seat *string
	cmd := caseAct(c, "note CASE TEXT …", "keep a line that only seats see", "  xianda handoff note 27c0ffee1234 已联系银行\n  xianda handoff note 27c0ffee1234 --seat alice 等回电",
		func(_ *cobra.Command, args []string) (string, any, error) {
			return "note", map[string]string{"seat": *seat, "text": strings.Join(args[1:], " ")}, nil
		}, cobra.MinimumNArgs(2))
	seat = seatFlag(c, cmd)
	return cmd
}

func handoffClose(c *common) *cobra.Command {
	var reason string
	cmd := caseAct(c, "close CASE", "end a case; the bot answers again", "  xianda handoff close 27c0ffee1234\n  xianda handoff close 27c0ffee1234 --reason solved",
		func(*cobra.Command, []string) (string, any, error) {
			return "close", map[string]string{"reason": reason}, nil
		}, cobra.ExactArgs(1))
	cmd.Flags().StringVar(&reason, "reason", "solved", "why it ends")
	return cmd
}
