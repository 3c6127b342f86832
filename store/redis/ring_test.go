package redis

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// ring is how many delivery ids are kept.
func (b *bench) ring() int {
	b.t.Helper()
	fields, err := b.s.db.HKeys(b.t.Context(), b.s.k.place(b.a).conv).Result()
	if err != nil {
		b.t.Fatal(err)
	}
	ids, places := 0, 0
	for _, f := range fields {
		switch f[0] {
		case 'i':
			ids++
		case 'o':
			places++
		}
	}
	if ids != places {
		b.t.Errorf("%d ids have %d places, want as many", ids, places)
	}
	return ids
}

// event posts an event that is kept for a day, and judges it if it was accepted.
func (b *bench) event(id string) error {
	b.t.Helper()
	m := b.message(id, "")
	m.Kind = chat.Event
	if _, err := b.s.Accept(b.t.Context(), m, session.Terms{Redelivery: 24 * time.Hour, Post: true}); err != nil {
		return err
	}
	c, err := b.s.Take(b.t.Context(), b.a)
	if err != nil || c == nil {
		b.t.Fatalf("Take = %v, %v, want the event", c, err)
	}
	b.commit(c, session.Outcome{})
	return nil
}

// known wants the delivery to be settled or to wait, as a duplicate.
func (b *bench) known(id, why string) {
	b.t.Helper()
	if _, err := b.s.ClaimReply(b.t.Context(), b.message(id, "")); err != nil {
		b.t.Errorf("ClaimReply(%s) = %v, want it known: %s", id, err, why)
	}
}

func TestLongKeptIDsDoNotStopForgetting(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 5 {
		if err := b.event(fmt.Sprint("e", i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 300 {
		b.turn(fmt.Sprint("m", i), session.Outcome{})
		b.pass(2 * session.MinRedelivery)
	}
	if n := b.ring(); n > 2*session.KeptIDs {
		t.Errorf("%d ids are kept behind 5 young ones, want about %d", n, session.KeptIDs)
	}
	b.known("e0", "it is kept for a day")
	b.known(fmt.Sprint("m", 300-session.KeptIDs+2), "it is among the last")
	b.pass(24 * time.Hour)
	for i := range session.KeptIDs {
		b.turn(fmt.Sprint("n", i), session.Outcome{})
	}
	if _, err := b.s.ClaimReply(t.Context(), b.message("e0", "")); !errors.Is(err, session.ErrUnknown) {
		t.Errorf("ClaimReply of an event after a day = %v, want ErrUnknown", err)
	}
}

func TestLongKeptIDsAreBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range maxLong {
		if err := b.event(fmt.Sprint("e", i)); err != nil {
			t.Fatalf("event %d = %v", i+1, err)
		}
	}
	if err := b.event("beyond"); !errors.Is(err, chat.ErrBusy) {
		t.Errorf("event %d = %v, want ErrBusy", maxLong+1, err)
	}
	b.known("e0", "an event is refused, not forgotten")
	// What people say comes in, though it is kept as long.
	for i := range 300 {
		m := b.message(fmt.Sprint("m", i), "")
		got, err := b.s.Accept(t.Context(), m, session.Terms{Redelivery: 24 * time.Hour})
		if err != nil || got.Claim == nil {
			t.Fatalf("Accept of a person's message = %+v, %v, want its claim", got, err)
		}
		b.commit(got.Claim, session.Outcome{})
	}
	b.pass(25 * time.Hour)
	if err := b.event("next day"); err != nil {
		t.Errorf("an event when the others are forgotten = %v, want nil", err)
	}
}

// TestFullRingForgetsAllThatIsOld: what is old is found wherever it stands, so that nobody is refused because of the order.
func TestFullRingForgetsAllThatIsOld(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 200 {
		if err := b.event(fmt.Sprint("e", i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range session.MaxIDs - 200 {
		b.turn(fmt.Sprint("m", i), session.Outcome{})
	}
	if _, err := b.s.Accept(t.Context(), b.message("beyond", ""), terms); !errors.Is(err, chat.ErrBusy) {
		t.Errorf("Accept with %d young ids = %v, want ErrBusy", session.MaxIDs, err)
	}
	b.pass(2 * session.MinRedelivery)
	b.turn("beyond", session.Outcome{})
	b.known("e0", "it is kept for a day")
	b.known(fmt.Sprint("m", session.MaxIDs-200-session.KeptIDs+2), "it is among the last")
}

func TestWaitingIDsAreNotForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.raise("m", "default", "normal")
	for i := range session.MaxMailbox {
		if _, err := b.s.Accept(t.Context(), b.message(fmt.Sprint("w", i), ""), session.Terms{Post: true}); err != nil {
			t.Fatal(err)
		}
	}
	b.pass(10 * session.MinRedelivery)
	if _, err := b.s.Queue().Close(t.Context(), id, "solved"); err != nil {
		t.Fatal(err)
	}
	if n := b.look().Mailbox; n != session.MaxMailbox+1 {
		t.Errorf("%d wait after a case was closed, want %d", n, session.MaxMailbox+1)
	}
	for i := range session.MaxMailbox {
		b.known(fmt.Sprint("w", i), "it waits in the mailbox")
	}
}
