package sessiontest

import (
	"errors"
	"fmt"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// recalls are cases that are taken back, and how many of them a conversation remembers.
func recalls() []check {
	return []check{
		{"case: recalled keeps no lines", recalledKeepsNoLines},
		{"case: its conversation outlives it", caseOutlived},
		{"case: the platform's own seats have it", nativeCase},
		{"case: one that was moved keeps its place in the queue", caseKeepsItsPlace},
		{"bounded: cases of a conversation", casesBounded},
	}
}

// asksFor raises a case in the turn of the message id, with one line.
func (b *bench) asksFor(id string) string {
	b.Helper()
	c := b.begin(b.says(id))
	o := raises(c)
	o.Lines = []chat.Line{{From: "person", Text: "said " + id, Turn: c.Turn}}
	b.commit(c, o)
	return o.Cases[0].ID
}

// recall takes the case back in the turn of the message id.
func (b *bench) recall(id, of string) {
	b.Helper()
	c := b.begin(b.says(id))
	o := quiet(c)
	o.Recall = []string{of}
	o.Lines = []chat.Line{{From: "person", Text: "said " + id, Turn: c.Turn}}
	b.commit(c, o)
}

func recalledKeepsNoLines(b *bench) {
	id := b.asksFor("m1")
	b.recall("m2", id)
	for range 2 {
		k, err := b.Queue.Case(b.ctx, id)
		if err != nil || k.State != chat.Over || k.CloseReason != "recalled" {
			b.Fatalf("case: recalled = %s, %v, want closed, reason recalled", show(k), err)
		}
		if len(k.Transcript) > 0 {
			b.Fatalf("case: recalled shows the lines %s, want none: nobody is to read them", show(k.Transcript))
		}
		c := b.begin(b.says("m-" + k.Epoch + fmt.Sprint(b.look().Session.Turn)))
		o := quiet(c)
		o.Lines = []chat.Line{{From: "person", Text: "later", Turn: c.Turn}}
		b.commit(c, o)
	}
	if lines := b.look().Lines; len(lines) == 0 || lines[0].Text != "said m1" {
		b.Fatalf("lines: after a recall the conversation shows %s, want all of them", show(lines))
	}
}

// caseOutlived: closed cases are gone after a while; their conversation goes on.
func caseOutlived(b *bench) {
	if b.Advance == nil {
		return // a week is too long to wait for
	}
	id := b.asksFor("m1")
	b.recall("m2", id)
	b.wait(session.KeepClosed)
	b.wantGone(id)
	next := b.asksFor("m3")
	if k, err := b.Queue.Case(b.ctx, next); err != nil || len(k.Transcript) == 0 {
		b.Fatalf("case: raised after another is gone = %s, %v, want it with its lines", show(k), err)
	}
}

func (b *bench) wantGone(id string) {
	b.Helper()
	if k, err := b.Queue.Case(b.ctx, id); !errors.Is(err, handoff.ErrUnknown) {
		b.Fatalf("promise 8 (bounded): Queue.Case = %s, %v, want ErrUnknown: it is gone", show(k), err)
	}
}

// casesBounded: 20 are remembered, and those that were closed first are forgotten before any that is open.
func casesBounded(b *bench) {
	const most = 20
	open := b.asksFor("open")
	var ids []string
	for i := range most + 3 {
		id := b.asksFor(fmt.Sprint("m", i))
		b.recall(fmt.Sprint("n", i), id)
		ids = append(ids, id)
		b.wait(0) // the moments at which they are closed differ
	}
	if k, err := b.Queue.Case(b.ctx, open); err != nil || k.State != chat.Waiting {
		b.Fatalf("promise 8 (bounded): the open case behind %d closed ones = %s, %v, want it to wait", len(ids), show(k), err)
	}
	for i, id := range ids {
		if i < len(ids)-(most-1) {
			b.wantGone(id)
		} else if _, err := b.Queue.Case(b.ctx, id); err != nil {
			b.Fatalf("promise 8 (bounded): closed case %d of %d = %v, want the newest remembered, %d with the open one", i+1, len(ids), err, most)
		}
	}
	all, err := b.Queue.Cases(b.ctx, handoff.Filter{})
	if err != nil || len(all) != most {
		b.Fatalf("promise 8 (bounded): Queue.Cases lists %d, %v, want %d", len(all), err, most)
	}

	b = b.at("held")
	held := b.asksFor("held")
	b.claimCase(held, "alice")
	for i := range most + 1 {
		b.asksFor(fmt.Sprint("m", i))
	}
	if k, err := b.Queue.Case(b.ctx, held); err != nil || k.Seat != "alice" {
		b.Fatalf("promise 8 (bounded): the held case before %d open ones = %s, %v, want it held", most+1, show(k), err)
	}
	b.closeCase(held)
}

// nativeCase is one that the platform's own seat has from the beginning: no seat of the house can take it or speak in it, the turns go
// on without a hold, and the turn in which that seat is done closes it.
func nativeCase(b *bench) {
	c := b.begin(b.says("m1"))
	o := raises(c)
	o.Cases[0].Native = "service1@shop"
	o.Lines = []chat.Line{{From: "person", Text: "人工", Turn: c.Turn}}
	b.commit(c, o)
	id := o.Cases[0].ID
	k, err := b.Queue.Case(b.ctx, id)
	if err != nil || k.State != chat.Held || k.Seat != "service1@shop" || k.Native != "service1@shop" || k.Claimed.IsZero() {
		b.Fatalf("case: of a native seat = %s, %v, want held by it", show(k), err)
	}
	owned := (*handoff.OwnedError)(nil)
	if _, err := b.Queue.Claim(b.ctx, id, "alice"); !errors.As(err, &owned) || owned.Seat != "service1@shop" {
		b.Fatalf("case: Claim of a native seat's = %v, want it owned by service1@shop", err)
	}
	if _, err := b.Queue.Reply(b.ctx, id, "service1@shop", "hello", "k1"); err == nil {
		b.Fatalf("case: somebody spoke as the platform's own seat")
	}
	if v := b.look(); v.Hold != nil {
		b.Fatalf("case: a native seat's brought the hold %s, want none", show(v.Hold))
	}
	b.recall("m2", id)
	k, err = b.Queue.Case(b.ctx, id)
	if err != nil || k.State != chat.Over || k.CloseReason != "native" || len(k.Transcript) == 0 {
		b.Fatalf("case: of a native seat that is done = %s, %v, want closed, reason native, with its lines", show(k), err)
	}
}

// caseKeepsItsPlace: a case that takes the place of an older one, raised in another conversation, waits where that did.
func caseKeepsItsPlace(b *bench) {
	c := b.begin(b.says("m1"))
	early := raises(c)
	b.commit(c, early)
	b.wait(b.short())
	c = b.begin(b.says("m2"))
	late := raises(c)
	late.Cases[0].Raised = early.Cases[0].Raised.Add(-time.Minute)
	b.commit(c, late)
	all, err := b.Queue.Cases(b.ctx, handoff.Filter{State: chat.Waiting})
	if err != nil || len(all) != 2 || all[0].ID != late.Cases[0].ID || all[0].Raised.UnixMilli() != late.Cases[0].Raised.UnixMilli() {
		b.Fatalf("case: waiting are %s, %v, want the moved one first, raised %v", show(all), err, late.Cases[0].Raised)
	}
}
