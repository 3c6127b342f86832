package dialog_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
	"github.com/xianda-bot/xianda/handoff"
)

// deaf keeps the first commit and loses its answer, as a connection that breaks behind the script does.
type deaf struct {
	session.Store
	lost  atomic.Bool
	pause time.Duration
}

func (d *deaf) Commit(ctx context.Context, c *session.Claim, o session.Outcome) (session.Committed, error) {
	done, err := d.Store.Commit(ctx, c, o)
	if err == nil && d.lost.CompareAndSwap(false, true) {
		time.Sleep(d.pause)
		return session.Committed{}, errors.New("the connection broke")
	}
	return done, err
}

// A commit whose answer is lost is asked again, also when the renewal of its lease was refused meanwhile because of it (promise 4).
func TestLostAnswerOfACommit(t *testing.T) {
	t.Parallel()
	for _, pause := range []time.Duration{0, 1500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			h := newHost(t, &deaf{Store: sessiontest.NewMemory(time.Now), pause: pause}, passive, dialog.Options{})
			began := time.Now()
			replies, err := h.Turn(t.Context(), said("m1", "轮次", 4*time.Second))
			if err != nil || words(replies) != "第1轮" || time.Since(began) > 3*time.Second {
				t.Errorf("after %v the waiter got %q, %v in %v, want 第1轮 at once", pause, words(replies), err, time.Since(began))
			}
		})
	}
}

// broken panics whatever it is asked to fit, the fallback too.
type broken struct{ channels }

func (broken) Fit(chat.Reply, chat.Caps) []chat.Reply { panic("nothing fits") }

// Even when giving up panics, the message is put aside and the conversation goes on (P12).
func TestPanicInEverything(t *testing.T) {
	t.Parallel()
	store := sessiontest.NewMemory(time.Now)
	h := dialog.NewHost(store, broken{channels{passive}}, dialog.NewShelf(build(t)), dialog.Options{})
	defer h.Drain(t.Context())
	if replies, err := h.Turn(t.Context(), said("bad", "轮次", time.Second)); err != nil || len(replies) > 0 {
		t.Errorf("Turn = %q, %v, want silence", words(replies), err)
	}
	dead, err := store.Deads(t.Context(), 10)
	if err != nil || len(dead) != 1 {
		t.Errorf("Deads = %+v, %v, want the message", dead, err)
	}
	if v, err := store.Look(t.Context(), ann); err != nil || v.Mailbox != 0 || v.Session.Turn != 1 {
		t.Errorf("Look = %+v, %v, want an empty mailbox after one turn", v, err)
	}
}

// A seat that takes the conversation while a backend is asked makes the turn be judged again, without asking twice.
func TestJudgedAgainWithoutAskingAgain(t *testing.T) {
	t.Parallel()
	store := sessiontest.NewMemory(time.Now)
	var asked atomic.Int32
	answer := make(chan struct{})
	h := newHost(t, store, passive, dialog.Options{Call: slowCaller(&asked, answer)})
	if replies, err := h.Turn(t.Context(), said("m0", "人工", 4*time.Second)); err != nil || !strings.Contains(words(replies), "登记") {
		t.Fatalf("Turn(人工) = %q, %v", words(replies), err)
	}
	waiting := make(chan []chat.Reply, 1)
	go func() {
		replies, _ := h.Turn(context.WithoutCancel(t.Context()), said("m1", "慢查询", 4*time.Second))
		waiting <- replies
	}()
	for asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	cases, err := store.Queue().Cases(t.Context(), handoff.Filter{})
	if err != nil || len(cases) != 1 {
		t.Fatalf("Cases = %+v, %v, want one", cases, err)
	}
	if _, err := store.Queue().Claim(t.Context(), cases[0].ID, "alice"); err != nil {
		t.Fatal(err)
	}
	close(answer)
	if replies := <-waiting; len(replies) > 0 {
		t.Errorf("the bot said %q over the seat", words(replies))
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the backend was asked %d times, want 1", n)
	}
	h.Wait()
	lent, err := store.Lend(t.Context(), ann, time.Minute)
	for _, l := range lent.Loans {
		if l.Kind == chat.ReplyDebt {
			t.Errorf("a reply of the bot is owed over the seat: %s", l.Body)
		}
		var s chat.Signal
		if l.Kind == chat.CaseDebt && json.Unmarshal(l.Body, &s) != nil {
			t.Errorf("a signal that is none: %s", l.Body)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
