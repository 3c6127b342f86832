package redis

import (
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// defaultQueue always exists.
const defaultQueue = "default"

// Seen marks seat as present at queues, and at these alone.
func (q *Queue) Seen(ctx context.Context, seat string, queues ...string) error {
	if len(queues) == 0 {
		queues = []string{defaultQueue}
	}
	return q.present(ctx, seat, queues)
}

// acts marks seat as present where it was seen last. An act does not fail because that could not be noted.
func (q *Queue) acts(ctx context.Context, seat string) {
	if err := q.present(ctx, seat, nil); err != nil {
		q.s.log.Warn("a seat's presence was not noted", "seat", seat, "err", err)
	}
}

// present notes seat; without queues it stays at those that are known, or at the default one.
func (q *Queue) present(ctx context.Context, seat string, queues []string) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	now, k := q.s.clock(), q.s.k
	pipe := q.s.db.Pipeline()
	if len(queues) > 0 {
		text, err := encode(queues)
		if err != nil {
			return err
		}
		pipe.HSet(ctx, k.seatQueues(), seat, text)
	} else {
		pipe.HSetNX(ctx, k.seatQueues(), seat, `["`+defaultQueue+`"]`)
	}
	pipe.PExpire(ctx, k.seatQueues(), session.KeepSession)
	pipe.ZAdd(ctx, k.seats(), redis.Z{Score: float64(now.UnixMilli()), Member: seat})
	pipe.ZRemRangeByScore(ctx, k.seats(), "-inf", "("+strconv.FormatInt(now.Add(-handoff.SeatSeen).UnixMilli(), 10))
	pipe.PExpire(ctx, k.seats(), session.KeepSession)
	if _, err := pipe.Exec(ctx); err != nil {
		return classify("seats", err)
	}
	return nil
}

// Standing looks at all queues, at most once a second.
func (q *Queue) Standing(ctx context.Context) (map[string]handoff.Standing, error) {
	now := q.s.clock()
	q.s.mu.Lock()
	defer q.s.mu.Unlock()
	if away := now.Sub(q.s.stood); q.s.standing == nil || away >= time.Second || away < 0 {
		all, err := q.standing(ctx, now)
		if err != nil {
			return nil, err
		}
		q.s.standing, q.s.stood = all, now
	}
	return maps.Clone(q.s.standing), nil
}

func (q *Queue) standing(ctx context.Context, now time.Time) (map[string]handoff.Standing, error) {
	cases, err := q.list(ctx, true, paceOf)
	if err != nil {
		return nil, err
	}
	all, sums, ended := map[string]handoff.Standing{}, map[string]time.Duration{}, map[string]int{}
	for _, c := range cases {
		st := all[c.Queue]
		switch c.State {
		case chat.Waiting:
			st.Waiting++
		case chat.Held:
			st.Held++
		case chat.Over:
			if !c.Claimed.IsZero() {
				sums[c.Queue] += c.Closed.Sub(c.Claimed)
				ended[c.Queue]++
			}
		}
		all[c.Queue] = st
	}
	for name, n := range ended {
		st := all[name]
		st.Pace = sums[name] / time.Duration(n)
		all[name] = st
	}
	return all, q.seats(ctx, now, all)
}

// seats adds the seats that are present to the queues at which they are.
func (q *Queue) seats(ctx context.Context, now time.Time, all map[string]handoff.Standing) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	seats, err := q.s.db.ZRangeByScore(ctx, q.s.k.seats(),
		&redis.ZRangeBy{Min: strconv.FormatInt(now.Add(-handoff.SeatSeen).UnixMilli(), 10), Max: "+inf"}).Result()
	if err != nil {
		return classify("seats", err)
	}
	if len(seats) == 0 {
		return nil
	}
	where, err := q.s.db.HMGet(ctx, q.s.k.seatQueues(), seats...).Result()
	if err != nil {
		return classify("seats", err)
	}
	for i := range where {
		var queues []string
		if json.Unmarshal([]byte(text(where, i)), &queues) != nil {
			queues = []string{defaultQueue}
		}
		for _, name := range queues {
			st := all[name]
			st.Seats++
			all[name] = st
		}
	}
	return nil
}
