package sessiontest

import (
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// timers are the arrows of a timer.
func timers() []check {
	return []check{
		{"timer: set to moved into the mailbox", timerMoves},
		{"timer: moved while a turn is under way", timerDuringTurn},
		{"timer: replaced by its name", timerReplaced},
		{"timer: unset", timerUnset},
		{"timer: several come in the order in which they are due", timersInOrder},
	}
}

// sets judges the message id with a turn that sets timers and unsets names.
func (b *bench) sets(id string, set []session.Timer, unset ...string) {
	b.Helper()
	c := b.begin(b.says(id))
	o := quiet(c)
	o.Timers, o.Unset = set, unset
	b.commit(c, o)
}

func (b *bench) timer(id, name string, in time.Duration) session.Timer {
	return session.Timer{ID: id, Name: name, Due: b.Now().Add(in)}
}

// rings wants the timer's message to be claimed, once.
func (b *bench) rings(id, name string) {
	b.Helper()
	c := b.takes(id)
	if c.Message.Kind != chat.Timer || c.Message.Event != name || c.Message.From != b.a {
		b.Fatalf("timer: the message = %s, want kind timer, event %q, from %v", show(c.Message), name, b.a)
	}
	if next := b.commit(c, quiet(c)).Next; next != nil {
		b.Fatalf("promise 1 (once): after timer %s comes %s, want nil", id, show(next))
	}
}

func (b *bench) silent(why string) {
	b.Helper()
	if c := b.take(); c != nil {
		b.Fatalf("timer: Take %s = %s, want nil", why, show(c.Message))
	}
}

func timerMoves(b *bench) {
	b.sets("m1", []session.Timer{b.timer("t1", "patience", b.short())})
	b.wantDue("before its timer runs out", false)
	b.silent("before the timer runs out")
	b.wait(b.short())
	b.wantDue("when its timer ran out", true)
	b.second().rings("t1", "patience")
	b.wantDue("after its timer rang", false)
	for range 2 {
		b.silent("after the timer rang")
	}
	if got := b.accept(chat.Message{ID: "t1", Kind: chat.Timer, From: b.a, Event: "patience"}); got.Done == nil {
		b.Fatalf("promise 1 (once): a delivery with the id of a timer that rang = %s, want done", show(got))
	}
}

func timerDuringTurn(b *bench) {
	b.sets("m1", []session.Timer{b.timer("t1", "patience", b.short())})
	c := b.begin(b.says("m2"))
	b.queued(b.says("m3"))
	b.wait(b.short())
	for range 2 {
		b.silent("during a turn")
	}
	next := b.commit(c, quiet(c)).Next
	if next == nil || next.Message.ID != "m3" {
		b.Fatalf("promise 3 (in order): Commit hands over %s, want m3, which came before the timer", show(next))
	}
	next = b.commit(next, quiet(next)).Next
	if next == nil || next.Message.ID != "t1" {
		b.Fatalf("promise 5 (nothing lost): Commit hands over %s, want the timer", show(next))
	}
	b.lose()
	b.rings("t1", "patience")
}

func timerReplaced(b *bench) {
	b.sets("m1", []session.Timer{b.timer("t1", "patience", b.short()), b.timer("t2", "silence", b.many)})
	b.sets("m2", []session.Timer{b.timer("t3", "patience", 2*b.short())})
	b.wait(b.short())
	b.silent("when a timer that was replaced would run out")
	b.wait(b.short())
	b.rings("t3", "patience")
	b.silent("after the timer rang")
}

func timerUnset(b *bench) {
	b.sets("m1", []session.Timer{b.timer("t1", "patience", b.short()), b.timer("t2", "silence", b.short())})
	b.sets("m2", nil, "patience", "unknown")
	b.wait(b.short())
	b.rings("t2", "silence")
	b.silent("after the other timer was unset")
}

func timersInOrder(b *bench) {
	b.sets("m1", []session.Timer{b.timer("t2", "b", b.short()), b.timer("t3", "c", b.short()+time.Second/20), b.timer("t1", "a", b.short()/2)})
	b.wait(2 * b.short())
	c := b.takes("t1")
	for _, id := range []string{"t2", "t3"} {
		if c = b.commit(c, quiet(c)).Next; c == nil || c.Message.ID != id {
			b.Fatalf("timer: next comes %s, want %s", show(c), id)
		}
	}
}
