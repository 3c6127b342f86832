package local

import (
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
	bolt "go.etcd.io/bbolt"
)

var _ adapters.Feeds = (*Feeds)(nil)

func TestFeeds(t *testing.T) {
	t.Parallel()
	adapterstest.RunFeeds(t, func(t *testing.T) adapterstest.FeedHarness {
		w, dir := newWatch(), t.TempDir()
		s := opened(t, dir, Options{Clock: w.now})
		return adapterstest.FeedHarness{
			Feeds: s.Feeds(), Advance: w.advance,
			Reopen: func() adapters.Feeds {
				if err := s.end(false); err != nil {
					t.Errorf("end = %v, want nil", err)
				}
				return opened(t, dir, Options{Clock: w.now}).Feeds()
			},
			Forget: func(a chat.Address) {
				if err := s.Forget(t.Context(), a); err != nil {
					t.Errorf("Forget = %v", err)
				}
			},
		}
	})
}

// TestOldFeedsLeaveTheFile: what was not added to for long is removed, and nothing else.
func TestOldFeedsLeaveTheFile(t *testing.T) {
	t.Parallel()
	w := newWatch()
	s := opened(t, t.TempDir(), Options{Clock: w.now})
	old, young := chat.Address{Channel: "site", Peer: "old"}, chat.Address{Channel: "site", Peer: "young"}
	add := func(a chat.Address, key string) {
		t.Helper()
		if _, err := s.Feeds().Append(t.Context(), a, chat.Post{Key: key, Body: []byte(`1`)}); err != nil {
			t.Fatal(err)
		}
	}
	add(old, "a")
	add(young, "a")
	w.advance(20 * 24 * time.Hour)
	add(young, "b")
	w.advance(12 * 24 * time.Hour)
	if err := s.expireFeeds(s.now()); err != nil {
		t.Fatal(err)
	}
	posts, marks := 0, 0
	err := s.view(func(tx *bolt.Tx) error {
		posts, marks = tx.Bucket(bFeeds).Stats().KeyN, tx.Bucket(bFeedEnds).Stats().KeyN
		return nil
	})
	if err != nil || posts != 2 || marks != 1 {
		t.Errorf("the file holds %d posts and %d marks, %v; want the two of the young one and its last mark", posts, marks, err)
	}
}

// TestAnEarlierVersionsFileOpens: a database without the buckets of feeds is not damaged.
func TestAnEarlierVersionsFileOpens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := opened(t, dir, Options{})
	err := s.update(t.Context(), func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bFeeds, bFeedEnds} {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := opened(t, dir, Options{}).Feeds().Append(t.Context(), chat.Address{Channel: "site", Peer: "a"}, chat.Post{Key: "a", Body: []byte(`1`)}); err != nil {
		t.Errorf("Append = %v", err)
	}
}
