package handofftest

import (
	"encoding/json"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

func endings() []check {
	return []check{
		{"close: a held case", closeHeld},
		{"close: a waiting case", closeWaiting},
		{"close: twice is once", closeTwice},
		{"close: forgotten after a while", closeForgotten},
		{"signals: owed in order, in the same step", signalsOrdered},
		{"case: whole", caseWhole},
		{"case: the quota that is left", caseQuota},
	}
}

func closeHeld(d *desk) {
	id := d.held("alice")
	k := d.close(id)
	if k.CloseReason != "solved" || k.Closed.IsZero() || k.ID != id {
		d.Fatalf("Close = %s, want reason solved and a time", show(k))
	}
	d.equal("the closed case", d.read(id).State, chat.Over)
	mail := d.mail()
	if len(mail) != 1 || mail[0].Kind != chat.Closed || mail[0].Case != id || mail[0].Text != "solved" || mail[0].From != ann() {
		d.Fatalf("Close posted %s, want one closed message with its reason", show(mail))
	}
	v, err := d.Store.Look(d.ctx, ann())
	if err != nil || v.Hold != nil {
		d.Fatalf("the hold after Close = %s, %v, want none", show(v), err)
	}
	_, err = d.Queue.Close(d.ctx, "00abcdef0123", "x")
	d.is("Close of an unknown case", err, handoff.ErrUnknown, "")
}

func closeWaiting(d *desk) {
	id := d.waiting()
	d.close(id)
	if mail := d.mail(); len(mail) != 1 || mail[0].Kind != chat.Closed || mail[0].Case != id {
		d.Fatalf("Close of a case that waits posted %s, want one closed message", show(mail))
	}
	d.wantSignals(id, "case.closed")
}

func closeTwice(d *desk) {
	id := d.held("alice")
	first := d.close(id)
	again, err := d.Queue.Close(d.ctx, id, "other")
	if err != nil || again.CloseReason != "solved" || !again.Closed.Equal(first.Closed) {
		d.Fatalf("Close again = %s, %v, want the case as it was closed first", show(again), err)
	}
	if mail := d.mail(); len(mail) != 1 {
		d.Fatalf("Close twice posted %s, want one message", show(mail))
	}
	d.wantSignals(id, "case.claimed", "case.closed")
}

func closeForgotten(d *desk) {
	if d.Advance == nil {
		return // a week is too long to wait for
	}
	id := d.held("alice")
	d.close(id)
	d.wait(session.KeepClosed / 2)
	d.read(id)
	d.wait(session.KeepClosed / 2)
	_, err := d.Queue.Case(d.ctx, id)
	d.is("Case when it was closed long ago", err, handoff.ErrUnknown, "")
	all, err := d.Queue.Cases(d.ctx, handoff.Filter{})
	if err != nil || len(all) > 0 {
		d.Fatalf("Cases when all were closed long ago = %s, %v, want none", show(all), err)
	}
}

func signalsOrdered(d *desk) {
	var id string
	d.turn(ann(), func(c *session.Claim, o *session.Outcome) {
		id = session.CaseID(ann(), c.Turn)
		o.Cases = []chat.Case{{ID: id, Conversation: ann(), Queue: "default", State: chat.Waiting, Priority: "normal", Raised: c.Now}}
		body, err := json.Marshal(chat.Signal{Event: "case.opened", Case: &chat.Case{ID: id}})
		if err != nil {
			d.Fatalf("%v", err)
		}
		o.Always = []chat.Debt{{ID: "opened", Kind: chat.CaseDebt, To: ann(), Body: body, Due: c.Now, Turn: c.Turn}}
	})
	d.claim(id, "alice")
	if _, err := d.Queue.Transfer(d.ctx, id, "default", ""); err != nil {
		d.Fatalf("Transfer = %v, want nil", err)
	}
	d.claim(id, "bob")
	d.close(id)
	var got []string
	for _, s := range d.signals() {
		if s.Case == nil || s.Case.ID != id {
			d.Fatalf("the signal %s does not hold the case's id", show(s))
		}
		got = append(got, s.Event)
	}
	d.equal("the case signals, in order", got, []string{"case.opened", "case.claimed", "case.claimed", "case.closed"})
}

func caseWhole(d *desk) {
	id := d.waiting()
	k := d.read(id)
	if k.Conversation != ann() || k.Queue != "default" || k.State != chat.Waiting || k.Priority != "normal" || k.Wanted != "退款" ||
		k.Reason != "pattern:人工" || k.Slots["order"] != "A1" || len(k.Tried) != 1 || len(k.Suggestions) != 1 || k.Raised.IsZero() {
		d.Fatalf("Case = %s, want it as it was raised", show(k))
	}
	if len(k.Transcript) != 1 || k.Transcript[0].Text != "人工" {
		d.Fatalf("the transcript = %s, want what was said in the turn that raised it", show(k.Transcript))
	}
	for _, id := range []string{"", "x", "00abcdef0123", "99abcdef0123"} {
		_, err := d.Queue.Case(d.ctx, id)
		d.is("Case of none", err, handoff.ErrUnknown, "")
	}
}

func caseQuota(d *desk) {
	id := d.waiting()
	if k := d.read(id); k.QuotaLeft != -1 {
		d.Fatalf("QuotaLeft where sending is not counted = %d, want -1", k.QuotaLeft)
	}
	until := d.Now().Add(d.Lease / 2)
	c, err := d.Store.Accept(d.ctx, chat.Message{ID: "q1", Kind: chat.Said, From: ann(), Right: &chat.ReplyRight{Pool: "message", Left: 3, Expires: until}}, session.Terms{})
	if err != nil || c.Claim == nil {
		d.Fatalf("Accept = %v, want a claim", err)
	}
	d.judge(c.Claim)
	if k := d.read(id); k.QuotaLeft != 3 || k.QuotaUntil.Sub(until).Abs().Seconds() > 1 {
		d.Fatalf("the quota = %d until %v, want 3 until %v", k.QuotaLeft, k.QuotaUntil, until)
	}
	d.wait(d.Lease / 2)
	if k := d.read(id); k.QuotaLeft != 0 {
		d.Fatalf("QuotaLeft when the right expired = %d, want 0", k.QuotaLeft)
	}
}
