package sessiontest

import (
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// whichRights is about which right a reply is sent by, and which one counts it.
func whichRights() []check {
	return []check{
		{"right: another attempt answers the same", sameRight},
		{"right: a reply has that of its message", ownRight},
		{"right: what is sent meanwhile counts in the new one", countsInNew},
		{"right: what is sent meanwhile counts in each new one", countsInEach},
	}
}

// sameRight is about a platform that knows a message again by what it answers.
func sameRight(b *bench) {
	first := b.granting(b.says("m1"), "message", 5)
	c := b.begin(first)
	b.commit(c, pushes(c, "r1", "r2"))
	l := b.lends("debt", "r1")[0]
	b.equal("right: of the first attempt", string(l.Right.Data), string(first.Right.Data))
	newer := b.granting(b.says("m2"), "message", 5)
	c = b.begin(newer)
	b.commit(c, quiet(c))
	b.settle(l, session.Again)
	l = b.lends("debt", "r1")[0]
	b.equal("right: of another attempt after an unknown outcome", string(l.Right.Data), string(first.Right.Data))
	b.settles(session.Settlement{To: b.a, ID: "r1", Fence: l.Fence, Verdict: session.Again, GiveBack: true})
	l = b.lends("debt", "r1")[0]
	b.equal("right: of another attempt after a definite refusal", string(l.Right.Data), string(newer.Right.Data))
	b.settle(l, session.Paid)
	l = b.lends("debt", "r2")[0]
	b.equal("right: of the next debt", string(l.Right.Data), string(newer.Right.Data))
}

// ownRight is about a platform on which a reply names the message that it answers: each has a count of its own.
func ownRight(b *bench) {
	owes := func(m chat.Message, keys ...string) {
		m.Right.Own = true
		c := b.begin(m)
		o := pushes(c, keys...)
		for i := range o.Instead {
			if keys[i] != "seat" {
				o.Instead[i].Right = m.Right
			}
		}
		b.commit(c, o)
	}
	first, second := b.granting(b.says("m1"), "message", 1), b.granting(b.says("m2"), "message", 2)
	owes(first, "r1")
	owes(second, "r2", "seat", "r3")
	l := b.lends("debt", "r1")[0]
	b.equal("right: of a reply to the first message", string(l.Right.Data), string(first.Right.Data))
	b.left("when a reply to an older message is lent", map[string]int{"message": 2})
	b.settles(session.Settlement{To: b.a, ID: "r1", Fence: l.Fence, Verdict: session.Again, GiveBack: true})
	l = b.lends("debt", "r1")[0]
	b.equal("right: of the same after a refusal that may pass", string(l.Right.Data), string(first.Right.Data))
	b.settle(l, session.Paid)
	l = b.lends("debt", "r2")[0]
	b.equal("right: of a reply to the second message", string(l.Right.Data), string(second.Right.Data))
	b.left("when a reply to the newest message is lent", map[string]int{"message": 1})
	b.settle(l, session.Paid)
	l = b.lends("debt", "seat")[0]
	b.equal("right: of what is no reply", string(l.Right.Data), string(second.Right.Data))
	b.left("when a seat's words are lent", map[string]int{"message": 0})
	b.settle(l, session.Paid)
	l = b.lends("debt", "r3")[0]
	b.equal("right: of a reply when the newest is used up by others", string(l.Right.Data), string(second.Right.Data))
	b.settles(session.Settlement{To: b.a, ID: "r3", Fence: l.Fence, Verdict: session.Park, GiveBack: true, Spent: true})
	third := b.granting(b.says("m3"), "message", 2)
	third.Right.Own = true
	c := b.begin(third)
	o := quiet(c)
	o.Revive = true
	b.commit(c, o)
	l = b.lends("debt", "r3")[0]
	b.equal("right: of a reply that its own right could not show", string(l.Right.Data), string(third.Right.Data))
}

// countsInNew: the platform begins to count when a message reaches it, which is before we hear of it.
func countsInNew(b *bench) {
	c := b.begin(b.granting(b.says("m1"), "message", 5))
	b.commit(c, pushes(c, "r1", "r2", "r3"))
	late := b.granting(b.says("m2"), "message", 5) // reaches the platform here
	b.wait(b.short())
	b.pays("a reply is sent meanwhile", "r1")
	l := b.lends("debt", "r2")[0] // and one is on its way
	c = b.begin(late)
	b.left("with one sent since and one on its way", map[string]int{"message": 3})
	b.commit(c, quiet(c))
	b.settles(session.Settlement{To: b.a, ID: "r2", Fence: l.Fence, Verdict: session.Again, GiveBack: true})
	b.left("when the one on its way was refused", map[string]int{"message": 4})
	b.wait(b.short())
	c = b.begin(b.granting(b.says("m3"), "message", 5))
	b.commit(c, quiet(c))
	b.left("by a message that came behind all of it", map[string]int{"message": 5})
	own := b.granting(b.says("m4"), "message", 4)
	own.Right.Own = true
	b.wait(b.short())
	b.pays("a reply is sent meanwhile", "r2")
	c = b.begin(own)
	b.commit(c, quiet(c))
	b.left("where each message has a count of its own", map[string]int{"message": 4})
}

// countsInEach: a person writes several messages before we hear of the first. The platform counts all that we send then in the last one's.
func countsInEach(b *bench) {
	burst := []chat.Message{b.granting(b.says("m1"), "message", 5), b.granting(b.says("m2"), "message", 5),
		b.granting(b.says("m3"), "message", 5)}
	for i, key := range []string{"r1", "r2"} {
		c := b.begin(burst[i])
		b.commit(c, pushes(c, key))
		b.wait(b.short())
		b.pays("while the rest of the burst is on its way", key)
	}
	c := b.begin(burst[2])
	b.commit(c, quiet(c))
	b.left("by the last of a burst after two answers", map[string]int{"message": 3})
}
