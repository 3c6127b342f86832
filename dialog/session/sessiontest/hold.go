package sessiontest

import (
	"errors"
	"slices"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// holds are the arrows of a hold, as turns and the postman notice them. What seats notice is in handofftest.
func holds() []check {
	return []check{
		{"hold: none to held", noneToHeld},
		{"hold: held to none", heldToNone},
		{"hold: held to held by another", heldToHeld},
		{"hold: commit refuses a changed epoch and keeps nothing", changedEpoch},
		{"hold: the next claim knows it", nextKnowsHold},
		{"hold: what the bot owed before is withheld", botWithheld},
		{"hold: what the bot says under it is not withheld", botUnderHold},
		{"hold: what a seat says is not withheld", seatNotWithheld},
		{"hold: a seat's message from who does not hold the case", seatOwned},
		{"hold: a case that is recalled", caseRecalled},
	}
}

// raises is an outcome that raises a case.
func raises(c *session.Claim) session.Outcome {
	o := quiet(c)
	o.Cases = []chat.Case{{
		ID: session.CaseID(c.Message.From, c.Turn), Conversation: c.Message.From, Queue: "default", State: chat.Waiting,
		Priority: "normal", Wanted: "退款", Reason: "pattern:人工", Raised: c.Now,
	}}
	return o
}

// raise judges the message id with a turn that raises a case, and returns the case's id.
func (b *bench) raise(id string) string {
	b.Helper()
	c := b.begin(b.says(id))
	o := raises(c)
	b.ends(c, o, session.Nothing)
	return o.Cases[0].ID
}

func (b *bench) claimCase(id, seat string) *chat.Case {
	b.Helper()
	k, err := b.Queue.Claim(b.ctx, id, seat)
	if err != nil || k == nil {
		b.Fatalf("Queue.Claim(%q) = %v, %v, want the case", id, k, err)
	}
	return k
}

func (b *bench) closeCase(id string) {
	b.Helper()
	if _, err := b.Queue.Close(b.ctx, id, "solved"); err != nil {
		b.Fatalf("Queue.Close(%q) = %v, want nil", id, err)
	}
}

// held commits o and wants it refused because the hold changed; it returns the hold as it is.
func (b *bench) held(c *session.Claim, o session.Outcome) session.Committed {
	b.Helper()
	got, err := b.Store.Commit(b.ctx, c, o)
	if !errors.Is(err, session.ErrHeld) {
		b.Fatalf("hold: Commit after the hold changed = %s, %v, want ErrHeld", show(got), err)
	}
	return got
}

// retries commits o again, under the hold as it is now.
func (b *bench) retries(c *session.Claim, now session.Committed, o session.Outcome) session.Committed {
	b.Helper()
	again := *c
	again.Hold, again.Epoch = now.Hold, now.Epoch
	return b.commit(&again, o)
}

func noneToHeld(b *bench) {
	id := b.raise("m1")
	if v := b.look(); v.Hold != nil {
		b.Fatalf("hold: of a case that waits = %s, want none", show(v.Hold))
	}
	k := b.claimCase(id, "alice")
	v := b.look()
	if v.Hold == nil || v.Hold.Case != id || v.Hold.Seat != "alice" || v.Hold.Epoch == "" || v.Hold.Epoch != k.Epoch {
		b.Fatalf("hold: Look shows %s, want case %s, seat alice and the case's epoch %q", show(v.Hold), id, k.Epoch)
	}
	c := b.begin(b.says("m2"))
	b.equal("hold: that the turn sees", c.Hold, v.Hold)
	if c.Epoch != v.Hold.Epoch {
		b.Fatalf("hold: Claim.Epoch = %q, want %q", c.Epoch, v.Hold.Epoch)
	}
	b.commit(c, quiet(c))
}

func heldToNone(b *bench) {
	id := b.raise("m1")
	b.claimCase(id, "alice")
	c := b.begin(b.says("m2"))
	b.closeCase(id)
	if v := b.look(); v.Hold != nil {
		b.Fatalf("hold: after the case was closed = %s, want none", show(v.Hold))
	}
	got := b.held(c, quiet(c))
	if got.Hold != nil || got.Epoch == c.Epoch {
		b.Fatalf("hold: Commit says the hold is %s, epoch %q, want none and another epoch", show(got.Hold), got.Epoch)
	}
	next := b.retries(c, got, quiet(c)).Next
	if next == nil || next.Message.Kind != chat.Closed || next.Message.Case != id || next.Message.Text != "solved" || next.Message.From != b.a {
		b.Fatalf("hold: after the case was closed comes %s, want its closed message", show(next))
	}
	if got := b.commit(next, quiet(next)).Next; got != nil {
		b.Fatalf("promise 1 (once): after the closed message comes %s, want nil", show(got))
	}
}

func heldToHeld(b *bench) {
	id := b.raise("m1")
	first := b.claimCase(id, "alice")
	c := b.begin(b.says("m2"))
	second, err := b.Queue.Transfer(b.ctx, id, "", "bob")
	if err != nil || second.Seat != "bob" || second.Epoch == first.Epoch {
		b.Fatalf("hold: Transfer to bob = %s, %v, want held by bob in another epoch than %q", show(second), err, first.Epoch)
	}
	got := b.held(c, quiet(c))
	if got.Hold == nil || got.Hold.Seat != "bob" || got.Hold.Epoch != second.Epoch || got.Epoch != second.Epoch {
		b.Fatalf("hold: Commit says it is %s, epoch %q, want bob's, epoch %q", show(got.Hold), got.Epoch, second.Epoch)
	}
	waits, err := b.Queue.Transfer(b.ctx, id, "vip", "")
	if err != nil || waits.State != chat.Waiting || waits.Queue != "vip" || waits.Seat != "" {
		b.Fatalf("hold: Transfer to a queue = %s, %v, want waiting in vip", show(waits), err)
	}
	if got = b.retried(c, got); got.Hold != nil || got.Epoch != "" {
		b.Fatalf("hold: after a transfer to a queue = %s, epoch %q, want none", show(got.Hold), got.Epoch)
	}
	b.retries(c, got, quiet(c))
}

// retried commits under the hold that an earlier refusal told of, and wants it refused again.
func (b *bench) retried(c *session.Claim, now session.Committed) session.Committed {
	b.Helper()
	again := *c
	again.Hold, again.Epoch = now.Hold, now.Epoch
	return b.held(&again, quiet(&again))
}

func changedEpoch(b *bench) {
	id := b.raise("m1")
	m := b.asks("m2")
	c := b.begin(m)
	before := b.look()
	k := b.claimCase(id, "alice")
	o := responds(c, "r1")
	o.Cases = raises(c).Cases
	o.Lines = []chat.Line{{From: "person", Text: "never", Turn: c.Turn}}
	o.Timers = []session.Timer{{ID: "t1", Name: "patience", Due: c.Now}}
	for range 2 {
		got := b.held(c, o)
		if got.Hold == nil || got.Hold.Seat != "alice" || got.Hold.Case != id || got.Hold.Epoch != k.Epoch || got.Epoch != k.Epoch {
			b.Fatalf("hold: Commit says it is %s, epoch %q, want alice's, epoch %q", show(got.Hold), got.Epoch, k.Epoch)
		}
	}
	v := b.look()
	b.equal("promise 4 (whole): the session after ErrHeld", v.Session, before.Session)
	b.equal("promise 4 (whole): the lines after ErrHeld", v.Lines, before.Lines)
	b.owed()
	if _, err := b.Queue.Case(b.ctx, o.Cases[0].ID); err == nil {
		b.Fatalf("promise 4 (whole): a case was raised by a commit that was refused with ErrHeld")
	}
	if got := b.take(); got != nil {
		b.Fatalf("hold: Take after ErrHeld = %s, want nil: the turn is still under way, and its timer was not kept", show(got))
	}
	if got := b.claimReply(m); !got.Waiting {
		b.Fatalf("promise 4 (whole): the delivery after ErrHeld = %s, want open", show(got))
	}
	got := b.retries(c, b.held(c, o), quiet(c))
	if got.Done.State != session.Nothing {
		b.Fatalf("hold: Commit judged again = %s, want nothing", show(got.Done))
	}
}

func nextKnowsHold(b *bench) {
	id := b.raise("m1")
	k := b.claimCase(id, "alice")
	c := b.begin(b.says("m2"))
	addr, err := b.Queue.Reply(b.ctx, id, "alice", "您好", "k1")
	if err != nil || addr != b.a {
		b.Fatalf("Queue.Reply = %v, %v, want %v", addr, err, b.a)
	}
	next := b.commit(c, quiet(c)).Next
	if next == nil || next.Message.Kind != chat.Seat || next.Message.Name != "alice" || next.Message.Case != id || next.Message.Text != "您好" {
		b.Fatalf("promise 3 (in order): Commit hands over %s, want what alice said", show(next))
	}
	if next.Hold == nil || next.Epoch != k.Epoch {
		b.Fatalf("hold: that the next turn sees = %s, epoch %q, want alice's", show(next.Hold), next.Epoch)
	}
	b.commit(next, quiet(next))
}

// lendsReplies is lends, minding replies alone.
func (b *bench) lendsReplies(promise string, ids ...string) ([]session.Loan, session.Lent) {
	b.Helper()
	got := b.lend()
	var loans []session.Loan
	var lent []string
	for _, l := range got.Loans {
		if l.Kind == chat.ReplyDebt {
			loans, lent = append(loans, l), append(lent, l.ID)
		}
	}
	if !slices.Equal(lent, ids) {
		b.Fatalf("%s: Lend hands out the replies %q, want %q", promise, lent, ids)
	}
	return loans, got
}

func botWithheld(b *bench) {
	c := b.begin(b.says("m1"))
	o := raises(c)
	o.Instead = []chat.Debt{owes(c, "r1"), owes(c, "r2"), owes(c, "r3")}
	b.ends(c, o, session.Pushed)
	l := b.lends("debt", "r1")[0]
	b.claimCase(o.Cases[0].ID, "alice")
	b.settle(l, session.Paid) // it was under way when the seat came
	_, got := b.lendsReplies("hold: what the bot owed before a seat came")
	withheld := got.Withheld
	if _, got = b.lendsReplies("hold: what the bot owed before a seat came"); withheld+got.Withheld != 2 {
		b.Fatalf("hold: Lend withheld %d, then %d, want the two replies of the bot", withheld, got.Withheld)
	}
	b.closeCase(o.Cases[0].ID)
	b.lendsReplies("hold: what was withheld is so for good")
	b.owed()
}

func botUnderHold(b *bench) {
	id := b.raise("m1")
	b.claimCase(id, "alice")
	c := b.begin(b.says("m2"))
	b.commit(c, pushes(c, "r1"))
	loans, _ := b.lendsReplies("hold: what a turn under this hold owes", "r1")
	if h := loans[0].Hold; h == nil || h.Seat != "alice" {
		b.Fatalf("hold: of the loan = %s, want alice's", show(h))
	}
}

func seatNotWithheld(b *bench) {
	id := b.raise("m1")
	b.claimCase(id, "alice")
	if _, err := b.Queue.Reply(b.ctx, id, "alice", "您好", "k1"); err != nil {
		b.Fatalf("Queue.Reply = %v, want nil", err)
	}
	c := b.take()
	if c == nil || c.Message.Kind != chat.Seat {
		b.Fatalf("promise 5 (nothing lost): Take after a seat's reply = %s, want its claim", show(c))
	}
	o := pushes(c, "by-seat")
	o.Instead[0].Bot = false
	b.commit(c, o)
	b.closeCase(id)
	b.lendsReplies("hold: what a seat said before it left", "by-seat")
}

func seatOwned(b *bench) {
	says := func(id, seat, of string) error {
		b.Helper()
		m := b.says(id)
		m.Kind, m.Name, m.Case = chat.Seat, seat, of
		_, err := b.Store.Accept(b.ctx, m, session.Terms{Post: true})
		return err
	}
	if err := says("s0", "alice", "00abcdef0123"); !errors.Is(err, session.ErrUnknown) {
		b.Fatalf("hold: Accept of a seat's message in an unknown conversation = %v, want ErrUnknown", err)
	}
	id := b.raise("m1")
	if err := says("s1", "alice", id); !errors.Is(err, session.ErrUnknown) {
		b.Fatalf("hold: Accept of a seat's message about a case that waits = %v, want ErrUnknown", err)
	}
	b.claimCase(id, "alice")
	if err := says("s2", "bob", id); !errors.Is(err, session.ErrOwned) {
		b.Fatalf("hold: Accept of bob's message about alice's case = %v, want ErrOwned", err)
	}
	if err := says("s3", "alice", "00abcdef0123"); !errors.Is(err, session.ErrUnknown) {
		b.Fatalf("hold: Accept of alice's message about another case = %v, want ErrUnknown", err)
	}
	if got := b.look().Mailbox; got != 0 {
		b.Fatalf("hold: the mailbox holds %d after refused messages, want 0", got)
	}
	for range 2 {
		if err := says("s2", "alice", id); err != nil {
			b.Fatalf("hold: Accept of alice's message about her case = %v, want nil", err)
		}
	}
	if got := b.look().Mailbox; got != 1 {
		b.Fatalf("promise 1 (once): the mailbox holds %d after alice's message, want 1", got)
	}
	b.closeCase(id)
	if err := says("s4", "alice", id); !errors.Is(err, session.ErrUnknown) {
		b.Fatalf("hold: Accept of alice's message after the case was closed = %v, want ErrUnknown", err)
	}
}

func caseRecalled(b *bench) {
	id := b.raise("m1")
	c := b.begin(b.says("m2"))
	o := raises(c)
	o.Recall = []string{id}
	b.commit(c, o)
	if k, err := b.Queue.Case(b.ctx, id); err != nil || k.State != chat.Over {
		b.Fatalf("case: recalled while it waited = %s, %v, want closed", show(k), err)
	}
	other := o.Cases[0].ID
	b.claimCase(other, "alice")
	c = b.begin(b.says("m3"))
	o = quiet(c)
	o.Recall = []string{other}
	b.commit(c, o)
	if k, err := b.Queue.Case(b.ctx, other); err != nil || k.State != chat.Held {
		b.Fatalf("case: recalled while a seat holds it = %s, %v, want held", show(k), err)
	}
}
