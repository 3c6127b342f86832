package local

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// mine tells whether the claim's lease is still held.
func (c *conversation) mine(token string, now int64) bool {
	return c.held(now) && c.Lease.Token == token && len(c.Mailbox) > 0
}

func (c *conversation) renew(token string, t *moment) ([]chat.Message, error) {
	if !c.mine(token, t.now) {
		return nil, session.ErrLost
	}
	var all []chat.Message
	for _, l := range c.Mailbox[1:] {
		var m chat.Message
		if err := json.Unmarshal(l.Body, &m); err != nil {
			return nil, c.damaged(err)
		}
		all = append(all, m)
	}
	c.Lease.Until, c.changed = t.now+session.Lease.Milliseconds(), true
	return all, nil
}

func (c *conversation) release(token string, t *moment) error {
	if !c.mine(token, t.now) {
		return session.ErrLost
	}
	c.Lease, c.changed = nil, true
	return nil
}

func (c *conversation) checkpoint(token string, cp session.Checkpoint, t *moment) error {
	if !c.mine(token, t.now) {
		return session.ErrLost
	}
	kept := cp
	kept.Results = make([][]byte, len(cp.Results))
	for i, r := range cp.Results {
		kept.Results[i] = slices.Clone(r)
	}
	c.Mailbox[0].Resume, c.changed = &kept, true
	return nil
}

func (c *conversation) late(id string, push bool) (session.Done, error) {
	d := c.delivery(id)
	if d == nil {
		return session.Done{}, session.ErrUnknown
	}
	if d.State == session.Open {
		d.State, c.changed = session.Kept, true
		if push {
			d.State = session.Pushed
		}
	}
	return *d.done(), nil
}

// outcome is a session.Outcome, written already.
type outcome struct {
	session.Outcome
	session []byte
	lines   json.RawMessage // nil: nothing was said
}

// written prepares o for commit, so that nothing can fail later.
func written(o session.Outcome) (outcome, error) {
	w := outcome{Outcome: o}
	var err error
	if w.session, err = session.Encode(o.Session); err != nil {
		return w, err
	}
	if len(o.Lines) > 0 {
		if w.lines, err = json.Marshal(o.Lines); err != nil {
			return w, err
		}
	}
	w.Passive = copied(o.Passive)
	w.Cases = nil
	for _, k := range o.Cases {
		own, err := copiedCase(k)
		if err != nil {
			return w, err
		}
		w.Cases = append(w.Cases, *own)
	}
	return w, nil
}

// commit keeps the outcome of a turn and hands over the next message, or frees the lease.
func (c *conversation) commit(claim *session.Claim, o outcome, t *moment) (session.Committed, error) {
	d := c.delivery(claim.Message.ID)
	if d == nil {
		return session.Committed{}, session.ErrLost
	}
	if d.Token == claim.Token {
		return c.committed(d, t)
	}
	if !c.mine(claim.Token, t.now) || c.Mailbox[0].ID != d.ID {
		return session.Committed{}, session.ErrLost
	}
	if c.epoch() != claim.Epoch {
		return session.Committed{Hold: c.hold(), Epoch: c.epoch()}, session.ErrHeld
	}
	c.settleDebts(d, o, t.now)
	c.settleTimers(o)
	c.settleCases(o, t)
	if o.Dead != nil {
		c.die(*o.Dead)
	}
	c.Session = o.session
	if o.lines != nil {
		c.Lines = append(c.Lines, o.lines)
		if n := len(c.Lines) - session.Lines; n > 0 {
			c.Lines = slices.Delete(c.Lines, 0, n)
		}
	}
	c.left.ledger, c.left.counts = o.Ledger, maps.Clone(o.Counts)
	d.Token, d.Epoch, d.Park = claim.Token, claim.Epoch, o.Park
	c.Mailbox = slices.Delete(c.Mailbox, 0, 1)
	c.Lease, c.Handed = nil, nil
	c.Touched, c.changed = t.now, true
	next, err := c.claim(t)
	if err != nil {
		// The next message cannot be read. This turn is kept all the same; the sweep will say so again.
		next = nil
	}
	if next != nil {
		c.Handed = &handed{claim.Token, next.Token, next.Message.ID}
	}
	return session.Committed{Done: *d.done(), Next: next}, nil
}

// committed is the result of a commit asked again. The claim that it handed over may have been lost since: its holder will see.
func (c *conversation) committed(d *delivery, t *moment) (session.Committed, error) {
	r := session.Committed{Done: *d.done()}
	if c.Handed == nil || c.Handed.Token != d.Token || len(c.Mailbox) == 0 || c.Mailbox[0].ID != c.Handed.ID {
		return r, nil
	}
	var err error
	r.Next, err = c.describe(c.Handed.Next, c.Mailbox[0].Tries, t)
	return r, err
}

// settleDebts decides how the delivery is answered and what is owed.
func (c *conversation) settleDebts(d *delivery, o outcome, now int64) {
	passive := d.State == session.Open && len(o.Passive) > 0 && d.ReplyBy != 0 && d.ReplyBy >= now
	for _, id := range o.Carried {
		// A debt that was paid or lent meanwhile must not be shown again, so that the answer cannot be passive any more.
		passive = passive && slices.ContainsFunc(c.Debts, func(d debt) bool { return d.ID == id && d.Kind == chat.ReplyDebt && d.free(now) })
	}
	if o.Drop {
		c.dropBot()
	}
	owe := o.Instead
	switch {
	case passive:
		d.State, d.Replies, d.Unshown = session.Passive, o.Passive, true
		c.Debts = slices.DeleteFunc(c.Debts, func(d debt) bool { return d.Kind == chat.ReplyDebt && slices.Contains(o.Carried, d.ID) })
		c.follow(d.Place)
		owe = o.Behind
	case d.State == session.Open && len(o.Passive) == 0 && len(o.Instead) == 0:
		d.State = session.Nothing
	case d.State == session.Open && o.Park:
		d.State = session.Kept
	case d.State == session.Open:
		d.State = session.Pushed
	}
	if o.Revive {
		for i := range c.Debts {
			if c.Debts[i].Park && c.Debts[i].Kind == chat.ReplyDebt {
				c.Debts[i].Park, c.Debts[i].Due = false, at(now)
			}
		}
	}
	c.owe(now, d.Place, o.Park, owe...)
	c.owe(now, d.Place, o.Park, o.Always...)
}

// follow puts what is owed already behind the passive reply of the turn at place, so that nothing of it is shown before that.
func (c *conversation) follow(place int64) {
	for i := range c.Debts {
		if d := &c.Debts[i]; d.Kind == chat.ReplyDebt {
			d.Place = max(d.Place, place)
		}
	}
}

// dropBot forgets what the bot still owes, passive replies that are not yet shown included.
func (c *conversation) dropBot() {
	c.Debts = slices.DeleteFunc(c.Debts, func(d debt) bool { return d.Kind == chat.ReplyDebt && d.Bot })
	for i := range c.Deliveries {
		d := &c.Deliveries[i]
		if !d.Unshown {
			continue
		}
		d.Left = true
		d.Unshown = slices.ContainsFunc(d.Replies, func(r chat.Reply) bool { return r.From != "" })
	}
}

func (c *conversation) settleTimers(o outcome) {
	c.Timers = slices.DeleteFunc(c.Timers, func(t session.Timer) bool {
		return slices.Contains(o.Unset, t.Name) || slices.ContainsFunc(o.Timers, func(n session.Timer) bool { return n.Name == t.Name })
	})
	c.Timers = append(c.Timers, o.Timers...)
}

// maxDeads bounds the dead letters of one conversation.
const maxDeads = 64

func (c *conversation) die(d chat.Dead) {
	if slices.Contains(c.Deads, d.ID) {
		return
	}
	c.Deads = append(c.Deads, d.ID)
	c.left.deads = append(c.left.deads, d)
	if len(c.Deads) > maxDeads {
		c.left.buried = append(c.left.buried, c.Deads[0])
		c.Deads = slices.Delete(c.Deads, 0, 1)
	}
}
