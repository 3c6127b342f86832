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

	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/session"
)

// maxLedger is about how many events for reports are kept in one partition; lua/commit.lua cuts the rest off.
const maxLedger = 10_000

// maxLearned is about how many names an hour of one partition takes before new ones of what is learned are left out: they come of what
// people send, so that anybody can make new ones.
const maxLearned = 2000

// Counts are the sums of what turns counted in the hours from from (inclusive) to to (exclusive), by name. Hours are kept for 90 days.
// It is not for the path of a turn: it reads every partition, a day at a time.
func (s *Store) Counts(ctx context.Context, from, to time.Time) (map[string]int64, error) {
	hours, err := s.Hours(ctx, "", from, to)
	return likely.Sum(hours), err
}

// Hours are the counts of each hour from from (inclusive) to to (exclusive) whose names begin with prefix; hours without any are left
// out. As Counts, it is not for the path of a turn.
func (s *Store) Hours(ctx context.Context, prefix string, from, to time.Time) ([]likely.Hour, error) {
	from = from.UTC().Truncate(time.Hour)
	if oldest := s.clock().UTC().Truncate(time.Hour).Add(-keepCounts); from.Before(oldest) {
		from = oldest
	}
	var all []likely.Hour
	for day := from; day.Before(to); day = day.Add(24 * time.Hour) {
		hours, err := s.hoursOfDay(ctx, prefix, day, to)
		if err != nil {
			return nil, err
		}
		all = append(all, hours...)
	}
	return all, nil
}

// hoursOfDay are the 24 hours from day on, but none from to on.
func (s *Store) hoursOfDay(ctx context.Context, prefix string, day, to time.Time) ([]likely.Hour, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	var parts []*redis.MapStringStringCmd
	pipe := s.db.Pipeline()
	for h := day; h.Before(to) && h.Before(day.Add(24*time.Hour)); h = h.Add(time.Hour) {
		for p := range session.Partitions {
			parts = append(parts, pipe.HGetAll(ctx, s.k.counts(p, h)))
		}
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, classify("counts", err)
	}
	var all []likely.Hour
	for i := 0; i < len(parts); i += session.Partitions {
		h := likely.Hour{At: day.Add(time.Duration(i/session.Partitions) * time.Hour), Counts: map[string]int64{}}
		for _, part := range parts[i : i+session.Partitions] {
			for name, text := range part.Val() {
				if !strings.HasPrefix(name, prefix) {
					continue
				}
				n, err := strconv.ParseInt(text, 10, 64)
				if err != nil {
					return nil, fmt.Errorf("redis: count %s: %w", name, err)
				}
				h.Counts[name] += n
			}
		}
		if len(h.Counts) > 0 {
			all = append(all, h)
		}
	}
	return all, nil
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
