package sessiontest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Commit keeps o.
func (s *Memory) Commit(_ context.Context, cl *session.Claim, o session.Outcome) (session.Committed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	if c := s.find(cl.Message.From, now); c != nil && c.lastID == cl.Turn+" "+cl.Token {
		return copied(c.last), nil
	}
	c, err := s.holder(cl)
	if err != nil {
		return session.Committed{}, err
	}
	if c.epoch() != cl.Epoch {
		held := session.Committed{Epoch: c.epoch()}
		if c.hold != nil {
			hold := *c.hold
			held.Hold = &hold
		}
		return held, session.ErrHeld
	}
	kept, err := session.Encode(o.Session)
	if err != nil {
		return session.Committed{}, fmt.Errorf("commit: %w", err)
	}
	c.session, c.touched = kept, now
	d := c.known(cl.Message.ID)
	s.answer(c, d, cl, clone(o), now)
	s.leave(c, cl, clone(o), now)

	c.mailbox, c.token = c.mailbox[1:], ""
	c.last = session.Committed{Done: d.done(), Next: s.claim(c, now)}
	c.lastID = cl.Turn + " " + cl.Token
	return copied(c.last), nil
}

// copied is clone, minding what a session keeps outside of its plain fields.
func copied(c session.Committed) session.Committed {
	n := clone(c)
	if c.Next != nil {
		b, err := session.Encode(c.Next.Session)
		if err == nil {
			n.Next.Session, err = session.Decode(b)
		}
		if err != nil {
			panic(err) // our own
		}
	}
	return n
}

func (c *conversation) epoch() string {
	if c.hold == nil {
		return ""
	}
	return c.hold.Epoch
}

// answer decides how the delivery is answered, and keeps the debts.
func (s *Memory) answer(c *conversation, d *delivery, cl *session.Claim, o session.Outcome, now time.Time) {
	passive := d.state == session.Open && len(o.Passive) > 0 && !d.replyBy.IsZero() && !now.After(d.replyBy) &&
		c.carries(o.Carried, now)
	if passive {
		c.debts = slices.DeleteFunc(c.debts, func(d *debt) bool { return slices.Contains(o.Carried, d.ID) })
	}
	if o.Drop {
		c.dropBot()
	}
	if o.Revive {
		for _, d := range c.debts {
			if d.Kind == chat.ReplyDebt && d.Park && d.shows == nil {
				d.Park, d.Due = false, now
			}
		}
	}
	owed := o.Instead
	switch {
	case passive:
		d.state, d.replies = session.Passive, o.Passive
		c.hideBehind(&debt{
			Debt:  chat.Debt{Kind: chat.ReplyDebt, Due: d.replyBy.Add(d.redelivery), Park: o.Park, Turn: cl.Turn, Epoch: c.epoch(), Bot: true},
			shows: d, replies: o.Passive,
		})
		owed = o.Behind
	case d.state == session.Open && len(o.Passive) == 0 && len(o.Instead) == 0:
		d.state = session.Nothing
	case d.state == session.Open && o.Park:
		d.state = session.Kept
	case d.state == session.Open:
		d.state = session.Pushed
	}
	for _, n := range slices.Concat(owed, o.Always) {
		if n.Kind == chat.ReplyDebt && o.Park {
			n.Park, n.Due = true, time.Time{}
		}
		if !slices.ContainsFunc(c.debts, func(d *debt) bool { return d.shows == nil && d.ID == n.ID && d.Kind == n.Kind }) {
			c.debts = append(c.debts, &debt{Debt: n})
		}
	}
	c.bound(now)
}

// hideBehind keeps a passive reply that is not yet shown before every reply that is owed, so that none of these overtakes it.
func (c *conversation) hideBehind(p *debt) {
	i := slices.IndexFunc(c.debts, func(d *debt) bool { return d.Kind == chat.ReplyDebt && d.shows == nil })
	if i < 0 {
		i = len(c.debts)
	}
	c.debts = slices.Insert(c.debts, i, p)
}

// dropBot forgets what the bot still owes, passive replies that are not yet shown included.
func (c *conversation) dropBot() {
	c.debts = slices.DeleteFunc(c.debts, func(d *debt) bool {
		if d.shows == nil {
			return d.Kind == chat.ReplyDebt && d.Bot
		}
		d.replies = slices.DeleteFunc(slices.Clone(d.replies), func(r chat.Reply) bool { return r.From == "" })
		return len(d.replies) == 0
	})
}

// bound drops the oldest replies that nobody was lent, until what is owed keeps to its limit.
func (c *conversation) bound(now time.Time) {
	spare := len(c.debts) - session.MaxDebts
	c.debts = slices.DeleteFunc(c.debts, func(d *debt) bool {
		drop := spare > 0 && d.Kind == chat.ReplyDebt && d.shows == nil && (d.fence == "" || !now.Before(d.until))
		if drop {
			spare--
		}
		return drop
	})
}

// carries tells whether every debt of ids is still free to be shown.
func (c *conversation) carries(ids []string, now time.Time) bool {
	for _, id := range ids {
		i := slices.IndexFunc(c.debts, func(d *debt) bool { return d.ID == id })
		if i < 0 || c.debts[i].busy(now) {
			return false
		}
	}
	return true
}

// leave keeps the rest of an outcome.
func (s *Memory) leave(c *conversation, cl *session.Claim, o session.Outcome, now time.Time) {
	for _, k := range o.Cases {
		k.Transcript = append(k.Transcript, c.lines...)
		if k.Native != "" {
			k.State, k.Seat, k.Claimed = chat.Held, k.Native, now
		}
		s.cases[k.ID] = &k
		s.remember(c, k.ID)
	}
	for _, id := range o.Recall {
		switch k := s.cases[id]; {
		case k == nil:
		case k.State == chat.Waiting:
			k.State, k.Closed, k.CloseReason, k.Transcript = chat.Over, now, "recalled", nil
		case k.State == chat.Held && (c.hold == nil || c.hold.Case != id):
			k.State, k.Closed, k.CloseReason = chat.Over, now, "native"
		}
	}
	c.timers = slices.DeleteFunc(c.timers, func(t session.Timer) bool {
		return slices.Contains(o.Unset, t.Name) || slices.ContainsFunc(o.Timers, func(n session.Timer) bool { return n.Name == t.Name })
	})
	c.timers = append(c.timers, o.Timers...)
	s.say(c, o.Lines)
	for name, n := range o.Counts {
		s.counts[name] += n
	}
	s.ledger[c.address] = append(s.ledger[c.address], o.Ledger...)
	if o.Dead != nil {
		s.dead = append(s.dead, *o.Dead)
	}
}

// maxChildren is how many cases of one conversation are remembered.
const maxChildren = 20

// remember adds a case to its conversation. Beyond the limit the one that was closed first is forgotten, or the oldest that no seat holds.
func (s *Memory) remember(c *conversation, id string) {
	c.children = slices.DeleteFunc(c.children, func(old string) bool { return s.cases[old] == nil })
	c.children = append(c.children, id)
	for len(c.children) > maxChildren {
		first := 0
		if c.hold != nil && c.hold.Case == c.children[0] {
			first = 1
		}
		for i, old := range c.children {
			a, b := s.cases[old], s.cases[c.children[first]]
			if a.State == chat.Over && (b.State != chat.Over || a.Closed.Before(b.Closed)) {
				first = i
			}
		}
		delete(s.cases, c.children[first])
		c.children = slices.Delete(c.children, first, first+1)
	}
}

// say keeps lines with the conversation, those of the last turns, and with its open cases.
func (s *Memory) say(c *conversation, lines []chat.Line) {
	c.lines = append(c.lines, lines...)
	turns := 0
	for i := len(c.lines) - 1; i >= 0; i-- {
		if i == len(c.lines)-1 || c.lines[i].Turn != c.lines[i+1].Turn {
			turns++
		}
		if turns > session.Lines {
			c.lines = slices.Clone(c.lines[i+1:])
			break
		}
	}
	for _, id := range c.children {
		if k := s.cases[id]; k != nil && k.State != chat.Over {
			k.Transcript = append(k.Transcript, lines...)
			k.Transcript = k.Transcript[max(0, len(k.Transcript)-maxTranscript):]
		}
	}
}

const maxTranscript = 50 // chat.Case

// Look shows a conversation.
func (s *Memory) Look(_ context.Context, a chat.Address) (*session.View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	c := s.find(a, now)
	if c == nil {
		return nil, session.ErrUnknown
	}
	kept, err := session.Decode(c.session)
	if err != nil {
		return nil, err
	}
	v := &session.View{Session: kept, Lines: slices.Clone(c.lines), Rights: c.live(now), Mailbox: len(c.mailbox)}
	for _, d := range c.debts {
		if d.shows == nil {
			v.Owed = append(v.Owed, session.Unpaid{Debt: clone(d.Debt), Lent: d.busy(now)})
		}
	}
	if c.hold != nil {
		hold := *c.hold
		v.Hold = &hold
	}
	return v, nil
}

// Forget removes everything of a conversation.
func (s *Memory) Forget(_ context.Context, a chat.Address) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.convs[a]; c != nil {
		for _, id := range c.children {
			delete(s.cases, id)
		}
	}
	delete(s.convs, a)
	delete(s.ledger, a)
	s.dead = slices.DeleteFunc(s.dead, func(d chat.Dead) bool { return d.Message.From == a })
	return nil
}

// Deads lists dead letters.
func (s *Memory) Deads(_ context.Context, n int) ([]chat.Dead, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := clone(s.dead)
	slices.SortStableFunc(all, func(x, y chat.Dead) int { return x.At.Compare(y.At) })
	return all[:min(n, len(all))], nil
}

// Replay puts a dead letter back into its mailbox.
func (s *Memory) Replay(_ context.Context, id string) (chat.Address, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.dead, func(d chat.Dead) bool { return d.ID == id })
	if i < 0 {
		return chat.Address{}, session.ErrUnknown
	}
	m := s.dead[i].Message
	s.dead = slices.Delete(s.dead, i, i+1)
	now := s.clock()
	m.ID, m.ReplyBy, m.Right = "replay-"+s.next(), time.Time{}, nil
	s.post(s.make(m.From, now), m, 0, now)
	return m.From, nil
}

// Bury drops a dead letter.
func (s *Memory) Bury(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.dead, func(d chat.Dead) bool { return d.ID == id })
	if i < 0 {
		return session.ErrUnknown
	}
	s.dead = slices.Delete(s.dead, i, i+1)
	return nil
}
