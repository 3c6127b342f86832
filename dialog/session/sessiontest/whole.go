package sessiontest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// wholes are outcomes that are kept in one step or not at all, and what is kept for how long.
func wholes() []check {
	return []check{
		{"whole: everything that a turn leaves appears together", keptTogether},
		{"whole: nothing of a lost turn is kept", lostKeepsNothing},
		{"whole: a repeated commit leaves everything once", repeatedKeepsOnce},
		{"lines: kept for a number of turns", linesBounded},
		{"lines: a case shows those before and since", transcriptKept},
		{"nothing lost: the process dies and comes back", survivesDeath},
		{"bounded: a conversation is forgotten", conversationExpires},
	}
}

// all is an outcome with every part.
func (b *bench) all(c *session.Claim) session.Outcome {
	o := raises(c)
	o.Session.User = "u-1"
	o.Session.Place = &session.Place{Dialog: "refund", Step: "ask"}
	o.Instead = []chat.Debt{owes(c, "r1")}
	o.Always = []chat.Debt{signals(c, "s1")}
	o.Timers = []session.Timer{{ID: "t1", Name: "patience", Due: c.Now.Add(b.short())}}
	o.Lines = []chat.Line{{At: c.Now, From: "person", Text: "人工", Turn: c.Turn}, {At: c.Now, From: "bot", Text: "好的", Turn: c.Turn, Source: "x"}}
	o.Counts = map[string]int64{"asked": 2, "handed": 1}
	o.Ledger = [][]byte{[]byte(`{"turn":1}`)}
	o.Dead = &chat.Dead{ID: session.DeadID(b.a, c.Message.ID), Message: c.Message, Turn: c.Turn, Tries: 3, Why: "panic", At: c.Now}
	return o
}

// hasAll wants every part of o to be kept once, or none of them.
func (b *bench) hasAll(o session.Outcome, want bool) {
	b.Helper()
	v := b.look()
	n := 0
	if want {
		n = 1
	}
	if got := v.Session.User == "u-1"; got != want {
		b.Fatalf("promise 4 (whole): the session was kept: %v, want %v", got, want)
	}
	if got := len(v.Lines); got != 2*n {
		b.Fatalf("promise 4 (whole): %d lines were kept, want %d", got, 2*n)
	}
	if got := len(v.Owed); got != 2*n {
		b.Fatalf("promise 4 (whole): the debts %s were kept, want %d", show(v.Owed), 2*n)
	}
	_, err := b.Queue.Case(b.ctx, o.Cases[0].ID)
	if (err == nil) != want || err != nil && !errors.Is(err, handoff.ErrUnknown) {
		b.Fatalf("promise 4 (whole): reading the case = %v, want it kept: %v", err, want)
	}
	dead, err := b.Store.Deads(b.ctx, 10)
	if err != nil || len(dead) != n {
		b.Fatalf("promise 4 (whole): dead letters = %s, %v, want %d", show(dead), err, n)
	}
	if b.Counts != nil {
		if got := b.Counts(); got["asked"] != int64(2*n) || got["handed"] != int64(n) {
			b.Fatalf("promise 4 (whole): counts = %v, want asked %d, handed %d", got, 2*n, n)
		}
	}
	if b.Ledger != nil {
		if got := b.Ledger(b.a); len(got) != n {
			b.Fatalf("promise 4 (whole): ledger = %q, want %d events", got, n)
		}
	}
}

func keptTogether(b *bench) {
	c := b.begin(b.asks("m1"))
	o := b.all(c)
	b.ends(c, o, session.Pushed)
	b.hasAll(o, true)
	v := b.look()
	o.Session.Layout = session.Layout
	b.equal("promise 4 (whole): the session", v.Session, o.Session)
	b.equal("promise 4 (whole): the lines", v.Lines, o.Lines)
	k, err := b.Queue.Case(b.ctx, o.Cases[0].ID)
	if err != nil || k.State != chat.Waiting || k.Wanted != "退款" || k.Reason != "pattern:人工" || k.Queue != "default" || k.Conversation != b.a {
		b.Fatalf("promise 4 (whole): the case = %s, %v, want as it was raised", show(k), err)
	}
	b.lends("promise 4 (whole)", "r1", "s1")
	b.wait(b.short())
	b.rings("t1", "patience")
}

func lostKeepsNothing(b *bench) {
	first := b.begin(b.asks("m1"))
	o := b.all(first)
	b.lose()
	c := b.second().takes("m1")
	if _, err := b.Store.Commit(b.ctx, first, o); !errors.Is(err, session.ErrLost) {
		b.Fatalf("promise 2 (alone): Commit after its lease was taken over = %v, want ErrLost", err)
	}
	b.hasAll(o, false)
	b.second().commit(c, quiet(c))
	if _, err := b.Store.Commit(b.ctx, first, o); !errors.Is(err, session.ErrLost) {
		b.Fatalf("promise 2 (alone): Commit after another attempt was kept = %v, want ErrLost", err)
	}
	b.hasAll(o, false)
	b.wait(b.short())
	b.silent("after a turn that was lost")
}

func repeatedKeepsOnce(b *bench) {
	c := b.begin(b.asks("m1"))
	o := b.all(c)
	for range 3 {
		b.commit(c, o)
		b.second().commit(c, o)
	}
	b.hasAll(o, true)
	cases, err := b.Queue.Cases(b.ctx, handoff.Filter{})
	if err != nil || len(cases) != 1 {
		b.Fatalf("promise 4 (whole): cases after a repeated commit = %s, %v, want one", show(cases), err)
	}
}

func linesBounded(b *bench) {
	for i := range session.Lines + 5 {
		c := b.begin(b.says(fmt.Sprint("m", i)))
		o := quiet(c)
		o.Lines = []chat.Line{{From: "person", Text: fmt.Sprint("q", i), Turn: c.Turn}, {From: "bot", Text: fmt.Sprint("a", i), Turn: c.Turn}}
		b.commit(c, o)
	}
	lines := b.look().Lines
	if n := len(lines); n != 2*session.Lines || lines[0].Text != "q5" || lines[n-1].Text != fmt.Sprint("a", session.Lines+4) {
		b.Fatalf("promise 8 (bounded): %d lines are kept, from %s, want those of the last %d turns, oldest first", n, show(lines[:min(1, n)]), session.Lines)
	}
}

func transcriptKept(b *bench) {
	speaks := func(id string, o func(*session.Claim) session.Outcome) session.Outcome {
		c := b.begin(b.says(id))
		out := o(c)
		out.Lines = []chat.Line{{From: "person", Text: "said " + id, Media: []chat.Media{{Kind: "image", Ref: "r", ID: "kept-" + id}}, Turn: c.Turn}}
		b.commit(c, out)
		return out
	}
	speaks("m1", quiet)
	id := speaks("m2", raises).Cases[0].ID
	speaks("m3", quiet)
	texts := func() []string {
		k, err := b.Queue.Case(b.ctx, id)
		if err != nil {
			b.Fatalf("Queue.Case = %v, want nil", err)
		}
		var all []string
		for _, l := range k.Transcript {
			if id, ok := strings.CutPrefix(l.Text, "said "); ok && (len(l.Media) != 1 || l.Media[0] != chat.Media{Kind: "image", Ref: "r", ID: "kept-" + id}) {
				b.Fatalf("case: the line %q holds the media %+v, want what the turn kept", l.Text, l.Media)
			}
			all = append(all, l.Text)
		}
		return all
	}
	b.equal("case: the transcript, before it was raised and since", texts(), []string{"said m1", "said m2", "said m3"})
	for i := range 60 {
		speaks(fmt.Sprint("n", i), quiet)
	}
	got := texts()
	if len(got) > 50 || !slices.Contains(got, "said n59") {
		b.Fatalf("promise 8 (bounded): the transcript has %d lines, want at most 50, the newest among them", len(got))
	}
}

func survivesDeath(b *bench) {
	if b.Reopen == nil {
		b.Logf("this maker does not outlive its process")
		return
	}
	other := b.at("bob")
	c := other.begin(other.asks("m1"))
	o := other.all(c)
	other.ends(c, o, session.Pushed)
	lent := other.lends("debt", "r1", "s1")

	shown := b.at("carol")
	m := shown.asks("m1")
	shown.passively(m, "p1")

	c = b.begin(b.says("m1"))
	b.queued(b.says("m2"))
	b.Store = b.Reopen()
	other.Store, shown.Store = b.Store, b.Store
	if _, err := b.Store.Commit(b.ctx, c, quiet(c)); err != nil && !errors.Is(err, session.ErrLost) {
		b.Fatalf("Commit after the store was opened again = %v, want nil or ErrLost", err)
	} else if err == nil {
		b.Logf("a claim outlives its process here")
	}
	if got := shown.accept(m); got.Done == nil || got.Done.State != session.Passive {
		b.Fatalf("promise 6 (visible once): a duplicate after the process died = %s, want done and passive", show(got))
	}
	b.wait(b.Lease)
	if v := other.look(); v.Session.User != "u-1" || len(v.Lines) != 2 || len(v.Owed) != 2 {
		b.Fatalf("promise 5 (nothing lost): after the process died = %s, want all that was committed", show(v))
	}
	again := other.lends("promise 5 (nothing lost): after the process died", "r1", "s1")
	for i := range again {
		if again[i].Fence == lent[i].Fence {
			b.Fatalf("debt: fence %q was handed out twice", lent[i].Fence)
		}
	}
	other.rings("t1", "patience")
	next := b.takes(b.head())
	if next.Message.ID == "m1" && (next.Tries != 1 || next.Turn != c.Turn || next.Token == c.Token) {
		b.Fatalf("promise 5 (nothing lost): the attempt after the process died = %s, want turn %s, tries 1 and another token", show(next), c.Turn)
	}
	for next != nil {
		next = b.commit(next, quiet(next)).Next
	}
	if s := b.look().Session; s.Turn != 2 || s.Chain != session.Next(session.Next("", "m1"), "m2") {
		b.Fatalf("promise 5 (nothing lost): the session after all = %s, want m1 and m2 judged in order", show(s))
	}
}

// head is the message that must be judged next.
func (b *bench) head() string {
	b.Helper()
	if b.look().Mailbox == 2 {
		return "m1"
	}
	return "m2"
}

func conversationExpires(b *bench) {
	if b.Advance == nil {
		return // 30 days are too long to wait for
	}
	m := b.says("m1")
	c := b.begin(m)
	b.commit(c, quiet(c))
	b.wait(session.KeepSession / 2)
	b.look()
	c = b.begin(b.says("m2"))
	b.commit(c, quiet(c))
	b.wait(session.KeepSession * 3 / 4)
	if s := b.look().Session; s.Turn != 2 {
		b.Fatalf("bounded: the session of a conversation that was touched = %s, want 2 turns", show(s))
	}
	b.wait(session.KeepSession / 2)
	if v, err := b.Store.Look(b.ctx, b.a); !errors.Is(err, session.ErrUnknown) {
		b.Fatalf("promise 8 (bounded): Look at a conversation untouched for %v = %s, %v, want ErrUnknown", session.KeepSession, show(v), err)
	}
	if c := b.begin(m); c.Session.Turn != 0 {
		b.Fatalf("promise 8 (bounded): a conversation untouched for %v has session %s, want a new one", session.KeepSession, show(c.Session))
	}
}
