package rehearse

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Result is how one test went.
type Result struct {
	Test     string   `json:"test"`
	File     string   `json:"file"`
	Failures []string `json:"failures,omitempty"` // empty: it passed
}

// Run plays every test of the release. An error is a test that cannot be read or played at all.
func Run(ctx context.Context, rel *release.Release, o Options) ([]Result, error) {
	var all []Result
	for _, src := range rel.Tests {
		tests, err := Parse(src)
		if err != nil {
			return all, err
		}
		for _, t := range tests {
			failures, err := play(ctx, rel, t, o)
			if err != nil {
				return all, fmt.Errorf("%s: test %q: %w", t.File, t.Name, err)
			}
			all = append(all, Result{Test: t.Name, File: t.File, Failures: failures})
		}
	}
	return all, nil
}

func play(ctx context.Context, rel *release.Release, t Test, o Options) (failures []string, err error) {
	s, err := newStage(rel, t, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := s.close(); err == nil {
			err = e
		}
	}()
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	for i, turn := range t.Turns {
		if err := s.act(ctx, i, turn); err != nil {
			return nil, fmt.Errorf("turn %d: %w", i+1, err)
		}
		found, err := s.compare(ctx, turn.Expect)
		if err != nil {
			return nil, fmt.Errorf("turn %d: %w", i+1, err)
		}
		for _, f := range found {
			failures = append(failures, fmt.Sprintf("turn %d: %s", i+1, f))
		}
	}
	return append(failures, s.atEnd(ctx)...), nil
}

// act lets the turn's thing happen. What was shown before is put aside, but for the first turn, which may look at the arrival.
func (s *stage) act(ctx context.Context, i int, t Turn) error {
	if i > 0 || t.User != nil || t.Choose != "" || t.Media != "" || t.Seat != "" || t.Close != "" || t.Wait > 0 {
		s.shown = nil
	}
	switch {
	case t.User != nil:
		return s.person(ctx, chat.Message{Kind: chat.Said, Text: *t.User})
	case t.Media != "":
		return s.person(ctx, chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: t.Media, Ref: "media-1"}}})
	case t.Choose != "":
		id, err := s.tap(ctx, t.Choose)
		if err != nil {
			return err
		}
		return s.person(ctx, chat.Message{Kind: chat.Chose, Choice: id, Text: t.Choose})
	case t.Seat != "":
		return s.seatSays(ctx, i, t.Seat)
	case t.Close != "":
		c, err := s.openCase(ctx)
		if err != nil {
			return err
		}
		if _, err := s.store.Queue().Close(ctx, c.ID, t.Close); err != nil {
			return err
		}
		return s.pump(ctx)
	case t.Wait > 0:
		s.advance(t.Wait)
		return s.pump(ctx)
	}
	return nil
}

// tap finds the choice with this label in what the person sees.
func (s *stage) tap(ctx context.Context, label string) (string, error) {
	v, err := s.store.Look(ctx, address)
	if err != nil {
		return "", err
	}
	if v.Session.Offer != nil {
		for _, i := range v.Session.Offer.Items {
			if i.Label == label {
				return i.ID, nil
			}
		}
	}
	return "", fmt.Errorf("choose: %q is not on offer", label)
}

func (s *stage) seatSays(ctx context.Context, i int, text string) error {
	c, err := s.openCase(ctx)
	if err != nil {
		return err
	}
	q := s.store.Queue()
	if c.State == chat.Waiting {
		if _, err := q.Claim(ctx, c.ID, seat); err != nil {
			return err
		}
		if err := s.pump(ctx); err != nil {
			return err
		}
	}
	if _, err := q.Reply(ctx, c.ID, seat, text, fmt.Sprintf("r%d", i)); err != nil {
		return err
	}
	return s.pump(ctx)
}

// compare tells what differs from what the turn expects.
func (s *stage) compare(ctx context.Context, e Expect) (failures []string, err error) {
	miss := func(format string, args ...any) { failures = append(failures, fmt.Sprintf(format, args...)) }
	v := &session.View{}
	if s.sent > 0 {
		if v, err = s.store.Look(ctx, address); err != nil {
			return nil, err
		}
	}
	text := s.text()
	for _, want := range e.Says {
		if !strings.Contains(text, want) {
			miss("says %q, want %q in it", text, want)
		}
	}
	for _, not := range e.Lacks {
		if strings.Contains(text, not) {
			miss("says %q, want %q not in it", text, not)
		}
	}
	if e.Silent && len(s.shown) > 0 {
		miss("says %q, want silence", text)
	}
	if e.ToUser != "" && !slices.ContainsFunc(s.shown, func(r chat.Reply) bool { return r.From != "" && strings.Contains(r.Text, e.ToUser) }) {
		miss("shows %q, want the seat's words %q", text, e.ToUser)
	}
	source := lastSource(v)
	if e.Source != "" && !slices.ContainsFunc(strings.Fields(source), func(s string) bool { return strings.HasPrefix(s, e.Source) }) {
		miss("source is %q, want %q", source, e.Source)
	}
	s.compareEntry(e, source, text, miss)
	compareOffer(e, v, miss)
	comparePlace(e, v, miss)
	if e.Handoff != nil {
		s.compareCase(ctx, *e.Handoff, v, miss)
	}
	return failures, nil
}

func (s *stage) text() string {
	var all []string
	for _, r := range s.shown {
		all = append(all, r.Text)
	}
	return strings.Join(all, "\n")
}

// lastSource is where the last words of the bot came from.
func lastSource(v *session.View) string {
	for _, l := range slices.Backward(v.Lines) {
		if l.From == "bot" {
			return l.Source
		}
	}
	return ""
}

type missed func(format string, args ...any)

func (s *stage) compareEntry(e Expect, source, text string, miss missed) {
	if e.KB == "" {
		return
	}
	if !strings.Contains(source+" ", "kb:"+e.KB+"@") {
		miss("source is %q, want entry %s", source, e.KB)
		return
	}
	entry := s.rel.Entry(e.KB)
	if e.Verbatim && (entry == nil || !strings.Contains(text, strings.TrimSpace(entry.For(channel, s.test.Given.Channel)))) {
		miss("says %q, want entry %s word for word", text, e.KB)
	}
}

func compareOffer(e Expect, v *session.View, miss missed) {
	if len(e.Likely) == 0 {
		return
	}
	var labels []string
	if v.Session.Offer != nil {
		for _, i := range v.Session.Offer.Items {
			labels = append(labels, i.Label)
		}
	}
	at := 0
	for _, want := range e.Likely {
		n := slices.Index(labels[at:], want)
		if n < 0 {
			miss("offers %q, want %q in this order", labels, []string(e.Likely))
			return
		}
		at += n + 1
	}
}

func comparePlace(e Expect, v *session.View, miss missed) {
	p := v.Session.Place
	if p == nil {
		p = &session.Place{}
	}
	if e.Dialog != "" && p.Dialog != e.Dialog {
		miss("is in dialog %q, want %q", p.Dialog, e.Dialog)
	}
	if e.Step != "" && p.Step != e.Step {
		miss("stands at step %q, want %q", p.Step, e.Step)
	}
	for name, want := range e.Slot {
		if p.Slots[name] != want {
			miss("slot %s is %q, want %q", name, p.Slots[name], want)
		}
	}
	if e.Retry != nil && p.Retries != *e.Retry {
		miss("asked again %d times, want %d", p.Retries, *e.Retry)
	}
}

func (s *stage) compareCase(ctx context.Context, want Handoff, v *session.View, miss missed) {
	c, err := s.openCase(ctx)
	if err != nil {
		miss("no case was raised, want one in queue %q", want.Queue)
		return
	}
	if n := len(v.Lines); n == 0 || v.Lines[n-1].Turn == "" || c.ID != session.CaseID(address, v.Lines[n-1].Turn) {
		miss("case %s was not raised in this turn", c.ID)
	}
	if want.Queue != "" && c.Queue != want.Queue {
		miss("the case is in queue %q, want %q", c.Queue, want.Queue)
	}
	if want.Priority != "" && c.Priority != want.Priority {
		miss("the case has priority %q, want %q", c.Priority, want.Priority)
	}
	for _, name := range want.Carry {
		if _, ok := c.Slots[name]; !ok {
			miss("the case carries %v, want %s", c.Slots, name)
		}
	}
}

// atEnd checks after.
func (s *stage) atEnd(ctx context.Context) (failures []string) {
	a := s.test.After
	if a.SentMax != nil && s.most > *a.SentMax {
		failures = append(failures, fmt.Sprintf("after: %d messages were shown in answer to one, want at most %d", s.most, *a.SentMax))
	}
	if a.Duplicates != nil {
		n := 0
		for _, times := range s.keys {
			n += times - 1
		}
		if n > *a.Duplicates {
			failures = append(failures, fmt.Sprintf("after: %d messages were shown twice, want at most %d", n, *a.Duplicates))
		}
	}
	if a.Outcome == "" {
		return failures
	}
	if got := s.outcome(ctx); got != a.Outcome {
		failures = append(failures, fmt.Sprintf("after: the outcome is %q, want %q", got, a.Outcome))
	}
	return failures
}

func (s *stage) outcome(ctx context.Context) script.Outcome {
	v, err := s.store.Look(ctx, address)
	if err != nil || v.Session.Outcome == "" {
		return script.Abandoned
	}
	return script.Outcome(v.Session.Outcome)
}
