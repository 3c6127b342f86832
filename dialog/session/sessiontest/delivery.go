package sessiontest

import (
	"errors"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// deliveries are the arrows of a delivery and of its duplicates.
func deliveries() []check {
	return []check{
		{"delivery: open to passive", openToPassive},
		{"delivery: open to pushed, judged after late", openToPushedByLate},
		{"delivery: open to pushed, reply time passed at commit", openToPushedByClock},
		{"delivery: open to pushed, nothing passive", openToPushed},
		{"delivery: open to pushed, without a reply time", openToPushedWithoutReplyBy},
		{"delivery: open to kept, judged after late", openToKeptByLate},
		{"delivery: open to kept, parked", openToKept},
		{"delivery: open to nothing", openToNothing},
		{"delivery: late does not change what is settled", lateChangesNothing},
		{"duplicate: of an open one waits", duplicateOfOpen},
		{"duplicate: of an open one takes over the lease", duplicateTakesOver},
		{"duplicate: of a passive one gets the same replies", duplicateOfPassive},
		{"duplicate: of a pushed one is done", duplicateOfPushed},
		{"duplicate: of a kept one is done", duplicateOfKept},
		{"duplicate: of one that needed no reply is done", duplicateOfNothing},
		{"duplicate: claim_reply of an unknown one", claimReplyUnknown},
		{"duplicate: the same id in another conversation is another message", sameIDElsewhere},
	}
}

func openToPassive(b *bench) {
	m := b.asks("m1")
	c := b.begin(m)
	if c.State != session.Open {
		b.Fatalf("delivery: the claim of a new message says %q, want open", c.State)
	}
	got := b.ends(c, responds(c, "r1"), session.Passive)
	b.equal("delivery: the passive replies of Commit", got.Done.Replies, []chat.Reply{reply("r1")})
	if owed := b.look().Owed; len(owed) != 0 {
		b.Fatalf("promise 6 (visible once): a passive reply left the debts %s too, want none", show(owed))
	}
}

func openToPushedByLate(b *bench) { b.openTo(true, session.Pushed) }

func openToKeptByLate(b *bench) { b.openTo(false, session.Kept) }

// openTo lets a delivery come late during its turn, which then finds that it may not be passive.
func (b *bench) openTo(push bool, want session.DoneState) {
	b.Helper()
	m := b.asks("m1")
	c := b.begin(m)
	b.late(m, push, want)
	if got := b.accept(m); got.Done == nil || got.Done.State != want {
		b.Fatalf("delivery: a duplicate after Late = %s, want done and %s though it is not judged yet", show(got), want)
	}
	o := responds(c, "r1")
	o.Park = !push
	got := b.ends(c, o, want)
	if len(got.Done.Replies) > 0 {
		b.Fatalf("promise 6 (visible once): Commit after Late = %s, want no passive replies", show(got.Done))
	}
	b.owed("r1")
}

func (b *bench) late(m chat.Message, push bool, want session.DoneState) session.Done {
	b.Helper()
	got, err := b.Store.Late(b.ctx, m, push)
	if err != nil || got.State != want {
		b.Fatalf("delivery: Late(%q, push %v) = %s, %v, want %s, nil", m.ID, push, show(got), err, want)
	}
	return got
}

// owed wants exactly these reply debts, oldest first.
func (b *bench) owed(ids ...string) []session.Unpaid {
	b.Helper()
	var got []string
	all := b.look().Owed
	for _, u := range all {
		if u.Kind == chat.ReplyDebt {
			got = append(got, u.ID)
		}
	}
	b.equal("promise 3 (in order): the replies that are owed", got, ids)
	return all
}

func openToPushedByClock(b *bench) {
	m := b.says("m1")
	m.ReplyBy = b.Now().Add(b.short())
	c := b.begin(m)
	b.wait(b.short())
	b.ends(c, responds(c, "r1"), session.Pushed)
	b.owed("r1")
}

func openToPushed(b *bench) {
	c := b.begin(b.asks("m1"))
	b.ends(c, pushes(c, "r1", "r2"), session.Pushed)
	b.owed("r1", "r2")
}

func openToPushedWithoutReplyBy(b *bench) {
	c := b.begin(b.says("m1"))
	b.ends(c, responds(c, "r1"), session.Pushed)
	b.owed("r1")
}

func openToKept(b *bench) {
	c := b.begin(b.says("m1"))
	o := pushes(c, "r1")
	o.Park = true
	b.ends(c, o, session.Kept)
	if owed := b.owed("r1"); !owed[0].Park {
		b.Fatalf("delivery: the debt of a kept reply = %s, want parked", show(owed[0]))
	}
	b.lends("a parked reply waits for the next message")
}

func openToNothing(b *bench) {
	c := b.begin(b.asks("m1"))
	b.ends(c, quiet(c), session.Nothing)
	b.owed()
}

func lateChangesNothing(b *bench) {
	for _, tt := range []struct {
		id   string
		o    func(*session.Claim) session.Outcome
		want session.DoneState
	}{
		{"passive", func(c *session.Claim) session.Outcome { return responds(c, "r-passive") }, session.Passive},
		{"pushed", func(c *session.Claim) session.Outcome { return pushes(c, "r-pushed") }, session.Pushed},
		{"nothing", quiet, session.Nothing},
		{"kept", func(c *session.Claim) session.Outcome {
			o := pushes(c, "r-kept")
			o.Park = true
			return o
		}, session.Kept},
	} {
		m := b.asks(tt.id)
		c := b.begin(m)
		b.ends(c, tt.o(c), tt.want)
		for _, push := range []bool{true, false, true} {
			got := b.late(m, push, tt.want)
			if tt.want == session.Passive {
				b.equal("delivery: the replies that Late returns of a passive one", got.Replies, []chat.Reply{reply("r-passive")})
			}
		}
	}
	m := b.asks("open")
	c := b.begin(m)
	b.late(m, true, session.Pushed)
	b.late(m, false, session.Pushed)
	b.ends(c, quiet(c), session.Pushed)
}

func duplicateOfOpen(b *bench) {
	m := b.asks("m1")
	b.begin(m)
	for range 3 {
		if got := b.accept(m); !got.Waiting || got.Claim != nil || got.Fresh {
			b.Fatalf("promise 1 (once): Accept again during the turn = %s, want waiting, no claim and not fresh", show(got))
		}
		if got := b.second().claimReply(m); !got.Waiting || got.Claim != nil {
			b.Fatalf("promise 1 (once): ClaimReply during the turn = %s, want waiting and no claim", show(got))
		}
	}
	if n := b.look().Mailbox; n != 1 {
		b.Fatalf("promise 1 (once): the mailbox holds %d after duplicates, want 1", n)
	}
}

func duplicateTakesOver(b *bench) {
	for i, again := range []func(*bench, chat.Message) session.Accepted{(*bench).accept, (*bench).claimReply} {
		b := b.at([]string{"by accept", "by claim_reply"}[i])
		m := b.asks("m1")
		first := b.begin(m)
		b.lose()
		got := again(b.second(), m)
		if got.Claim == nil || got.Fresh {
			b.Fatalf("duplicate: after the lease ran out = %s, want the claim, not fresh", show(got))
		}
		if got.Claim.Turn != first.Turn || got.Claim.Tries != 1 {
			b.Fatalf("duplicate: the second attempt is turn %s, tries %d, want turn %s, tries 1", got.Claim.Turn, got.Claim.Tries, first.Turn)
		}
		b.lost("after another attempt began", first)
		b.commit(got.Claim, quiet(got.Claim))
	}
}

func duplicateOfPassive(b *bench) {
	m := b.asks("m1")
	c := b.begin(m)
	o := responds(c, "r1")
	o.Passive = []chat.Reply{{Key: "r1", Text: "选一个", Choices: []chat.Choice{{ID: "101", Label: "退款"}}, Source: "offer"}}
	b.ends(c, o, session.Passive)
	for _, got := range []session.Accepted{b.accept(m), b.second().accept(m), b.claimReply(m), b.second().claimReply(m)} {
		if got.Done == nil || got.Done.State != session.Passive || got.Fresh {
			b.Fatalf("duplicate: of a passive one = %s, want done, passive, not fresh", show(got))
		}
		b.equal("promise 6 (visible once): the replies for a duplicate of a passive one", got.Done.Replies, o.Passive)
	}
}

// duplicateOf wants every duplicate of m to be done in state, without replies.
func (b *bench) duplicateOf(m chat.Message, state session.DoneState) {
	b.Helper()
	for _, got := range []session.Accepted{b.accept(m), b.second().accept(m), b.claimReply(m)} {
		if got.Done == nil || got.Done.State != state || len(got.Done.Replies) > 0 || got.Fresh {
			b.Fatalf("promise 1 (once): a duplicate of a %s one = %s, want done, %s and no replies", state, show(got), state)
		}
	}
}

func duplicateOfPushed(b *bench) {
	m := b.asks("m1")
	c := b.begin(m)
	b.ends(c, pushes(c, "r1"), session.Pushed)
	b.duplicateOf(m, session.Pushed)
	b.pays("debt", "r1")
	b.duplicateOf(m, session.Pushed)
}

func duplicateOfKept(b *bench) {
	m := b.asks("m1")
	c := b.begin(m)
	o := pushes(c, "r1")
	o.Park = true
	b.ends(c, o, session.Kept)
	b.duplicateOf(m, session.Kept)
}

func duplicateOfNothing(b *bench) {
	m := b.asks("m1")
	c := b.begin(m)
	b.ends(c, quiet(c), session.Nothing)
	b.duplicateOf(m, session.Nothing)
}

func claimReplyUnknown(b *bench) {
	for range 2 {
		if got, err := b.Store.ClaimReply(b.ctx, b.says("m1")); !errors.Is(err, session.ErrUnknown) {
			b.Fatalf("ClaimReply of an unknown id = %s, %v, want ErrUnknown", show(got), err)
		}
	}
	c := b.begin(b.says("m1"))
	b.commit(c, quiet(c))
	if got, err := b.Store.ClaimReply(b.ctx, b.says("m2")); !errors.Is(err, session.ErrUnknown) {
		b.Fatalf("ClaimReply of an unknown id = %s, %v, want ErrUnknown", show(got), err)
	}
}

func sameIDElsewhere(b *bench) {
	one, other := b.at("ann"), b.at("bob")
	thread := b.at("ann")
	thread.a.Thread = "7"
	for _, x := range []*bench{one, other, thread} {
		x.begin(x.says("m1"))
	}
}
