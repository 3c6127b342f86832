package local

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
	bolt "go.etcd.io/bbolt"
)

var _ handoff.Queue = (*Queue)(nil)

// Queue is the store as seats see it. It is safe for concurrent use.
type Queue struct{ s *Store }

// Queue returns the queue of the store.
func (s *Store) Queue() handoff.Queue { return &Queue{s} }

// Cases lists cases, urgent first, then oldest first.
func (q *Queue) Cases(_ context.Context, f handoff.Filter) ([]chat.Case, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	var all []chat.Case
	err := q.s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bQueue).Cursor()
		for key, v := c.First(); key != nil && len(all) < f.Limit; key, v = c.Next() {
			text, err := unseal(key, v)
			if err != nil {
				return err
			}
			state, queue, _ := strings.Cut(string(text), "\x00")
			if f.State != "" && string(f.State) != state || f.Queue != "" && f.Queue != queue || len(key) < 9 {
				continue
			}
			k, err := readCase(tx, string(key[9:]))
			if err != nil {
				return err
			}
			if k == nil || q.forgotten(k) {
				continue
			}
			k.Transcript = nil
			all = append(all, *k)
		}
		return nil
	})
	return all, err
}

// forgotten tells whether the time of a closed case passed; the keeper removes it soon.
func (q *Queue) forgotten(k *chat.Case) bool {
	return k.State == chat.Over && ms(k.Closed)+session.KeepClosed.Milliseconds() <= q.s.now()
}

// find reads a case as the database has it.
func (q *Queue) find(id string) (*chat.Case, error) {
	var k *chat.Case
	err := q.s.view(func(tx *bolt.Tx) (err error) {
		if id != "" {
			k, err = readCase(tx, id)
		}
		return err
	})
	if err == nil && (k == nil || q.forgotten(k)) {
		err = handoff.ErrUnknown
	}
	return k, err
}

// Case returns one whole.
func (q *Queue) Case(ctx context.Context, id string) (*chat.Case, error) {
	k, err := q.find(id)
	if err != nil {
		return nil, err
	}
	err = q.s.look(ctx, k.Conversation, func(c *conversation, now int64) (err error) {
		if open := c.cases[id]; open != nil {
			k, err = c.whole(*open, now)
			return err
		}
		if k.State != chat.Over { // it was closed meanwhile
			if k, err = q.find(id); err != nil {
				return err
			}
		}
		k, err = c.whole(*k, now)
		return err
	})
	if errors.Is(err, session.ErrUnknown) {
		err = handoff.ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	return k, nil
}

// act does an operation on the conversation of a case and returns the case as it is then.
func (q *Queue) act(ctx context.Context, id string, op func(c *conversation, a chat.Address, t *moment) error) (*chat.Case, error) {
	k, err := q.find(id)
	if err != nil {
		return nil, err
	}
	if err := q.s.run(ctx, k.Conversation, nil, func(c *conversation, t *moment) error { return op(c, k.Conversation, t) }); err != nil {
		return nil, err
	}
	return q.Case(ctx, id)
}

// Claim gives a waiting case to seat.
func (q *Queue) Claim(ctx context.Context, id, seat string) (*chat.Case, error) {
	if seat == "" {
		return nil, errSeat
	}
	return q.act(ctx, id, func(c *conversation, _ chat.Address, t *moment) error { return c.claimCase(id, seat, t) })
}

var errSeat = errors.New("a case is claimed by a seat: its name is missing")

// post makes a message of a seat.
func post(m chat.Message, t *moment) (offered, error) {
	m.At = t.time()
	body, err := json.Marshal(m)
	return offered{message: m, body: body}, err
}

// Reply posts the seat's words.
func (q *Queue) Reply(ctx context.Context, id, seat, text, key string) (chat.Address, error) {
	k, err := q.find(id)
	if err != nil {
		return chat.Address{}, err
	}
	a := k.Conversation
	err = q.s.run(ctx, a, nil, func(c *conversation, t *moment) error {
		o, err := post(chat.Message{ID: "seat:" + id + ":" + key, Kind: chat.Seat, From: a, Name: seat, Text: text, Case: id}, t)
		if err != nil {
			return err
		}
		return c.reply(id, seat, o, t)
	})
	return a, err
}

// Transfer gives the case to another queue or seat.
func (q *Queue) Transfer(ctx context.Context, id, queue, seat string) (*chat.Case, error) {
	if (queue == "") == (seat == "") {
		return nil, errors.New("a case is transferred either to a queue or to a seat")
	}
	return q.act(ctx, id, func(c *conversation, _ chat.Address, t *moment) error { return c.transferCase(id, queue, seat, t) })
}

// Note keeps a line that only seats see.
func (q *Queue) Note(ctx context.Context, id, seat, text string) error {
	_, err := q.act(ctx, id, func(c *conversation, _ chat.Address, t *moment) error {
		k := c.cases[id]
		if k == nil { // closed
			var err error
			if k, err = q.find(id); err != nil {
				return err
			}
		}
		c.note(k, chat.Line{At: t.time(), From: seat, Text: text})
		return nil
	})
	return err
}

// Close ends the case and its hold.
func (q *Queue) Close(ctx context.Context, id, reason string) (*chat.Case, error) {
	return q.act(ctx, id, func(c *conversation, a chat.Address, t *moment) error {
		m := chat.Message{ID: "closed:" + id, Kind: chat.Closed, From: a, Text: reason, Case: id}
		if k := c.cases[id]; k != nil {
			m.Name = k.Seat
		}
		o, err := post(m, t)
		if err != nil {
			return err
		}
		return c.closeCase(id, reason, o, t)
	})
}

// Seen marks seat as present at queues.
func (q *Queue) Seen(ctx context.Context, seat string, queues ...string) error {
	if len(queues) == 0 {
		queues = []string{"default"}
	}
	return q.s.update(ctx, func(tx *bolt.Tx) error { return putSeen(tx, seen{seat: seat, queues: queues}, q.s.now()) })
}

// seatRecord is when a seat was seen last at each of its queues, ms since 1970.
type seatRecord map[string]int64

// putSeen notes that a seat acted. One that is at no queue is at the queue of the case that it acts on.
func putSeen(tx *bolt.Tx, f seen, now int64) error {
	b := tx.Bucket(bSeats)
	text, err := get(b, []byte(f.seat))
	if err != nil {
		return err
	}
	r := seatRecord{}
	if text != nil {
		if err := json.Unmarshal(text, &r); err != nil {
			return err
		}
	}
	for queue, at := range r {
		if at+handoff.SeatSeen.Milliseconds() <= now {
			delete(r, queue)
		} else if f.queues == nil {
			r[queue] = now
		}
	}
	for _, queue := range f.queues {
		r[queue] = now
	}
	if f.queues == nil {
		r[f.queue] = now
	}
	if text, err = json.Marshal(r); err != nil {
		return err
	}
	return put(b, []byte(f.seat), text)
}

// recent is how many closed cases the pace of a queue is made of.
const recent = 20

func putPace(tx *bolt.Tx, p pace) error {
	b := tx.Bucket(bPaces)
	all, err := readPaces(b, []byte(p.queue))
	if err != nil {
		return err
	}
	all = append(all, p.took)
	text, err := json.Marshal(all[max(0, len(all)-recent):])
	if err != nil {
		return err
	}
	return put(b, []byte("q:"+p.queue), text)
}

func readPaces(b *bolt.Bucket, queue []byte) ([]time.Duration, error) {
	text, err := get(b, append([]byte("q:"), queue...))
	if text == nil || err != nil {
		return nil, err
	}
	var all []time.Duration
	return all, json.Unmarshal(text, &all)
}

// Standing looks at all queues.
func (q *Queue) Standing(_ context.Context) (map[string]handoff.Standing, error) {
	all := map[string]handoff.Standing{}
	now := q.s.now()
	err := q.s.view(func(tx *bolt.Tx) error {
		err := tx.Bucket(bQueue).ForEach(func(k, v []byte) error {
			text, err := unseal(k, v)
			state, queue, _ := strings.Cut(string(text), "\x00")
			s := all[queue]
			switch chat.CaseState(state) {
			case chat.Waiting:
				s.Waiting++
			case chat.Held:
				s.Held++
			default:
				return err
			}
			all[queue] = s
			return err
		})
		if err != nil {
			return err
		}
		err = tx.Bucket(bSeats).ForEach(func(k, v []byte) error {
			text, err := unseal(k, v)
			if err != nil {
				return err
			}
			r := seatRecord{}
			err = json.Unmarshal(text, &r)
			for queue, at := range r {
				if at+handoff.SeatSeen.Milliseconds() > now {
					s := all[queue]
					s.Seats++
					all[queue] = s
				}
			}
			return err
		})
		if err != nil {
			return err
		}
		return tx.Bucket(bPaces).ForEach(func(k, _ []byte) error {
			queue := strings.TrimPrefix(string(k), "q:")
			took, err := readPaces(tx.Bucket(bPaces), []byte(queue))
			var sum time.Duration
			for _, d := range took {
				sum += d
			}
			if len(took) > 0 {
				s := all[queue]
				s.Pace = sum / time.Duration(len(took))
				all[queue] = s
			}
			return err
		})
	})
	return all, err
}
