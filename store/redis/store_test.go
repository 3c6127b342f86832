package redis

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	sessiontest.Run(t, func(t *testing.T) sessiontest.Harness {
		b := newBench(t)
		second := b.another()
		return sessiontest.Harness{
			Store: b.s, Queue: b.s.Queue(), Second: second, Advance: b.age, Now: b.now,
			Reopen: func() session.Store { return b.another() },
			Counts: b.counts, Ledger: b.ledger,
		}
	})
}

// counts adds up the counts of all hours and partitions, of a server of our own.
func (b *bench) counts() map[string]int64 {
	all := map[string]int64{}
	for _, key := range b.s.db.Keys(b.t.Context(), "xianda:{*}:n:*").Val() {
		for name, text := range b.s.db.HGetAll(b.t.Context(), key).Val() {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				b.t.Fatal(err)
			}
			all[name] += n
		}
	}
	return all
}

// ledger reads the events of a's partition.
func (b *bench) ledger(a chat.Address) [][]byte {
	var all [][]byte
	for _, m := range b.s.db.XRange(b.t.Context(), b.s.k.ledger(session.Partition(a)), "-", "+").Val() {
		text, _ := m.Values["e"].(string)
		if m.Values["a"] != a.String() {
			continue
		}
		all = append(all, []byte(strings.Clone(text)))
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
