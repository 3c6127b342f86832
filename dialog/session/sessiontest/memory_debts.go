package sessiontest

import (
	"context"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Lend hands out, of each kind, the oldest debt that is due.
func (s *Memory) Lend(_ context.Context, a chat.Address, d time.Duration) (session.Lent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	c := s.find(a, now)
	if c == nil {
		return session.Lent{}, nil
	}
	var lent session.Lent
	c.debts = slices.DeleteFunc(c.debts, func(o *debt) bool {
		free := o.fence == "" || !now.Before(o.until)
		stale := o.Kind == chat.ReplyDebt && o.Bot && o.shows == nil && o.Epoch != c.epoch() && free
		if stale {
			lent.Withheld++
		}
		return stale
	})
	for _, kind := range chat.DebtKinds() {
		s.lendOldest(c, kind, d, now, &lent)
	}
	return lent, nil
}

func (s *Memory) lendOldest(c *conversation, kind chat.DebtKind, d time.Duration, now time.Time, lent *session.Lent) {
	o := c.oldest(kind)
	again := func(at time.Time) {
		if lent.Next.IsZero() || at.Before(lent.Next) {
			lent.Next = at
		}
	}
	switch {
	case o == nil:
		return
	case o.fence != "" && now.Before(o.until):
		again(o.until)
		return
	case o.shows != nil || !o.Park && o.Due.After(now):
		again(o.Due)
		return
	}
	if o.fence != "" {
		o.Tries++
	}
	loan := session.Loan{}
	if kind == chat.ReplyDebt {
		if o.Right != nil && !o.Right.Expires.IsZero() && !o.Right.Expires.After(now) {
			o.Right = nil
		}
		if !o.Park && c.counted && !c.some(now) && o.Right == nil {
			o.Park, o.Due, o.fence = true, time.Time{}, ""
		}
		if o.Park {
			for _, p := range c.debts {
				if p.Kind == chat.ReplyDebt && p.Park {
					lent.Parked++
				}
			}
			return
		}
		if o.Right != nil {
			own := clone(*o.Right)
			c.reserve(o, now)
			loan.Right = &own
		} else if loan.Right = c.reserve(o, now); loan.Right != nil {
			if o.first != nil && (o.first.Expires.IsZero() || o.first.Expires.After(now)) {
				first := clone(*o.first)
				loan.Right = &first
			} else {
				first := clone(*loan.Right)
				o.first = &first
			}
		}
	}
	o.fence, o.until = s.next(), now.Add(d)
	loan.Debt, loan.Fence = clone(o.Debt), o.fence
	if c.hold != nil {
		hold := *c.hold
		loan.Hold = &hold
	}
	lent.Loans = append(lent.Loans, loan)
	again(o.until)
}

func (r *right) live(now time.Time) bool { return r.Expires.IsZero() || r.Expires.After(now) }

func (c *conversation) some(now time.Time) bool {
	return slices.ContainsFunc(c.rights, func(r right) bool { return r.live(now) && r.Left != 0 })
}

// reserve takes one message from every live right and returns the newest that had one; nil when sending is not counted.
func (c *conversation) reserve(o *debt, now time.Time) *chat.ReplyRight {
	var newest *chat.ReplyRight
	o.reserved, o.late = nil, nil
	for i := range c.rights {
		r := &c.rights[i]
		if !r.live(now) || r.Left == 0 || o.Right != nil && string(r.Data) != string(o.Right.Data) {
			continue
		}
		if r.Left > 0 {
			r.Left--
		}
		o.reserved = append(o.reserved, r.serial)
		shown := clone(r.ReplyRight)
		newest = &shown
	}
	return newest
}

// Settle ends loans.
func (s *Memory) Settle(_ context.Context, all []session.Settlement) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	for _, t := range all {
		if c := s.find(t.To, now); c != nil {
			c.settle(t, now)
		}
	}
	return nil
}

func (c *conversation) settle(t session.Settlement, now time.Time) {
	if t.Verdict == session.Shown {
		c.debts = slices.DeleteFunc(c.debts, func(d *debt) bool { return d.shows != nil && d.shows.id == t.Delivery })
		return
	}
	i := slices.IndexFunc(c.debts, func(d *debt) bool { return d.ID == t.ID && d.fence != "" && d.fence == t.Fence })
	if i < 0 {
		return
	}
	d := c.debts[i]
	if t.GiveBack || t.Spent {
		d.first = nil
	}
	if t.Spent || t.Verdict == session.Park {
		d.first, d.Right = nil, nil
	}
	for j := range c.rights {
		r := &c.rights[j]
		mine, late := slices.Contains(d.reserved, r.serial), slices.Contains(d.late, r.serial)
		if (mine && t.GiveBack || late && (t.GiveBack || t.Spent)) && r.Left >= 0 {
			r.Left++
		}
		if (mine || late) && t.Verdict == session.Paid && r.Left >= 0 {
			r.sent = append(r.sent, now)
		}
		if !mine {
			continue
		}
		if t.Spent {
			r.Left = 0
		}
	}
	// A right that was granted since the loan knows nothing of what the platform said about it.
	another := slices.ContainsFunc(c.rights, func(r right) bool {
		return r.live(now) && r.Left != 0 && !slices.Contains(d.reserved, r.serial)
	})
	d.fence, d.reserved = "", nil
	switch t.Verdict {
	case session.Again:
		d.Tries++
		d.Due = now.Add(t.After)
	case session.Park:
		d.Tries++
		d.Park, d.Due = true, time.Time{}
		if another {
			d.Park, d.Due = false, now
		}
	default:
		c.debts = slices.Delete(c.debts, i, i+1)
	}
}
