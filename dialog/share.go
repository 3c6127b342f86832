package dialog

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// tell is what is told to one other conversation of the person in this turn.
func (t *turn) tell(at chat.Address) *session.Share {
	for i := range t.out.shares {
		if t.out.shares[i].To == at {
			return &t.out.shares[i]
		}
	}
	t.out.shares = append(t.out.shares, session.Share{To: at, From: t.message.From})
	return &t.out.shares[len(t.out.shares)-1]
}

// share tells the person's other conversations what changed of this one: all of them if something did, else those that ask. Who has no
// others is not looked at.
func (t *turn) share() {
	if len(t.s.Mates) == 0 {
		return
	}
	known, cut := t.telling().Bounded()
	text, err := json.Marshal(known)
	if err != nil {
		return // plain data of our own: cannot be
	}
	sum := fnv.New64a()
	sum.Write(text)
	hash := fmt.Sprintf("%x", sum.Sum64())
	for _, m := range t.s.Mates {
		fresh := slices.Contains(t.wants, m.At)
		if fresh || hash != t.s.Told || slices.Contains(t.owing, m.At) {
			s := t.tell(m.At)
			s.Known, s.Want = &known, fresh
		}
	}
	if hash != t.s.Told && cut {
		t.out.counts["share_cut"]++
	}
	t.s.Told = hash
}

// telling is what the others may know of this conversation.
func (t *turn) telling() session.Known {
	k := session.Known{Given: t.s.Given, Recent: t.s.Recent, Last: t.s.Last, Asked: t.s.Asked, Tried: t.s.Tried}
	if p := t.s.Place; p != nil && p.Asking != "" && t.s.Waiting == nil && t.hold == nil {
		k.Place = toldPlace(*p)
		for _, below := range t.s.Stack {
			k.Stack = append(k.Stack, *toldPlace(below))
		}
	}
	switch w := t.s.Waiting; {
	case t.hold != nil:
		k.Case = &session.OpenCase{ID: t.hold.Case, Held: true}
		if w != nil {
			k.Case.Queue, k.Case.Raised, k.Case.Wanted = w.Queue, w.Raised, w.Wanted
		}
	case w != nil:
		k.Case = &session.OpenCase{ID: w.Case, Queue: w.Queue, Raised: w.Raised, Wanted: w.Wanted}
	}
	return k
}

// toldPlace is where a dialog stands, without how the person went about it.
func toldPlace(p session.Place) *session.Place {
	return &session.Place{
		Dialog: p.Dialog, Version: p.Version, Step: p.Step, Slots: p.Slots, Order: p.Order, Saved: p.Saved, Asking: p.Asking, Begun: p.Begun,
		Paused: p.Paused, Carried: p.Carried,
	}
}

// shared is what another conversation of the person tells. One that is not theirs (any more) is not listened to: whoever may have sent it
// proves nothing.
func (t *turn) shared() {
	var s session.Share
	if json.Unmarshal(t.message.Data, &s) != nil || s.To != t.message.From {
		t.out.reason = "ignored"
		return
	}
	t.out.reason = "shared"
	if s.Back {
		t.cameBack(s)
		return
	}
	m := t.mate(s.From)
	if m == nil {
		t.out.reason = "share_refused"
		if s.Words != "" || len(s.Media) > 0 { // they are the other's own: it shows them itself
			*t.tell(s.From) = session.Share{To: s.From, From: s.To, Seat: s.Seat, Words: s.Words, Media: s.Media, Back: true}
		}
		return
	}
	if s.Where != "" {
		m.Where = s.Where
	}
	if s.Known != nil {
		s.Known.At = t.now
		m.Known = s.Known
		if p := s.Known.Place; p == nil || p.Matter() != m.Spent {
			m.Spent = ""
		}
	}
	if s.Want {
		t.owing = append(t.owing, s.From)
	}
	t.tookDialog(s)
	t.tookCase(s)
	t.caseThere(m, s)
	t.wordsThere(s)
}

// tookDialog lets a dialog go that goes on in another conversation, or was settled there.
func (t *turn) tookDialog(s session.Share) {
	p := t.s.Place
	if s.Took == "" || p == nil || p.Matter() != s.Took {
		return
	}
	t.out.path = append(t.out.path, "moved:"+p.Dialog+"/"+p.Step)
	t.leaveDialog()
}

// shareDebts are the shares of a judgement as they are owed. The chain makes their ids new after a conversation was forgotten and began
// anew.
func shareDebts(c *session.Claim, j judgement) []chat.Debt {
	var all []chat.Debt
	for n, s := range j.shares {
		body, err := json.Marshal(s)
		if err != nil {
			continue // plain data of our own: cannot be
		}
		all = append(all, chat.Debt{
			ID: fmt.Sprintf("share-%s-%.8s-%d", c.Turn, j.session.Chain, n), Kind: chat.ShareDebt,
			To: c.Message.From, Body: body, Due: c.Now, Turn: c.Turn,
		})
	}
	return all
}
