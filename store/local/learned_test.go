package local

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/session"
)

// counted commits a turn with these counts.
func counted(t *testing.T, s *Store, id string, counts map[string]int64) {
	t.Helper()
	accepted, err := s.Accept(t.Context(), chat.Message{ID: id, Kind: chat.Said, From: chat.Address{Channel: "shop", Peer: "p"}}, session.Terms{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), accepted.Claim, session.Outcome{Session: accepted.Claim.Session, Counts: counts}); err != nil {
		t.Fatal(err)
	}
}

func TestHoursByName(t *testing.T) {
	t.Parallel()
	w := newWatch()
	s := opened(t, t.TempDir(), Options{Clock: w.now})
	from := w.now().UTC().Truncate(time.Hour)
	counted(t, s, "m1", map[string]int64{"answered:x": 1, "l:w:a:kb:x": 1, "l:z": 2, "z": 1})
	counted(t, s, "m2", map[string]int64{"l:w:a:kb:x": 1})
	w.advance(time.Hour)
	counted(t, s, "m3", map[string]int64{"answered:x": 1})
	w.advance(time.Hour)
	counted(t, s, "m4", map[string]int64{"l:w:a:kb:x": 5, "m": 1})
	got, err := s.Hours(t.Context(), "l:", from, from.Add(3*time.Hour))
	want := []likely.Hour{
		{At: from, Counts: map[string]int64{"l:w:a:kb:x": 2, "l:z": 2}}, {At: from.Add(2 * time.Hour), Counts: map[string]int64{"l:w:a:kb:x": 5}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Hours of l: = %v, %v (- want, + got):\n%s", got, err, diff)
	}
	if got, err := s.Hours(t.Context(), "l:", from.Add(time.Hour), from.Add(2*time.Hour)); err != nil || len(got) > 0 {
		t.Errorf("Hours of an hour without such names = %v, %v, want none", got, err)
	}
	if all, err := s.Counts(t.Context(), from, from.Add(3*time.Hour)); err != nil || all["l:w:a:kb:x"] != 7 || all["answered:x"] != 2 || all["m"] != 1 {
		t.Errorf("Counts = %v, %v, want the sums over all hours", all, err)
	}
}

func TestNamesOfAnHourAreBounded(t *testing.T) {
	t.Parallel()
	w := newWatch()
	s := opened(t, t.TempDir(), Options{Clock: w.now})
	counted(t, s, "m1", map[string]int64{"l:known": 1})
	s.learned.n = maxLearned
	counted(t, s, "m2", map[string]int64{"l:known": 1, "l:new": 1, "answered:x": 1})
	from := w.now().Truncate(time.Hour)
	all, err := s.Counts(t.Context(), from, from.Add(time.Hour))
	if diff := cmp.Diff(map[string]int64{"l:known": 2, "answered:x": 1}, all); err != nil || diff != "" {
		t.Errorf("counts of a full hour: %v (- want, + got):\n%s", err, diff)
	}
	w.advance(time.Hour)
	counted(t, s, "m3", map[string]int64{"l:new": 1})
	if hours, err := s.Hours(t.Context(), "l:new", from, from.Add(2*time.Hour)); err != nil || len(hours) != 1 {
		t.Errorf("Hours of a name of the next hour = %v, %v, want one hour", hours, err)
	}
}

// BenchmarkHours is one refresh of what is learned: 20,000 names in the hour under way, behind 90 days.
func BenchmarkHours(b *testing.B) {
	w := newWatch()
	s, err := Open(b.TempDir(), Options{Clock: w.now})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	now := w.now()
	err = s.update(b.Context(), func(tx *bolt.Tx) error {
		for h := range 24 * 90 {
			counts := map[string]int64{}
			for i := range 20 {
				counts[fmt.Sprint("l:w:", i)] = 1
			}
			if h == 0 {
				for i := range 20_000 {
					counts[fmt.Sprint("l:w:", i)] = 1
				}
			}
			if err := addCounts(tx, counts, now.Add(-time.Duration(h)*time.Hour).UnixMilli(), &learnedNames{}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Hours(b.Context(), "l:", now.Truncate(time.Hour), now.Add(time.Hour)); err != nil {
			b.Fatal(err)
		}
	}
}
