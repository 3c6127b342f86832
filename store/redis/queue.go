package redis

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// maxClosed is how many closed cases of one partition are listed at most, paceOf how many of them tell the pace of their queue.
const (
	maxClosed = 1000
	paceOf    = 4
)

// Queue keeps cases. All methods may be called concurrently.
type Queue struct{ s *Store }

// Queue is the store's view for seats.
func (s *Store) Queue() handoff.Queue { return &Queue{s} }

// find tells where a case and its conversation lie.
func (q *Queue) find(ctx context.Context, id string) (p int, a chat.Address, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	p, ok := session.PartitionOf(id)
	if !ok {
		return 0, a, handoff.ErrUnknown
	}
	text, err := q.s.db.HGet(ctx, q.s.k.caseHash(p, id), "addr").Result()
	if errors.Is(err, redis.Nil) {
		return 0, a, handoff.ErrUnknown
	}
	if err != nil {
		return 0, a, classify("case", err)
	}
	if a, err = chat.ParseAddress(text); err != nil {
		return 0, a, fmt.Errorf("redis: case %s: %w", id, err)
	}
	return p, a, nil
}

// act runs a script of a case; its hash comes before keys.
func (q *Queue) act(ctx context.Context, sc *script, p int, a chat.Address, id string, keys []string, args ...any) error {
	ans, err := q.s.run(ctx, sc, q.s.k.place(a), append([]string{q.s.k.caseHash(p, id)}, keys...), args...)
	if err != nil {
		return err
	}
	switch ans.kind {
	case "ok":
		return nil
	case "owned":
		return &handoff.OwnedError{Seat: ans.text(0)}
	case "closed":
		return handoff.ErrClosed
	case "unknown":
		return handoff.ErrUnknown
	}
	return refusal(ans)
}

// signal is the body of a case signal: the payer reads the case when it pays.
func signal(event, id string) (string, error) {
	return encode(chat.Signal{Event: event, Case: &chat.Case{ID: id}})
}

// Claim gives a waiting case to seat.
func (q *Queue) Claim(ctx context.Context, id, seat string) (*chat.Case, error) {
	p, a, err := q.find(ctx, id)
	if err != nil {
		return nil, err
	}
	q.acts(ctx, seat)
	body, err := signal("case.claimed", id)
	if err != nil {
		return nil, fmt.Errorf("redis: case %s: %w", id, err)
	}
	if err := q.act(ctx, q.s.sc.caseClaim, p, a, id, nil, id, seat, body); err != nil {
		return nil, err
	}
	return q.Case(ctx, id)
}

// Reply posts the seat's words.
func (q *Queue) Reply(ctx context.Context, id, seat, text, key string) (chat.Address, error) {
	p, a, err := q.find(ctx, id)
	if err != nil {
		return a, err
	}
	q.acts(ctx, seat)
	delivery := "seat:" + id + ":" + key
	if len(delivery) > 200 {
		sum := sha256.Sum256([]byte(key))
		delivery = "seat:" + id + ":" + hex.EncodeToString(sum[:])
	}
	body, err := encode(chat.Message{ID: delivery, Kind: chat.Seat, From: a, Name: seat, Text: text, Case: id, At: q.s.clock().UTC()})
	if err != nil {
		return a, fmt.Errorf("redis: case %s: %w", id, err)
	}
	return a, q.act(ctx, q.s.sc.caseReply, p, a, id, nil, id, seat, delivery, body)
}

// Transfer gives the case to another queue or seat.
func (q *Queue) Transfer(ctx context.Context, id, queue, seat string) (*chat.Case, error) {
	if (queue == "") == (seat == "") {
		return nil, fmt.Errorf("redis: transfer of case %s: name a queue or a seat, one of them", id)
	}
	p, a, err := q.find(ctx, id)
	if err != nil {
		return nil, err
	}
	body, err := signal("case.claimed", id)
	if err != nil {
		return nil, fmt.Errorf("redis: case %s: %w", id, err)
	}
	if err := q.act(ctx, q.s.sc.caseTransfer, p, a, id, []string{q.s.k.openCases(p)}, id, queue, seat, body); err != nil {
		return nil, err
	}
	return q.Case(ctx, id)
}

// Note keeps a line that only seats see.
func (q *Queue) Note(ctx context.Context, id, seat, text string) error {
	p, a, err := q.find(ctx, id)
	if err != nil {
		return err
	}
	q.acts(ctx, seat)
	line, err := encode(chat.Line{At: q.s.clock().UTC(), From: seat, Text: text})
	if err != nil {
		return fmt.Errorf("redis: case %s: %w", id, err)
	}
	return q.act(ctx, q.s.sc.caseNote, p, a, id, nil, line)
}

// Close ends the case and its hold and posts a chat.Closed message.
func (q *Queue) Close(ctx context.Context, id, reason string) (*chat.Case, error) {
	p, a, err := q.find(ctx, id)
	if err != nil {
		return nil, err
	}
	delivery := "closed:" + id
	seat, err := q.s.db.HGet(ctx, q.s.k.caseHash(p, id), "seat").Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, classify("case", err)
	}
	body, err := signal("case.closed", id)
	if err != nil {
		return nil, fmt.Errorf("redis: case %s: %w", id, err)
	}
	m, err := encode(chat.Message{ID: delivery, Kind: chat.Closed, From: a, Name: seat, Text: reason, Case: id, At: q.s.clock().UTC()})
	if err != nil {
		return nil, fmt.Errorf("redis: case %s: %w", id, err)
	}
	keys := []string{q.s.k.openCases(p), q.s.k.closedCases(p)}
	if err := q.act(ctx, q.s.sc.caseClose, p, a, id, keys, id, reason, body, delivery, m); err != nil {
		return nil, err
	}
	return q.Case(ctx, id)
}

// Cases lists cases, urgent first, then oldest first, without transcripts.
func (q *Queue) Cases(ctx context.Context, f handoff.Filter) ([]chat.Case, error) {
	closed := int64(0)
	if f.State == "" || f.State == chat.Over {
		closed = maxClosed
	}
	all, err := q.list(ctx, f.State != chat.Over, closed)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(c chat.Case) bool {
		return f.State != "" && c.State != f.State || f.Queue != "" && c.Queue != f.Queue
	})
	slices.SortStableFunc(all, func(a, b chat.Case) int {
		if urgent := func(c chat.Case) int {
			if c.Priority == "urgent" {
				return 0
			}
			return 1
		}; urgent(a) != urgent(b) {
			return urgent(a) - urgent(b)
		}
		return cmp.Or(a.Raised.Compare(b.Raised), cmp.Compare(a.ID, b.ID))
	})
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	return all[:min(limit, len(all))], nil
}

// list reads cases of all partitions, without transcripts, in two trips: all open ones, and the closed ones closed last of each.
func (q *Queue) list(ctx context.Context, open bool, closed int64) ([]chat.Case, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	type found struct {
		p   int
		ids *redis.StringSliceCmd
	}
	var sets []found
	pipe := q.s.db.Pipeline()
	for p := range session.Partitions {
		if open {
			sets = append(sets, found{p, pipe.ZRange(ctx, q.s.k.openCases(p), 0, -1)})
		}
		if closed > 0 {
			sets = append(sets, found{p, pipe.ZRevRange(ctx, q.s.k.closedCases(p), 0, closed-1)})
		}
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, classify("cases", err)
	}
	listed := []string{"j", "state", "queue", "seat", "epoch", "reason", "claimed", "closed", "raised", "notes"}
	type read struct {
		p      int
		id     string
		fields *redis.SliceCmd
	}
	var reads []read
	pipe = q.s.db.Pipeline()
	for _, set := range sets {
		for _, id := range set.ids.Val() {
			reads = append(reads, read{set.p, id, pipe.HMGet(ctx, q.s.k.caseHash(set.p, id), listed...)})
		}
	}
	if len(reads) == 0 {
		return nil, nil
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, classify("cases", err)
	}
	var all []chat.Case
	var expired []read
	for _, r := range reads {
		f := map[string]string{}
		for i, name := range listed {
			f[name] = text(r.fields.Val(), i)
		}
		c, err := decodeCase(r.id, f)
		if errors.Is(err, handoff.ErrUnknown) {
			expired = append(expired, r)
			continue
		}
		if err != nil {
			return nil, err
		}
		c.Transcript = nil
		all = append(all, *c)
	}
	if len(expired) > 0 {
		pipe = q.s.db.Pipeline()
		for _, r := range expired {
			pipe.ZRem(ctx, q.s.k.openCases(r.p), r.id)
			pipe.ZRem(ctx, q.s.k.closedCases(r.p), r.id)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return nil, classify("cases", err)
		}
	}
	return all, nil
}
