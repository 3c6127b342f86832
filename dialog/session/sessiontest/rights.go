package sessiontest

import (
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// rights are the arrows of a right to reply.
func rights() []check {
	return []check{
		{"right: granted by accept", rightGranted},
		{"right: granted once by a duplicate", rightOnce},
		{"right: granted by a message that waits", rightWaiting},
		{"right: a pool is replaced", poolReplaced},
		{"right: reserved when a debt is lent", rightReserved},
		{"right: the greatest counts, not the sum", greatestCounts},
		{"right: given back on a definite refusal", givenBack},
		{"right: not given back to the one that replaced it", notGivenToAnother},
		{"right: spent", rightSpent},
		{"right: spent spares what the loan did not reserve from", spentSpares},
		{"right: parked only without another right", parkedWithoutAnother},
		{"right: expires", rightExpires},
		{"right: exhausted parks the debt", exhaustedParks},
		{"right: without limit", rightWithoutLimit},
		{"right: none ever granted is no limit", noneEver},
		{"right: a passive reply spends none", passiveSpendsNone},
		{"right: a signal spends none", signalSpendsNone},
	}
}

// granting gives m a right of pool with left messages, for a long time.
func (b *bench) granting(m chat.Message, pool string, left int) chat.Message {
	m.Right = &chat.ReplyRight{Pool: pool, Left: left, Expires: b.Now().Add(b.many).Truncate(time.Second).UTC(), Data: []byte(`{"id":"` + m.ID + `"}`)}
	return m
}

// left wants so many messages to be left in each pool; a right that is gone counts as 0.
func (b *bench) left(when string, want map[string]int) {
	b.Helper()
	got := map[string]int{}
	for _, r := range b.look().Rights {
		got[r.Pool] = r.Left
	}
	for pool, n := range want {
		if got[pool] != n {
			b.Fatalf("right: %s the pools have %v left, want %v", when, got, want)
		}
	}
}

func rightGranted(b *bench) {
	m := b.granting(b.says("m1"), "message", 5)
	c := b.begin(m)
	b.equal("right: the live rights that the turn sees", c.Rights, []chat.ReplyRight{*m.Right})
	b.commit(c, quiet(c))
	c = b.begin(b.says("m2"))
	b.equal("right: the live rights that the next turn sees", c.Rights, []chat.ReplyRight{*m.Right})
	b.left("after Accept", map[string]int{"message": 5})
}

func rightOnce(b *bench) {
	m := b.granting(b.says("m1"), "message", 5)
	c := b.begin(m)
	b.commit(c, pushes(c, "r1"))
	b.pays("debt", "r1")
	b.accept(m)
	b.left("promise 1 (once): after a duplicate", map[string]int{"message": 4})
}

func rightWaiting(b *bench) {
	c := b.begin(b.granting(b.says("m1"), "message", 5))
	b.queued(b.granting(b.says("m2"), "menu", 1))
	b.left("after a message that waits", map[string]int{"message": 5, "menu": 1})
	next := b.commit(c, quiet(c)).Next
	if len(next.Rights) != 2 {
		b.Fatalf("right: the turn handed over sees %s, want both", show(next.Rights))
	}
}

func poolReplaced(b *bench) {
	for _, m := range []chat.Message{
		b.granting(b.says("m1"), "message", 5), b.granting(b.says("m2"), "menu", 3), b.granting(b.says("m3"), "message", 2),
	} {
		c := b.begin(m)
		b.commit(c, quiet(c))
	}
	b.left("after two rights of one pool", map[string]int{"message": 2, "menu": 3})
	if got := b.look().Rights; len(got) != 2 {
		b.Fatalf("right: %s are live, want two: a new one replaces that of its pool", show(got))
	}
}

func rightReserved(b *bench) {
	c := b.begin(b.granting(b.says("m1"), "message", 5))
	b.commit(c, quiet(c))
	menu := b.granting(b.says("m2"), "menu", 3)
	c = b.begin(menu)
	b.commit(c, pushes(c, "r1", "r2"))
	l := b.lends("debt", "r1")[0]
	want := *menu.Right
	want.Left = 2
	if l.Right == nil {
		b.Fatalf("right: the loan has none, want %s", show(want))
	}
	b.equal("right: the newest, one message reserved", *l.Right, want)
	b.left("when one is lent", map[string]int{"message": 4, "menu": 2})
	b.settle(l, session.Paid)
	b.left("when it is paid", map[string]int{"message": 4, "menu": 2})
	b.pays("debt", "r2")
	b.left("when two are paid", map[string]int{"message": 3, "menu": 1})
}

func greatestCounts(b *bench) {
	c := b.begin(b.granting(b.says("m1"), "message", 3))
	b.commit(c, quiet(c))
	c = b.begin(b.granting(b.says("m2"), "menu", 1))
	b.commit(c, pushes(c, "r1", "r2", "r3", "r4"))
	for _, id := range []string{"r1", "r2", "r3"} {
		l := b.lends("right: the greatest has 3", id)[0]
		if l.Right == nil {
			b.Fatalf("right: the loan of %s has none, want one: sending is counted", id)
		}
		b.settle(l, session.Paid)
	}
	b.lends("right: the greatest has 3, not the sum of 4")
}

func givenBack(b *bench) {
	c := b.begin(b.granting(b.says("m1"), "message", 5))
	b.commit(c, quiet(c))
	c = b.begin(b.granting(b.says("m2"), "menu", 1))
	b.commit(c, pushes(c, "r1", "r2"))
	l := b.lends("debt", "r1")[0]
	b.left("when one is lent", map[string]int{"message": 4, "menu": 0})
	back := session.Settlement{To: b.a, ID: "r1", Fence: l.Fence, Verdict: session.Dropped, GiveBack: true}
	b.settles(back)
	b.settles(back)
	b.left("given back once, to each that it was taken from", map[string]int{"message": 5, "menu": 1})
	l = b.lends("debt", "r2")[0]
	b.settles(session.Settlement{To: b.a, ID: "r2", Fence: "0", Verdict: session.Dropped, GiveBack: true})
	b.left("not given back by a fence that is not current", map[string]int{"message": 4, "menu": 0})
	b.settle(l, session.Again)
	b.left("not given back when the outcome is unknown", map[string]int{"message": 4, "menu": 0})
}

func notGivenToAnother(b *bench) {
	c := b.begin(b.granting(b.says("m1"), "message", 5))
	b.commit(c, pushes(c, "r1"))
	l := b.lends("debt", "r1")[0]
	c = b.begin(b.granting(b.says("m2"), "message", 2))
	b.commit(c, quiet(c))
	b.settles(session.Settlement{To: b.a, ID: "r1", Fence: l.Fence, Verdict: session.Dropped, GiveBack: true})
	b.left("what was taken from an older right of the pool", map[string]int{"message": 2})
}

func rightSpent(b *bench) {
	c := b.begin(b.granting(b.says("m1"), "message", 5))
	b.commit(c, quiet(c))
	c = b.begin(b.granting(b.says("m2"), "menu", 3))
	b.commit(c, pushes(c, "r1", "r2"))
	l := b.lends("debt", "r1")[0]
	b.settles(session.Settlement{To: b.a, ID: "r1", Fence: l.Fence, Verdict: session.Park, GiveBack: true, Spent: true})
	b.left("when the platform says that the count is exhausted", map[string]int{"message": 0, "menu": 0})
	c = b.begin(b.granting(b.says("m3"), "message", 2))
	o := quiet(c)
	o.Revive = true
	b.commit(c, o)
	b.pays("right: renewed", "r1")
	b.pays("right: renewed", "r2")
}

// spentSpares: what the platform says of a count speaks of the moment of sending, not of rights that were granted since.
func spentSpares(b *bench) {
	for _, pool := range []string{"menu", "message"} { // another pool, or a new right in the place of the one that is spent
		b := b.at(pool)
		c := b.begin(b.granting(b.says("m1"), "message", 5))
		b.commit(c, pushes(c, "r1", "r2"))
		l := b.lends("debt", "r1")[0]
		c = b.begin(b.granting(b.says("m2"), pool, 3))
		b.commit(c, quiet(c))
		b.settles(session.Settlement{To: b.a, ID: "r1", Fence: l.Fence, Verdict: session.Park, GiveBack: true, Spent: true})
		want := map[string]int{"message": 0, "menu": 3}
		if pool == "message" {
			want = map[string]int{"message": 3}
		}
		b.left("when the count is exhausted that the loan reserved from", want)
		b.wantDue("with a debt that another right can pay", true)
		b.pays("right: another was granted since", "r1")
		b.pays("right: another was granted since", "r2")
	}
}

func parkedWithoutAnother(b *bench) {
	c := b.begin(b.granting(b.says("m1"), "message", 5))
	b.commit(c, pushes(c, "r1"))
	b.settle(b.lends("debt", "r1")[0], session.Park)
	if owed := b.owed("r1"); !owed[0].Park {
		b.Fatalf("right: what is owed when its loan is parked = %s, want it parked: it reserved from every right", show(owed))
	}
	c = b.begin(b.says("m2"))
	o := quiet(c)
	o.Revive = true
	b.commit(c, o)
	l := b.lends("right: revived", "r1")[0]
	c = b.begin(b.granting(b.says("m3"), "menu", 2)) // of which the one on its way takes one
	b.commit(c, quiet(c))
	b.settle(l, session.Park)
	if owed := b.owed("r1"); owed[0].Park || owed[0].Lent || owed[0].Tries != 2 {
		b.Fatalf("right: what is owed when its loan is parked and another right was granted since = %s, want it owed at once, tries 2", show(owed))
	}
	b.settle(b.lends("right: another was granted since", "r1")[0], session.Park)
	if owed := b.owed("r1"); !owed[0].Park {
		b.Fatalf("right: what is owed when its loan is parked again = %s, want it parked", show(owed))
	}

	b = b.at("without limit")
	m := b.says("m1")
	m.Right = &chat.ReplyRight{Pool: "chat", Left: -1}
	c = b.begin(m)
	b.commit(c, pushes(c, "r1"))
	b.settle(b.lends("right: without limit", "r1")[0], session.Park)
	if owed := b.owed("r1"); !owed[0].Park {
		b.Fatalf("right: without limit, what is owed when its loan is parked = %s, want it parked: it would be sent for ever", show(owed))
	}
}

func rightExpires(b *bench) {
	m := b.says("m1")
	m.Right = &chat.ReplyRight{Pool: "message", Left: 5, Expires: b.Now().Add(b.short())}
	c := b.begin(m)
	b.commit(c, pushes(c, "r1"))
	b.wait(b.short())
	got := b.lend()
	if len(got.Loans) > 0 || got.Parked != 1 {
		b.Fatalf("right: Lend when it expired = %s, want nothing lent and 1 parked", show(got))
	}
	c = b.begin(b.says("m2"))
	if len(c.Rights) > 0 {
		b.Fatalf("right: live when it expired: %s, want none", show(c.Rights))
	}
}

func exhaustedParks(b *bench) {
	c := b.begin(b.granting(b.says("m1"), "message", 1))
	b.commit(c, pushes(c, "r1", "r2", "r3"))
	b.pays("right: one message is left", "r1")
	for range 2 {
		got := b.lend()
		if len(got.Loans) > 0 || got.Parked < 1 || !got.Next.IsZero() {
			b.Fatalf("right: Lend when nothing is left = %s, want nothing lent, the debt parked and no Next", show(got))
		}
	}
	if owed := b.owed("r2", "r3"); !owed[0].Park {
		b.Fatalf("right: what is owed when nothing is left = %s, want it parked", show(owed))
	}
	b.wantDue("with a parked debt", false)
	c = b.begin(b.granting(b.says("m2"), "message", 2))
	if len(c.Unpaid) != 2 || c.Unpaid[0].Lent {
		b.Fatalf("right: what is unpaid = %s, want r2 and r3", show(c.Unpaid))
	}
	o := quiet(c)
	o.Revive = true
	b.commit(c, o)
	b.pays("right: renewed", "r2")
	b.pays("right: renewed", "r3")
}

func rightWithoutLimit(b *bench) {
	m := b.says("m1")
	m.Right = &chat.ReplyRight{Pool: "chat", Left: -1}
	c := b.begin(m)
	b.commit(c, pushes(c, "r1", "r2"))
	for _, id := range []string{"r1", "r2"} {
		l := b.lends("right: without limit", id)[0]
		if l.Right == nil || l.Right.Left != -1 {
			b.Fatalf("right: of the loan = %s, want left -1", show(l.Right))
		}
		b.settles(session.Settlement{To: b.a, ID: id, Fence: l.Fence, Verdict: session.Dropped, GiveBack: true})
		b.left("without limit", map[string]int{"chat": -1})
	}
}

func noneEver(b *bench) {
	c := b.begin(b.says("m1"))
	b.commit(c, pushes(c, "r1", "r2"))
	for _, id := range []string{"r1", "r2"} {
		l := b.lends("right: sending is not counted here", id)[0]
		if l.Right != nil {
			b.Fatalf("right: of the loan = %s, want nil: sending is not counted here", show(l.Right))
		}
		b.settle(l, session.Paid)
	}
}

func passiveSpendsNone(b *bench) {
	c := b.begin(b.granting(b.asks("m1"), "message", 1))
	b.ends(c, responds(c, "r1"), session.Passive)
	b.shown("m1")
	b.left("after a passive reply", map[string]int{"message": 1})
}

func signalSpendsNone(b *bench) {
	c := b.begin(b.granting(b.says("m1"), "message", 1))
	o := quiet(c)
	o.Always = []chat.Debt{signals(c, "s1")}
	b.commit(c, o)
	if l := b.lends("debt", "s1")[0]; l.Right != nil {
		b.Fatalf("right: of a signal's loan = %s, want nil", show(l.Right))
	}
	b.left("after a signal", map[string]int{"message": 1})
}
