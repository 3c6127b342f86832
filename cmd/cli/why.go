package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// reasons tell in words why a turn came out so; a reason that is not listed speaks for itself.
var reasons = map[string]string{
	"arrived":          "the person arrived, and likely questions were offered",
	"arrived_quiet":    "the person arrived, and what is likely stands there already",
	"choice":           "an offered choice was picked",
	"correction":       "an earlier answer was corrected",
	"dialog":           "a dialog goes on",
	"digression":       "another matter was taken up; the dialog waits",
	"guide":            "a step-by-step answer goes on",
	"guide_stuck":      "a step-by-step answer did not help",
	"held":             "a seat has the conversation: the bot is quiet",
	"miss":             "nothing was near enough",
	"answer":           "an answer was near enough",
	"offer":            "nothing was near enough to answer, something to offer",
	"slot":             "the dialog's question was answered, or asked again",
	"unsolved":         "it did not help: another way",
	"waiting":          "a case waits, and a seat is there: the bot does not talk into the wait",
	"still_waits":      "a case waits already",
	"recalled":         "the wish for a human was taken back",
	"resume":           "a dialog that was left alone was taken up again",
	"not_text":         "what came is no text",
	"lost_medium":      "what the person sent could not be kept",
	"timer_patience":   "nobody took the case for a while",
	"timer_remind":     "nobody answered the dialog's question for a while",
	"timer_leave":      "the dialog was left alone for too long",
	"pattern_handoff":  "words that ask for a human",
	"pattern_cancel":   "words that stop the dialog",
	"pattern_back":     "words that go back a step",
	"pattern_restart":  "words that begin again",
	"pattern_offer":    "words that ask what there is",
	"pattern_unsolved": "words that say that it did not help",
	"pattern_say":      "words that have an answer of their own",
	"pattern_skip":     "words that skip the question",
}

// why explains the last turn from what is kept of it.
func (t *talk) why(ctx context.Context) error {
	v, err := t.view(ctx)
	if err != nil {
		return err
	}
	if len(v.Lines) == 0 {
		t.fact("why", "nothing was said yet")
		return nil
	}
	turn := v.Lines[len(v.Lines)-1].Turn
	heard := ""
	for _, l := range v.Lines {
		switch {
		case l.Turn != turn:
		case l.From == "person":
			heard = l.Text
			t.fact("heard", "%s", visible(l.Text))
			t.fact("reason", "%s", because(l.Source))
		case l.Source != "":
			t.fact("source", "%s", visible(strings.Join(strings.Fields(l.Source), ", ")))
		}
	}
	if strings.ContainsFunc(heard, unicode.IsLetter) && !strings.HasPrefix(heard, "[") { // neither a number nor [进入会话]
		t.found(heard)
	}
	t.offer(v.Session.Offer)
	t.place(v.Session)
	if k, err := t.t.Case(ctx); err == nil {
		line := string(k.State) + " in queue " + visible(k.Queue)
		for _, name := range slices.Sorted(maps.Keys(k.Slots)) {
			line += fmt.Sprintf(", %s = %s", visible(name), visible(k.Slots[name]))
		}
		t.fact("case", "%s %s", k.ID, line)
	}
	return nil
}

func because(reason string) string {
	if told := reasons[reason]; told != "" {
		return reason + ": " + told
	}
	return visible(reason)
}

func (t *talk) fact(name, format string, args ...any) {
	fmt.Fprintf(t.c.env.Out, "  %s %s\n", t.c.dim(fmt.Sprintf("%-8s", name+":")), fmt.Sprintf(format, args...))
}

// found tells what the words alone find in the release, with scores.
func (t *talk) found(text string) {
	hits := t.rel.Index.Find(text, 3, nil)
	if len(hits) == 0 {
		t.fact("words", "find nothing")
		return
	}
	var all []string
	for _, h := range hits {
		how := fmt.Sprintf("%s %.2f", h.ID, h.Score)
		if h.Exact {
			how = h.ID + " exactly"
		}
		all = append(all, how)
	}
	t.fact("words", "find %s (answers from %.2f, offers from %.2f)", strings.Join(all, ", "), t.rel.Thresholds.Answer, t.rel.Thresholds.Offer)
}

// offer tells what stands on offer, how likely each was held to be, and what decided.
func (t *talk) offer(o *session.Offer) {
	if o == nil {
		return
	}
	for i, item := range o.Items {
		line := fmt.Sprintf("%d %s → %s", i+1, visible(item.Label), visible(item.Target))
		if item.P > 0 {
			line += fmt.Sprintf(", p %.2f", item.P)
		}
		if item.Why != "" {
			line += ", because of " + visible(item.Why)
		}
		if item.Rule != "" {
			line += " (" + visible(item.Rule) + ")"
		}
		t.fact("offer", "%s", line)
	}
	if len(o.Factors) > 0 {
		t.fact("known", "%s", visible(strings.Join(o.Factors, ", ")))
	}
}

func (t *talk) place(s session.Session) {
	if s.Place == nil {
		return
	}
	at := s.Place.Dialog + " at " + s.Place.Step
	if s.Place.Asking != "" {
		at += ", asks for " + s.Place.Asking
	}
	if s.Place.Retries > 0 {
		at += fmt.Sprintf(", asked again %d times", s.Place.Retries)
	}
	for _, below := range slices.Backward(s.Stack) {
		at += "; behind it " + below.Dialog + " at " + below.Step
	}
	t.fact("dialog", "%s", visible(at))
	for _, name := range slotNames(s.Place) {
		t.fact("slot", "%s = %s", visible(name), visible(s.Place.Slots[name]))
	}
}

// slotNames are the filled slots in the order in which they were filled.
func slotNames(p *session.Place) []string {
	names := slices.Clone(p.Order)
	for _, name := range slices.Sorted(maps.Keys(p.Slots)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (t *talk) slots(ctx context.Context) error {
	v, err := t.view(ctx)
	if err != nil {
		return err
	}
	if v.Session.Place == nil {
		t.note("no dialog is under way")
		return nil
	}
	t.place(v.Session)
	for _, name := range slices.Sorted(maps.Keys(v.Session.Place.Saved)) {
		t.fact("saved", "%s = %s", visible(name), visible(string(v.Session.Place.Saved[name])))
	}
	return nil
}

func (t *talk) state(ctx context.Context) error {
	v, err := t.view(ctx)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(v.Session, "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintln(t.c.env.Out, visibleLines(string(text)))
	return nil
}

// buttonsWide is how many columns a row of buttons takes at most.
const buttonsWide = 76

// buttons draws choices as a page would, as many in a row as fit.
func buttons(choices []chat.Choice) (rows []string) {
	row := ""
	for _, c := range choices {
		b := "[ " + visible(c.Label) + " ]"
		if c.URL != "" {
			b = "[ " + visible(c.Label) + " → " + visible(c.URL) + " ]"
		}
		if row != "" && runewidth.StringWidth(row+"  "+b) > buttonsWide {
			rows, row = append(rows, row), ""
		}
		row = strings.TrimSpace(row + "  " + b)
	}
	if row != "" {
		rows = append(rows, row)
	}
	return rows
}

func size(s string, u chat.Unit) int {
	switch u {
	case chat.Bytes:
		return len(s)
	case chat.UTF16:
		return len(utf16.Encode([]rune(s)))
	}
	return utf8.RuneCountInString(s)
}

func unit(u chat.Unit) string { return [...]string{"characters", "UTF-16 units", "bytes"}[u] }
