package local

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/xianda-bot/xianda/chat"
	bolt "go.etcd.io/bbolt"
)

// maxGroup is how many operations share one transaction at most.
const maxGroup = 256

// write is a change of the database on its way to the writer.
type write struct {
	apply func(tx *bolt.Tx) error
	done  chan error // holds one
}

func newWrite(apply func(tx *bolt.Tx) error) *write { return &write{apply, make(chan error, 1)} }

// hand gives w to the writer. It waits when much is in line before it, as behind a disk that hangs, but not beyond ctx: then w was not
// handed over.
func (s *Store) hand(ctx context.Context, w *write) error {
	select {
	case s.writes <- w:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writer commits what waits in groups: while the disk takes one, the next gathers. So a lone caller waits for one fsync, and many share
// one. (bbolt's own Batch makes a lone caller wait 10 ms.)
func (s *Store) writer() {
	defer close(s.written)
	for first := range s.writes {
		group := append(make([]*write, 0, 16), first)
		for more := true; more && len(group) < maxGroup; {
			select {
			case w, ok := <-s.writes:
				if more = ok; ok {
					group = append(group, w)
				}
			default:
				more = false
			}
		}
		err := s.commitGroup(group)
		for _, w := range group {
			w.done <- err
		}
	}
}

func (s *Store) commitGroup(group []*write) error {
	err := guarded(func() error {
		return s.db.Update(func(tx *bolt.Tx) error {
			for _, w := range group {
				if err := w.apply(tx); err != nil {
					return err
				}
			}
			return writeNumber(tx, s.numbers.last.Load())
		})
	})
	if err != nil {
		return fmt.Errorf("local store %s: %w", s.path, err)
	}
	return nil
}

// update changes what belongs to no conversation, durably.
func (s *Store) update(ctx context.Context, apply func(tx *bolt.Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	w := newWrite(apply)
	if err := s.hand(ctx, w); err != nil {
		return err
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// view reads, and turns what damaged pages make of it into an error.
func (s *Store) view(f func(tx *bolt.Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return s.reading(func() error { return s.db.View(f) })
}

func (s *Store) reading(f func() error) error {
	err := guarded(f)
	if isPanic(err) {
		return &DamagedError{Path: s.path, What: "the database", Err: err}
	}
	return err
}

// index is where a conversation stands in the buckets that are sorted by time; 0: nowhere.
type index struct {
	Due     int64 `json:"d,omitempty"`
	Expires int64 `json:"e,omitempty"`
}

// prepare is the write of what e holds now, to be applied while e is locked.
func (s *Store) prepare(e *entry) (*write, error) {
	was, is, left, now := e.c.Stored, index{e.c.due(), e.c.expires()}, e.c.left, s.now()
	e.c.Stored = is // should the write fail, the conversation is read again
	blob, err := e.c.encode()
	if err != nil {
		return nil, err
	}
	return newWrite(func(tx *bolt.Tx) error {
		if err := put(tx.Bucket(bConversations), e.key, blob); err != nil {
			return err
		}
		if err := move(tx.Bucket(bDue), e.key, was.Due, is.Due); err != nil {
			return err
		}
		if err := move(tx.Bucket(bExpiry), e.key, was.Expires, is.Expires); err != nil {
			return err
		}
		return left.apply(tx, e.key, now, &s.learned)
	}), nil
}

// prepareGone is the write that removes e and all that belongs to it; with erase its events for reports too, which takes a while.
func (s *Store) prepareGone(e *entry, erase bool) *write {
	was, left := e.c.Stored, effects{buried: slices.Clone(e.c.Deads), erase: erase}
	for _, k := range e.c.Cases {
		left.gone = append(left.gone, k.ID)
	}
	now := s.now()
	return newWrite(func(tx *bolt.Tx) error {
		if err := tx.Bucket(bConversations).Delete(e.key); err != nil {
			return err
		}
		if err := move(tx.Bucket(bDue), e.key, was.Due, 0); err != nil {
			return err
		}
		if err := move(tx.Bucket(bExpiry), e.key, was.Expires, 0); err != nil {
			return err
		}
		return left.apply(tx, e.key, now, &s.learned)
	})
}

func move(b *bolt.Bucket, key []byte, was, is int64) error {
	if was == is {
		return nil
	}
	if was != 0 {
		if err := b.Delete(timed(was, key)); err != nil {
			return err
		}
	}
	if is == 0 {
		return nil
	}
	return put(b, timed(is, key), nil)
}

// apply writes what an operation leaves beside its conversation.
func (f *effects) apply(tx *bolt.Tx, key []byte, now int64, learned *learnedNames) error {
	for i := range f.cases {
		if err := putCase(tx, &f.cases[i]); err != nil {
			return err
		}
	}
	for _, id := range f.gone {
		if err := dropCase(tx, id); err != nil {
			return err
		}
	}
	for _, d := range f.deads {
		text, err := json.Marshal(d)
		if err != nil {
			return err
		}
		if err := put(tx.Bucket(bDead), []byte(d.ID), text); err != nil {
			return err
		}
	}
	for _, id := range f.buried {
		if err := tx.Bucket(bDead).Delete([]byte(id)); err != nil {
			return err
		}
	}
	for _, p := range f.paces {
		if err := putPace(tx, p); err != nil {
			return err
		}
	}
	for _, seat := range f.seen {
		if err := putSeen(tx, seat, now); err != nil {
			return err
		}
	}
	if f.erase {
		if err := eraseLedger(tx, key); err != nil {
			return err
		}
	}
	if err := putLedger(tx, key, f.ledger); err != nil {
		return err
	}
	return addCounts(tx, f.counts, now, learned)
}

func caseOrder(k *chat.Case) []byte {
	return append([]byte{byte(urgency(k.Priority))}, timed(ms(k.Raised), []byte(k.ID))...)
}

func putCase(tx *bolt.Tx, k *chat.Case) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if err := put(tx.Bucket(bCases), []byte(k.ID), text); err != nil {
		return err
	}
	return put(tx.Bucket(bQueue), caseOrder(k), []byte(string(k.State)+"\x00"+k.Queue))
}

// readCase returns nil, nil when there is no such case.
func readCase(tx *bolt.Tx, id string) (*chat.Case, error) {
	text, err := get(tx.Bucket(bCases), []byte(id))
	if text == nil || err != nil {
		return nil, err
	}
	k := &chat.Case{}
	if err := json.Unmarshal(text, k); err != nil {
		return nil, err
	}
	return k, nil
}

func dropCase(tx *bolt.Tx, id string) error {
	k, err := readCase(tx, id)
	if k == nil || err != nil {
		return err
	}
	if err := tx.Bucket(bQueue).Delete(caseOrder(k)); err != nil {
		return err
	}
	return tx.Bucket(bCases).Delete([]byte(id))
}
