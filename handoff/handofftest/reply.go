package handofftest

import (
	"fmt"
	"sync"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

func replies() []check {
	return []check{
		{"reply: posted in order, once per key", replyOnce},
		{"reply: one key at the same instant", replyRace},
		{"reply: refused unless the seat holds the case", replyOwned},
		{"note: seen by seats alone", noteKept},
	}
}

func replyOnce(d *desk) {
	id := d.held("alice")
	for _, key := range []string{"k1", "k2", "k1", "k3", "k2"} {
		d.reply(id, "alice", "text "+key, key)
	}
	var texts []string
	for _, m := range d.mail() {
		if m.Kind != chat.Seat || m.Name != "alice" || m.Case != id || m.From != ann() || m.ID == "" || len(m.ID) > 200 {
			d.Fatalf("Reply posted %s, want alice's words about %s", show(m), id)
		}
		texts = append(texts, m.Text)
	}
	d.equal("what alice said", texts, []string{"text k1", "text k2", "text k3"})
	d.reply(id, "alice", "text k1", "k1")
	if mail := d.mail(); len(mail) > 0 {
		d.Fatalf("Reply with a key that was judged posted %s, want nothing", show(mail))
	}
}

func replyRace(d *desk) {
	id := d.held("alice")
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() { _, errs[i] = d.Queue.Reply(d.ctx, id, "alice", "您好", fmt.Sprint("k", i%2)) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			d.Fatalf("Reply at the same instant = %v, want nil", err)
		}
	}
	if mail := d.mail(); len(mail) != 2 {
		d.Fatalf("Reply with two keys, ten times each, posted %s, want two messages", show(mail))
	}
}

func replyOwned(d *desk) {
	_, err := d.Queue.Reply(d.ctx, "00abcdef0123", "alice", "您好", "k1")
	d.is("Reply to an unknown case", err, handoff.ErrUnknown, "")
	id := d.waiting()
	_, err = d.Queue.Reply(d.ctx, id, "alice", "您好", "k1")
	d.is("Reply to a case that waits", err, handoff.ErrOwned, "")
	d.claim(id, "alice")
	_, err = d.Queue.Reply(d.ctx, id, "bob", "您好", "k1")
	d.is("Reply by bob to alice's case", err, handoff.ErrOwned, "alice")
	if mail := d.mail(); len(mail) > 0 {
		d.Fatalf("replies that were refused posted %s, want nothing", show(mail))
	}
	d.reply(id, "alice", "您好", "k1")
	d.close(id)
	_, err = d.Queue.Reply(d.ctx, id, "alice", "还有", "k2")
	d.is("Reply to a closed case", err, handoff.ErrClosed, "")
	mail := d.mail()
	if len(mail) != 2 || mail[0].Kind != chat.Seat || mail[1].Kind != chat.Closed {
		d.Fatalf("the mailbox after a reply and a close = %s, want both, in order", show(mail))
	}
}

func noteKept(d *desk) {
	id := d.waiting()
	for _, n := range [][2]string{{"alice", "先看订单"}, {"bob", "已退款"}} {
		if err := d.Queue.Note(d.ctx, id, n[0], n[1]); err != nil {
			d.Fatalf("Note = %v, want nil", err)
		}
	}
	k := d.read(id)
	if len(k.Notes) != 2 || k.Notes[0].From != "alice" || k.Notes[0].Text != "先看订单" || k.Notes[1].From != "bob" || k.Notes[1].At.IsZero() {
		d.Fatalf("the notes = %s, want alice's and bob's, in order, with times", show(k.Notes))
	}
	if k.State != chat.Waiting || len(k.Transcript) != 1 {
		d.Fatalf("the case after notes = %s, want it unchanged but for them", show(k))
	}
	if mail := d.mail(); len(mail) > 0 {
		d.Fatalf("Note posted %s, want nothing", show(mail))
	}
	d.turn(ann(), func(c *session.Claim, _ *session.Outcome) {
		if c.Session.Turn != 0 || len(c.Unpaid) > 0 {
			d.Fatalf("a note reached the turn %s, want nothing", show(c))
		}
	})
	d.is("Note to an unknown case", d.Queue.Note(d.ctx, "00abcdef0123", "alice", "x"), handoff.ErrUnknown, "")
}
