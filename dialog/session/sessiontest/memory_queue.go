package sessiontest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

var _ handoff.Queue = (*memoryQueue)(nil)

// memoryQueue is the queue of a Memory: the same data under the same mutex.
type memoryQueue struct{ *Memory }

type presence struct {
	at     time.Time
	queues []string
}

// Queue returns the cases of s.
func (s *Memory) Queue() handoff.Queue { return &memoryQueue{s} }

func (q *memoryQueue) find(id string) (*chat.Case, *conversation, error) {
	k := q.cases[id]
	now := q.clock()
	if k != nil && k.State == chat.Over && now.Sub(k.Closed) > session.KeepClosed {
		delete(q.cases, id)
		k = nil
	}
	if k == nil {
		return nil, nil, handoff.ErrUnknown
	}
	return k, q.make(k.Conversation, now), nil
}

// open finds a case that is not closed.
func (q *memoryQueue) open(id string) (*chat.Case, *conversation, error) {
	k, c, err := q.find(id)
	if err == nil && k.State == chat.Over {
		err = handoff.ErrClosed
	}
	return k, c, err
}

// Cases lists cases.
func (q *memoryQueue) Cases(_ context.Context, f handoff.Filter) ([]chat.Case, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []chat.Case
	for id := range q.cases {
		k, _, err := q.find(id)
		if err != nil || f.State != "" && k.State != f.State || f.Queue != "" && k.Queue != f.Queue {
			continue
		}
		shown := clone(*k)
		shown.Transcript = nil
		all = append(all, shown)
	}
	urgent := func(k chat.Case) int {
		if k.Priority == "urgent" {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(x, y chat.Case) int {
		return cmp.Or(cmp.Compare(urgent(x), urgent(y)), x.Raised.Compare(y.Raised), cmp.Compare(x.ID, y.ID))
	})
	if f.Limit == 0 {
		f.Limit = 100
	}
	return all[:min(f.Limit, len(all))], nil
}

// Case returns one whole.
func (q *memoryQueue) Case(_ context.Context, id string) (*chat.Case, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	k, c, err := q.find(id)
	if err != nil {
		return nil, err
	}
	return q.whole(k, c), nil
}

func (q *memoryQueue) whole(k *chat.Case, c *conversation) *chat.Case {
	shown := clone(*k)
	shown.QuotaLeft, shown.QuotaUntil = -1, time.Time{}
	if !c.counted {
		return &shown
	}
	shown.QuotaLeft = 0
	for _, r := range c.live(q.clock()) {
		if r.Left < 0 || shown.QuotaLeft >= 0 && r.Left > shown.QuotaLeft {
			shown.QuotaLeft, shown.QuotaUntil = r.Left, r.Expires
		}
	}
	return &shown
}

// Claim gives a waiting case to seat.
func (q *memoryQueue) Claim(_ context.Context, id, seat string) (*chat.Case, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.present(seat)
	k, c, err := q.open(id)
	switch {
	case err != nil:
		return nil, err
	case k.State == chat.Held && k.Seat == seat:
		return q.whole(k, c), nil
	case k.State == chat.Held:
		return nil, &handoff.OwnedError{Seat: k.Seat}
	case c.hold != nil: // by another case of the same conversation
		return nil, &handoff.OwnedError{Seat: c.hold.Seat}
	}
	q.give(k, c, seat)
	return q.whole(k, c), nil
}

func (q *memoryQueue) give(k *chat.Case, c *conversation, seat string) {
	k.State, k.Seat, k.Epoch, k.Claimed = chat.Held, seat, q.next(), q.clock()
	c.hold = &session.Hold{Case: k.ID, Seat: seat, Epoch: k.Epoch}
	q.signal("case.claimed", k, c)
}

func (q *memoryQueue) signal(event string, k *chat.Case, c *conversation) {
	body, err := json.Marshal(chat.Signal{Event: event, Case: &chat.Case{ID: k.ID}})
	if err != nil {
		panic(err) // plain data
	}
	id := event + "-" + k.ID + "-" + k.Epoch
	c.debts = append(c.debts, &debt{Debt: chat.Debt{ID: id, Kind: chat.CaseDebt, To: c.address, Body: body, Due: q.clock()}})
}

func (q *memoryQueue) present(seat string) {
	p := q.seats[seat]
	p.at = q.clock()
	if len(p.queues) == 0 {
		p.queues = []string{"default"}
	}
	q.seats[seat] = p
}

// held finds a case that seat holds.
func (q *memoryQueue) held(id, seat string) (*chat.Case, *conversation, error) {
	q.present(seat)
	k, c, err := q.open(id)
	if err == nil && (k.State != chat.Held || k.Seat != seat || c.hold == nil || c.hold.Case != id) {
		err = &handoff.OwnedError{Seat: k.Seat}
	}
	return k, c, err
}

// Reply posts the seat's words.
func (q *memoryQueue) Reply(_ context.Context, id, seat, text, key string) (chat.Address, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	k, c, err := q.held(id, seat)
	if err != nil {
		return chat.Address{}, err
	}
	if once := k.ID + " " + key; !q.keys[once] {
		q.keys[once] = true
		now := q.clock()
		q.post(c, chat.Message{ID: "seat-" + k.ID + "-" + key, Kind: chat.Seat, From: c.address, Name: seat, Case: k.ID, Text: text, At: now}, 0, now)
	}
	return c.address, nil
}

// Transfer gives the case away.
func (q *memoryQueue) Transfer(_ context.Context, id, queue, seat string) (*chat.Case, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	k, c, err := q.open(id)
	if err != nil {
		return nil, err
	}
	if seat != "" {
		q.give(k, c, seat)
		return q.whole(k, c), nil
	}
	q.free(k, c)
	k.Queue, k.State, k.Seat, k.Epoch, k.Claimed = queue, chat.Waiting, "", q.next(), time.Time{}
	return q.whole(k, c), nil
}

func (q *memoryQueue) free(k *chat.Case, c *conversation) {
	if c.hold != nil && c.hold.Case == k.ID {
		c.hold = nil
	}
}

// Note keeps a line that only seats see.
func (q *memoryQueue) Note(_ context.Context, id, seat, text string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.present(seat)
	k, _, err := q.find(id)
	if err != nil {
		return err
	}
	k.Notes = append(k.Notes, chat.Line{At: q.clock(), From: seat, Text: text})
	return nil
}

// Close ends the case.
func (q *memoryQueue) Close(_ context.Context, id, reason string) (*chat.Case, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	k, c, err := q.find(id)
	if err != nil || k.State == chat.Over {
		return k, err
	}
	now := q.clock()
	q.free(k, c)
	k.State, k.Closed, k.CloseReason, k.Epoch = chat.Over, now, reason, q.next()
	q.signal("case.closed", k, c)
	q.post(c, chat.Message{ID: "closed-" + k.ID, Kind: chat.Closed, From: c.address, Name: k.Seat, Case: k.ID, Text: reason, At: now}, 0, now)
	return q.whole(k, c), nil
}

// Seen marks seat as present.
func (q *memoryQueue) Seen(_ context.Context, seat string, queues ...string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(queues) == 0 {
		queues = []string{"default"}
	}
	q.seats[seat] = presence{q.clock(), slices.Clone(queues)}
	return nil
}

// Standing looks at all queues.
func (q *memoryQueue) Standing(context.Context) (map[string]handoff.Standing, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := map[string]handoff.Standing{}
	paces := map[string][]time.Duration{}
	for _, k := range q.cases {
		s := all[k.Queue]
		switch {
		case k.State == chat.Waiting:
			s.Waiting++
		case k.State == chat.Held:
			s.Held++
		case !k.Claimed.IsZero():
			paces[k.Queue] = append(paces[k.Queue], k.Closed.Sub(k.Claimed))
		}
		all[k.Queue] = s
	}
	for _, p := range q.seats {
		for _, name := range p.queues {
			if q.clock().Sub(p.at) <= handoff.SeatSeen {
				s := all[name]
				s.Seats++
				all[name] = s
			}
		}
	}
	for name, ds := range paces {
		s := all[name]
		for _, d := range ds {
			s.Pace += d / time.Duration(len(ds))
		}
		all[name] = s
	}
	return all, nil
}
