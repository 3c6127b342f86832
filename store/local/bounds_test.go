package local

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
	bolt "go.etcd.io/bbolt"
)

// taken judges all that waits in a mailbox, without a word.
func taken(t *testing.T, s *Store, a chat.Address) {
	t.Helper()
	c, err := s.Take(t.Context(), a)
	for err == nil && c != nil {
		var done session.Committed
		done, err = s.Commit(t.Context(), c, session.Outcome{Session: c.Session})
		c = done.Next
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestLongKeptEventsAreBounded(t *testing.T) {
	t.Parallel()
	w, a := newWatch(), chat.Address{Channel: "shop", Peer: "p"}
	s := opened(t, t.TempDir(), Options{Clock: w.now})
	event := func(id string) error {
		_, err := s.Accept(t.Context(), chat.Message{ID: id, Kind: chat.Event, From: a}, session.Terms{Redelivery: 24 * time.Hour, Post: true})
		if err == nil {
			taken(t, s, a)
		}
		return err
	}
	for i := range maxLong {
		if err := event(fmt.Sprint("e", i)); err != nil {
			t.Fatalf("event %d = %v, want nil", i+1, err)
		}
	}
	if err := event("beyond"); !errors.Is(err, chat.ErrBusy) {
		t.Errorf("event %d = %v, want ErrBusy", maxLong+1, err)
	}
	if err := event("e0"); err != nil {
		t.Errorf("a duplicate of an event with %d of them = %v, want nil", maxLong, err)
	}
	for i := range 100 { // kept as long, but not posted
		m := chat.Message{ID: fmt.Sprint("m", i), Kind: chat.Said, From: a}
		if _, err := s.Accept(t.Context(), m, session.Terms{Redelivery: 24 * time.Hour}); err != nil {
			t.Fatalf("message %d behind %d events = %v, want nil", i+1, maxLong, err)
		}
		w.advance(session.Lease)
		taken(t, s, a)
	}
	w.advance(24 * time.Hour)
	if err := event("tomorrow"); err != nil {
		t.Errorf("an event a day later = %v, want nil", err)
	}
}

// TestHeldCaseIsNotForgotten: when every case is open the bound must not take the one whose seat is speaking.
func TestHeldCaseIsNotForgotten(t *testing.T) {
	t.Parallel()
	w, a := newWatch(), chat.Address{Channel: "shop", Peer: "p"}
	s := opened(t, t.TempDir(), Options{Clock: w.now})
	q := s.Queue()
	if err := judged(s, a, "m0", "hello", chat.Case{ID: "case-0", Queue: "default"}); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Claim(t.Context(), "case-0", "li"); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= maxCases; i++ {
		if err := judged(s, a, fmt.Sprint("m", i), "hello", chat.Case{ID: fmt.Sprint("case-", i), Queue: "default"}); err != nil {
			t.Fatal(err)
		}
	}
	if k, err := q.Case(t.Context(), "case-0"); err != nil || k.State != chat.Held {
		t.Errorf("Case of the held one = %+v, %v, want it held", k, err)
	}
	if _, err := q.Case(t.Context(), "case-1"); !errors.Is(err, handoff.ErrUnknown) {
		t.Errorf("Case of the oldest that waits = %v, want ErrUnknown", err)
	}
	all, err := q.Cases(t.Context(), handoff.Filter{})
	if err != nil || len(all) != maxCases {
		t.Errorf("Cases lists %d, %v, want %d", len(all), err, maxCases)
	}
	if _, err := q.Close(t.Context(), "case-0", "done"); err != nil {
		t.Errorf("Close of the held one = %v, want nil", err)
	}
}

// TestLeftKeepsWhatASeatSaid: who left is owed nothing by the bot. What a seat said in the same passive reply is owed still.
func TestLeftKeepsWhatASeatSaid(t *testing.T) {
	t.Parallel()
	w, a := newWatch(), chat.Address{Channel: "shop", Peer: "p"}
	s := opened(t, t.TempDir(), Options{Clock: w.now})
	for _, step := range []struct {
		id  string
		out session.Outcome
	}{
		{"m1", session.Outcome{Passive: []chat.Reply{{Key: "bot", Text: "a"}}}},
		{"m2", session.Outcome{Passive: []chat.Reply{{Key: "bot too", Text: "b"}, {Key: "seat", Text: "c", From: "li"}}}},
		{"m3", session.Outcome{Drop: true}},
	} {
		got, err := s.Accept(t.Context(), ask(a, step.id, w.now()), session.Terms{})
		if err != nil || got.Claim == nil {
			t.Fatalf("Accept(%s) = %+v, %v, want its claim", step.id, got, err)
		}
		if _, err := s.Commit(t.Context(), got.Claim, step.out); err != nil {
			t.Fatal(err)
		}
	}
	w.advance(2 * session.MinRedelivery)
	taken(t, s, a)
	v, err := s.Look(t.Context(), a)
	if err != nil || len(v.Owed) != 1 || v.Owed[0].ID != "seat" {
		t.Errorf("Look when the passive replies were never shown = %+v, %v, want what the seat said to be owed", v, err)
	}
}

// TestLaterRequestSurvives: that another request waits for the answer is known after the death of the process too.
func TestLaterRequestSurvives(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"accept", "claim_reply"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			w, dir, a := newWatch(), t.TempDir(), chat.Address{Channel: "shop", Peer: "p"}
			s := quietStore(t, dir, w)
			m := ask(a, "m1", w.now())
			if _, err := s.Accept(t.Context(), m, session.Terms{}); err != nil {
				t.Fatal(err)
			}
			m.ReplyBy = w.now().Add(10 * time.Second)
			var err error
			if by == "accept" {
				_, err = s.Accept(t.Context(), m, session.Terms{})
			} else {
				_, err = s.ClaimReply(t.Context(), m)
			}
			if err == nil {
				err = s.end(false)
			}
			if err != nil {
				t.Fatal(err)
			}
			s = opened(t, dir, Options{Clock: w.now})
			w.advance(6 * time.Second) // the lease ran out, and so did the time of the first request
			c, err := s.Take(t.Context(), a)
			if err != nil || c == nil || !c.Message.ReplyBy.Equal(m.ReplyBy) {
				t.Fatalf("Take = %+v, %v, want a claim whose message can be answered until %v", c, err, m.ReplyBy)
			}
			done, err := s.Commit(t.Context(), c, session.Outcome{Passive: []chat.Reply{{Key: "r1", Text: "a"}}})
			if err != nil || done.Done.State != session.Passive {
				t.Errorf("Commit = %+v, %v, want passive", done, err)
			}
		})
	}
}

// TestHungDisk: whoever waits for a disk that hangs is released by its context, however many stand in line, and nothing half done is seen.
func TestHungDisk(t *testing.T) {
	t.Parallel()
	w, a := newWatch(), chat.Address{Channel: "shop", Peer: "p"}
	s := opened(t, t.TempDir(), Options{Clock: w.now})
	old := chat.Address{Channel: "shop", Peer: "old"}
	for _, one := range []chat.Address{a, old} {
		if err := judged(s, one, "m0", "hello"); err != nil {
			t.Fatal(err)
		}
	}
	hung, err := s.db.Begin(true) // the writer waits for it, as it would for fsync
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hung.Rollback() }() // before Close, which waits for the writer
	for full := false; !full; {
		select {
		case s.writes <- newWrite(func(*bolt.Tx) error { return nil }):
		case <-time.After(200 * time.Millisecond): // nobody takes any more
			full = true
		}
	}
	for name, do := range map[string]func(context.Context) error{
		"Accept": func(ctx context.Context) error {
			_, err := s.Accept(ctx, chat.Message{ID: "m1", Kind: chat.Said, From: a, Text: "hello"}, session.Terms{})
			return err
		},
		"Ping":   s.Ping,
		"Forget": func(ctx context.Context) error { return s.Forget(ctx, old) },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		done := make(chan error, 1)
		go func() { done <- do(ctx) }()
		select {
		case err := <-done:
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s on a disk that hangs = %v, want the end of its context", name, err)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s on a disk that hangs waits beyond its context", name)
		}
		cancel()
	}
	if err := hung.Rollback(); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Look(t.Context(), a); err != nil || v.Mailbox != 0 {
		t.Errorf("Look when the disk came back = %+v, %v, want what was not handed over not to be seen", v, err)
	}
	if _, err := s.Look(t.Context(), old); !errors.Is(err, session.ErrUnknown) {
		t.Errorf("Look of what was forgotten when the disk came back = %v, want ErrUnknown", err)
	}
}
