package redis

import (
	"fmt"
	"slices"
	"testing"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/store/redis/redistest"
)

var _ adapters.Feeds = (*Feeds)(nil)

func TestFeeds(t *testing.T) {
	t.Parallel()
	adapterstest.RunFeeds(t, func(t *testing.T) adapterstest.FeedHarness { return feedHarness(newBench(t)) })
}

func TestFeedsOnCluster(t *testing.T) {
	t.Parallel()
	url := redistest.Cluster(t)
	adapterstest.RunFeeds(t, func(t *testing.T) adapterstest.FeedHarness {
		b := openBench(t, url)
		for _, c := range []string{"site", "other"} { // one cluster for all checks: what an earlier one left is another's
			for _, peer := range []string{"w|百%7C分", "w"} {
				for _, thread := range []string{"", "x:{1}", "x:{1}2"} {
					if err := b.s.Forget(t.Context(), chat.Address{Channel: c, Peer: peer, Thread: thread}); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		h := feedHarness(b)
		h.Advance = nil // its keys are on three servers
		return h
	})
}

func feedHarness(b *bench) adapterstest.FeedHarness {
	return adapterstest.FeedHarness{
		Feeds: b.s.Feeds(), Second: b.another().Feeds(), Advance: b.age,
		Reopen: func() adapters.Feeds { return b.another().Feeds() },
		Forget: func(a chat.Address) {
			if err := b.s.Forget(b.t.Context(), a); err != nil {
				b.t.Errorf("Forget = %v", err)
			}
		},
	}
}

// TestLostNoticeDelaysOnly: a change of which no notice came is found by looking.
func TestLostNoticeDelaysOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bell, stop := b.s.Feeds().Watch(b.a)
	defer stop()
	for len(bell) > 0 {
		<-bell
	}
	pl := b.s.k.place(b.a)
	for i := range 2 { // the first may be heard because of the subscription
		if err := b.s.db.HSet(t.Context(), b.s.k.feed(pl.p, pl.address), "q", "1|0|0|0|"+string(rune('1'+i))).Err(); err != nil {
			t.Fatal(err)
		}
		if word := <-bell; word != "" {
			t.Errorf("the bell rang with %q, want a change", word)
		}
	}
}

// BenchmarkLook is what it costs to look at 2,000 feeds that are watched, once every lookAgain.
func BenchmarkLook(b *testing.B) {
	s := newBench(b)
	var watched []chat.Address
	for i := range 2000 {
		a := chat.Address{Channel: "site", Peer: fmt.Sprint("p", i)}
		watched = append(watched, a)
		if _, err := s.s.Feeds().Append(b.Context(), a, chat.Post{Key: "k", Body: []byte(`"红包"`)}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		now := map[chat.Address]string{}
		for some := range slices.Chunk(watched, lookAtOnce) {
			if err := s.s.bells.states(b.Context(), some, now); err != nil {
				b.Fatal(err)
			}
		}
		if len(now) != len(watched) {
			b.Fatalf("%d of %d feeds were looked at", len(now), len(watched))
		}
	}
}
