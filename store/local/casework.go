package local

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

const (
	maxCases      = 20 // of one conversation, open and closed
	maxNotes      = 50
	maxTranscript = 50
)

// settleCases raises and recalls what a turn did.
func (c *conversation) settleCases(o outcome, t *moment) {
	for _, k := range o.Cases {
		if slices.ContainsFunc(c.Cases, func(r caseRef) bool { return r.ID == k.ID }) {
			continue
		}
		k.State, k.Conversation, k.Transcript = chat.Waiting, c.Address, nil
		if k.Raised.IsZero() {
			k.Raised = t.time()
		}
		if k.Native != "" { // the platform's own seats have it from the beginning
			k.State, k.Seat, k.Claimed = chat.Held, k.Native, t.time()
		}
		c.Cases = append(c.Cases, caseRef{ID: k.ID})
		c.keepCase(&k)
	}
	for len(c.Cases) > maxCases {
		c.forgetCase()
	}
	for _, id := range o.Recall {
		switch k := c.cases[id]; {
		case k == nil:
		case k.State == chat.Waiting:
			c.over(k, "recalled", nil, t)
		case k.State == chat.Held && (c.Hold == nil || c.Hold.Case != id): // no seat of the house: the platform's own had it
			c.over(k, "native", c.transcript(), t)
		}
	}
}

// forgetCase forgets the case that was closed first, or the oldest that waits when all are open.
func (c *conversation) forgetCase() {
	first, until := 0, int64(math.MaxInt64)
	for i, k := range c.Cases {
		if k.Until != 0 && k.Until < until {
			first, until = i, k.Until
		}
	}
	id := c.Cases[first].ID
	if until == math.MaxInt64 && c.Hold != nil && c.Hold.Case == id { // the seat is speaking
		first = 1
		id = c.Cases[first].ID
	}
	c.left.gone = append(c.left.gone, id)
	c.Cases = slices.Delete(c.Cases, first, first+1)
	delete(c.cases, id)
}

// keepCase notes that k changed.
func (c *conversation) keepCase(k *chat.Case) {
	if c.cases == nil {
		c.cases = map[string]*chat.Case{}
	}
	if k.State == chat.Over {
		delete(c.cases, k.ID)
	} else {
		c.cases[k.ID] = k
	}
	c.left.cases = append(slices.DeleteFunc(c.left.cases, func(o chat.Case) bool { return o.ID == k.ID }), *k)
	c.changed = true
}

// over closes a case and keeps these lines with it, which the conversation will forget.
func (c *conversation) over(k *chat.Case, reason string, said []chat.Line, t *moment) {
	if !k.Claimed.IsZero() {
		c.left.paces = append(c.left.paces, pace{k.Queue, t.time().Sub(k.Claimed)})
	}
	k.State, k.Closed, k.CloseReason, k.Epoch, k.Transcript = chat.Over, t.time(), reason, t.next(), said
	for i := range c.Cases {
		if c.Cases[i].ID == k.ID {
			c.Cases[i].Until = t.now + session.KeepClosed.Milliseconds()
		}
	}
	if c.Hold != nil && c.Hold.Case == k.ID {
		c.Hold = nil
	}
	c.keepCase(k)
}

// signal owes a case signal to the case webhook.
func (c *conversation) signal(event, id string, t *moment) {
	body, err := json.Marshal(chat.Signal{Event: event, Case: &chat.Case{ID: id}})
	if err != nil {
		return // plain data of our own: cannot be
	}
	n := t.next()
	c.owe(t.now, int64(t.n), false, chat.Debt{
		ID: event + ":" + id + ":" + n, Kind: chat.CaseDebt, To: c.Address, Body: body, Due: t.time(), Epoch: c.epoch(),
	})
}

// open finds an open case: handoff.ErrClosed or ErrUnknown when it is none.
func (c *conversation) open(id string) (*chat.Case, error) {
	if k := c.cases[id]; k != nil {
		return k, nil
	}
	if slices.ContainsFunc(c.Cases, func(r caseRef) bool { return r.ID == id }) {
		return nil, handoff.ErrClosed
	}
	return nil, handoff.ErrUnknown
}

func (c *conversation) claimCase(id, seat string, t *moment) error {
	k, err := c.open(id)
	if err != nil {
		return err
	}
	if k.State == chat.Held {
		if k.Seat == seat {
			return nil
		}
		return &handoff.OwnedError{Seat: k.Seat}
	}
	if c.Hold != nil {
		return &handoff.OwnedError{Seat: c.Hold.Seat}
	}
	c.give(k, seat, t)
	c.signal("case.claimed", id, t)
	return nil
}

func (c *conversation) give(k *chat.Case, seat string, t *moment) {
	k.State, k.Seat, k.Epoch = chat.Held, seat, t.next()
	if k.Claimed.IsZero() {
		k.Claimed = t.time()
	}
	c.Hold = &session.Hold{Case: k.ID, Seat: seat, Epoch: k.Epoch}
	c.Touched = t.now
	c.left.seen = append(c.left.seen, seen{seat: seat, queue: k.Queue})
	c.keepCase(k)
}

// reply posts a seat's words. The body is that of the message.
func (c *conversation) reply(id, seat string, o offered, t *moment) error {
	known := c.delivery(o.message.ID) != nil
	k, err := c.open(id)
	if err != nil {
		if known && errors.Is(err, handoff.ErrClosed) {
			return nil
		}
		return err
	}
	if k.State != chat.Held || k.Seat != seat || c.Hold == nil || c.Hold.Case != id {
		return &handoff.OwnedError{Seat: k.Seat}
	}
	if known {
		return nil
	}
	if len(c.Debts) >= session.MaxDebts {
		return chat.ErrBusy
	}
	c.left.seen = append(c.left.seen, seen{seat: seat, queue: k.Queue})
	return c.join(o, t)
}

func (c *conversation) transferCase(id, queue, seat string, t *moment) error {
	k, err := c.open(id)
	if err != nil {
		return err
	}
	if c.Hold != nil && c.Hold.Case != id {
		return &handoff.OwnedError{Seat: c.Hold.Seat}
	}
	if seat != "" {
		c.give(k, seat, t)
		c.signal("case.claimed", id, t)
		return nil
	}
	k.State, k.Queue, k.Seat, k.Epoch = chat.Waiting, queue, "", t.next()
	k.Claimed = time.Time{}
	c.Hold, c.Touched = nil, t.now
	c.keepCase(k)
	return nil
}

func (c *conversation) closeCase(id, reason string, o offered, t *moment) error {
	k, err := c.open(id)
	if errors.Is(err, handoff.ErrClosed) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.delivery(o.message.ID) == nil {
		o.over = true
		if err := c.join(o, t); err != nil {
			return err
		}
	}
	c.over(k, reason, c.transcript(), t)
	c.signal("case.closed", id, t)
	return nil
}

// note keeps a line on an open case.
func (c *conversation) note(k *chat.Case, line chat.Line) {
	k.Notes = append(k.Notes, line)
	if n := len(k.Notes) - maxNotes; n > 0 {
		k.Notes = slices.Delete(k.Notes, 0, n)
	}
	c.keepCase(k)
}

// transcript is the end of what was said.
func (c *conversation) transcript() []chat.Line {
	all := c.allLines()
	return all[max(0, len(all)-maxTranscript):]
}

// copiedCase is a copy that shares nothing.
func copiedCase(k chat.Case) (*chat.Case, error) {
	text, err := json.Marshal(k)
	if err != nil {
		return nil, err
	}
	own := &chat.Case{}
	return own, json.Unmarshal(text, own)
}

// whole is a copy of k with what seats need to know beside the case itself.
func (c *conversation) whole(shared chat.Case, now int64) (*chat.Case, error) {
	k, err := copiedCase(shared)
	if err != nil {
		return nil, err
	}
	if k.State != chat.Over {
		k.Transcript = c.transcript()
	}
	k.QuotaLeft = -1
	if c.Counted {
		k.QuotaLeft = 0
		for _, r := range c.liveRights(now) {
			switch {
			case r.Left < 0:
				k.QuotaLeft = -1
			case k.QuotaLeft >= 0:
				k.QuotaLeft = max(k.QuotaLeft, r.Left)
			}
			if r.Left != 0 && r.Expires.After(k.QuotaUntil) {
				k.QuotaUntil = r.Expires
			}
		}
	}
	return k, nil
}
