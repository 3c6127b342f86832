package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Deads lists dead letters, oldest first.
func (s *Store) Deads(ctx context.Context, n int) ([]chat.Dead, error) {
	if n <= 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	pipe := s.db.Pipeline()
	ids := make([]*redis.StringSliceCmd, session.Partitions)
	for p := range ids {
		ids[p] = pipe.ZRange(ctx, s.k.deads(p), 0, int64(n)-1)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, classify("dead letters", err)
	}
	pipe = s.db.Pipeline()
	var letters []*redis.StringCmd
	for p, some := range ids {
		for _, id := range some.Val() {
			letters = append(letters, pipe.Get(ctx, s.k.dead(p, id)))
		}
	}
	if len(letters) == 0 {
		return nil, nil
	}
	// A letter that expired is absent: that is redis.Nil in its own answer.
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return nil, classify("dead letters", err)
	}
	var all []chat.Dead
	for _, l := range letters {
		text, err := l.Bytes()
		if errors.Is(err, redis.Nil) {
			continue
		}
		var d chat.Dead
		if err == nil {
			err = json.Unmarshal(text, &d)
		}
		if err != nil {
			return nil, fmt.Errorf("redis: dead letter: %w", err)
		}
		all = append(all, d)
	}
	slices.SortStableFunc(all, func(a, b chat.Dead) int { return a.At.Compare(b.At) })
	return all[:min(n, len(all))], nil
}

// letter reads one dead letter.
func (s *Store) letter(ctx context.Context, id string) (chat.Dead, string, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	var d chat.Dead
	p, ok := session.PartitionOf(id)
	if !ok {
		return d, "", session.ErrUnknown
	}
	key := s.k.dead(p, id)
	text, err := s.db.Get(ctx, key).Bytes()
	if errors.Is(err, redis.Nil) {
		return d, "", session.ErrUnknown
	}
	if err != nil {
		return d, "", classify("dead letter", err)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return d, "", fmt.Errorf("redis: dead letter %s: %w", id, err)
	}
	return d, key, nil
}

// Replay puts a dead letter back under a new delivery id. It brings no right and is not answered passively: both are long over.
func (s *Store) Replay(ctx context.Context, id string) (chat.Address, error) {
	d, key, err := s.letter(ctx, id)
	if err != nil {
		return chat.Address{}, err
	}
	m := d.Message
	m.ID = "replay:" + id + ":" + strconv.FormatInt(d.At.UnixMilli(), 36)
	m.ReplyBy, m.Right = time.Time{}, nil
	body, err := encode(m)
	if err != nil {
		return chat.Address{}, fmt.Errorf("redis: dead letter %s: %w", id, err)
	}
	p := s.k.place(m.From).p
	return m.From, s.simple(ctx, s.sc.replay, m.From, []string{s.k.deads(p), key}, id, m.ID, body)
}

// Bury drops a dead letter.
func (s *Store) Bury(ctx context.Context, id string) error {
	d, key, err := s.letter(ctx, id)
	if err != nil {
		return err
	}
	return s.simple(ctx, s.sc.bury, d.Message.From, []string{s.k.deads(s.k.place(d.Message.From).p), key}, id)
}
