package local

import (
	"bytes"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// lend hands out the oldest debt of each kind.
func (c *conversation) lend(d time.Duration, t *moment) session.Lent {
	c.ripen(t.now)
	out := session.Lent{Withheld: c.withhold(t.now)}
	for _, kind := range chat.DebtKinds() {
		i := c.oldest(kind)
		if i < 0 || !c.ready(&c.Debts[i], t.now) {
			continue
		}
		owed := &c.Debts[i]
		loan := session.Loan{Hold: c.hold()}
		owed.Reserved, owed.Late = nil, nil
		if kind == chat.ReplyDebt && c.Counted && !c.reserve(owed, &loan, t.now) {
			owed.Park, owed.Due, c.changed = true, time.Time{}, true
			continue
		}
		loan.Debt, loan.Fence = owed.Debt, t.next()
		loan.Body = slices.Clone(owed.Body)
		owed.Fence, owed.Until, owed.Tries, c.changed = loan.Fence, t.now+d.Milliseconds(), owed.Tries+1, true
		out.Loans = append(out.Loans, loan)
	}
	for i := range c.Debts {
		if c.Debts[i].Kind == chat.ReplyDebt && c.Debts[i].Park {
			out.Parked++
		}
	}
	if next := c.nextDebt(t.now); next != 0 {
		out.Next = at(next)
	}
	return out
}

// withhold drops what the bot said before a seat took the conversation or left it.
func (c *conversation) withhold(now int64) int {
	n := len(c.Debts)
	c.Debts = slices.DeleteFunc(c.Debts, func(d debt) bool {
		return d.Kind == chat.ReplyDebt && d.Bot && !d.lent(now) && d.Epoch != c.epoch()
	})
	n -= len(c.Debts)
	c.changed = c.changed || n > 0
	return n
}

func (c *conversation) oldest(kind chat.DebtKind) int {
	return slices.IndexFunc(c.Debts, func(d debt) bool { return d.Kind == kind })
}

func (c *conversation) ready(d *debt, now int64) bool {
	return !d.lent(now) && ms(d.Due) <= now && (d.Kind != chat.ReplyDebt || !d.Park && c.unshown(d.Place) == 0)
}

// reserve takes one message from every live right; false when none has something left.
func (c *conversation) reserve(d *debt, loan *session.Loan, now int64) bool {
	if d.Right != nil && !(&right{ReplyRight: *d.Right}).live(now) {
		d.Right = nil
	}
	newest := -1
	for i := range c.Rights {
		if c.Rights[i].live(now) && c.Rights[i].Left != 0 {
			newest = i
		}
	}
	if newest < 0 && d.Right == nil {
		return false
	}
	for i := range c.Rights {
		r := &c.Rights[i]
		if !r.live(now) || r.Left == 0 || d.Right != nil && !bytes.Equal(r.Data, d.Right.Data) {
			continue
		}
		if r.Left > 0 {
			r.Left--
		}
		d.Reserved = append(d.Reserved, r.Grant)
	}
	if d.Right != nil {
		own := *d.Right
		own.Data = slices.Clone(own.Data)
		loan.Right = &own
		return true
	}
	// Another attempt after an unknown outcome answers what the first one answered, so that the platform knows it again.
	if d.First == nil || !d.First.live(now) {
		first := c.Rights[newest]
		first.Data = slices.Clone(first.Data)
		d.First = &first
	}
	r := d.First.ReplyRight
	r.Data = slices.Clone(r.Data)
	loan.Right = &r
	return true
}

// settle ends one loan, or notes that a passive reply was written.
func (c *conversation) settle(s session.Settlement, t *moment) {
	if s.Verdict == session.Shown {
		if d := c.delivery(s.Delivery); d != nil && d.Unshown && d.State == session.Passive {
			d.Unshown, c.changed = false, true
		}
		return
	}
	i := slices.IndexFunc(c.Debts, func(d debt) bool { return d.ID == s.ID && d.Fence == s.Fence && s.Fence != "" })
	if i < 0 {
		return
	}
	d, another := &c.Debts[i], false
	for j := range c.Rights {
		r := &c.Rights[j]
		late := slices.Contains(d.Late, r.Grant)
		if (s.GiveBack || s.Spent) && late && r.Left >= 0 {
			r.Left++
		}
		if !slices.Contains(d.Reserved, r.Grant) { // granted since: the platform said nothing of it
			another = another || r.live(t.now) && r.Left != 0
			if late {
				r.sent(s.Verdict, t.now)
			}
			continue
		}
		if s.GiveBack && r.Left >= 0 {
			r.Left++
		}
		r.sent(s.Verdict, t.now)
		if s.Spent {
			r.Left = 0
		}
	}
	d.Fence, d.Until, d.Reserved, d.Late, c.changed = "", 0, nil, nil, true
	if s.GiveBack || s.Spent { // nothing was shown
		d.First = nil
	}
	if s.Spent || s.Verdict == session.Park { // this right is worth nothing
		d.First, d.Right = nil, nil
	}
	switch s.Verdict {
	case session.Again:
		d.Due = at(t.now + s.After.Milliseconds())
	case session.Park:
		d.Park, d.Due = true, time.Time{}
		if another {
			d.Park, d.Due = false, at(t.now)
		}
	default:
		c.Debts = slices.Delete(c.Debts, i, i+1)
	}
}

// sent notes when a message was sent under r.
func (r *right) sent(v session.Verdict, now int64) {
	if v == session.Paid && r.Left >= 0 {
		r.Sent = append(r.Sent, now)
		r.Sent = r.Sent[max(0, len(r.Sent)-5):]
	}
}

// unshown is until when a passive reply may still be shown, the earliest of those of turns up to place; 0: there is none.
func (c *conversation) unshown(place int64) int64 {
	var first int64
	for i := range c.Deliveries {
		if d := &c.Deliveries[i]; d.Unshown && d.Place <= place && (first == 0 || d.owed() < first) {
			first = d.owed()
		}
	}
	return first
}

// nextDebt is when something may be lent, 0: never as things are.
func (c *conversation) nextDebt(now int64) int64 {
	var first int64
	for _, kind := range chat.DebtKinds() {
		i := c.oldest(kind)
		if i < 0 || kind == chat.ReplyDebt && c.Debts[i].Park {
			continue
		}
		next := max(ms(c.Debts[i].Due), c.Debts[i].Until)
		if kind == chat.ReplyDebt {
			next = max(next, c.unshown(c.Debts[i].Place))
		}
		if next == 0 {
			next = now
		}
		if first == 0 || next < first {
			first = next
		}
	}
	return first
}
