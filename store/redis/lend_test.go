package redis

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

func ids(l session.Lent) string {
	var all []string
	for _, loan := range l.Loans {
		all = append(all, loan.ID)
	}
	return strings.Join(all, " ")
}

func TestLendingKeepsOrderAndFences(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	signal := chat.Debt{ID: "s1", Kind: chat.CaseDebt, To: b.a, Body: []byte(`{"event":"case.opened","case":{"x":[]}}`)}
	b.turn("m1", session.Outcome{Instead: []chat.Debt{b.debt("r1", "一"), b.debt("r2", "二")}, Always: []chat.Debt{signal}})
	b.due(1)
	l := b.lend()
	if ids(l) != "r1 s1" || l.Loans[0].Tries != 0 || l.Loans[0].Right != nil || string(l.Loans[1].Body) != string(signal.Body) {
		t.Fatalf("Lend = %+v, want r1 and s1 as they were owed", l)
	}
	b.due(0)
	if again := b.lend(); len(again.Loans) != 0 || again.Next.IsZero() {
		t.Errorf("Lend again = %+v, want nothing before the loan ends", again)
	}
	b.pass(11 * time.Second)
	b.due(1)
	second := b.lend()
	if ids(second) != "r1 s1" || second.Loans[0].Tries != 1 {
		t.Fatalf("Lend after the loan ended = %+v, want r1 and s1, tried once", second)
	}
	b.settle(session.Settlement{To: b.a, ID: "r1", Fence: l.Loans[0].Fence, Verdict: session.Paid})
	if n := len(b.look().Owed); n != 3 {
		t.Errorf("%d owed after a settlement with an old fence, want 3", n)
	}
	b.settle(session.Settlement{To: b.a, ID: "r1", Fence: second.Loans[0].Fence, Verdict: session.Again, After: time.Minute},
		session.Settlement{To: b.a, ID: "s1", Fence: second.Loans[1].Fence, Verdict: session.Dropped})
	if l := b.lend(); len(l.Loans) != 0 {
		t.Errorf("Lend = %s, want nothing: r2 waits behind r1", ids(l))
	}
	b.pass(time.Minute)
	third := b.lend()
	if ids(third) != "r1" {
		t.Fatalf("Lend = %s, want r1", ids(third))
	}
	b.settle(session.Settlement{To: b.a, ID: "r1", Fence: third.Loans[0].Fence, Verdict: session.Paid})
	fourth := b.lend()
	if ids(fourth) != "r2" {
		t.Fatalf("Lend = %s, want r2", ids(fourth))
	}
	b.settle(session.Settlement{To: b.a, ID: "r2", Fence: fourth.Loans[0].Fence, Verdict: session.Paid})
	if l := b.lend(); len(l.Loans) != 0 || !l.Next.IsZero() {
		t.Errorf("Lend = %+v, want nothing, ever", l)
	}
	b.due(0)
}

func TestPassiveReplyShownOrNot(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	say := func(id string) (chat.Message, session.Outcome) {
		m := b.message(id, "")
		m.ReplyBy = b.now().Add(4 * time.Second)
		return m, session.Outcome{Passive: []chat.Reply{{Key: "p-" + id, Text: "甲"}}, Behind: []chat.Debt{b.debt("b-"+id, "乙")}}
	}
	m1, o := say("m1")
	b.commit(b.accept(m1), o)
	l := b.lend()
	if len(l.Loans) != 0 || l.Next.IsZero() {
		t.Errorf("Lend = %+v, want nothing behind a passive reply that is not shown yet", l)
	}
	b.settle(session.Settlement{To: b.a, Delivery: "m1", Verdict: session.Shown})
	l = b.lend()
	if ids(l) != "b-m1" {
		t.Fatalf("Lend after it was shown = %s, want b-m1", ids(l))
	}
	b.settle(session.Settlement{To: b.a, ID: "b-m1", Fence: l.Loans[0].Fence, Verdict: session.Paid})

	m2, o := say("m2")
	b.commit(b.accept(m2), o)
	b.turn("m3", session.Outcome{Instead: []chat.Debt{b.debt("later", "丙")}})
	b.pass(4*time.Second + session.MinRedelivery + time.Second) // Redelivery of terms is below the minimum
	b.due(1)
	if c, err := b.s.Take(t.Context(), b.a); c != nil || err != nil {
		t.Fatalf("Take = %v, %v, want nothing to judge", c, err)
	}
	var owed []string
	for _, d := range b.look().Owed {
		owed = append(owed, d.ID)
	}
	if diff := cmp.Diff([]string{"p-m2", "b-m2", "later"}, owed); diff != "" {
		t.Errorf("owed after the redelivery time: %s", diff)
	}
	l = b.lend()
	if ids(l) != "p-m2" || !l.Loans[0].Bot || string(l.Loans[0].Body) != `{"key":"p-m2","text":"甲"}` {
		t.Errorf("Lend = %+v, want the unshown reply", l)
	}
	again, err := b.s.Accept(t.Context(), m2, terms)
	if err != nil || again.Done == nil || again.Done.State != session.Pushed {
		t.Errorf("Accept of its delivery now = %+v, %v, want it pushed", again, err)
	}
	if c, err := b.s.Take(t.Context(), b.a); c != nil || err != nil || len(b.look().Owed) != 3 {
		t.Errorf("Take again = %v, %v with %d owed, want nothing new", c, err, len(b.look().Owed))
	}
}

func TestCarriedDebts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		before func(*bench) // between accept and commit
		want   session.DoneState
		owed   []string
	}{
		{"free", func(*bench) {}, session.Passive, nil},
		{"lent meanwhile", func(b *bench) { b.lend() }, session.Pushed, []string{"d1", "i"}},
		{"paid meanwhile", func(b *bench) {
			b.settle(session.Settlement{To: b.a, ID: "d1", Fence: b.lend().Loans[0].Fence, Verdict: session.Paid})
		}, session.Pushed, []string{"i"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.turn("m1", session.Outcome{Instead: []chat.Debt{b.debt("d1", "")}})
			m := b.message("m2", "")
			m.ReplyBy = b.now().Add(time.Second)
			c := b.accept(m)
			if len(c.Unpaid) != 1 || c.Unpaid[0].ID != "d1" || c.Unpaid[0].Lent {
				t.Fatalf("Unpaid = %+v, want d1, not lent", c.Unpaid)
			}
			tt.before(b)
			got := b.commit(c, session.Outcome{Passive: []chat.Reply{{Key: "p"}}, Carried: []string{"d1"}, Instead: []chat.Debt{b.debt("i", "")}})
			var owed []string
			for _, d := range b.look().Owed {
				owed = append(owed, d.ID)
			}
			if diff := cmp.Diff(tt.owed, owed); got.Done.State != tt.want || diff != "" {
				t.Errorf("Commit = %v, want %v; owed: %s", got.Done.State, tt.want, diff)
			}
		})
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	grant := func(id, pool string, left int, lasts time.Duration) chat.Message {
		m := b.message(id, "")
		m.Right = &chat.ReplyRight{Pool: pool, Left: left, Expires: b.now().Add(lasts)}
		return m
	}
	left := func() string {
		var all []string
		for _, r := range b.look().Rights {
			all = append(all, fmt.Sprint(r.Pool, r.Left))
		}
		return strings.Join(all, " ")
	}
	check := func(what, want string) {
		t.Helper()
		if got := left(); got != want {
			t.Errorf("%s: rights are %q, want %q", what, got, want)
		}
	}
	owe := func(ids ...string) session.Outcome {
		var o session.Outcome
		for _, id := range ids {
			o.Instead = append(o.Instead, b.debt(id, ""))
		}
		return o
	}
	c := b.accept(grant("m1", "menu", 3, time.Hour))
	if len(c.Rights) != 1 || c.Rights[0].Left != 3 {
		t.Errorf("the claim has the rights %+v, want its own", c.Rights)
	}
	b.commit(c, session.Outcome{})
	b.commit(b.accept(grant("m2", "message", 1, 2*time.Hour)), owe("d1", "d2", "d3", "d4", "d5"))
	check("granted", "menu3 message1")
	l := b.lend()
	if l.Loans[0].Right == nil || l.Loans[0].Right.Pool != "message" || l.Loans[0].Right.Left != 0 {
		t.Errorf("Lend gives the right %+v, want the newest, reserved", l.Loans[0].Right)
	}
	check("lent", "menu2 message0")
	b.settle(session.Settlement{To: b.a, ID: "d1", Fence: l.Loans[0].Fence, Verdict: session.Again, GiveBack: true})
	check("given back", "menu3 message1")
	pay := func(id string, v session.Verdict, spent bool) {
		t.Helper()
		l := b.lend()
		if ids(l) != id {
			t.Fatalf("Lend = %s, want %s", ids(l), id)
		}
		b.settle(session.Settlement{To: b.a, ID: id, Fence: l.Loans[0].Fence, Verdict: v, Spent: spent})
	}
	pay("d1", session.Paid, false)
	pay("d2", session.Paid, false)
	check("two sent", "menu1 message0")
	pay("d3", session.Park, true)
	check("spent", "menu0 message0")
	if l := b.lend(); len(l.Loans) != 0 || l.Parked != 1 || !l.Next.IsZero() {
		t.Errorf("Lend = %+v, want d3 parked and nothing to come", l)
	}
	b.due(0)
	c = b.accept(grant("m3", "message", 2, time.Hour))
	if n := len(c.Unpaid); n != 3 || !c.Unpaid[0].Park || c.Unpaid[0].Lent {
		t.Errorf("Unpaid = %+v, want 3, the first parked and free to be carried", c.Unpaid)
	}
	b.commit(c, session.Outcome{Revive: true})
	check("granted again", "menu0 message2")
	pay("d3", session.Paid, false)
	pay("d4", session.Paid, false)
	if l := b.lend(); len(l.Loans) != 0 || l.Parked != 1 {
		t.Errorf("Lend without a right = %+v, want d5 parked", l)
	}
	b.pass(3 * time.Hour)
	check("expired", "")
	b.commit(b.accept(grant("m4", "message", -1, time.Hour)), session.Outcome{Revive: true})
	pay("d5", session.Paid, false)
	check("without limit", "message-1")
	// What was reserved from a right that was replaced meanwhile is not given to its successor.
	b.commit(b.accept(grant("m5", "message", 2, time.Hour)), owe("d6"))
	l = b.lend()
	b.commit(b.accept(grant("m6", "message", 2, time.Hour)), session.Outcome{})
	b.settle(session.Settlement{To: b.a, ID: "d6", Fence: l.Loans[0].Fence, Verdict: session.Dropped, GiveBack: true})
	check("replaced meanwhile", "message2")
}

func TestDropAndLimitOfDebts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	seat := b.debt("seat", "")
	seat.Bot = false
	b.turn("m1", session.Outcome{Instead: []chat.Debt{b.debt("d1", ""), seat}})
	b.turn("m2", session.Outcome{Drop: true})
	if v := b.look(); len(v.Owed) != 1 || v.Owed[0].ID != "seat" {
		t.Errorf("owed after Drop: %+v, want the seat's alone", v.Owed)
	}
	var many []chat.Debt
	for i := range session.MaxDebts + 5 {
		many = append(many, b.debt(fmt.Sprint("n", i), ""))
	}
	b.turn("m3", session.Outcome{Instead: many})
	if v := b.look(); len(v.Owed) != session.MaxDebts || v.Owed[len(v.Owed)-1].ID != many[len(many)-1].ID {
		t.Errorf("%d owed, last %s; want %d, the newest kept", len(v.Owed), v.Owed[len(v.Owed)-1].ID, session.MaxDebts)
	}
}
