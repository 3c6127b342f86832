// Package handofftest is the suite that every handoff.Queue passes: claiming, answering, giving away and closing cases, and what of it
// the conversation and the case webhook get to know. It is test code; how turns notice a hold is checked in sessiontest.
package handofftest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
	"github.com/xianda-bot/xianda/handoff"
)

// Harness is one fresh, empty store as its maker gives it to the suite: cases are raised through Store and kept by Queue.
type Harness = sessiontest.Harness

// T is what a check needs of *testing.T.
type T = sessiontest.T

// Run checks the queue that open returns; each test opens its own. Tests run in parallel.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.do(newDesk(t, open(t)))
		})
	}
}

// A check is one test of the suite. It takes any T, so that the suite itself can be tested on queues that are wrong.
type check struct {
	name string
	do   func(*desk)
}

func checks() []check {
	var all []check
	for _, part := range [][]check{claims(), replies(), endings(), lists()} {
		all = append(all, part...)
	}
	return all
}

// desk is a queue under test and the store below it. Its methods end the test when they fail.
type desk struct {
	T
	Harness
	ctx context.Context
	n   *int // messages so far
}

func newDesk(t T, h Harness) *desk {
	if h.Now == nil {
		h.Now = time.Now
	}
	if h.Lease == 0 {
		h.Lease = session.Lease
	}
	return &desk{T: t, Harness: h, ctx: context.Background(), n: new(int)}
}

func ann() chat.Address { return chat.Address{Channel: "shop", Peer: "ann"} }

// wait lets d pass on the store's clock.
func (d *desk) wait(t time.Duration) {
	if d.Advance != nil {
		d.Advance(t + time.Millisecond)
		return
	}
	time.Sleep(t + 20*time.Millisecond)
}

// turn judges a message of a with what outcome makes of its claim.
func (d *desk) turn(a chat.Address, outcome func(*session.Claim, *session.Outcome)) *session.Claim {
	d.Helper()
	*d.n++
	m := chat.Message{ID: fmt.Sprint("m", *d.n), Kind: chat.Said, From: a, Text: "人工"}
	got, err := d.Store.Accept(d.ctx, m, session.Terms{})
	if err != nil || got.Claim == nil {
		d.Fatalf("Accept(%q) = %v, %v, want its claim", m.ID, got, err)
	}
	c := got.Claim
	for c != nil && c.Message.ID != m.ID { // what waited before
		c = d.judge(c)
	}
	if c == nil {
		d.Fatalf("Accept(%q): its turn never came", m.ID)
	}
	o := session.Outcome{Session: c.Session}
	outcome(c, &o)
	if _, err := d.Store.Commit(d.ctx, c, o); err != nil {
		d.Fatalf("Commit(%q) = %v, want nil", m.ID, err)
	}
	return c
}

// judge commits a turn that shows nothing and returns the next one.
func (d *desk) judge(c *session.Claim) *session.Claim {
	d.Helper()
	got, err := d.Store.Commit(d.ctx, c, session.Outcome{Session: c.Session})
	if err != nil {
		d.Fatalf("Commit(%q) = %v, want nil", c.Message.ID, err)
	}
	return got.Next
}

// raise raises a case in a and returns its id.
func (d *desk) raise(a chat.Address, queue, priority string) string {
	d.Helper()
	var id string
	d.turn(a, func(c *session.Claim, o *session.Outcome) {
		id = session.CaseID(a, c.Turn)
		o.Cases = []chat.Case{{
			ID: id, Conversation: a, Queue: queue, State: chat.Waiting, Priority: priority, Wanted: "退款", Reason: "pattern:人工",
			Slots: map[string]string{"order": "A1"}, Tried: []string{"refund.time"}, Raised: c.Now,
			Suggestions: []chat.Suggestion{{Entry: "refund.time", Question: "多久到账", Answer: "三天"}},
		}}
		o.Lines = []chat.Line{{At: c.Now, From: "person", Text: "人工", Turn: c.Turn}}
	})
	return id
}

// waiting raises a case in ann's conversation.
func (d *desk) waiting() string {
	d.Helper()
	return d.raise(ann(), "default", "normal")
}

// held raises a case and gives it to seat.
func (d *desk) held(seat string) string {
	d.Helper()
	id := d.waiting()
	d.claim(id, seat)
	return id
}

func (d *desk) claim(id, seat string) *chat.Case {
	d.Helper()
	k, err := d.Queue.Claim(d.ctx, id, seat)
	if err != nil || k == nil || k.ID != id || k.State != chat.Held || k.Seat != seat || k.Epoch == "" || k.Claimed.IsZero() {
		d.Fatalf("Claim(%q, %q) = %s, %v, want held by %s, with epoch and time", id, seat, show(k), err, seat)
	}
	return k
}

func (d *desk) reply(id, seat, text, key string) {
	d.Helper()
	if a, err := d.Queue.Reply(d.ctx, id, seat, text, key); err != nil || a != ann() {
		d.Fatalf("Reply(%q, %q) = %v, %v, want %v", id, seat, a, err, ann())
	}
}

func (d *desk) close(id string) *chat.Case {
	d.Helper()
	k, err := d.Queue.Close(d.ctx, id, "solved")
	if err != nil || k == nil || k.State != chat.Over {
		d.Fatalf("Close(%q) = %s, %v, want closed", id, show(k), err)
	}
	return k
}

func (d *desk) read(id string) *chat.Case {
	d.Helper()
	k, err := d.Queue.Case(d.ctx, id)
	if err != nil || k == nil {
		d.Fatalf("Case(%q) = %v, want it", id, err)
	}
	return k
}

// mail judges what waits in ann's mailbox and returns it, in order.
func (d *desk) mail() []chat.Message {
	d.Helper()
	c, err := d.Store.Take(d.ctx, ann())
	if err != nil {
		d.Fatalf("Take = %v, want nil", err)
	}
	var all []chat.Message
	for c != nil {
		all = append(all, c.Message)
		c = d.judge(c)
	}
	return all
}

// signals pays the case signals that ann's conversation owes and returns them, in order.
func (d *desk) signals() []chat.Signal {
	d.Helper()
	var all []chat.Signal
	for {
		lent, err := d.Store.Lend(d.ctx, ann(), d.Lease)
		if err != nil {
			d.Fatalf("Lend = %v, want nil", err)
		}
		if len(lent.Loans) == 0 {
			return all
		}
		for _, l := range lent.Loans {
			var s chat.Signal
			if err := json.Unmarshal(l.Body, &s); err != nil || l.Kind != chat.CaseDebt {
				d.Fatalf("the loan %s is no case signal: %v", show(l), err)
			}
			all = append(all, s)
			paid := session.Settlement{To: ann(), ID: l.ID, Fence: l.Fence, Verdict: session.Paid}
			if err := d.Store.Settle(d.ctx, []session.Settlement{paid}); err != nil {
				d.Fatalf("Settle = %v, want nil", err)
			}
		}
	}
}

// wantSignals pays what is owed and wants these events about the case id, each holding the id alone.
func (d *desk) wantSignals(id string, events ...string) {
	d.Helper()
	var want []chat.Signal
	for _, e := range events {
		want = append(want, chat.Signal{Event: e, Case: &chat.Case{ID: id}})
	}
	d.equal("the case signals that are owed", d.signals(), want)
}

// is wants err to be sentinel, and an *OwnedError to name seat.
func (d *desk) is(call string, err, sentinel error, seat string) {
	d.Helper()
	if !errors.Is(err, sentinel) {
		d.Fatalf("%s = %v, want %v", call, err, sentinel)
	}
	var owned *handoff.OwnedError
	if errors.Is(sentinel, handoff.ErrOwned) && (!errors.As(err, &owned) || owned.Seat != seat) {
		d.Fatalf("%s = %v, want an *OwnedError that names %q", call, err, seat)
	}
}

func (d *desk) equal(what string, got, want any) {
	d.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(time.Millisecond)); diff != "" {
		d.Fatalf("%s (- want, + got):\n%s", what, diff)
	}
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%+v", v)
	}
	return string(b)
}
