package local

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// BenchmarkTurn is a whole turn of a person: accepted, committed with a passive reply, shown. Each caller has conversations of its own.
func BenchmarkTurn(b *testing.B) {
	for _, callers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s, err := Open(b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			var n atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for caller := range callers {
				all.Go(func() {
					for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
						if err := oneTurn(s, chat.Address{Channel: "shop", Peer: fmt.Sprintf("p%d-%d", caller, i%50)}, strconv.FormatInt(i, 10)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
		})
	}
}

func oneTurn(s *Store, a chat.Address, id string) error {
	ctx := context.Background()
	now := time.Now()
	m := chat.Message{
		ID: id, Kind: chat.Said, From: a, Text: "红包什么时候退款", At: now, ReplyBy: now.Add(4 * time.Second),
		Right: &chat.ReplyRight{Pool: "message", Left: 5, Expires: now.Add(48 * time.Hour)},
	}
	got, err := s.Accept(ctx, m, session.Terms{Redelivery: 20 * time.Second})
	if err != nil || got.Claim == nil {
		return fmt.Errorf("accept: %+v, %w", got, err)
	}
	c := got.Claim
	next := c.Session
	next.Turn++
	next.Chain = session.Next(next.Chain, m.ID)
	next.Offer = &session.Offer{At: now, Items: []session.Item{{ID: "101", Label: "红包退款多久到账", Target: "kb:redpacket.refund_time"}, {ID: "102", Label: "人工", Target: "human"}}}
	reply := chat.Reply{Key: "t" + c.Turn, Text: "红包超过 24 小时未领取会自动退回，通常当天到账。", Source: "kb:redpacket.refund_time@3f2a"}
	done, err := s.Commit(ctx, c, session.Outcome{
		Session: next, Passive: []chat.Reply{reply},
		Lines:  []chat.Line{{At: now, From: "person", Text: m.Text, Turn: c.Turn}, {At: now, From: "bot", Text: reply.Text, Source: reply.Source, Turn: c.Turn}},
		Ledger: [][]byte{[]byte(`{"reason":"answer"}`)}, Counts: map[string]int64{"taken:kb:redpacket.refund_time": 1},
	})
	if err != nil || done.Done.State != session.Passive {
		return fmt.Errorf("commit: %+v, %w", done, err)
	}
	return s.Settle(ctx, []session.Settlement{{To: a, Delivery: m.ID, Verdict: session.Shown}})
}
