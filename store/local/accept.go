package local

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// offered is a message on its way into a mailbox.
type offered struct {
	message    chat.Message
	body       json.RawMessage // message as JSON
	redelivery time.Duration
	post       bool
	over       bool // joins although the mailbox is full
}

// accept records a message once and claims the head of the mailbox if nobody holds the lease.
func (c *conversation) accept(o offered, t *moment) (session.Accepted, error) {
	m := o.message
	if d := c.delivery(m.ID); d != nil {
		return c.known(d, ms(m.ReplyBy), o.post, t)
	}
	if m.Kind == chat.Seat || m.Kind == chat.Closed {
		if c.Hold == nil || c.Hold.Case != m.Case {
			return session.Accepted{}, session.ErrUnknown
		}
		if c.Hold.Seat != m.Name {
			return session.Accepted{}, session.ErrOwned
		}
		if len(c.Debts) >= session.MaxDebts {
			return session.Accepted{}, chat.ErrBusy
		}
	}
	if err := c.join(o, t); err != nil {
		return session.Accepted{}, err
	}
	if m.Right != nil {
		c.grant(*m.Right, ms(m.At), t)
	}
	a := session.Accepted{Fresh: true, Waiting: true}
	if o.post {
		return a, nil
	}
	return c.claimed(a, m.ID, t)
}

// Events that others post are remembered for a day, so that they could fill the list of ids on which people depend.
const (
	longKept = time.Hour
	maxLong  = 256 // ids of one conversation that are kept for longer than longKept; beyond it events are refused
)

// join puts a new message at the end of the mailbox.
func (c *conversation) join(o offered, t *moment) error {
	if len(c.Mailbox) >= session.MaxMailbox && !o.over {
		return chat.ErrBusy
	}
	c.forgetDeliveries(t.now)
	long := o.post && o.redelivery > longKept
	if long && c.longs() >= maxLong {
		return chat.ErrBusy
	}
	if len(c.Deliveries) >= session.MaxIDs && !o.over {
		return chat.ErrBusy
	}
	wait := max(o.redelivery, session.MinRedelivery).Milliseconds()
	by := ms(o.message.ReplyBy)
	t.n++
	turn := strconv.FormatInt(t.now, 36) + "-" + strconv.FormatUint(t.n, 36)
	c.Deliveries = append(c.Deliveries, delivery{
		ID: o.message.ID, State: session.Open, Keep: keptUntil(t.now, by, wait), ReplyBy: by, Wait: wait, Turn: turn, Place: int64(t.n), Long: long,
	})
	c.Mailbox = append(c.Mailbox, letter{ID: o.message.ID, Body: o.body, Turn: turn})
	c.Touched, c.changed = t.now, true
	return nil
}

// keptUntil is how long a delivery is remembered that came now, can be answered by by and comes again within wait.
func keptUntil(now, by, wait int64) int64 {
	keep := max(now, by) + wait
	if by > now {
		keep += session.MinRedelivery.Milliseconds() // it may have to become a debt first
	}
	return keep
}

func (c *conversation) longs() int {
	n := 0
	for i := range c.Deliveries {
		if c.Deliveries[i].Long {
			n++
		}
	}
	return n
}

// forgetDeliveries lets old ids fall out: all but the last KeptIDs (with the one that joins) that are older than their redelivery.
func (c *conversation) forgetDeliveries(now int64) {
	old := len(c.Deliveries) - session.KeptIDs + 1
	if old <= 0 {
		return
	}
	kept := c.Deliveries[:0]
	for i, d := range c.Deliveries {
		if i >= old || d.Keep > now || d.Unshown || c.waits(d.ID) {
			kept = append(kept, d)
		}
	}
	clear(c.Deliveries[len(kept):])
	c.Deliveries = kept
}

// waits tells whether a delivery is still in the mailbox.
func (c *conversation) waits(id string) bool { return c.letter(id) != nil }

// letter is the message of a delivery that is not judged yet, nil when there is none.
func (c *conversation) letter(id string) *letter {
	for i := range c.Mailbox {
		if c.Mailbox[i].ID == id {
			return &c.Mailbox[i]
		}
	}
	return nil
}

// known answers an offered delivery that was recorded before. by is until when the request that brings it now can be answered, 0: not.
func (c *conversation) known(d *delivery, by int64, post bool, t *moment) (session.Accepted, error) {
	if d.State != session.Open {
		return session.Accepted{Done: d.done()}, nil
	}
	if err := c.extend(d, by, t.now); err != nil {
		return session.Accepted{}, err
	}
	if post {
		return session.Accepted{Waiting: true}, nil
	}
	return c.claimed(session.Accepted{Waiting: true}, d.ID, t)
}

// extend lets an open delivery be answered until by, if that is later: another request for it waits now.
func (c *conversation) extend(d *delivery, by, now int64) error {
	if by <= d.ReplyBy {
		return nil
	}
	if l := c.letter(d.ID); l != nil {
		var m chat.Message
		if err := json.Unmarshal(l.Body, &m); err != nil {
			return c.damaged(err)
		}
		m.ReplyBy = at(by)
		body, err := json.Marshal(m)
		if err != nil {
			return err
		}
		l.Body = body
	}
	d.ReplyBy, d.Keep, c.changed = by, max(d.Keep, keptUntil(now, by, d.Wait)), true
	return nil
}

func (d *delivery) done() *session.Done {
	done := session.Done{State: d.State}
	if d.State == session.Passive {
		done.Replies = copied(d.Replies)
	}
	return &done
}

// claimed adds the claim of the head to a, if nobody holds it; id is the delivery that is asked for.
func (c *conversation) claimed(a session.Accepted, id string, t *moment) (session.Accepted, error) {
	claim, err := c.claim(t)
	if err != nil || claim == nil {
		return a, err
	}
	a.Claim = claim
	a.Waiting = claim.Message.ID != id
	return a, nil
}

// claim takes the lease of the head of the mailbox; nil when somebody holds it, or nothing is there. Whoever held it before without
// giving it back has tried.
func (c *conversation) claim(t *moment) (*session.Claim, error) {
	if c.held(t.now) || len(c.Mailbox) == 0 {
		return nil, nil
	}
	head := &c.Mailbox[0]
	tries := head.Tries
	if c.Lease != nil {
		tries++
	}
	was := c.Lease
	c.Lease = &lease{t.next(), t.now + session.Lease.Milliseconds()}
	claim, err := c.describe(c.Lease.Token, tries, t)
	if err != nil {
		c.Lease = was
		return nil, err
	}
	head.Tries, c.changed = tries, true
	return claim, nil
}

// describe is the claim of the head under a token.
func (c *conversation) describe(token string, tries int, t *moment) (*session.Claim, error) {
	head := &c.Mailbox[0]
	claim := &session.Claim{
		Turn: head.Turn, Token: token, State: session.Open, Unpaid: c.unpaid(t.now, true), Rights: c.liveRights(t.now),
		Hold: c.hold(), Epoch: c.epoch(), Tries: tries, Now: t.time(),
	}
	if err := json.Unmarshal(head.Body, &claim.Message); err != nil {
		return nil, c.damaged(err)
	}
	var err error
	if claim.Session, err = session.Decode(c.Session); err != nil {
		return nil, c.damaged(err)
	}
	if d := c.delivery(head.ID); d != nil {
		claim.State = d.State
	}
	if head.Resume != nil {
		cp := *head.Resume
		cp.Results = make([][]byte, len(head.Resume.Results))
		for i, r := range head.Resume.Results {
			cp.Results[i] = append([]byte(nil), r...)
		}
		claim.Resume = &cp
	}
	return claim, nil
}

// copied is a copy of replies whose lists nobody shares.
func copied(all []chat.Reply) []chat.Reply {
	if all == nil {
		return nil
	}
	out := make([]chat.Reply, len(all))
	for i, r := range all {
		r.Choices = append([]chat.Choice(nil), r.Choices...)
		r.Media = append([]chat.Media(nil), r.Media...)
		out[i] = r
	}
	return out
}
