package dialog

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// work judges one claim and commits it; it returns the next one that the commit handed over.
func (h *Host) work(c *session.Claim) *session.Claim {
	ctx, stop := h.hold(c)
	defer stop()
	for {
		o, reason, err := h.judge(ctx, c)
		switch {
		case errors.Is(err, errDrain):
			h.release(c)
			return nil
		case errors.Is(err, errPanic):
			// Counted here, because this process lives on: the third one gives the message up.
			c.Tries++
			h.o.Count("panics", c.Message.From.Channel)
			h.o.Log.Error("a turn panicked", "channel", c.Message.From.Channel, "turn", c.Turn, "tries", c.Tries, "error", err)
			if c.Tries > session.MaxTries+1 {
				return nil // even giving up panics: the lease runs out, and another release or process may do better
			}
			continue
		case err != nil: // the lease was lost, or the store did not keep a checkpoint: another attempt follows the lease
			h.o.Count("abandoned", c.Message.From.Channel)
			h.o.Log.Warn("a turn was abandoned", "channel", c.Message.From.Channel, "turn", c.Turn, "error", err)
			return nil
		}
		committed, err := h.commit(ctx, c, o)
		switch {
		case err == nil:
			h.told(c, o, committed.Done, reason)
			return committed.Next
		case errors.Is(err, session.ErrHeld):
			c.Hold, c.Epoch = committed.Hold, committed.Epoch
			continue
		}
		h.o.Count("lost", c.Message.From.Channel)
		h.o.Log.Warn("a turn was not kept", "channel", c.Message.From.Channel, "turn", c.Turn, "error", err)
		return nil
	}
}

// told lets those who wait know, and the postman, and the counters.
func (h *Host) told(c *session.Claim, o session.Outcome, d session.Done, reason string) {
	h.waiters.tell(c.Message.From, c.Message.ID, d)
	if len(o.Always) > 0 || o.Revive || d.State == session.Pushed && len(o.Instead) > 0 {
		h.o.Wake(c.Message.From, false)
	}
	if d.State == session.Passive && len(o.Behind) > 0 {
		h.o.Wake(c.Message.From, true)
	}
	h.o.Count("turns", c.Message.From.Channel, string(c.Message.Kind), reason, string(d.State))
	for range o.Cases {
		h.o.Count("cases", c.Message.From.Channel)
	}
	if o.Dead != nil {
		h.o.Count("dead", c.Message.From.Channel)
		h.o.Log.Error("a message was given up", "channel", c.Message.From.Channel, "turn", c.Turn, "dead", o.Dead.ID, "tries", o.Dead.Tries)
	}
}

// commit keeps o. An unknown outcome is asked again as long as the lease may last: Commit of the same claim returns the first result.
func (h *Host) commit(ctx context.Context, c *session.Claim, o session.Outcome) (session.Committed, error) {
	pause, last := 20*time.Millisecond, false
	for {
		once, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		committed, err := h.store.Commit(once, c, o)
		cancel()
		if err == nil || errors.Is(err, session.ErrLost) || errors.Is(err, session.ErrHeld) {
			return committed, err
		}
		if last {
			return committed, fmt.Errorf("commit: %w", err)
		}
		select {
		case <-ctx.Done():
			// The lease is gone, perhaps because this very commit was kept and its answer lost: once more tells.
			last = true
		case <-time.After(pause):
		}
		pause *= 2
		last = last || pause > time.Second
	}
}

// judge calls step, performing the calls that it asks for, and fits what comes out. An error is errPanic, errDrain, session.ErrLost or
// the store's.
func (h *Host) judge(ctx context.Context, c *session.Claim) (o session.Outcome, reason string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, p, debug.Stack())
		}
	}()
	if c.Tries > session.MaxTries { // giving up with words panicked too: whatever words need is broken
		return silentEnd(c), "dead", nil
	}
	in := h.input(c)
	if c.Tries == session.MaxTries {
		j := giveUp(in, c)
		return h.outcome(c, j), j.reason, nil
	}
	in.more = h.gather(ctx, c, in)
	for {
		j := step(in)
		if j.call == nil {
			h.trace(c.Message.From, j.trail)
			return h.outcome(c, j), j.reason, nil
		}
		if err := h.perform(ctx, c, &in, j.call); err != nil {
			return o, "", err
		}
	}
}

var errPanic = errors.New("panic")

// hold keeps the lease while a turn lasts; the context ends with session.ErrLost when it is lost, and with errDrain when the house
// closes. Messages that wait are looked at, so that 人工 or 取消 can interrupt a call.
func (h *Host) hold(c *session.Claim) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(h.base)
	turn := &underway{}
	ctx = context.WithValue(ctx, underwayKey{}, turn)
	kept := time.Now()
	var mu sync.Mutex // guards timer and over
	var timer *time.Timer
	over := false
	var renew func()
	renew = func() {
		defer h.survive(c) // it reads other people's messages: one of them must not end the process
		once, done := context.WithTimeout(ctx, session.RenewEvery)
		mail, err := h.store.Renew(once, c)
		done()
		switch {
		case errors.Is(err, session.ErrLost):
			cancel(session.ErrLost)
			return
		case err == nil:
			kept = time.Now()
			turn.look(h, c, mail)
		case time.Since(kept) > session.Lease:
			cancel(session.ErrLost)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if !over {
			timer = time.AfterFunc(session.RenewEvery, renew)
		}
	}
	mu.Lock()
	timer = time.AfterFunc(session.RenewEvery, renew)
	mu.Unlock()
	return ctx, func() {
		mu.Lock()
		over = true
		timer.Stop()
		mu.Unlock()
		cancel(nil)
	}
}

// survive turns a panic of the renewal into a counted error; the lease then runs out by itself.
func (h *Host) survive(c *session.Claim) {
	if p := recover(); p != nil {
		h.o.Count("panics", c.Message.From.Channel)
		h.o.Log.Error("the renewal of a lease panicked", "channel", c.Message.From.Channel, "turn", c.Turn, "error", fmt.Sprint(p), "stack", string(debug.Stack()))
	}
}

// silentEnd gives a message up without a word and changes nothing else.
func silentEnd(c *session.Claim) session.Outcome {
	s := c.Session
	s.Turn++
	s.Chain = session.Next(s.Chain, c.Message.ID)
	return session.Outcome{Session: s, Dead: dead(c)}
}

// underway lets the renewal interrupt the call that a turn waits for.
type underway struct {
	mu        sync.Mutex // guards interrupt
	interrupt func()
}

type underwayKey struct{}

// look interrupts the call under way when a message that waits asks for a person or wants to stop.
func (u *underway) look(h *Host, c *session.Claim, mail []chat.Message) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.interrupt == nil {
		return
	}
	for _, m := range mail {
		if interrupts(h.shelf, c.Session, m) {
			u.interrupt()
			return
		}
	}
}
