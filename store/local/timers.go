package local

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// take does what is due and claims the head of the mailbox if nobody holds it; nil: nothing is to be judged.
func (c *conversation) take(t *moment) (*session.Claim, error) {
	c.ring(t)
	c.ripen(t.now)
	return c.claim(t)
}

// ring moves timers that ran out into the mailbox. What finds it full waits for the next time.
func (c *conversation) ring(t *moment) {
	var due []session.Timer
	for _, timer := range c.Timers {
		if ms(timer.Due) <= t.now {
			due = append(due, timer)
		}
	}
	slices.SortStableFunc(due, func(a, b session.Timer) int { return a.Due.Compare(b.Due) })
	for _, timer := range due {
		m := chat.Message{ID: timer.ID, Kind: chat.Timer, From: c.Address, Event: timer.Name, At: timer.Due}
		body, err := json.Marshal(m)
		if err == nil && c.delivery(m.ID) == nil && c.join(offered{message: m, body: body}, t) != nil {
			break
		}
		c.Timers = slices.DeleteFunc(c.Timers, func(o session.Timer) bool { return o.ID == timer.ID })
		c.changed = true
	}
}

// ripen turns passive replies whose time passed unshown into debts, before those of later turns.
func (c *conversation) ripen(now int64) {
	for i := range c.Deliveries {
		d := &c.Deliveries[i]
		if !d.Unshown || d.owed() > now {
			continue
		}
		where := slices.IndexFunc(c.Debts, func(o debt) bool { return o.Kind == chat.ReplyDebt && o.Place >= d.Place })
		if where < 0 {
			where = len(c.Debts)
		}
		var all []debt
		for _, r := range d.Replies {
			if d.Left && r.From == "" {
				continue
			}
			body, err := json.Marshal(r)
			if err != nil {
				continue // it was read from JSON
			}
			owed := debt{Place: d.Place, Debt: chat.Debt{
				ID: r.Key, Kind: chat.ReplyDebt, To: c.Address, Body: body, Park: d.Park, Turn: d.Turn, Epoch: d.Epoch, Bot: r.From == "",
			}}
			if !d.Park {
				owed.Due = at(now)
			}
			all = append(all, owed)
		}
		c.Debts = slices.Insert(c.Debts, where, all...)
		d.State, d.Unshown, d.Replies, c.changed = session.Pushed, false, nil, true
		if d.Park {
			d.State = session.Kept
		}
	}
}

// due is when somebody has to look at the conversation: a mailbox without holder, a debt, a timer. 0: nobody.
func (c *conversation) due() int64 {
	var all []int64
	if len(c.Mailbox) > 0 {
		all = append(all, max(1, c.Touched))
		if c.Lease != nil {
			all[0] = c.Lease.Until
		}
	}
	all = append(all, c.nextDebt(1), c.unshown(math.MaxInt64))
	for _, t := range c.Timers {
		all = append(all, max(1, ms(t.Due)))
	}
	all = slices.DeleteFunc(all, func(at int64) bool { return at == 0 })
	if len(all) == 0 {
		return 0
	}
	return slices.Min(all)
}

// expires is when the conversation is forgotten if nothing happens to it, or one of its closed cases.
func (c *conversation) expires() int64 {
	first := c.gone()
	for _, k := range c.Cases {
		if k.Until != 0 {
			first = min(first, k.Until)
		}
	}
	return first
}

// gone is when the conversation is forgotten. One that has an open case or a timer far away lives longer.
func (c *conversation) gone() int64 {
	last := c.Touched
	for _, t := range c.Timers {
		last = max(last, ms(t.Due))
	}
	for _, k := range c.cases {
		last = max(last, ms(k.Raised), ms(k.Claimed))
	}
	return last + session.KeepSession.Milliseconds()
}

// expire forgets closed cases whose time passed.
func (c *conversation) expire(now int64) {
	c.Cases = slices.DeleteFunc(c.Cases, func(k caseRef) bool {
		if k.Until == 0 || k.Until > now {
			return false
		}
		c.left.gone, c.changed = append(c.left.gone, k.ID), true
		return true
	})
}

func urgency(priority string) int {
	if priority == "urgent" {
		return 0
	}
	return 1
}
