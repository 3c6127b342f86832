package rehearse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
)

// compare tells what differs from what the turn expects.
func (s *stage) compare(ctx context.Context, i int, e Expect) (failures []string, err error) {
	miss := func(format string, args ...any) { failures = append(failures, fmt.Sprintf(format, args...)) }
	v := &session.View{}
	if s.sent > 0 {
		if v, err = s.store.Look(ctx, s.address()); errors.Is(err, session.ErrUnknown) {
			v = &session.View{} // nothing happened there, or it was forgotten
		} else if err != nil {
			return nil, err
		}
	}
	if s.o.Cover != nil {
		s.o.Cover.served(v.Lines)
	}
	if s.o.Watch != nil {
		s.o.Watch(Seen{Test: s.test, Turn: i, Session: v.Session, Shown: s.shown, Passive: s.own, Source: lastSource(v)})
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
	images, links := s.pictured()
	for _, want := range e.Image {
		if !slices.ContainsFunc(images, func(a string) bool { return strings.HasPrefix(a, want) }) {
			miss("shows the pictures %q, want %q", images, want)
		}
	}
	for _, want := range e.Link {
		if !slices.ContainsFunc(links, func(a string) bool { return strings.HasPrefix(a, want) }) {
			miss("shows the links %q, want %q", links, want)
		}
	}
	if e.Silent && len(s.shown) > 0 {
		miss("says %q, want silence", text)
	}
	if e.ToUser != "" && !slices.ContainsFunc(s.shown, func(r chat.Reply) bool { return r.From != "" && strings.Contains(r.Text, e.ToUser) }) {
		miss("shows %q, want the seat's words %q", text, e.ToUser)
	}
	source := lastSource(v)
	if e.Source == predict {
		if len(s.shown) == 0 || v.Session.Offer == nil || v.Session.Offer.Kind != session.Likely {
			miss("offers no likely questions before a word, source is %q", source)
		}
	} else if e.Source != "" && !slices.ContainsFunc(strings.Fields(source), func(s string) bool { return strings.HasPrefix(s, e.Source) }) {
		miss("source is %q, want %q", source, e.Source)
	}
	s.compareEntry(e, source, text, miss)
	s.compareOffer(e, v, miss)
	comparePlace(s.rel.Language(), e, v, miss)
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
	if e.Verbatim && (entry == nil || !strings.Contains(text, strings.TrimSpace(entry.For(s.test.Given.Channel, s.test.Given.Channel)))) {
		miss("says %q, want entry %s word for word", text, e.KB)
	}
}

// predict is the source of likely questions that are shown before a word of the person, or on a vague opening.
const predict = "predict"

func (s *stage) compareOffer(e Expect, v *session.View, miss missed) {
	var items []session.Item
	if v.Session.Offer != nil {
		items = v.Session.Offer.Items
	}
	labels := make([]string, 0, len(items))
	ranked := make([]session.Item, 0, len(items)) // entries and dialogs, without 都不是 and the like
	for _, i := range items {
		labels = append(labels, i.Label)
		if strings.HasPrefix(i.Target, "kb:") || strings.HasPrefix(i.Target, "dialog:") {
			ranked = append(ranked, i)
		}
	}
	at := 0
	for _, want := range e.Likely {
		n := slices.Index(labels[at:], want)
		if n < 0 {
			miss("offers %q, want %q in this order", labels, e.Likely)
			break
		}
		at += n + 1
	}
	if e.Offered != nil && len(ranked) != *e.Offered {
		miss("offers %d entries and dialogs, %q, want %d", len(ranked), labels, *e.Offered)
	}
	if e.Factor == "" {
		return
	}
	if len(ranked) == 0 {
		miss("offers nothing, want an offer because of %q", e.Factor)
		return
	}
	name, _, _ := strings.Cut(ranked[0].Why, "=")
	if e.Factor != name && e.Factor != ranked[0].Why {
		miss("offers %q first because of %q, want because of %q", ranked[0].Label, ranked[0].Why, e.Factor)
	}
}

func comparePlace(own string, e Expect, v *session.View, miss missed) {
	p := v.Session.Place
	if p == nil {
		p = &session.Place{}
	}
	if e.Dialog != nil && p.Dialog != *e.Dialog {
		miss("is in dialog %q, want %q", p.Dialog, *e.Dialog)
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
	if lang := cmp.Or(v.Session.Lang, own); e.Lang != "" && lang != e.Lang {
		miss("speaks %q, want %q", lang, e.Lang)
	}
}

func (s *stage) compareCase(ctx context.Context, want Handoff, v *session.View, miss missed) {
	c, err := s.openCase(ctx)
	if err != nil {
		miss("no case was raised, want one in queue %q", want.Queue)
		return
	}
	if n := len(v.Lines); n == 0 || v.Lines[n-1].Turn == "" || c.ID != session.CaseID(s.address(), v.Lines[n-1].Turn) {
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
	if n := s.panics.Load(); n > 0 {
		failures = append(failures, fmt.Sprintf("after: %d turns panicked: a fault of xianda, please report it with this test", n))
	}
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
	v, err := s.store.Look(ctx, s.address())
	if err != nil || v.Session.Outcome == "" {
		return script.Abandoned
	}
	return script.Outcome(v.Session.Outcome)
}
