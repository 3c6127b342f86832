package sessiontest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// again answers for a delivery that came before.
func (s *Memory) again(c *conversation, d *delivery, mayClaim bool, now time.Time) (session.Accepted, error) {
	if d.state != session.Open {
		done := d.done()
		return session.Accepted{Done: &done}, nil
	}
	a := session.Accepted{Waiting: true}
	if mayClaim {
		a.Claim = s.claim(c, now)
		a.Waiting = a.Claim == nil || a.Claim.Message.ID != d.id
	}
	return a, nil
}

func (d *delivery) done() session.Done {
	done := session.Done{State: d.state}
	if d.state == session.Passive {
		done.Replies = clone(d.replies)
	}
	return done
}

// claim takes the head of the mailbox if nobody holds it; nil: somebody does, or it is empty.
func (s *Memory) claim(c *conversation, now time.Time) *session.Claim {
	if len(c.mailbox) == 0 || c.token != "" && now.Before(c.until) {
		return nil
	}
	l := c.mailbox[0]
	if c.token != "" { // it ran out
		l.tries++
	}
	c.token, c.until = s.next(), now.Add(session.Lease)
	kept, err := session.Decode(c.session)
	if err != nil {
		panic(err) // our own bytes
	}
	claim := &session.Claim{
		Turn: l.turn, Token: c.token, Message: clone(l.message), Session: kept, State: c.known(l.message.ID).state,
		Unpaid: c.unpaid(now), Rights: c.live(now), Tries: l.tries, Now: now,
	}
	if c.hold != nil {
		hold := *c.hold
		claim.Hold, claim.Epoch = &hold, hold.Epoch
	}
	if l.resume != nil {
		cp := clone(*l.resume)
		claim.Resume = &cp
	}
	return claim
}

func (c *conversation) unpaid(now time.Time) []session.Unpaid {
	var all []session.Unpaid
	for _, d := range c.debts {
		if d.Kind == chat.ReplyDebt && d.shows == nil {
			all = append(all, session.Unpaid{Debt: clone(d.Debt), Lent: d.busy(now)})
		}
	}
	return all
}

func (d *debt) busy(now time.Time) bool {
	return d.fence != "" && now.Before(d.until) || (d.shows != nil || !d.Park) && d.Due.After(now)
}

// ClaimReply asks what became of m.
func (s *Memory) ClaimReply(_ context.Context, m chat.Message) (session.Accepted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	c := s.find(m.From, now)
	if c == nil {
		return session.Accepted{}, session.ErrUnknown
	}
	d := c.known(m.ID)
	if d == nil {
		return session.Accepted{}, session.ErrUnknown
	}
	c.extend(d, m.ReplyBy)
	return s.again(c, d, true, now)
}

// Late settles that m is not answered passively.
func (s *Memory) Late(_ context.Context, m chat.Message, push bool) (session.Done, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.find(m.From, s.clock())
	if c == nil {
		return session.Done{}, session.ErrUnknown
	}
	d := c.known(m.ID)
	if d == nil {
		return session.Done{}, session.ErrUnknown
	}
	if d.state == session.Open {
		d.state = session.Kept
		if push {
			d.state = session.Pushed
		}
	}
	return d.done(), nil
}

// holder returns the conversation that c claims, if its lease is still c's.
func (s *Memory) holder(c *session.Claim) (*conversation, error) {
	conv := s.find(c.Message.From, s.clock())
	if conv == nil || conv.token == "" || conv.token != c.Token {
		return nil, session.ErrLost
	}
	return conv, nil
}

// Renew extends the lease.
func (s *Memory) Renew(_ context.Context, c *session.Claim) ([]chat.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	conv, err := s.holder(c)
	if err != nil {
		return nil, err
	}
	conv.until = s.clock().Add(session.Lease)
	var behind []chat.Message
	for _, l := range conv.mailbox[1:] {
		behind = append(behind, clone(l.message))
	}
	return behind, nil
}

// Checkpoint keeps cp beside the claimed message.
func (s *Memory) Checkpoint(_ context.Context, c *session.Claim, cp session.Checkpoint) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	conv, err := s.holder(c)
	if err != nil {
		return err
	}
	cp = clone(cp)
	conv.mailbox[0].resume = &cp
	return nil
}

// Release gives the claim back.
func (s *Memory) Release(_ context.Context, c *session.Claim) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	conv, err := s.holder(c)
	if err != nil {
		return err
	}
	conv.token = ""
	return nil
}

// Take does what is due in one conversation.
func (s *Memory) Take(_ context.Context, a chat.Address) (*session.Claim, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	c := s.find(a, now)
	if c == nil {
		return nil, nil
	}
	slices.SortStableFunc(c.timers, func(x, y session.Timer) int { return x.Due.Compare(y.Due) })
	for len(c.timers) > 0 && !c.timers[0].Due.After(now) {
		t := c.timers[0]
		c.timers = c.timers[1:]
		if c.known(t.ID) == nil {
			s.post(c, chat.Message{ID: t.ID, Kind: chat.Timer, From: a, Event: t.Name, At: t.Due}, 0, now)
		}
	}
	c.expose(now)
	return s.claim(c, now), nil
}

// expose makes debts of the passive replies whose redelivery time passed unshown.
func (c *conversation) expose(now time.Time) {
	var debts []*debt
	for _, d := range c.debts {
		if d.shows == nil || d.Due.After(now) {
			debts = append(debts, d)
			continue
		}
		d.shows.state, d.shows.replies = session.Pushed, nil
		for _, r := range d.replies {
			body, err := json.Marshal(r)
			if err != nil {
				panic(err) // plain data
			}
			o := chat.Debt{ID: r.Key, Kind: chat.ReplyDebt, To: c.address, Body: body, Due: now, Park: d.Park, Turn: d.Turn, Epoch: d.Epoch, Bot: r.From == ""}
			if o.Park {
				o.Due = time.Time{}
			}
			debts = append(debts, &debt{Debt: o})
		}
	}
	c.debts = debts
}

// Due lists conversations in which something is due.
func (s *Memory) Due(_ context.Context, n int) ([]chat.Address, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	var due []chat.Address
	for a, c := range s.convs {
		if c.due(now) {
			due = append(due, a)
		}
	}
	slices.SortFunc(due, func(x, y chat.Address) int { return cmp.Compare(x.String(), y.String()) })
	return due[:min(n, len(due))], nil
}

func (c *conversation) due(now time.Time) bool {
	if len(c.mailbox) > 0 && (c.token == "" || !now.Before(c.until)) {
		return true
	}
	if slices.ContainsFunc(c.timers, func(t session.Timer) bool { return !t.Due.After(now) }) {
		return true
	}
	for _, kind := range chat.DebtKinds() {
		if d := c.oldest(kind); d != nil && (d.shows != nil || !d.Park) && !d.busy(now) {
			return true
		}
	}
	return false
}

func (c *conversation) oldest(kind chat.DebtKind) *debt {
	for _, d := range c.debts {
		if d.Kind == kind {
			return d
		}
	}
	return nil
}
