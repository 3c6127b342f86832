package sessiontest

import (
	"fmt"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// debts are the arrows of a debt.
func debts() []check {
	return []check{
		{"debt: owed to lent to paid", owedLentPaid},
		{"debt: lent to owed again with a delay", owedAgain},
		{"debt: lent to parked", lentToParked},
		{"debt: lent to dropped", lentToDropped},
		{"debt: lent to owed again when the fence runs out", fenceRunsOut},
		{"debt: a fence that is not current is ignored", staleFence},
		{"debt: only the oldest of a kind is lent", onlyOldest},
		{"debt: kinds do not block each other", kindsApart},
		{"debt: not before it is due", notBeforeDue},
		{"debt: a turn sees what is unpaid", unpaidSeen},
		{"debt: signals are owed in any case", alwaysOwed},
		{"debt: revived by a turn", revived},
		{"debt: dropped when the person left", droppedOnLeave},
		{"debt: the same id is owed once", owedOnce},
		{"bounded: debts", debtsBounded},
	}
}

func owedLentPaid(b *bench) {
	c := b.begin(b.says("m1"))
	o := pushes(c, "r1", "r2")
	b.ends(c, o, session.Pushed)
	l := b.lends("debt", "r1")[0]
	want := o.Instead[0]
	if string(l.Body) != string(want.Body) || l.Kind != chat.ReplyDebt || l.To != b.a || l.Turn != c.Turn || !l.Bot || l.Tries != 0 || l.Right != nil || l.Hold != nil {
		b.Fatalf("debt: the loan of r1 = %s, want the debt %s as it was committed, without right and hold", show(l), show(want))
	}
	got := b.second().lend()
	if len(got.Loans) > 0 || got.Next.IsZero() {
		b.Fatalf("promise 3 (in order): Lend while r1 is lent = %s, want nothing, and Next set", show(got))
	}
	b.owed("r1", "r2")
	b.settle(l, session.Paid)
	b.settle(l, session.Paid)
	b.pays("promise 3 (in order)", "r2")
	b.owed()
	if got := b.lend(); len(got.Loans) > 0 || !got.Next.IsZero() || got.Parked > 0 || got.Withheld > 0 {
		b.Fatalf("debt: Lend when nothing is owed = %s, want nothing and no Next", show(got))
	}
}

func owedAgain(b *bench) {
	c := b.begin(b.says("m1"))
	b.commit(c, pushes(c, "r1", "r2"))
	l := b.lends("debt", "r1")[0]
	b.settles(session.Settlement{To: b.a, ID: "r1", Fence: l.Fence, Verdict: session.Again, After: b.short()})
	got := b.lend()
	if len(got.Loans) > 0 {
		b.Fatalf("promise 3 (in order): Lend while r1 waits for its delay = %s, want nothing: not even r2", show(got.Loans))
	}
	if away := got.Next.Sub(b.Now()); away <= -time.Second || away > b.short()+time.Second {
		b.Fatalf("debt: Lend.Next is in %v, want in about %v", away, b.short())
	}
	b.wantDue("while its debt waits for a delay", false)
	b.wait(b.short())
	b.wantDue("when the delay is over", true)
	again := b.lends("debt", "r1")[0]
	if again.Tries != 1 || again.Fence == l.Fence {
		b.Fatalf("debt: the second loan = %s, want tries 1 and a fence of its own", show(again))
	}
	b.settle(again, session.Paid)
	b.pays("promise 3 (in order)", "r2")
}

func lentToParked(b *bench) {
	c := b.begin(b.says("m1"))
	b.commit(c, pushes(c, "r1", "r2"))
	b.settle(b.lends("debt", "r1")[0], session.Park)
	got := b.lend()
	if len(got.Loans) > 0 || got.Parked < 1 || !got.Next.IsZero() {
		b.Fatalf("debt: Lend behind a parked debt = %s, want nothing lent, Parked at least 1 and no Next", show(got))
	}
	b.wantDue("with a parked debt", false)
	if owed := b.owed("r1", "r2"); !owed[0].Park || owed[0].Lent {
		b.Fatalf("debt: parked = %s, want Park and not lent", show(owed[0]))
	}
}

func lentToDropped(b *bench) {
	c := b.begin(b.says("m1"))
	b.commit(c, pushes(c, "r1", "r2"))
	b.settle(b.lends("debt", "r1")[0], session.Dropped)
	b.pays("debt: after one that was dropped", "r2")
}

func fenceRunsOut(b *bench) {
	c := b.begin(b.says("m1"))
	b.commit(c, pushes(c, "r1", "r2"))
	b.lends("debt", "r1")
	b.wait(b.Lease) // Lend was for so long
	b.wantDue("when the fence of its loan ran out", true)
	b.second().pays("promise 5 (nothing lost): after its postman died", "r1")
	b.pays("promise 3 (in order)", "r2")
}

func staleFence(b *bench) {
	c := b.begin(b.says("m1"))
	b.commit(c, pushes(c, "r1"))
	old := b.lends("debt", "r1")[0]
	b.wait(b.Lease)
	l := b.second().lends("debt", "r1")[0]
	for _, v := range []session.Verdict{session.Paid, session.Dropped, session.Park, session.Again} {
		b.settle(old, v)
	}
	forged := l
	forged.Fence = l.Fence + "1"
	b.settle(forged, session.Paid)
	forged.Fence = ""
	b.settle(forged, session.Paid)
	b.owed("r1")
	if got := b.lend(); len(got.Loans) > 0 || got.Parked > 0 {
		b.Fatalf("debt: Lend after settlements that are not current = %s, want nothing: r1 is lent to another", show(got))
	}
	b.settle(l, session.Paid)
	b.owed()
	b.settles(session.Settlement{To: b.a, ID: "never", Fence: "1", Verdict: session.Paid},
		session.Settlement{To: chat.Address{Channel: "shop", Peer: "nobody"}, ID: "r1", Fence: l.Fence, Verdict: session.Paid})
}

func onlyOldest(b *bench) {
	c := b.begin(b.says("m1"))
	b.queued(b.says("m2"))
	c = b.commit(c, pushes(c, "r1", "r2")).Next
	b.commit(c, pushes(c, "r3"))
	for _, id := range []string{"r1", "r2", "r3"} {
		l := b.lends("promise 3 (in order)", id)[0]
		b.lends("promise 3 (in order): while " + id + " is lent")
		b.settle(l, session.Paid)
	}
}

func kindsApart(b *bench) {
	c := b.begin(b.says("m1"))
	o := pushes(c, "r1", "r2")
	o.Always = []chat.Debt{signals(c, "s1"), signals(c, "s2")}
	b.commit(c, o)
	loans := b.lends("debt: one of each kind", "r1", "s1")
	b.settle(loans[1], session.Paid)
	l := b.lends("debt: a signal behind a reply that is lent", "s2")[0]
	b.settles(session.Settlement{To: b.a, ID: "s2", Fence: l.Fence, Verdict: session.Again, After: b.many})
	b.settle(loans[0], session.Paid)
	b.pays("debt: a reply behind a signal that waits", "r2")
	b.lends("debt")

	c = b.begin(b.says("m2"))
	o = quiet(c)
	for _, kind := range chat.DebtKinds()[2:] {
		d := signals(c, string(kind))
		d.Kind = kind
		o.Always = append(o.Always, d)
	}
	b.commit(c, o)
	for _, l := range b.lends("debt: one of every other kind", "media", "share") {
		b.settle(l, session.Paid)
	}
	b.lends("debt: every kind is paid")
}

func notBeforeDue(b *bench) {
	c := b.begin(b.says("m1"))
	o := pushes(c, "r1")
	o.Instead[0].Due = c.Now.Add(b.short())
	b.commit(c, o)
	b.lends("debt: before it is due")
	b.wantDue("before its debt is due", false)
	b.wait(b.short())
	b.wantDue("when its debt is due", true)
	b.lends("debt: when it is due", "r1")
}

func unpaidSeen(b *bench) {
	c := b.begin(b.says("m1"))
	o := pushes(c, "r1", "r2")
	o.Always = []chat.Debt{signals(c, "s1")}
	b.commit(c, o)
	b.lends("debt", "r1", "s1")
	c = b.begin(b.says("m2"))
	if len(c.Unpaid) != 2 || c.Unpaid[0].ID != "r1" || c.Unpaid[1].ID != "r2" || !c.Unpaid[0].Lent || c.Unpaid[1].Lent {
		b.Fatalf("promise 3 (in order): what is unpaid = %s, want r1 lent and r2 not, and no signals", show(c.Unpaid))
	}
	b.equal("debt: the body that a turn sees", string(c.Unpaid[1].Body), string(o.Instead[1].Body))
	b.commit(c, quiet(c))
	b.wait(b.Lease)
	l := b.lends("debt", "r1", "s1")[0]
	b.settles(session.Settlement{To: b.a, ID: "r1", Fence: l.Fence, Verdict: session.Again, After: b.many})
	c = b.begin(b.says("m3"))
	if len(c.Unpaid) != 2 || !c.Unpaid[0].Lent {
		b.Fatalf("promise 3 (in order): what is unpaid = %s, want r1 as lent while it waits for a delay", show(c.Unpaid))
	}
}

func alwaysOwed(b *bench) {
	for _, tt := range []struct {
		name string
		o    func(*session.Claim) session.Outcome
		want session.DoneState
	}{
		{"passive", func(c *session.Claim) session.Outcome { return responds(c, "r1") }, session.Passive},
		{"nothing", quiet, session.Nothing},
		{"pushed", func(c *session.Claim) session.Outcome { return pushes(c) }, session.Nothing},
		{"kept", func(c *session.Claim) session.Outcome {
			o := pushes(c, "r1")
			o.Park = true
			return o
		}, session.Kept},
	} {
		b := b.at(tt.name)
		c := b.begin(b.asks("m1"))
		o := tt.o(c)
		o.Always = []chat.Debt{signals(c, "s1")}
		b.ends(c, o, tt.want)
		b.lends("debt: a signal of a turn that ends "+tt.name, "s1")
	}
}

// parks leaves the parked reply debts ids.
func (b *bench) parks(message string, ids ...string) {
	b.Helper()
	c := b.begin(b.says(message))
	o := pushes(c, ids...)
	o.Park = true
	b.ends(c, o, session.Kept)
}

func revived(b *bench) {
	b.parks("m1", "r1", "r2")
	c := b.begin(b.says("m2"))
	if len(c.Unpaid) != 2 || !c.Unpaid[0].Park || c.Unpaid[0].Lent {
		b.Fatalf("debt: what is unpaid = %s, want r1 and r2, parked and not lent", show(c.Unpaid))
	}
	b.commit(c, pushes(c, "r3"))
	b.lends("promise 3 (in order): behind parked replies that were not revived")
	c = b.begin(b.says("m3"))
	o := pushes(c, "r4")
	o.Revive = true
	b.commit(c, o)
	b.wantDue("with revived debts", true)
	for _, id := range []string{"r1", "r2", "r3", "r4"} {
		b.pays("promise 3 (in order): after a turn that revived", id)
	}
}

func droppedOnLeave(b *bench) {
	c := b.begin(b.says("m1"))
	o := pushes(c, "r1", "r2", "by-seat")
	o.Instead[2].Bot = false
	o.Always = []chat.Debt{signals(c, "s1")}
	b.commit(c, o)
	left := b.says("m2")
	left.Kind = chat.Left
	c = b.begin(left)
	o = quiet(c)
	o.Drop, o.Session.Gone = true, true
	b.ends(c, o, session.Nothing)
	b.owed("by-seat")
	b.lends("debt: after the person left", "by-seat", "s1")
}

func owedOnce(b *bench) {
	for _, id := range []string{"m1", "m2"} {
		c := b.begin(b.says(id))
		o := pushes(c, "r1", "r1")
		o.Always = []chat.Debt{signals(c, "r1")}
		b.commit(c, o)
	}
	if owed := b.look().Owed; len(owed) != 2 {
		b.Fatalf("promise 6 (visible once): the same debt of two turns is owed as %s, want once of each kind", show(owed))
	}
}

// debtsBounded: who is owed too much is still heard, because a parked debt can only be paid when its person writes.
func debtsBounded(b *bench) {
	var keys []string
	for i := range 20 {
		keys = append(keys, fmt.Sprint("r", i))
	}
	for turn := range session.MaxDebts/len(keys) + 2 {
		c := b.begin(b.says(fmt.Sprint("m", turn)))
		o := pushes(c)
		for _, k := range keys {
			o.Instead = append(o.Instead, owes(c, fmt.Sprint(k, "-", turn)))
		}
		o.Always = []chat.Debt{signals(c, fmt.Sprint("s-", turn))}
		o.Park = true
		b.ends(c, o, session.Kept)
		owed := b.look().Owed
		if n := len(owed); n > session.MaxDebts {
			b.Fatalf("promise 8 (bounded): %d debts are owed, want at most %d", n, session.MaxDebts)
		}
		for _, want := range []string{o.Always[0].ID, o.Instead[len(keys)-1].ID, "s-0"} {
			if !slices.ContainsFunc(owed, func(u session.Unpaid) bool { return u.ID == want }) {
				b.Fatalf("promise 8 (bounded): with %d debts %s is not owed any more, want signals and the newest replies kept", len(owed), want)
			}
		}
	}
	b.begin(b.says("heard"))
}
