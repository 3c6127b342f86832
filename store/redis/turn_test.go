package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

func TestOrdinaryTurn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.message("m1", "退款")
	m.ReplyBy = b.now().Add(4 * time.Second)
	c := b.accept(m)
	if diff := cmp.Diff(m, c.Message); diff != "" {
		t.Errorf("Accept: the message came back changed: %s", diff)
	}
	if c.State != session.Open || c.Tries != 0 || c.Turn == "" || c.Session.Layout != session.Layout {
		t.Errorf("Accept = %+v, want an open, first try of a new conversation", c)
	}
	s := c.Session
	s.Turn, s.User = 1, "u-1"
	reply := chat.Reply{Key: "k1", Text: "<原路>退回 \"1-3\" 天", Source: "kb:x"}
	done := b.commit(c, session.Outcome{Session: s, Passive: []chat.Reply{reply}, Instead: []chat.Debt{b.debt("k1", "原路")}})
	want := session.Committed{Done: session.Done{State: session.Passive, Replies: []chat.Reply{reply}}}
	if diff := cmp.Diff(want, done); diff != "" {
		t.Errorf("Commit: %s", diff)
	}
	// A duplicate gets the very same replies; the commit repeated too.
	again, err := b.s.Accept(t.Context(), m, terms)
	if err != nil || again.Done == nil || again.Fresh {
		t.Fatalf("Accept of a duplicate = %+v, %v, want it done", again, err)
	}
	if diff := cmp.Diff(want.Done, *again.Done); diff != "" {
		t.Errorf("Accept of a duplicate: %s", diff)
	}
	if diff := cmp.Diff(want, b.commit(c, session.Outcome{Session: c.Session})); diff != "" {
		t.Errorf("Commit repeated: %s", diff)
	}
	if v := b.look(); v.Session.User != "u-1" || len(v.Owed) != 0 || v.Mailbox != 0 {
		t.Errorf("Look = %+v, want user u-1, nothing owed, an empty mailbox", v)
	}
}

func TestHowADeliveryIsAnswered(t *testing.T) {
	t.Parallel()
	passive := []chat.Reply{{Key: "p", Text: "好"}}
	for _, tt := range []struct {
		name    string
		in      time.Duration // ReplyBy from now; 0: none
		o       session.Outcome
		late    string
		want    session.DoneState
		wantIDs []string
	}{
		{"in time", time.Second, session.Outcome{Passive: passive}, "", session.Passive, []string{"behind"}},
		{"nothing to say", time.Second, session.Outcome{}, "nothing", session.Nothing, nil},
		{"too late", -time.Second, session.Outcome{Passive: passive}, "", session.Pushed, []string{"instead"}},
		{"push only", 0, session.Outcome{Passive: passive}, "", session.Pushed, []string{"instead"}},
		{"may not push", -time.Second, session.Outcome{Passive: passive, Park: true}, "", session.Kept, []string{"instead"}},
		{"settled late", time.Second, session.Outcome{Passive: passive}, "push", session.Pushed, []string{"instead"}},
		{"settled late, kept", time.Second, session.Outcome{Passive: passive, Park: true}, "keep", session.Kept, []string{"instead"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			m := b.message("m", "x")
			if tt.in != 0 {
				m.ReplyBy = b.now().Add(tt.in)
			}
			c := b.accept(m)
			if tt.late == "push" || tt.late == "keep" {
				d, err := b.s.Late(t.Context(), m, tt.late == "push")
				if err != nil || d.State != tt.want {
					t.Fatalf("Late = %v, %v, want %v", d, err, tt.want)
				}
				again, err := b.s.Late(t.Context(), m, tt.late != "push")
				if err != nil || again.State != tt.want {
					t.Errorf("Late again, the other way = %v, %v, want %v", again, err, tt.want)
				}
			}
			if tt.late != "nothing" {
				tt.o.Behind, tt.o.Instead = []chat.Debt{b.debt("behind", "b")}, []chat.Debt{b.debt("instead", "i")}
			}
			if got := b.commit(c, tt.o).Done.State; got != tt.want {
				t.Errorf("Commit = %v, want %v", got, tt.want)
			}
			var ids []string
			for _, d := range b.look().Owed {
				ids = append(ids, d.ID)
				if d.Park != tt.o.Park {
					t.Errorf("debt %s has Park %v, want %v", d.ID, d.Park, tt.o.Park)
				}
			}
			if diff := cmp.Diff(tt.wantIDs, ids); diff != "" {
				t.Errorf("owed: %s", diff)
			}
		})
	}
}

func TestMailboxKeepsOrderAndHandsOver(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.accept(b.message("m1", "1"))
	for _, id := range []string{"m2", "m3"} {
		got, err := b.s.Accept(t.Context(), b.message(id, id), terms)
		if err != nil || !got.Waiting || got.Claim != nil || !got.Fresh {
			t.Fatalf("Accept(%s) during a turn = %+v, %v, want it to wait", id, got, err)
		}
	}
	mail, err := b.s.Renew(t.Context(), c)
	if err != nil || len(mail) != 2 || mail[0].ID != "m2" || mail[1].ID != "m3" {
		t.Fatalf("Renew = %v, %v, want m2 and m3", mail, err)
	}
	first := b.commit(c, session.Outcome{Session: session.Session{Turn: 1}})
	if n := first.Next; n == nil || n.Message.ID != "m2" || n.Session.Turn != 1 || n.Turn == c.Turn || n.Token <= c.Token {
		t.Fatalf("Commit handed over %+v, want m2 under a greater token", n)
	}
	if diff := cmp.Diff(first, b.commit(c, session.Outcome{}), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Now" }, cmp.Ignore())); diff != "" {
		t.Errorf("Commit repeated: %s", diff)
	}
	if err := b.s.Release(t.Context(), first.Next); err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.Renew(t.Context(), first.Next); !errors.Is(err, session.ErrLost) {
		t.Errorf("Renew after Release = %v, want ErrLost", err)
	}
	b.due(1)
	taken, err := b.s.Take(t.Context(), b.a)
	if err != nil || taken == nil || taken.Message.ID != "m2" || taken.Tries != 0 || taken.Turn != first.Next.Turn {
		t.Fatalf("Take after Release = %+v, %v, want the same turn of m2, no try counted", taken, err)
	}
	last := b.commit(taken, session.Outcome{}).Next
	if got := b.commit(last, session.Outcome{}); got.Next != nil || last.Message.ID != "m3" {
		t.Errorf("after m3 (%s) came %+v, want nothing", last.Message.ID, got.Next)
	}
	b.due(0)
}

func TestLostLease(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.message("m1", "1")
	c := b.accept(m)
	if err := b.s.Checkpoint(t.Context(), c, session.Checkpoint{Release: "r1", Results: [][]byte{[]byte("x")}}); err != nil {
		t.Fatal(err)
	}
	b.due(0)
	b.pass(session.Lease + time.Millisecond)
	b.due(1)
	// Whoever lost the lease cannot commit, even if nobody took it yet.
	if _, err := b.s.Commit(t.Context(), c, session.Outcome{}); !errors.Is(err, session.ErrLost) {
		t.Errorf("Commit after the lease ran out = %v, want ErrLost", err)
	}
	got, err := b.s.ClaimReply(t.Context(), m)
	if err != nil || got.Claim == nil || got.Waiting {
		t.Fatalf("ClaimReply after the lease ran out = %+v, %v, want a claim", got, err)
	}
	if n := got.Claim; n.Turn != c.Turn || n.Token <= c.Token || n.Tries != 1 || n.Resume == nil || n.Resume.Release != "r1" {
		t.Errorf("ClaimReply = %+v, want the same turn, a greater token, one try and the checkpoint", n)
	}
	for name, err := range map[string]error{
		"Commit":     func() error { _, err := b.s.Commit(t.Context(), c, session.Outcome{}); return err }(),
		"Renew":      func() error { _, err := b.s.Renew(t.Context(), c); return err }(),
		"Checkpoint": b.s.Checkpoint(t.Context(), c, session.Checkpoint{}),
		"Release":    b.s.Release(t.Context(), c),
	} {
		if !errors.Is(err, session.ErrLost) {
			t.Errorf("%s of the old claim = %v, want ErrLost", name, err)
		}
	}
	// An older message whose holder is gone is judged by whoever comes next.
	b.pass(session.Lease + time.Millisecond)
	newer, err := b.s.Accept(t.Context(), b.message("m2", "2"), terms)
	if err != nil || !newer.Waiting || newer.Claim == nil || newer.Claim.Message.ID != "m1" || newer.Claim.Tries != 2 {
		t.Fatalf("Accept(m2) = %+v, %v, want to wait with a claim of m1, tried twice", newer, err)
	}
	if next := b.commit(newer.Claim, session.Outcome{}).Next; next == nil || next.Resume != nil || next.Tries != 0 {
		t.Errorf("Next = %+v, want m2 without checkpoint and tries", next)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range session.MaxMailbox {
		if got, err := b.s.Accept(t.Context(), b.message(fmt.Sprint("m", i), ""), session.Terms{Post: true}); err != nil || got.Claim != nil || !got.Waiting {
			t.Fatalf("Accept(m%d), posted = %+v, %v, want it to wait", i, got, err)
		}
	}
	if _, err := b.s.Accept(t.Context(), b.message("more", ""), terms); !errors.Is(err, chat.ErrBusy) {
		t.Errorf("Accept with a full mailbox = %v, want ErrBusy", err)
	}
	if got, err := b.s.Accept(t.Context(), b.message("m0", ""), session.Terms{Post: true}); err != nil || !got.Waiting {
		t.Errorf("Accept of a known id with a full mailbox = %+v, %v, want it to wait", got, err)
	}
	c, err := b.s.Take(t.Context(), b.a)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; c != nil; n++ {
		c = b.commit(c, session.Outcome{}).Next
	}
	if n != session.MaxMailbox {
		t.Errorf("%d turns, want %d", n, session.MaxMailbox)
	}
	// Ids younger than Redelivery are kept up to MaxIDs.
	long := session.Terms{Redelivery: time.Hour}
	for i := n; i < session.MaxIDs; i++ {
		got, err := b.s.Accept(t.Context(), b.message(fmt.Sprint("m", i), ""), long)
		if err != nil {
			t.Fatalf("Accept(m%d) = %v", i, err)
		}
		b.commit(got.Claim, session.Outcome{})
	}
	if _, err := b.s.Accept(t.Context(), b.message("more", ""), long); !errors.Is(err, chat.ErrBusy) {
		t.Errorf("Accept with %d ids = %v, want ErrBusy", session.MaxIDs, err)
	}
	b.pass(time.Hour + time.Second)
	for i := range 1100 {
		got, err := b.s.Accept(t.Context(), b.message(fmt.Sprint("n", i), ""), terms)
		if err != nil {
			t.Fatalf("Accept(n%d) an hour later = %v", i, err)
		}
		b.commit(got.Claim, session.Outcome{})
		b.pass(2 * time.Minute)
	}
	fields, err := b.s.db.HLen(t.Context(), b.s.k.place(b.a).conv).Result()
	if err != nil || fields > 2*session.KeptIDs+32 {
		t.Errorf("the conversation has %d fields, %v, want about %d: old ids must fall out", fields, err, 2*session.KeptIDs)
	}
}

func TestTwoProcessesJudgeOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other, err := Open(t.Context(), b.url, Options{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	const messages = 60
	var turns atomic.Int64
	var judged sync.Map
	var wg sync.WaitGroup
	for i := range messages {
		for _, s := range []*Store{b.s, other, b.s} {
			wg.Go(func() {
				got, err := s.Accept(t.Context(), b.message(fmt.Sprint("m", i), ""), terms)
				if err != nil {
					t.Errorf("Accept = %v", err)
					return
				}
				for c := got.Claim; c != nil; {
					turns.Add(1)
					if _, twice := judged.LoadOrStore(c.Message.ID, true); twice {
						t.Errorf("%s is judged twice", c.Message.ID)
					}
					sess := c.Session
					sess.Turn++
					done, err := s.Commit(t.Context(), c, session.Outcome{Session: sess})
					if err != nil {
						t.Errorf("Commit = %v", err)
						return
					}
					c = done.Next
				}
			})
		}
	}
	wg.Wait()
	if v := b.look(); turns.Load() != messages || v.Session.Turn != messages || v.Mailbox != 0 {
		t.Errorf("%d turns, session at %d, %d wait; want %d, %d, 0", turns.Load(), v.Session.Turn, v.Mailbox, messages, messages)
	}
}

func TestTimers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	at := b.now().Add(time.Minute).Truncate(time.Millisecond).UTC()
	c := b.accept(b.message("m1", ""))
	b.commit(c, session.Outcome{Timers: []session.Timer{
		{ID: "t1", Name: "idle", Due: at}, {ID: "t2", Name: "idle", Due: at.Add(time.Minute)}, {ID: "t3", Name: "other", Due: at},
	}})
	c = b.accept(b.message("m2", ""))
	b.commit(c, session.Outcome{Unset: []string{"other"}})
	b.pass(90 * time.Second)
	b.due(0)
	b.pass(time.Minute)
	b.due(1)
	got, err := b.s.Take(t.Context(), b.a)
	if err != nil || got == nil {
		t.Fatalf("Take = %v, %v, want the timer's turn", got, err)
	}
	want := chat.Message{ID: "t2", Kind: chat.Timer, From: b.a, Event: "idle", At: at.Add(time.Minute)}
	if diff := cmp.Diff(want, got.Message); diff != "" {
		t.Errorf("Take: %s", diff)
	}
	b.commit(got, session.Outcome{})
	b.due(0)
	if got, err := b.s.Take(t.Context(), b.a); err != nil || got != nil {
		t.Errorf("Take with nothing due = %v, %v, want nil", got, err)
	}
}

func TestCancelledContext(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.s.Accept(ctx, b.message("m", ""), terms); !errors.Is(err, context.Canceled) {
		t.Errorf("Accept with a cancelled context = %v, want context.Canceled", err)
	}
}
