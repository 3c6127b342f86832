package sessiontest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// bench is a store under test and one conversation on it. Its methods end the test when the store fails.
type bench struct {
	T
	Harness
	ctx  context.Context
	a    chat.Address
	many time.Duration // a redelivery time that nothing in a test outlives, and the model neither
}

func newBench(t T, h Harness) *bench {
	if h.Now == nil {
		h.Now = time.Now
	}
	if h.Lease == 0 {
		h.Lease = session.Lease
	}
	if h.MinRedelivery == 0 {
		h.MinRedelivery = session.MinRedelivery
	}
	return &bench{T: t, Harness: h, ctx: context.Background(), a: chat.Address{Channel: "shop", Peer: "ann"}, many: time.Hour}
}

// at is the same store with another conversation.
func (b *bench) at(peer string) *bench {
	other := *b
	other.a = chat.Address{Channel: b.a.Channel, Peer: peer}
	return &other
}

// second is the store as another process sees it, or the same when there is none.
func (b *bench) second() *bench {
	other := *b
	if b.Second != nil {
		other.Store = b.Second
	}
	return &other
}

// short is a time that passes quickly and lies well within a lease.
func (b *bench) short() time.Duration { return b.Lease / 4 }

// unfetched lets the time pass within which the platform could have fetched the passive reply to m.
func (b *bench) unfetched(m chat.Message) {
	b.Helper()
	b.wait(m.ReplyBy.Sub(b.Now()) + b.MinRedelivery + travel)
}

// travel is how long the request that brought a message may have been under way: a store counts what remains until ReplyBy from then on.
const travel = 200 * time.Millisecond

// wait lets d pass on the store's clock.
func (b *bench) wait(d time.Duration) {
	b.Helper()
	if b.Advance != nil {
		b.Advance(d + time.Millisecond)
		return
	}
	if d > 10*time.Second {
		b.Fatalf("this test has to wait for %v: open the maker with a shorter Lease and MinRedelivery, or set Harness.Advance", d)
	}
	time.Sleep(d + 20*time.Millisecond)
}

// lose lets the lease of the claim under way run out.
func (b *bench) lose() { b.wait(b.Lease) }

// says is a message that must be answered by push.
func (b *bench) says(id string) chat.Message {
	return chat.Message{ID: id, Kind: chat.Said, From: b.a, Text: "text of " + id, At: b.Now().Truncate(time.Millisecond).UTC()}
}

// asks is a message that may be answered passively, for the time of a lease.
func (b *bench) asks(id string) chat.Message {
	m := b.says(id)
	m.ReplyBy = b.Now().Add(b.Lease).Truncate(time.Millisecond).UTC()
	return m
}

func (b *bench) accept(m chat.Message) session.Accepted {
	b.Helper()
	return b.acceptOn(m, session.Terms{})
}

func (b *bench) acceptOn(m chat.Message, t session.Terms) session.Accepted {
	b.Helper()
	got, err := b.Store.Accept(b.ctx, m, t)
	if err != nil {
		b.Fatalf("Accept(%q) = %v, want nil", m.ID, err)
	}
	b.shape(fmt.Sprintf("Accept(%q)", m.ID), m, got)
	return got
}

func (b *bench) claimReply(m chat.Message) session.Accepted {
	b.Helper()
	got, err := b.Store.ClaimReply(b.ctx, m)
	if err != nil {
		b.Fatalf("ClaimReply(%q) = %v, want nil", m.ID, err)
	}
	b.shape(fmt.Sprintf("ClaimReply(%q)", m.ID), m, got)
	return got
}

// shape checks that exactly one of the three answers of Accept was given.
func (b *bench) shape(call string, m chat.Message, got session.Accepted) {
	b.Helper()
	own := got.Claim != nil && got.Claim.Message.ID == m.ID
	n := 0
	for _, is := range []bool{got.Done != nil, own, got.Waiting} {
		if is {
			n++
		}
	}
	if n != 1 || got.Done != nil && got.Claim != nil {
		b.Fatalf("%s = Done %v, own claim %v, Waiting %v, want exactly one of the three, and no claim with Done", call, got.Done != nil, own, got.Waiting)
	}
}

// begin accepts m and returns the claim of it.
func (b *bench) begin(m chat.Message) *session.Claim {
	b.Helper()
	got := b.accept(m)
	if got.Claim == nil || got.Claim.Message.ID != m.ID {
		b.Fatalf("Accept(%q) in a conversation at rest = %s, want its claim", m.ID, show(got))
	}
	return got.Claim
}

// queued accepts m and wants it to wait, without a claim.
func (b *bench) queued(m chat.Message) {
	b.Helper()
	if got := b.accept(m); !got.Waiting || got.Claim != nil || !got.Fresh {
		b.Fatalf("promise 2 (alone): Accept(%q) during a turn = %s, want waiting, fresh and no claim", m.ID, show(got))
	}
}

// post only puts m into the mailbox.
func (b *bench) post(m chat.Message) {
	b.Helper()
	got := b.acceptOn(m, session.Terms{Post: true})
	if !got.Waiting || got.Claim != nil || !got.Fresh {
		b.Fatalf("Accept(%q) with Post = %s, want waiting, fresh and never a claim", m.ID, show(got))
	}
}

// judged is the session of c after its message was judged, as a turn leaves it.
func judged(c *session.Claim) session.Session {
	s := c.Session
	s.Turn++
	s.Chain = session.Next(s.Chain, c.Message.ID)
	return s
}

// quiet is an outcome that shows nothing.
func quiet(c *session.Claim) session.Outcome { return session.Outcome{Session: judged(c)} }

func reply(key string) chat.Reply { return chat.Reply{Key: key, Text: "text of " + key} }

// owes is a debt that a turn owes now: the reply key, said by the bot.
func owes(c *session.Claim, key string) chat.Debt {
	body, err := json.Marshal(reply(key))
	if err != nil {
		panic(err) // plain data
	}
	return chat.Debt{ID: key, Kind: chat.ReplyDebt, To: c.Message.From, Body: body, Due: c.Now, Turn: c.Turn, Epoch: c.Epoch, Bot: true}
}

// signals is a case signal that a turn owes now.
func signals(c *session.Claim, id string) chat.Debt {
	d := owes(c, id)
	d.Kind, d.Bot, d.Epoch = chat.CaseDebt, false, ""
	return d
}

// pushes is an outcome whose replies are debts.
func pushes(c *session.Claim, keys ...string) session.Outcome {
	o := quiet(c)
	for _, k := range keys {
		o.Instead = append(o.Instead, owes(c, k))
	}
	return o
}

// responds is an outcome whose one reply is passive if that can be, and a debt otherwise.
func responds(c *session.Claim, key string) session.Outcome {
	o := pushes(c, key)
	o.Passive = []chat.Reply{reply(key)}
	return o
}

func (b *bench) commit(c *session.Claim, o session.Outcome) session.Committed {
	b.Helper()
	got, err := b.Store.Commit(b.ctx, c, o)
	if err != nil {
		b.Fatalf("promise 4 (whole): Commit(%q) by who holds the claim, or repeated, = %v, want nil", c.Message.ID, err)
	}
	return got
}

// ends commits o and wants the delivery to be in state.
func (b *bench) ends(c *session.Claim, o session.Outcome, state session.DoneState) session.Committed {
	b.Helper()
	got := b.commit(c, o)
	if got.Done.State != state {
		b.Fatalf("delivery: Commit(%q) left it %q, want %q", c.Message.ID, got.Done.State, state)
	}
	if (state == session.Passive) != (len(got.Done.Replies) > 0) {
		b.Fatalf("delivery: Commit(%q) = %s, want replies with passive only", c.Message.ID, show(got.Done))
	}
	return got
}

func (b *bench) take() *session.Claim {
	b.Helper()
	c, err := b.Store.Take(b.ctx, b.a)
	if err != nil {
		b.Fatalf("Take = %v, want nil", err)
	}
	return c
}

// takes wants Take to claim the message id.
func (b *bench) takes(id string) *session.Claim {
	b.Helper()
	c := b.take()
	if c == nil || c.Message.ID != id {
		b.Fatalf("Take = %s, want the claim of %q", show(c), id)
	}
	return c
}

func (b *bench) lend() session.Lent {
	b.Helper()
	got, err := b.Store.Lend(b.ctx, b.a, b.Lease)
	if err != nil {
		b.Fatalf("Lend = %v, want nil", err)
	}
	return got
}

// lends wants exactly the debts ids to be lent, and returns them in the same order.
func (b *bench) lends(promise string, ids ...string) []session.Loan {
	b.Helper()
	got := b.lend()
	var lent []string
	for _, l := range got.Loans {
		lent = append(lent, l.ID)
		if l.Fence == "" {
			b.Fatalf("debt: Lend(%q) has no fence", l.ID)
		}
	}
	slices.Sort(lent)
	want := slices.Sorted(slices.Values(ids))
	if !slices.Equal(lent, want) {
		b.Fatalf("%s: Lend hands out %q, want %q (%d parked, %d withheld, next %v)", promise, lent, want, got.Parked, got.Withheld, got.Next)
	}
	loans := make([]session.Loan, len(ids))
	for _, l := range got.Loans {
		loans[slices.Index(ids, l.ID)] = l
	}
	return loans
}

func (b *bench) settle(l session.Loan, v session.Verdict) {
	b.Helper()
	b.settles(session.Settlement{To: b.a, ID: l.ID, Fence: l.Fence, Verdict: v})
}

func (b *bench) settles(s ...session.Settlement) {
	b.Helper()
	if err := b.Store.Settle(b.ctx, s); err != nil {
		b.Fatalf("Settle = %v, want nil", err)
	}
}

// pays lends exactly the debt id and settles it as paid.
func (b *bench) pays(promise, id string) {
	b.Helper()
	b.settle(b.lends(promise, id)[0], session.Paid)
}

func (b *bench) look() *session.View {
	b.Helper()
	v, err := b.Store.Look(b.ctx, b.a)
	if err != nil {
		b.Fatalf("Look = %v, want nil", err)
	}
	return v
}

// due tells whether the conversation is listed as one in which something is due.
func (b *bench) due() bool {
	b.Helper()
	all, err := b.Store.Due(b.ctx, 1000)
	if err != nil {
		b.Fatalf("Due = %v, want nil", err)
	}
	return slices.Contains(all, b.a)
}

func (b *bench) wantDue(when string, want bool) {
	b.Helper()
	if got := b.due(); got != want {
		b.Fatalf("promise 5 (nothing lost): Due lists the conversation %s: %v, want %v", when, got, want)
	}
}

// lost wants every use of c to be refused.
func (b *bench) lost(why string, c *session.Claim) {
	b.Helper()
	_, err := b.Store.Commit(b.ctx, c, pushes(c, "never-"+c.Token))
	b.isLost(why, "Commit", err)
	_, err = b.Store.Renew(b.ctx, c)
	b.isLost(why, "Renew", err)
	b.isLost(why, "Checkpoint", b.Store.Checkpoint(b.ctx, c, session.Checkpoint{Release: "never"}))
	b.isLost(why, "Release", b.Store.Release(b.ctx, c))
}

func (b *bench) isLost(why, call string, err error) {
	b.Helper()
	if !errors.Is(err, session.ErrLost) {
		b.Fatalf("promise 2 (alone): %s %s = %v, want ErrLost", call, why, err)
	}
}

// equal compares plain data; empty and nil lists are the same.
func (b *bench) equal(what string, got, want any) {
	b.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(time.Millisecond)); d != "" {
		b.Fatalf("%s (- want, + got):\n%s", what, d)
	}
}

// show writes what a store returned in a failure line.
func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%+v", v)
	}
	return string(b)
}
