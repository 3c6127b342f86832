package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/session"
)

// explainFlags are a person of whom "likely explain" tells what they would be offered.
type explainFlags struct {
	who          chatFlags
	text         string
	conversation string
}

func likelyExplain(c *common) *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use: "explain [RELEASE]", Short: "show what a person would be offered, and the factor that decides", Args: cobra.MaximumNArgs(1),
		Long: `Show which questions a person would be offered on arrival, how likely each is, and why: the factor and the rule that
decide, then what else speaks for it. With --text, what they would be offered when they type that.

The release is asked alone: its rules, its entries and its index, as for a house that has learned nothing yet. With
--conversation the running house is asked for the last offer that it made to somebody, with what it had learned.`,
		Example: "  xianda likely explain --scene error=RP_HOLD\n" +
			"  xianda likely explain helpdesk --channel wechat --event redpacket.held:2h --tag vip --at 20:00\n" +
			"  xianda likely explain --conversation shop/o6_bmjrPTlm6_2sgVt7hMZOPfL2M",
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.conversation != "" {
				if len(args) > 0 || f.asked(cmd) {
					return &usageError{fmt.Errorf("--conversation tells of an offer that was made: leave the rest out")}
				}
				return c.explainLast(cmd.Context(), f.conversation)
			}
			return c.explainRelease(cmd.Context(), args, f)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.who.as, "channel", "console", "the `KIND` of channel, or the name of a configured one")
	fl.StringArrayVar(&f.who.scene, "scene", nil, "where the person comes from: `NAME=VALUE` (may be repeated)")
	fl.StringArrayVar(&f.who.events, "event", nil, "what the product reported before: `KIND[:AGO]`, redpacket.held:2h (may be repeated)")
	fl.StringArrayVar(&f.who.tags, "tag", nil, "a `TAG` of the person's profile (may be repeated)")
	fl.StringArrayVar(&f.who.attributes, "attribute", nil, "an attribute of the profile: `NAME=VALUE` (may be repeated)")
	fl.StringVar(&f.who.lang, "lang", "", "the `LANGUAGE` of the person's app: en")
	fl.StringVar(&f.who.at, "at", "", "when: `TIME` as 2026-01-28T20:00:00+08:00, \"2026-01-28 20:00\" or 20:00 (default now)")
	fl.StringVar(&f.text, "text", "", "what the person types (default: nothing, they arrive)")
	fl.StringVar(&f.conversation, "conversation", "", "ask the running house for the last offer in `CHANNEL/PERSON`")
	return cmd
}

// asked tells whether a flag about a made-up person was given.
func (f *explainFlags) asked(cmd *cobra.Command) bool {
	return slices.ContainsFunc([]string{"channel", "scene", "event", "tag", "attribute", "lang", "at", "text"}, cmd.Flags().Changed)
}

func (c *common) explainRelease(ctx context.Context, args []string, f explainFlags) error {
	path, cfg, err := c.releaseDir(args)
	if err != nil {
		return err
	}
	kind := kindOf(cfg, f.who.as)
	if _, ok := app.SampleCaps(kind); !ok {
		return &usageError{fmt.Errorf("--channel %q: there is no such kind of channel, and no channel of this name%s", f.who.as, near(f.who.as, app.Kinds()))}
	}
	rel, err := c.mustRead(ctx, path, cfg)
	if err != nil {
		return err
	}
	s, err := f.situation(rel, c, kind)
	if err != nil {
		return err
	}
	e := dialog.Explain(rel, s)
	if c.json {
		return c.printJSON(explanationJSON(e))
	}
	c.printExplanation(e)
	return nil
}

// situation is the person that the flags make up.
func (f *explainFlags) situation(rel *release.Release, c *common, kind string) (dialog.Situation, error) {
	g, err := f.who.given(rel, c.env.Clock())
	if err != nil {
		return dialog.Situation{}, err
	}
	s := dialog.Situation{Channel: f.who.as, Kind: kind, Text: f.text, Now: g.Clock}
	s.Session = session.Session{Scene: g.Enter.Scene, Lang: f.who.lang, At: g.Clock}
	slices.SortStableFunc(g.Trace, func(a, b rehearse.Operation) int { return int(b.Ago - a.Ago) })
	for _, o := range g.Trace {
		s.Session.Trace = append(s.Session.Trace, session.Operation{Kind: o.Kind, At: g.Clock.Add(-o.Ago)})
	}
	if g.Profile != nil {
		p := &session.Profile{Tags: g.Profile.Tags, Attributes: map[string]json.RawMessage{}}
		for name, v := range g.Profile.Attributes {
			raw, err := json.Marshal(v)
			if err != nil {
				return s, fmt.Errorf("--attribute %s: %w", name, err)
			}
			p.Attributes[name] = raw
		}
		s.Session.Profile = p
	}
	return s, nil
}

// reasonJSON and guessJSON are an explanation for programs.
type (
	reasonJSON struct {
		Factor string  `json:"factor"`
		Value  string  `json:"value,omitempty"`
		Rule   string  `json:"rule,omitempty"`
		Gain   float64 `json:"gain"`
	}
	guessJSON struct {
		ID    string       `json:"id"`
		Label string       `json:"label"`
		P     float64      `json:"p"`
		Shown bool         `json:"shown"`
		Why   []reasonJSON `json:"why"`
	}
)

func explanationJSON(e dialog.Explanation) map[string]any {
	guesses := []guessJSON{}
	for _, g := range e.Guesses {
		x := guessJSON{ID: g.ID, Label: g.Label, P: g.P, Shown: g.Shown, Why: []reasonJSON{}}
		for _, r := range g.Why {
			x.Why = append(x.Why, reasonJSON(r))
		}
		guesses = append(guesses, x)
	}
	return map[string]any{
		"then": e.Then, "rule": e.Rule, "factors": e.Factors, "threshold": e.Key, "floor": e.Floor, "together": e.Together, "guesses": guesses,
	}
}

func (c *common) printExplanation(e dialog.Explanation) {
	var rows [][]string
	for i, g := range e.Guesses {
		shown := ""
		if g.Shown {
			shown = "shown"
		}
		decided, further := "-", []string{}
		for n, r := range g.Why {
			if n == 0 {
				decided = reasonText(r)
			} else {
				further = append(further, fmt.Sprintf("%s %+.1f", reasonText(r), r.Gain))
			}
		}
		if i == 0 && e.Then == dialog.WouldAnswer && e.Rule != "" {
			decided = e.Rule
		}
		rows = append(rows, []string{fmt.Sprint(i + 1), fmt.Sprintf("%.3f", g.P), shown, g.Label, g.ID, decided, strings.Join(further, "; ")})
	}
	c.printTable([]string{"rank", "p", "", "question", "id", "decided by", "further"}, rows)
	if e.Rule == "miss" {
		fmt.Fprintln(c.env.Err, "the text is not understood; this is what is likely without it")
	}
	switch e.Then {
	case dialog.WouldAnswer:
		fmt.Fprintln(c.env.Err, "the first is answered at once")
	case dialog.WouldOffer:
		fmt.Fprintf(c.env.Err, "offered: together they are %.2f likely, at least thresholds.%s %.2f\n", e.Together, e.Key, e.Floor)
	default:
		fmt.Fprintf(c.env.Err, "nothing is offered: below thresholds.%s %.2f together\n", e.Key, e.Floor)
	}
}

// reasonText is a reason in a few words: "scene.error=RP_HOLD, rule dialogs/redpacket.yaml:18".
func reasonText(r likely.Reason) string {
	text := r.Factor
	switch {
	case r.Value != "":
		text += "=" + r.Value
	case r.Factor == "" && r.Rule == "":
		text = "what everybody asks"
	case r.Factor == "":
		text = "always"
	}
	if r.Rule != "" {
		text += ", rule " + r.Rule
	}
	return text
}

// explainLast tells of the last offer that the running house made in a conversation.
func (c *common) explainLast(ctx context.Context, conversation string) error {
	channel, person, ok := strings.Cut(conversation, "/")
	if !ok || channel == "" || person == "" {
		return &usageError{fmt.Errorf("--conversation %q: want CHANNEL/PERSON", conversation)}
	}
	h, err := c.house()
	if err != nil {
		return err
	}
	var v struct {
		Session session.Session `json:"session"`
	}
	if err := h.ask(ctx, http.MethodGet, conversationPath([]string{channel, person}), nil, &v); err != nil {
		return fmt.Errorf("%s in channel %s: %w", person, channel, err)
	}
	o := v.Session.Offer
	if o == nil || o.Kind != session.Likely && o.Kind != session.Clarify {
		return fmt.Errorf("%s in channel %s: no likely questions stand there now", person, channel)
	}
	if c.json {
		return c.printJSON(map[string]any{"offer": o, "release": v.Session.Release})
	}
	var rows [][]string
	for _, i := range o.Items {
		if i.P == 0 { // a way out
			continue
		}
		decided := i.Why
		if i.Rule != "" {
			decided = strings.TrimPrefix(decided+", rule "+i.Rule, ", ")
		}
		if decided == "" {
			decided = "what everybody asks"
		}
		rows = append(rows, []string{fmt.Sprint(len(rows) + 1), fmt.Sprintf("%.3f", i.P), i.Label, i.Target, decided})
	}
	c.printTable([]string{"rank", "p", "question", "id", "decided by"}, rows)
	fmt.Fprintf(c.env.Err, "offered %s, release %s; known then: %s\n", o.At.Local().Format("2006-01-02 15:04:05"), v.Session.Release,
		visible(strings.Join(o.Factors, " ")))
	return nil
}
