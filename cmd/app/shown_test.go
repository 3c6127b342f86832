package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// TestShownNotesSurviveAStoreThatIsAway: a note that is thrown away shows a person the same reply twice (P6).
func TestShownNotesSurviveAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Bool
		away.Store(true)
		settled := map[string]bool{}
		s := newShownLog(func(_ context.Context, all []session.Settlement) error {
			if away.Load() {
				return errors.New("redis is away")
			}
			for _, one := range all {
				settled[one.Delivery] = true
			}
			return nil
		}, func(chat.Address) {}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.run(ctx); close(done) }()
		for i := range 1000 {
			s.note(chat.Message{ID: fmt.Sprint(i), From: chat.Address{Channel: "c", Peer: "p"}})
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if len(settled) > 0 {
			t.Fatalf("%d notes were settled by a store that is away", len(settled))
		}
		away.Store(false)
		time.Sleep(time.Second)
		synctest.Wait()
		if len(settled) != 1000 {
			t.Errorf("%d of 1000 notes were settled after the store came back", len(settled))
		}
		s.note(chat.Message{ID: "last", From: chat.Address{Channel: "c", Peer: "p"}})
		cancel()
		<-done
		if !settled["last"] {
			t.Error("the last note was not settled at the end")
		}
	})
}

// TestShownWakesWhatIsBehind: what is owed behind a passive reply goes as soon as that is shown.
func TestShownWakesWhatIsBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var woken []chat.Address
		s := newShownLog(func(context.Context, []session.Settlement) error { return nil },
			func(a chat.Address) { woken = append(woken, a) }, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.run(ctx); close(done) }()
		ann, bob := chat.Address{Channel: "c", Peer: "ann"}, chat.Address{Channel: "c", Peer: "bob"}
		s.behind(ann)
		s.note(chat.Message{ID: "1", From: ann})
		s.note(chat.Message{ID: "2", From: bob})
		s.note(chat.Message{ID: "3", From: ann})
		time.Sleep(time.Second)
		cancel()
		<-done
		if len(woken) != 1 || woken[0] != ann {
			t.Errorf("woken = %v, want ann once", woken)
		}
	})
}
