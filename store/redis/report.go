package redis

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/xianda-bot/xianda/dialog/session"
)

// maxLedger is about how many events for reports are kept in one partition; lua/commit.lua cuts the rest off.
const maxLedger = 10_000

// Counts are the sums of what turns counted in the hours from from (inclusive) to to (exclusive), by name. Hours are kept for 90 days.
// It is not for the path of a turn: it reads every partition, a day at a time.
func (s *Store) Counts(ctx context.Context, from, to time.Time) (map[string]int64, error) {
	all := map[string]int64{}
	from = from.UTC().Truncate(time.Hour)
	if oldest := s.clock().UTC().Truncate(time.Hour).Add(-keepCounts); from.Before(oldest) {
		from = oldest
	}
	for day := from; day.Before(to); day = day.Add(24 * time.Hour) {
		if err := s.countDay(ctx, day, to, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// countDay adds the counts of the 24 hours from day on, but none from to on.
func (s *Store) countDay(ctx context.Context, day, to time.Time, all map[string]int64) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	var hours []*redis.MapStringStringCmd
	pipe := s.db.Pipeline()
	for h := day; h.Before(to) && h.Before(day.Add(24*time.Hour)); h = h.Add(time.Hour) {
		for p := range session.Partitions {
			hours = append(hours, pipe.HGetAll(ctx, s.k.counts(p, h)))
		}
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return classify("counts", err)
	}
	for _, h := range hours {
		for name, text := range h.Val() {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return fmt.Errorf("redis: count %s: %w", name, err)
			}
			all[name] += n
		}
	}
	return nil
}

// Ledger returns the last n events that turns left for reports, oldest first by the server's clock. At most about 10,000 of each
// partition are kept.
func (s *Store) Ledger(ctx context.Context, n int) ([][]byte, error) {
	if n <= 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*opTimeout)
	defer cancel()
	pipe := s.db.Pipeline()
	streams := make([]*redis.XMessageSliceCmd, session.Partitions)
	for p := range streams {
		streams[p] = pipe.XRevRangeN(ctx, s.k.ledger(p), "+", "-", int64(n))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, classify("ledger", err)
	}
	var events []redis.XMessage
	for _, st := range streams {
		events = append(events, st.Val()...)
	}
	slices.SortStableFunc(events, func(a, b redis.XMessage) int { return compareIDs(a.ID, b.ID) })
	var all [][]byte
	for _, e := range events[max(0, len(events)-n):] {
		body, _ := e.Values["e"].(string)
		all = append(all, []byte(body))
	}
	return all, nil
}

// compareIDs compares ids of a stream, "milliseconds-number".
func compareIDs(a, b string) int {
	am, an, _ := strings.Cut(a, "-")
	bm, bn, _ := strings.Cut(b, "-")
	return cmp.Or(cmp.Compare(len(am), len(bm)), cmp.Compare(am, bm), cmp.Compare(len(an), len(bn)), cmp.Compare(an, bn))
}
