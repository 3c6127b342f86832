package redis

import (
	"crypto/sha1"
	"encoding/hex"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
	"github.com/xianda-bot/xianda/handoff/handofftest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	sessiontest.Run(t, harness)
}

func TestQueue(t *testing.T) {
	t.Parallel()
	handofftest.Run(t, harness)
}

func harness(t *testing.T) sessiontest.Harness {
	b := newBench(t)
	return sessiontest.Harness{
		Store: b.s, Queue: b.s.Queue(), Second: b.another(), Advance: b.age, Now: b.now,
		Reopen: func() session.Store { return b.another() },
		Counts: b.counts, Ledger: b.ledger,
	}
}

func (b *bench) counts() map[string]int64 {
	b.t.Helper()
	all, err := b.s.Counts(b.t.Context(), b.now().Add(-1000*time.Hour), b.now().Add(time.Hour))
	if err != nil {
		b.t.Fatal(err)
	}
	return all
}

// ledger reads the events of a.
func (b *bench) ledger(a chat.Address) [][]byte {
	var all [][]byte
	mark := sha1.Sum([]byte(a.String()))
	for _, m := range b.s.db.XRange(b.t.Context(), b.s.k.ledger(session.Partition(a)), "-", "+").Val() {
		if text, _ := m.Values["e"].(string); m.Values["a"] == hex.EncodeToString(mark[:8]) {
			all = append(all, []byte(text))
		}
	}
	return all
}

// age moves the clock for everything: what has a time to live grows older too.
func (b *bench) age(d time.Duration) {
	b.t.Helper()
	b.pass(d)
	ctx := b.t.Context()
	for _, key := range b.s.db.Keys(ctx, "*").Val() {
		if left := b.s.db.PTTL(ctx, key).Val(); left > 0 {
			// A time that is not positive removes the key.
			if err := b.s.db.PExpire(ctx, key, left-d).Err(); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// another opens the same data as another process would.
func (b *bench) another() *Store {
	b.t.Helper()
	s, err := Open(b.t.Context(), b.url, Options{Log: quiet, Clock: b.now, Skew: func() time.Duration { return time.Duration(b.skew.Load()) }})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestPeople(t *testing.T) {
	t.Parallel()
	sessiontest.RunPeople(t, func(t *testing.T) sessiontest.PeopleHarness {
		b := newBench(t)
		return sessiontest.PeopleHarness{
			People: b.s.People(), Second: b.another().People(), Advance: b.age, Now: b.now,
			Reopen: func() session.People { return b.another().People() },
		}
	})
}
