package redis

import (
	"encoding/json"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/store/redis/redistest"
)

var (
	terms = session.Terms{Redelivery: 15 * time.Second}
	quiet = slog.New(slog.DiscardHandler)
)

// bench is a store on a server of its own, one conversation and a clock that tests move.
type bench struct {
	t    testing.TB
	s    *Store
	a    chat.Address
	url  string
	skew atomic.Int64
}

func newBench(t testing.TB) *bench {
	t.Helper()
	return openBench(t, redistest.Start(t))
}

func openBench(t testing.TB, url string) *bench {
	t.Helper()
	b := &bench{t: t, a: chat.Address{Channel: "shop", Peer: "openid"}, url: url}
	var err error
	b.s, err = Open(t.Context(), url, Options{Log: quiet, Skew: func() time.Duration { return time.Duration(b.skew.Load()) }, Clock: b.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.s.Close() })
	return b
}

func (b *bench) now() time.Time       { return time.Now().Add(time.Duration(b.skew.Load())) }
func (b *bench) pass(d time.Duration) { b.skew.Add(int64(d)) }

func (b *bench) message(id, text string) chat.Message {
	return chat.Message{ID: id, Kind: chat.Said, From: b.a, Text: text, At: b.now().UTC().Round(0)}
}

func (b *bench) debt(id, text string) chat.Debt {
	body, _ := json.Marshal(chat.Reply{Key: id, Text: text})
	return chat.Debt{ID: id, Kind: chat.ReplyDebt, To: b.a, Body: body, Bot: true}
}

// accept offers a message that must be claimed at once.
func (b *bench) accept(m chat.Message) *session.Claim {
	b.t.Helper()
	got, err := b.s.Accept(b.t.Context(), m, terms)
	if err != nil || got.Claim == nil || got.Waiting || !got.Fresh {
		b.t.Fatalf("Accept(%s) = %+v, %v, want a claim of it", m.ID, got, err)
	}
	if m.ReplyBy.IsZero() {
		return got.Claim
	}
	got.Claim.Message.ReplyBy = m.ReplyBy // with the monotonic clock, for cmp
	return got.Claim
}

func (b *bench) commit(c *session.Claim, o session.Outcome) session.Committed {
	b.t.Helper()
	got, err := b.s.Commit(b.t.Context(), c, o)
	if err != nil {
		b.t.Fatalf("Commit(%s) = %v", c.Message.ID, err)
	}
	return got
}

// turn accepts and commits.
func (b *bench) turn(id string, o session.Outcome) session.Committed {
	b.t.Helper()
	return b.commit(b.accept(b.message(id, "")), o)
}

func (b *bench) look() *session.View {
	b.t.Helper()
	v, err := b.s.Look(b.t.Context(), b.a)
	if err != nil {
		b.t.Fatalf("Look = %v", err)
	}
	return v
}

// due checks that n conversations are due.
func (b *bench) due(n int) {
	b.t.Helper()
	got, err := b.s.Due(b.t.Context(), 10)
	if err != nil || len(got) != n || n == 1 && got[0] != b.a {
		b.t.Errorf("Due = %v, %v, want %d", got, err, n)
	}
}

func (b *bench) lend() session.Lent {
	b.t.Helper()
	got, err := b.s.Lend(b.t.Context(), b.a, 10*time.Second)
	if err != nil {
		b.t.Fatalf("Lend = %v", err)
	}
	return got
}

func (b *bench) settle(l ...session.Settlement) {
	b.t.Helper()
	if err := b.s.Settle(b.t.Context(), l); err != nil {
		b.t.Fatalf("Settle = %v", err)
	}
}

// calls reads how often the server ran a command.
func (b *bench) calls() map[string]string {
	b.t.Helper()
	info, err := b.s.db.Info(b.t.Context(), "commandstats").Result()
	if err != nil {
		b.t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(info) {
		if name, rest, ok := strings.Cut(strings.TrimPrefix(line, "cmdstat_"), ":calls="); ok {
			n, _, _ := strings.Cut(rest, ",")
			all[name] = n
		}
	}
	return all
}
