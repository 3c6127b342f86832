package sessiontest

import (
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// replyTimes are how long a delivery may be answered passively: what the store keeps counts, and a later request prolongs it.
func replyTimes() []check {
	return []check{
		{"reply time: a later request prolongs it", laterProlongs},
		{"reply time: a later request gives one", laterGives},
		{"reply time: an earlier request does not shorten it", earlierKeeps},
		{"reply time: a later request does not open what is settled", laterOpensNothing},
		{"reply time: the next claim knows the later one", laterClaimed},
		{"reply time: what is kept counts, not the claim", keptCounts},
	}
}

// offers is how a known message comes again, by each of the two ways.
var offers = []struct {
	name string
	do   func(*bench, chat.Message) session.Accepted
}{{"accept", (*bench).accept}, {"claim_reply", (*bench).claimReply}}

// until is m with a reply time d from now.
func (b *bench) until(m chat.Message, d time.Duration) chat.Message {
	m.ReplyBy = b.Now().Add(d).Truncate(time.Millisecond).UTC()
	return m
}

func laterProlongs(b *bench) {
	for _, again := range offers {
		b := b.at("by " + again.name)
		c := b.begin(b.until(b.says("m1"), b.short()))
		b.wait(b.short() / 2)
		later := b.until(c.Message, b.Lease)
		if got := again.do(b.second(), later); !got.Waiting || got.Claim != nil {
			b.Fatalf("promise 1 (once): a later request during the turn = %s, want waiting and no claim", show(got))
		}
		b.wait(b.short())
		b.ends(c, responds(c, "r1"), session.Passive)
		b.wait(later.ReplyBy.Sub(b.Now()) + b.MinRedelivery - b.short()/2)
		b.take()
		b.lends("promise 6 (visible once): before the redelivery time of the later request passed")
		b.wait(b.short())
		b.take()
		b.lends("promise 5 (nothing lost): when the redelivery time of the later request passed", "r1")
	}
}

func laterGives(b *bench) {
	for _, again := range offers {
		b := b.at("by " + again.name)
		c := b.begin(b.says("m1"))
		again.do(b, b.until(b.says("m1"), b.Lease))
		b.ends(c, responds(c, "r1"), session.Passive)
	}
}

func earlierKeeps(b *bench) {
	for _, again := range offers {
		b := b.at("by " + again.name)
		m := b.asks("m1")
		c := b.begin(m)
		again.do(b, b.until(m, b.short()))
		again.do(b, b.says("m1"))
		b.wait(b.short() * 3 / 2)
		b.ends(c, responds(c, "r1"), session.Passive)
	}
}

func laterOpensNothing(b *bench) {
	for _, again := range offers {
		b := b.at("by " + again.name)
		m := b.asks("m1")
		c := b.begin(m)
		b.late(m, true, session.Pushed)
		if got := again.do(b, b.until(m, 2*b.Lease)); got.Done == nil || got.Done.State != session.Pushed {
			b.Fatalf("delivery: a later request for a pushed one = %s, want done and pushed", show(got))
		}
		b.ends(c, responds(c, "r1"), session.Pushed)
	}
}

func laterClaimed(b *bench) {
	for _, again := range offers {
		b := b.at("by " + again.name)
		m := b.until(b.says("m1"), b.short())
		b.begin(m)
		later := b.until(m, 2*b.Lease)
		again.do(b, later)
		b.lose()
		c := b.second().takes("m1")
		b.sameMessage("reply time: the message of the claim after a later request", c.Message, later)
		b.ends(c, responds(c, "r1"), session.Passive)
	}
}

// keptCounts: the clocks of the processes differ, so that what a claim says of the moment is no measure.
func keptCounts(b *bench) {
	long := b.at("the claim says longer")
	c := long.begin(long.until(long.says("m1"), b.short()))
	c.Message.ReplyBy = c.Message.ReplyBy.Add(b.many)
	long.wait(b.short())
	long.ends(c, responds(c, "r1"), session.Pushed)

	none := b.at("the claim says none")
	c = none.begin(none.asks("m1"))
	c.Message.ReplyBy = time.Time{}
	none.ends(c, responds(c, "r1"), session.Passive)
}

// sameMessage compares messages. Their reply times are by the store's clock and the caller's, which differ a little.
func (b *bench) sameMessage(what string, got, want chat.Message) {
	b.Helper()
	if d := got.ReplyBy.Sub(want.ReplyBy); d.Abs() > b.short()/2 {
		b.Fatalf("%s: its reply time is %v, want about %v", what, got.ReplyBy, want.ReplyBy)
	}
	got.ReplyBy = want.ReplyBy
	b.equal(what, got, want)
}
