package postman

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/pause"
	"github.com/xianda-bot/xianda/chat"
)

// storeRetry is how long after a failed Lend it is asked again.
const storeRetry = time.Second

// storeTimeout bounds one call of the store.
const storeTimeout = 3 * time.Second

// longPause is the longest wait for the account's pace that a loan may spend with a worker.
const longPause = margin / 2

// soonest keeps a store whose clock is behind ours from being asked in a loop.
const soonest = 50 * time.Millisecond

// serve pays at most one debt of each kind of a and tells whether there may be more at once.
func (p *Postman) serve(ctx context.Context, a chat.Address) (again bool) {
	if payer, ok := p.payers[chat.ReplyDebt].(Capable); ok {
		// Before lending: a conversation that must wait does not keep a worker, and its loan does not run out.
		if d := p.pace.wait(a, payer.Caps(a), p.o.Clock()); d > 0 {
			p.wakeAfter(a, d)
			return false
		}
	}
	// An order to stop must not cut this call: what it lent would stay lent until the fence runs out.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	lease := p.lease()
	lent, err := p.debts.Lend(asking, a, lease)
	cancel()
	if err != nil {
		p.o.Count.Count("postman_store_errors", a.Channel)
		p.o.Log.Warn("debts can not be lent: asked again", "channel", a.Channel, "err", err)
		p.wakeAfter(a, storeRetry)
		return false
	}
	until := p.o.Clock().Add(lease)
	for range lent.Withheld {
		p.o.Count.Count("postman_withheld", a.Channel)
	}
	if !lent.Next.IsZero() {
		p.wakeAfter(a, max(soonest, lent.Next.Sub(p.o.Clock())))
	}
	// The replies last: a case webhook that hangs must not keep the person waiting, so other kinds get a slot of their own.
	slices.SortStableFunc(lent.Loans, func(x, y Loan) int { return rank(x.Kind) - rank(y.Kind) })
	for _, l := range lent.Loans {
		if rank(l.Kind) == 0 {
			select {
			case p.extra <- struct{}{}:
				p.wait.Go(func() {
					defer func() { <-p.extra }()
					if p.pay(ctx, a, l, until) {
						p.Wake(a)
					}
				})
				continue
			default:
			}
		}
		again = p.pay(ctx, a, l, until) || again
	}
	return again
}

func rank(k chat.DebtKind) int {
	if k == chat.ReplyDebt {
		return 1
	}
	return 0
}

// pay makes one attempt at l and settles it. It tells whether the next debt behind it may be due at once.
func (p *Postman) pay(ctx context.Context, a chat.Address, l Loan, until time.Time) (more bool) {
	payer := p.payers[l.Kind]
	if payer == nil {
		return false // lent until its fence runs out: whoever knows the kind pays it then
	}
	var caps *chat.Caps
	if c, ok := payer.(Capable); ok {
		known := c.Caps(a)
		caps = &known
	}
	s := Settlement{To: l.To, ID: l.ID, Fence: l.Fence, Verdict: Again, GiveBack: true}
	if d := p.pause(ctx, a, caps); d > 0 || ctx.Err() != nil {
		s.After = d
		p.o.Count.Count("postman_again", string(l.Kind), a.Channel, "pace")
	} else {
		// What is begun is finished, though the house stops.
		err := p.attempt(context.WithoutCancel(ctx), payer, l)
		s = p.verdict(l, payer, caps, err)
	}
	if s.Verdict == Again {
		// Settled again by the store's clock; woken by ours.
		defer p.wakeAfter(a, max(soonest, s.After))
	}
	p.settle(context.WithoutCancel(ctx), a, s, until)
	return s.Verdict != Again
}

// pause waits until the pace allows a message. It returns 0 when it may go, else how long it would have to wait still.
func (p *Postman) pause(ctx context.Context, a chat.Address, caps *chat.Caps) time.Duration {
	if caps == nil {
		return 0
	}
	d := p.pace.take(a, *caps, p.o.Clock(), longPause)
	if d <= 0 || d > longPause {
		return d
	}
	if !pause.For(ctx, d) {
		return d
	}
	return 0
}

// attempt pays l once, and once more at once where the platform says what was wrong with it: a medium, or the address.
func (p *Postman) attempt(ctx context.Context, payer Payer, l Loan) error {
	err := p.once(ctx, payer, l)
	var f *chat.Failure
	if !errors.As(err, &f) {
		return err
	}
	switch {
	case f.Kind == chat.BadMedia && l.Kind == chat.ReplyDebt:
		var r chat.Reply
		if json.Unmarshal(l.Body, &r) != nil || len(r.Media) == 0 {
			return err
		}
		body, fault := json.Marshal(adapters.WithoutMedia(r))
		if fault != nil {
			return err
		}
		p.o.Count.Count("postman_without_media", string(l.Kind), l.To.Channel)
		l.Body = body
		return p.once(ctx, payer, l)
	case f.Kind == chat.Moved && f.To != nil && f.To.Channel == l.To.Channel && *f.To != l.To:
		p.o.Count.Count("postman_moved", string(l.Kind), l.To.Channel)
		l.To = *f.To
		return p.once(ctx, payer, l)
	}
	return err
}

// once survives a payer that panics: one broken message must not end the payments of all others.
func (p *Postman) once(ctx context.Context, payer Payer, l Loan) (err error) {
	ctx, cancel := context.WithTimeout(ctx, payer.Timeout())
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			p.o.Log.Error("a payer panicked", "kind", l.Kind, "channel", l.To.Channel, "debt", l.ID, "stack", string(debug.Stack()))
			err = fmt.Errorf("%s payer panicked", l.Kind)
		}
	}()
	return payer.Pay(ctx, l)
}

// settle tells the store how the loan ended, again and again until the loan would have run out: after that the debt is paid twice. ctx does
// not end when the house stops.
func (p *Postman) settle(ctx context.Context, a chat.Address, s Settlement, until time.Time) {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		attempt, cancel := context.WithTimeout(ctx, storeTimeout)
		err := p.debts.Settle(attempt, []Settlement{s})
		cancel()
		if err == nil {
			return
		}
		p.o.Count.Count("postman_store_errors", a.Channel)
		if p.o.Clock().Add(wait).After(until) {
			p.o.Log.Error("a debt was not settled: it may be paid again", "channel", a.Channel, "debt", s.ID, "verdict", s.Verdict, "err", err)
			return
		}
		pause.For(ctx, wait)
	}
}
