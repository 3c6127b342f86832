package dialog

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// linked is what the house knows of the person beyond this conversation: whose it is, and what another one of theirs tells.
func (t *turn) linked() {
	switch t.message.Event {
	case session.EventShare:
		t.shared()
	case session.EventLook:
		t.out.reason = "looked"
	default:
		t.belongs()
	}
}

// belongs keeps whose the conversation is: the product's user, their profile, what happened before this conversation was known, and which
// others are theirs. What came from one that is not theirs any more is forgotten in this very turn.
func (t *turn) belongs() {
	t.out.reason = "linked"
	var told session.Linked
	if json.Unmarshal(t.message.Data, &told) != nil {
		t.out.reason = "ignored"
		return
	}
	t.s.User, t.s.Profile = told.User, told.Profile
	if told.User == "" {
		t.s.Profile = nil
	}
	for _, o := range told.Trace {
		t.remember(o)
	}
	theirs := func(m session.Mate) bool {
		return slices.ContainsFunc(told.Others, func(o session.Other) bool { return o.At == m.At })
	}
	for _, m := range slices.Clone(t.s.Mates) {
		if !theirs(m) {
			t.forgetMate(m.At)
		}
	}
	t.s.Mates = slices.DeleteFunc(t.s.Mates, func(m session.Mate) bool { return !theirs(m) })
	for _, o := range told.Others {
		m := t.mate(o.At)
		if m == nil {
			t.s.Mates = append(t.s.Mates, session.Mate{At: o.At})
			m = &t.s.Mates[len(t.s.Mates)-1]
			t.wants = append(t.wants, o.At)
		}
		m.Where = cmp.Or(o.Where, m.Where)
	}
	if len(t.s.Mates) == 0 {
		t.s.Mates, t.s.Told = nil, ""
	}
	if told.Joined != "" && !t.s.Gone {
		t.say(t.filled(t.texts().LinkTold, map[string]any{"where": told.Joined}), "text:link_told")
	}
}

// mate is another conversation of the person; nil when it is none.
func (t *turn) mate(at chat.Address) *session.Mate {
	for i := range t.s.Mates {
		if t.s.Mates[i].At == at {
			return &t.s.Mates[i]
		}
	}
	return nil
}

// forgetMate takes out of the session what came from a conversation that is not the person's any more, taken over values included: a
// dialog that holds one of them is let go.
func (t *turn) forgetMate(at chat.Address) {
	from := at.String()
	holds := func(p session.Place) bool {
		return p.From == from || slices.Contains(slices.Collect(maps.Values(p.Carried)), from)
	}
	if t.s.Place != nil && holds(*t.s.Place) || slices.ContainsFunc(t.s.Stack, holds) {
		t.leaveDialog()
		t.s.Offer = nil
	}
	if o := t.s.Offer; o != nil && slices.ContainsFunc(o.Items, func(i session.Item) bool {
		return strings.HasPrefix(i.Target, toThere) || strings.HasPrefix(i.Target, toReuse)
	}) {
		t.s.Offer = nil
	}
	if w := t.s.Waiting; w != nil {
		w.Carried = maps.Clone(w.Carried)
		maps.DeleteFunc(w.Carried, func(_ string, c session.Carried) bool { return c.From == from })
	}
	if r := t.s.Reach; r != nil && *r == at {
		t.s.Reach = nil
	}
	for i := range t.s.Mates { // what another one took over from there
		if k := t.s.Mates[i].Known; k != nil && k.Place != nil && (holds(*k.Place) || slices.ContainsFunc(k.Stack, holds)) {
			less := *k
			less.Place, less.Stack = nil, nil
			t.s.Mates[i].Known = &less
		}
	}
}

// cloneMates copies what a judgement may change of them; what they told is replaced as a whole.
func cloneMates(s *session.Session) {
	s.Mates, s.Given = slices.Clone(s.Mates), maps.Clone(s.Given)
	if s.Reach != nil {
		r := *s.Reach
		s.Reach = &r
	}
	if s.Guesses != nil {
		g := *s.Guesses
		s.Guesses = &g
	}
}
