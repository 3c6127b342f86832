package sessiontest

import (
	"encoding/json"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// passives are the arrows of a passive reply, and what it carries and holds back.
func passives() []check {
	return []check{
		{"passive: owed to settled by shown", passiveShown},
		{"passive: unshown becomes a debt", passiveExposed},
		{"passive: the adapter's redelivery time counts", passiveRedelivery},
		{"passive: behind an unshown one nothing is lent", nothingOvertakes},
		{"passive: behind or instead", behindOrInstead},
		{"passive: carried debts are paid by it", carriedPaid},
		{"passive: a carried debt that was lent meanwhile", carriedLent},
		{"passive: not passive carries nothing", carriedNot},
		{"passive: what is owed already waits behind it", owedWaitsBehind},
		{"passive: what is lent already waits behind it when it comes back", lentWaitsBehind},
		{"passive: unshown, it comes before what was owed already", exposedFirst},
		{"passive: unshown where nothing can be pushed is parked", exposedParked},
		{"passive: dropped when the person left", passiveDropped},
	}
}

// passively answers m with the passive reply key, and key+"-behind" owed behind it.
func (b *bench) passively(m chat.Message, key string) {
	b.Helper()
	c := b.begin(m)
	o := responds(c, key)
	o.Behind = []chat.Debt{owes(c, key+"-behind")}
	b.ends(c, o, session.Passive)
}

func (b *bench) shown(id string) {
	b.Helper()
	b.settles(session.Settlement{To: b.a, Delivery: id, Verdict: session.Shown})
}

func passiveShown(b *bench) {
	m := b.asks("m1")
	b.passively(m, "r1")
	got := b.lend()
	if len(got.Loans) > 0 || got.Next.IsZero() {
		b.Fatalf("promise 3 (in order): Lend behind a passive reply that is not yet shown = %s, want nothing, and Next set", show(got))
	}
	b.wantDue("with a passive reply that may still be shown", false)
	b.shown("never")
	b.lends("promise 3 (in order): another delivery was shown")
	b.shown("m1")
	b.shown("m1")
	b.wantDue("with a debt behind a passive reply that was shown", true)
	b.pays("promise 5 (nothing lost): behind a passive reply that was shown", "r1-behind")
	if got := b.accept(m); got.Done == nil || got.Done.State != session.Passive {
		b.Fatalf("promise 6 (visible once): a duplicate after it was shown = %s, want done and passive", show(got))
	}
	b.wait(b.Lease + b.MinRedelivery)
	if got := b.take(); got != nil {
		b.Fatalf("Take = %s, want nil", show(got))
	}
	b.lends("promise 6 (visible once): a passive reply that was shown")
}

func passiveExposed(b *bench) {
	m := b.asks("m1")
	c := b.begin(m)
	o := responds(c, "r1")
	o.Passive = []chat.Reply{reply("r1"), {Key: "seat-1", Text: "我来", From: "alice"}}
	o.Behind = []chat.Debt{owes(c, "behind")}
	b.ends(c, o, session.Passive)
	b.take()
	b.lends("promise 6 (visible once): a passive reply before its redelivery time passed")
	b.unfetched(m)
	b.wantDue("when the redelivery time of a passive reply passed", true)
	if got := b.take(); got != nil {
		b.Fatalf("Take = %s, want nil: there is nothing to judge", show(got))
	}
	if got := b.accept(m); got.Done == nil || got.Done.State != session.Pushed || len(got.Done.Replies) > 0 {
		b.Fatalf("promise 6 (visible once): a duplicate after its passive reply became a debt = %s, want done, pushed and no replies", show(got))
	}
	b.shown("m1") // too late
	l := b.lends("promise 5 (nothing lost): a passive reply that was never shown", "r1")[0]
	var r chat.Reply
	if err := json.Unmarshal(l.Body, &r); err != nil {
		b.Fatalf("debt: the body of a passive reply that became a debt: %v", err)
	}
	b.equal("promise 5 (nothing lost): the passive reply that became a debt", r, reply("r1"))
	if !l.Bot || l.Turn != c.Turn || l.Kind != chat.ReplyDebt || l.To != b.a {
		b.Fatalf("debt: a passive reply that became one = %s, want the bot's, of turn %s", show(l), c.Turn)
	}
	b.settle(l, session.Paid)
	l = b.lends("promise 3 (in order)", "seat-1")[0]
	if l.Bot {
		b.Fatalf("debt: a seat's words that became one = %s, want Bot false", show(l))
	}
	b.settle(l, session.Paid)
	b.pays("promise 3 (in order): behind passive replies that became debts", "behind")
	b.owed()
}

func passiveRedelivery(b *bench) {
	longer := b.MinRedelivery + 2*b.short()
	m := b.asks("m1")
	got := b.acceptOn(m, session.Terms{Redelivery: longer})
	b.ends(got.Claim, responds(got.Claim, "r1"), session.Passive)
	b.unfetched(m)
	b.take()
	b.lends("promise 6 (visible once): while the platform may deliver again")
	b.wait(2 * b.short())
	b.take()
	b.lends("promise 5 (nothing lost): a passive reply that was never shown", "r1")
}

func nothingOvertakes(b *bench) {
	b.passively(b.asks("m1"), "r1")
	c := b.begin(b.says("m2"))
	o := pushes(c, "r2")
	o.Always = []chat.Debt{signals(c, "s1")}
	b.commit(c, o)
	b.settle(b.lends("promise 3 (in order): a reply behind an unshown passive one; a signal is free", "s1")[0], session.Paid)
	b.shown("m1")
	b.pays("promise 3 (in order)", "r1-behind")
	b.pays("promise 3 (in order)", "r2")
}

func behindOrInstead(b *bench) {
	one := func(c *session.Claim) session.Outcome {
		o := quiet(c)
		o.Passive = []chat.Reply{reply("p1")}
		o.Behind = []chat.Debt{owes(c, "behind")}
		o.Instead = []chat.Debt{owes(c, "instead-1"), owes(c, "instead-2")}
		return o
	}
	in := b.at("in time")
	c := in.begin(in.asks("m1"))
	in.ends(c, one(c), session.Passive)
	in.owed("behind")

	late := b.at("late")
	m := late.asks("m1")
	c = late.begin(m)
	late.late(m, true, session.Pushed)
	late.ends(c, one(c), session.Pushed)
	late.owed("instead-1", "instead-2")
}

func carriedPaid(b *bench) {
	b.parks("m1", "r1", "r2")
	m := b.asks("m2")
	c := b.begin(m)
	o := pushes(c, "r3")
	o.Passive = []chat.Reply{{Key: "r1", Text: "text of r1\n\ntext of r3"}}
	o.Carried = []string{"r1"}
	b.ends(c, o, session.Passive)
	b.owed("r2")
	b.shown("m2")
	b.lends("debt: what was not carried stays parked")
	c = b.begin(b.asks("m3"))
	o = pushes(c, "r4")
	o.Revive = true
	b.ends(c, o, session.Pushed)
	b.pays("promise 3 (in order)", "r2")
	b.pays("promise 3 (in order)", "r4")
}

func carriedLent(b *bench) {
	for _, verdict := range []session.Verdict{"", session.Paid, session.Again} {
		b := b.at("verdict " + string(verdict))
		c := b.begin(b.says("m1"))
		b.commit(c, pushes(c, "r1"))
		c = b.begin(b.asks("m2"))
		if len(c.Unpaid) != 1 || c.Unpaid[0].Lent {
			b.Fatalf("debt: what is unpaid = %s, want r1, not lent", show(c.Unpaid))
		}
		l := b.second().lends("debt", "r1")[0] // the postman was faster than the turn
		if verdict != "" {
			b.settles(session.Settlement{To: b.a, ID: "r1", Fence: l.Fence, Verdict: verdict, After: b.many})
		}
		o := responds(c, "r2")
		o.Passive, o.Carried = []chat.Reply{{Key: "r1", Text: "text of r1\n\ntext of r2"}}, []string{"r1"}
		got := b.commit(c, o)
		if got.Done.State != session.Pushed {
			b.Fatalf("promise 6 (visible once): Commit that carries a debt which the postman took meanwhile = %s, want pushed: it would be shown twice", show(got.Done))
		}
		want := []string{"r1", "r2"}
		if verdict == session.Paid {
			want = want[1:]
		}
		b.owed(want...)
	}
}

func carriedNot(b *bench) {
	b.parks("m1", "r1")
	m := b.asks("m2")
	c := b.begin(m)
	b.late(m, false, session.Kept)
	o := pushes(c, "r2")
	o.Passive, o.Carried, o.Park = []chat.Reply{{Key: "r1", Text: "text of r1\n\ntext of r2"}}, []string{"r1"}, true
	b.ends(c, o, session.Kept)
	b.owed("r1", "r2")
}

// owing leaves the replies ids owed by the turn of m1.
func (b *bench) owing(ids ...string) {
	b.Helper()
	c := b.begin(b.says("m1"))
	b.ends(c, pushes(c, ids...), session.Pushed)
}

func owedWaitsBehind(b *bench) {
	b.owing("r1", "r2")
	b.passively(b.asks("m2"), "p2")
	b.owed("r1", "r2", "p2-behind")
	b.wantDue("with debts that wait behind a passive reply", false)
	if got := b.lend(); len(got.Loans) > 0 || got.Next.IsZero() {
		b.Fatalf("promise 3 (in order): Lend of what was owed before a passive reply that is not yet shown = %s, want nothing, and Next set", show(got))
	}
	b.shown("m2")
	b.wantDue("when the passive reply before its debts was shown", true)
	for _, id := range []string{"r1", "r2", "p2-behind"} {
		b.pays("promise 5 (nothing lost): behind a passive reply that was shown", id)
	}
}

func lentWaitsBehind(b *bench) {
	b.owing("r1", "r2")
	l := b.lends("debt", "r1")[0]
	b.passively(b.asks("m2"), "p2")
	b.settle(l, session.Again)
	b.lends("promise 3 (in order): what came back behind a passive reply that is not yet shown")
	b.shown("m2")
	for _, id := range []string{"r1", "r2", "p2-behind"} {
		b.pays("promise 5 (nothing lost): behind a passive reply that was shown", id)
	}
}

func exposedFirst(b *bench) {
	b.owing("r1")
	m := b.asks("m2")
	b.passively(m, "p2")
	b.unfetched(m)
	b.take()
	b.owed("p2", "r1", "p2-behind")
	for _, id := range []string{"p2", "r1", "p2-behind"} {
		b.pays("promise 3 (in order): a passive reply that was never shown, then what waited behind it", id)
	}
}

func exposedParked(b *bench) {
	m := b.asks("m1")
	c := b.begin(m)
	o := responds(c, "r1")
	o.Park = true
	b.ends(c, o, session.Passive)
	b.unfetched(m)
	b.take()
	if owed := b.owed("r1"); !owed[0].Park || owed[0].Lent {
		b.Fatalf("passive: unshown where nothing can be pushed = %s, want it parked", show(owed[0]))
	}
	b.wantDue("with a parked debt", false)
	b.lends("passive: where nothing can be pushed it waits for the person's next message")
	c = b.begin(b.asks("m2"))
	o = responds(c, "r2")
	o.Park, o.Carried = true, []string{"r1"}
	b.ends(c, o, session.Passive)
	b.owed()
}

func passiveDropped(b *bench) {
	m := b.asks("m1")
	b.passively(m, "r1")
	left := b.says("m2")
	left.Kind = chat.Left
	c := b.begin(left)
	o := quiet(c)
	o.Drop, o.Session.Gone = true, true
	b.ends(c, o, session.Nothing)
	b.owed()
	b.unfetched(m)
	b.wantDue("when the person left and a passive reply was never shown", false)
	if got := b.take(); got != nil {
		b.Fatalf("Take = %s, want nil: there is nothing to judge", show(got))
	}
	b.owed()
	b.lends("debt: after the person left")
}
