package redis

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// raise makes a turn that raises a case.
func (b *bench) raise(delivery, queue, priority string) string {
	b.t.Helper()
	c := b.accept(b.message(delivery, ""))
	id := session.CaseID(b.a, c.Turn)
	b.commit(c, session.Outcome{
		Cases: []chat.Case{{ID: id, Conversation: b.a, Queue: queue, State: chat.Waiting, Priority: priority, Wanted: "人工", Raised: b.now().UTC().Truncate(time.Millisecond)}},
		Lines: []chat.Line{{From: "person", Text: "转人工"}},
	})
	return id
}

func TestCaseFromRaisedToClosed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	q := b.s.Queue()
	id := b.raise("m1", "default", "normal")
	if c, err := q.Case(t.Context(), id); err != nil || c.State != chat.Waiting || c.Wanted != "人工" || len(c.Transcript) != 1 || c.QuotaLeft != -1 {
		t.Fatalf("Case = %+v, %v, want it waiting with one line", c, err)
	}
	if _, err := q.Reply(t.Context(), id, "alice", "在", "k0"); !errors.Is(err, handoff.ErrOwned) {
		t.Errorf("Reply to a waiting case = %v, want ErrOwned", err)
	}
	if got, err := b.s.Accept(t.Context(), chat.Message{ID: "x", Kind: chat.Seat, From: b.a, Case: id, Name: "alice"}, terms); !errors.Is(err, session.ErrUnknown) {
		t.Errorf("Accept of a seat without a hold = %+v, %v, want ErrUnknown", got, err)
	}
	under := b.accept(b.message("m2", ""))
	c, err := q.Claim(t.Context(), id, "alice")
	if err != nil || c.State != chat.Held || c.Seat != "alice" || c.Epoch == "" || c.Claimed.IsZero() {
		t.Fatalf("Claim = %+v, %v, want it held by alice", c, err)
	}
	if again, err := q.Claim(t.Context(), id, "alice"); err != nil || again.Epoch != c.Epoch {
		t.Errorf("Claim again = %+v, %v, want no change", again, err)
	}
	var owned *handoff.OwnedError
	if _, err := q.Claim(t.Context(), id, "bob"); !errors.As(err, &owned) || owned.Seat != "alice" {
		t.Errorf("Claim by bob = %v, want held by alice", err)
	}
	// The turn under way was judged without a hold.
	held, err := b.s.Commit(t.Context(), under, session.Outcome{Instead: []chat.Debt{b.debt("d", "")}})
	if !errors.Is(err, session.ErrHeld) || held.Hold == nil || held.Hold.Seat != "alice" || held.Hold.Case != id || held.Epoch != c.Epoch {
		t.Fatalf("Commit = %+v, %v, want ErrHeld with alice's hold", held, err)
	}
	under.Hold, under.Epoch = held.Hold, held.Epoch
	b.commit(under, session.Outcome{Instead: []chat.Debt{b.debt("stale", "")}}) // judged without the hold: it bears no epoch
	l := b.lend()
	if l.Withheld != 1 || ids(l) != "case.claimed:"+id+":"+c.Epoch {
		t.Fatalf("Lend = %+v, want the bot's reply withheld and the case signal", l)
	}
	var signal chat.Signal
	if err := json.Unmarshal(l.Loans[0].Body, &signal); err != nil || signal.Event != "case.claimed" || signal.Case.ID != id {
		t.Errorf("signal = %+v, %v, want case.claimed of %s", signal, err, id)
	}
	for range 2 {
		if a, err := q.Reply(t.Context(), id, "alice", "您好", "k1"); err != nil || a != b.a {
			t.Fatalf("Reply = %v, %v, want %v", a, err, b.a)
		}
	}
	if _, err := q.Reply(t.Context(), id, "bob", "?", "k1"); !errors.As(err, &owned) || owned.Seat != "alice" {
		t.Errorf("Reply by bob = %v, want held by alice", err)
	}
	if _, err := b.s.Accept(t.Context(), chat.Message{ID: "x", Kind: chat.Seat, From: b.a, Case: id, Name: "bob"}, terms); !errors.Is(err, session.ErrOwned) {
		t.Errorf("Accept of bob's words = %v, want ErrOwned", err)
	}
	b.due(1)
	seat, err := b.s.Take(t.Context(), b.a)
	if err != nil || seat == nil || seat.Message.Kind != chat.Seat || seat.Message.Name != "alice" || seat.Message.ID != "seat:"+id+":k1" || seat.Hold == nil {
		t.Fatalf("Take = %+v, %v, want alice's words under the hold", seat, err)
	}
	if next := b.commit(seat, session.Outcome{}).Next; next != nil {
		t.Errorf("a second message %+v, want the same key to be posted once", next)
	}
	if err := q.Note(t.Context(), id, "alice", "老客户"); err != nil {
		t.Error(err)
	}
	moved, err := q.Transfer(t.Context(), id, "", "bob")
	if err != nil || moved.Seat != "bob" || moved.Epoch == c.Epoch || b.look().Hold.Seat != "bob" {
		t.Errorf("Transfer to bob = %+v, %v, want a fresh hold of bob", moved, err)
	}
	queued, err := q.Transfer(t.Context(), id, "vip", "")
	if err != nil || queued.State != chat.Waiting || queued.Queue != "vip" || queued.Seat != "" || b.look().Hold != nil {
		t.Errorf("Transfer to vip = %+v, %v, want it to wait there, no hold", queued, err)
	}
	if _, err := q.Claim(t.Context(), id, "bob"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		closed, err := q.Close(t.Context(), id, "solved")
		if err != nil || closed.State != chat.Over || closed.CloseReason != "solved" || closed.Closed.IsZero() || len(closed.Notes) != 1 || len(closed.Transcript) != 1 {
			t.Fatalf("Close = %+v, %v, want it closed with note and transcript", closed, err)
		}
	}
	got, err := b.s.Take(t.Context(), b.a)
	if err != nil || got == nil || got.Message.Kind != chat.Closed || got.Message.Text != "solved" || got.Hold != nil {
		t.Fatalf("Take = %+v, %v, want the closed message, no hold", got, err)
	}
	b.commit(got, session.Outcome{})
	for name, err := range map[string]error{
		"Claim":    func() error { _, err := q.Claim(t.Context(), id, "bob"); return err }(),
		"Reply":    func() error { _, err := q.Reply(t.Context(), id, "bob", "", "k2"); return err }(),
		"Transfer": func() error { _, err := q.Transfer(t.Context(), id, "vip", ""); return err }(),
	} {
		if !errors.Is(err, handoff.ErrClosed) {
			t.Errorf("%s of a closed case = %v, want ErrClosed", name, err)
		}
	}
	for _, unknown := range []string{"", "x", "00ffffffffff", "99ffffffffff"} {
		if _, err := q.Case(t.Context(), unknown); !errors.Is(err, handoff.ErrUnknown) {
			t.Errorf("Case(%q) = %v, want ErrUnknown", unknown, err)
		}
		if _, err := q.Claim(t.Context(), unknown, "bob"); !errors.Is(err, handoff.ErrUnknown) {
			t.Errorf("Claim(%q) = %v, want ErrUnknown", unknown, err)
		}
	}
}

func TestRecall(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.raise("m1", "default", "normal")
	b.turn("m2", session.Outcome{Recall: []string{id}})
	if c, err := b.s.Queue().Case(t.Context(), id); err != nil || c.State != chat.Over {
		t.Errorf("Case after Recall = %+v, %v, want it closed", c, err)
	}
}

func TestListAndStanding(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	q := b.s.Queue()
	var want []string
	for i, priority := range []string{"normal", "normal", "urgent"} {
		b.a.Peer = fmt.Sprint("p", i)
		want = append(want, b.raise("m", []string{"default", "vip", "default"}[i], priority))
		b.pass(time.Second)
	}
	want = []string{want[2], want[0], want[1]}
	all, err := q.Cases(t.Context(), handoff.Filter{})
	if err != nil || len(all) != 3 {
		t.Fatalf("Cases = %v, %v, want 3", all, err)
	}
	for i, c := range all {
		if c.ID != want[i] {
			t.Errorf("Cases[%d] = %s, want %s", i, c.ID, want[i])
		}
	}
	if one, err := q.Cases(t.Context(), handoff.Filter{Queue: "default", Limit: 1}); err != nil || len(one) != 1 || one[0].ID != want[0] {
		t.Errorf("Cases(default, 1) = %v, %v, want the urgent one", one, err)
	}
	if err := q.Seen(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	if err := q.Seen(t.Context(), "bob", "vip", "default"); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Claim(t.Context(), want[0], "alice"); err != nil {
		t.Fatal(err)
	}
	b.pass(time.Minute)
	st, err := q.Standing(t.Context())
	if err != nil || st["default"] != (handoff.Standing{Waiting: 1, Held: 1, Seats: 2}) || st["vip"] != (handoff.Standing{Waiting: 1, Seats: 1}) {
		t.Errorf("Standing = %+v, %v, want one waiting in each, one held, seats 2 and 1", st, err)
	}
	if _, err := q.Close(t.Context(), want[0], ""); err != nil {
		t.Fatal(err)
	}
	b.pass(handoff.SeatSeen)
	st, err = q.Standing(t.Context())
	if d := st["default"]; err != nil || d.Seats != 0 || d.Held != 0 || d.Pace < time.Minute || d.Pace > 2*time.Minute {
		t.Errorf("Standing later = %+v, %v, want no seat, a pace of a minute", st, err)
	}
	if over, err := q.Cases(t.Context(), handoff.Filter{State: chat.Over}); err != nil || len(over) != 1 || over[0].ID != want[0] {
		t.Errorf("Cases(closed) = %v, %v, want %s", over, err, want[0])
	}
}

func TestSeatsRaceForOneCase(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.raise("m", "default", "normal")
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			switch _, err := b.s.Queue().Claim(t.Context(), id, fmt.Sprint("seat", i)); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, handoff.ErrOwned):
				t.Errorf("Claim = %v, want ErrOwned", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d seats won the case, want 1", won.Load())
	}
}
