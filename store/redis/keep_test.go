package redis

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.message("m1", "毒")
	m.ReplyBy = b.now().Add(time.Hour)
	c := b.accept(m)
	id := session.DeadID(b.a, m.ID)
	dead := chat.Dead{ID: id, Message: m, Turn: c.Turn, Tries: 3, Why: "panic", At: b.now().Truncate(time.Millisecond).UTC()}
	b.commit(c, session.Outcome{Dead: &dead})
	all, err := b.s.Deads(t.Context(), 10)
	if diff := cmp.Diff([]chat.Dead{dead}, all); err != nil || diff != "" {
		t.Fatalf("Deads: %v %s", err, diff)
	}
	a, err := b.s.Replay(t.Context(), id)
	if err != nil || a != b.a {
		t.Fatalf("Replay = %v, %v, want %v", a, err, b.a)
	}
	if _, err := b.s.Replay(t.Context(), id); !errors.Is(err, session.ErrUnknown) {
		t.Errorf("Replay again = %v, want ErrUnknown", err)
	}
	c, err = b.s.Take(t.Context(), b.a)
	if err != nil || c == nil || c.Message.Text != "毒" || c.Message.ID == m.ID || !c.Message.ReplyBy.IsZero() {
		t.Fatalf("Take = %+v, %v, want the message under a new id, push only", c, err)
	}
	dead.ID = session.DeadID(b.a, c.Message.ID)
	b.commit(c, session.Outcome{Dead: &dead})
	if err := b.s.Bury(t.Context(), dead.ID); err != nil {
		t.Errorf("Bury = %v", err)
	}
	for _, id := range []string{dead.ID, "", "nonsense"} {
		if err := b.s.Bury(t.Context(), id); !errors.Is(err, session.ErrUnknown) {
			t.Errorf("Bury(%q) = %v, want ErrUnknown", id, err)
		}
	}
	if all, err := b.s.Deads(t.Context(), 10); err != nil || len(all) != 0 {
		t.Errorf("Deads = %v, %v, want none", all, err)
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.message("m1", "")
	m.ReplyBy = b.now().Add(time.Second)
	c := b.accept(m)
	caseID := session.CaseID(b.a, c.Turn)
	dead := chat.Dead{ID: session.DeadID(b.a, "m1"), Message: m}
	b.commit(c, session.Outcome{Passive: []chat.Reply{{Key: "k"}}, Behind: []chat.Debt{b.debt("d", "")}, Dead: &dead,
		Cases:  []chat.Case{{ID: caseID, Conversation: b.a, Queue: "default"}},
		Timers: []session.Timer{{ID: "t", Name: "t", Due: b.now().Add(time.Hour)}}})
	under := b.accept(b.message("m2", ""))
	if err := b.s.Forget(t.Context(), b.a); err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.Commit(t.Context(), under, session.Outcome{}); !errors.Is(err, session.ErrLost) {
		t.Errorf("Commit after Forget = %v, want ErrLost", err)
	}
	if _, err := b.s.Look(t.Context(), b.a); !errors.Is(err, session.ErrUnknown) {
		t.Errorf("Look after Forget = %v, want ErrUnknown", err)
	}
	left, err := b.s.db.Keys(t.Context(), "xianda:{*").Result() // a private server
	if err != nil || len(left) != 0 {
		t.Errorf("after Forget these keys are left: %v, %v", left, err)
	}
	again := b.accept(m)
	if again.Turn == c.Turn || again.Token <= under.Token {
		t.Errorf("after Forget: turn %s token %s, want both to be new (before: %s, %s)", again.Turn, again.Token, c.Turn, under.Token)
	}
}

func TestNewerFieldsAndOddBytesSurvive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.a = chat.Address{Channel: "a|b", Peer: "百%7C|分", Thread: "x:{1}"}
	m := b.message("id|with:odd\n\"bytes", "\x00 \u2028 {}")
	m.Data = json.RawMessage(`{"empty":[],"big":12345678901234567890,"f":1.0}`)
	m.Right = &chat.ReplyRight{Pool: "p", Data: json.RawMessage(`{"a":[]}`), Left: 5, Expires: b.now().Add(time.Hour).UTC().Round(0)}
	m.ReplyBy = b.now().Add(time.Second)
	c := b.accept(m)
	if string(c.Message.Data) != string(m.Data) || c.Message.ID != m.ID || c.Message.Text != m.Text {
		t.Errorf("Accept: message = %+v, want it unchanged", c.Message)
	}
	if diff := cmp.Diff([]chat.ReplyRight{*m.Right}, c.Rights); diff != "" {
		t.Errorf("Accept: rights: %s", diff)
	}
	s := c.Session
	s.Layout = 9
	s.Extra = map[string]json.RawMessage{"new": json.RawMessage(`{"x":[]}`)}
	b.commit(c, session.Outcome{Session: s, Passive: []chat.Reply{{Key: "k"}}})
	if v := b.look(); v.Session.Layout != 9 || string(v.Session.Extra["new"]) != `{"x":[]}` {
		t.Errorf("Look: session = %+v, want the newer field", v.Session)
	}
	if err := b.s.Settle(t.Context(), []session.Settlement{{To: b.a, Delivery: m.ID, Verdict: session.Shown}}); err != nil {
		t.Fatal(err)
	}
	b.pass(time.Hour)
	b.due(0)
}

func TestWholeOutcomeIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.accept(b.message("m1", ""))
	line := chat.Line{At: b.now().Round(0).UTC(), From: "person", Text: "你好", Turn: c.Turn}
	b.commit(c, session.Outcome{Lines: []chat.Line{line}, Ledger: [][]byte{[]byte("e1"), []byte("e2")}, Counts: map[string]int64{"a": 2, "b": 1}})
	pl := b.s.k.place(b.a)
	if n := b.s.db.XLen(t.Context(), b.s.k.ledger(pl.p)).Val(); n != 2 {
		t.Errorf("the ledger has %d events, want 2", n)
	}
	if events, err := b.s.Ledger(t.Context(), 10); err != nil || len(events) != 2 || string(events[0]) != "e1" {
		t.Errorf("Ledger = %q, %v, want e1 and e2", events, err)
	}
	counts, err := b.s.Counts(t.Context(), c.Now, c.Now.Add(time.Hour))
	if diff := cmp.Diff(map[string]int64{"a": 2, "b": 1}, counts); err != nil || diff != "" {
		t.Errorf("counts: %s", diff)
	}
	for i := range session.Lines + 5 {
		b.commit(b.accept(b.message(fmt.Sprint("n", i), "")), session.Outcome{Lines: []chat.Line{{Text: fmt.Sprint(i)}}})
	}
	v := b.look()
	if n := len(v.Lines); n != session.Lines || v.Lines[0].Text != "5" || v.Lines[n-1].Text != "36" {
		t.Errorf("Look: %d lines from %q, want the last %d, oldest first", n, v.Lines[0].Text, session.Lines)
	}
}

func TestStuckOnesDoNotHideOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 30 { // nobody will ever pay these
		b.a.Peer = fmt.Sprint("stuck", i)
		b.turn("m", session.Outcome{Instead: []chat.Debt{b.debt("d", "")}})
		b.pass(time.Millisecond)
	}
	b.a.Peer = "fresh"
	if _, err := b.s.Accept(t.Context(), b.message("m", ""), session.Terms{Post: true}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got, err := b.s.Due(t.Context(), 5)
		if err != nil || len(got) != 5 {
			t.Fatalf("Due(5) = %v, %v, want 5", got, err)
		}
		for _, a := range got {
			if a == b.a {
				return
			}
		}
	}
	t.Errorf("two looks at what is due do not show %v", b.a)
}

func TestExpiredConversationLeavesTheIndex(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.message("m1", "")
	m.ReplyBy = b.now().Add(time.Second)
	c := b.accept(m)
	id := session.CaseID(b.a, c.Turn)
	b.commit(c, session.Outcome{Passive: []chat.Reply{{Key: "p"}}, Behind: []chat.Debt{b.debt("d", "")},
		Cases: []chat.Case{{ID: id, Conversation: b.a, Queue: "default"}}})
	b.age(session.KeepSession + time.Minute)
	b.due(1)
	if c, err := b.s.Take(t.Context(), b.a); c != nil || err != nil {
		t.Errorf("Take of an expired conversation = %v, %v, want nil", c, err)
	}
	b.due(0)
	if all, err := b.s.Queue().Cases(t.Context(), handoff.Filter{}); err != nil || len(all) != 0 {
		t.Errorf("Cases = %v, %v, want none: it expired", all, err)
	}
	if n := b.s.db.ZCard(t.Context(), b.s.k.openCases(b.s.k.place(b.a).p)).Val(); n != 0 {
		t.Errorf("%d open cases are still indexed, want none", n)
	}
}

func TestHoursByName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.accept(b.message("m1", ""))
	b.commit(c, session.Outcome{Counts: map[string]int64{"answered:x": 1, "l:w:a:kb:x": 2}})
	from := c.Now.UTC().Truncate(time.Hour)
	got, err := b.s.Hours(t.Context(), "l:", from.Add(-30*time.Hour), from.Add(time.Hour))
	want := []likely.Hour{{At: from, Counts: map[string]int64{"l:w:a:kb:x": 2}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Hours of l: = %v, %v (- want, + got):\n%s", got, err, diff)
	}
}

func TestNamesOfAnHourAreBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.accept(b.message("m1", ""))
	fill := map[string]any{"l:known": 1}
	for i := range maxLearned {
		fill[fmt.Sprint("l:", i)] = 1
	}
	key := b.s.k.counts(b.s.k.place(b.a).p, c.Now)
	if err := b.s.db.HSet(t.Context(), key, fill).Err(); err != nil {
		t.Fatal(err)
	}
	b.commit(c, session.Outcome{Counts: map[string]int64{"l:known": 1, "l:new": 1, "answered:x": 1}})
	for name, want := range map[string]string{"l:known": "2", "l:new": "", "answered:x": "1"} {
		if got := b.s.db.HGet(t.Context(), key, name).Val(); got != want {
			t.Errorf("%s in a full hour = %q, want %q", name, got, want)
		}
	}
}
