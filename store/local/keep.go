package local

import (
	"context"
	"time"

	"github.com/xianda-bot/xianda/chat"
	bolt "go.etcd.io/bbolt"
)

const (
	keepEvery  = time.Second
	expireMost = 256                 // conversations that one round looks at
	keepCounts = 90 * 24 * time.Hour // of an hour
)

// keeper writes what only the journal holds and forgets what is old, until Close.
func (s *Store) keeper() {
	defer close(s.kept)
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	trouble := false
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		err := s.flush()
		if err == nil {
			err = s.expire()
		}
		if err == nil {
			err = s.expireUsers()
		}
		if err != nil && !trouble {
			s.o.Log.Error("the local store cannot write; it goes on trying", "path", s.path, "error", err)
		}
		trouble = err != nil
	}
}

// flush brings the database up to the journal. A conversation that somebody uses right now is left for the next round.
func (s *Store) flush() error {
	var first error
	var under []*entry
	var writes []*write
	end := func() {
		for i, w := range writes {
			err := <-w.done
			s.finish(under[i], err)
			s.release(under[i])
			if first == nil {
				first = err
			}
		}
		under, writes = under[:0], writes[:0]
	}
	for a := range s.cache.allDirty() {
		e := s.cache.borrow(a)
		select {
		case e.lock <- struct{}{}:
		default:
			s.cache.giveBack(e)
			continue
		}
		w, err := s.behind(e)
		if w == nil {
			s.release(e)
			if first == nil {
				first = err
			}
			continue
		}
		s.writes <- w
		under, writes = append(under, e), append(writes, w)
		if len(writes) == maxGroup/2 {
			end()
		}
	}
	end()
	if first != nil {
		return first
	}
	return s.log.idle()
}

// behind is the write that brings the database up to e; nil when there is nothing to write.
func (s *Store) behind(e *entry) (*write, error) {
	if !s.cache.isDirty(e.address) {
		return nil, nil
	}
	if e.c == nil {
		if err := s.load(e); err != nil {
			return nil, err
		}
	}
	if !e.c.exists() {
		s.cache.clean(e.address)
		return nil, nil
	}
	e.c.left = effects{}
	return s.prepare(e)
}

// expire forgets conversations that nothing happened to for long, closed cases, feeds, counts and values of the vault whose time passed.
func (s *Store) expire() error {
	now := s.now()
	var old []chat.Address
	stale := false
	err := s.reading(func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			c := tx.Bucket(bExpiry).Cursor()
			for k, _ := c.First(); k != nil && len(old) < expireMost; k, _ = c.Next() {
				at, rest := untimed(k)
				if at > now {
					break
				}
				if a, err := chat.ParseAddress(string(rest)); err == nil {
					old = append(old, a)
				}
			}
			k, _ := tx.Bucket(bCounts).Cursor().First()
			stale = k != nil && staleCount(k, now)
			return nil
		})
	})
	if err != nil {
		return err
	}
	for _, a := range old {
		if err := s.expireOne(a); err != nil {
			return err
		}
	}
	if err := s.expireFeeds(now); err != nil {
		return err
	}
	if !stale {
		return nil
	}
	w := newWrite(func(tx *bolt.Tx) error { return dropCounts(tx, now) })
	s.writes <- w
	return <-w.done
}

func (s *Store) expireOne(a chat.Address) error {
	e, err := s.acquire(context.Background(), a) // which forgets it, if it is its time
	if err != nil {
		return err
	}
	defer s.release(e)
	e.c.changed, e.c.left = false, effects{}
	e.c.expire(s.now())
	stuck := e.c.exists() && e.c.Stored.Expires <= s.now() // its mailbox is not empty: look again tomorrow
	if !e.c.changed && !stuck {
		return nil
	}
	if stuck && !e.c.changed {
		e.c.Touched = s.now()
	}
	e.c.Rev++
	w, err := s.prepare(e)
	if err != nil {
		return err
	}
	s.writes <- w
	err = <-w.done
	s.finish(e, err)
	return err
}

func staleCount(k []byte, now int64) bool {
	at, _ := untimed(k)
	return at < hour(now-keepCounts.Milliseconds())
}

func dropCounts(tx *bolt.Tx, now int64) error {
	c := tx.Bucket(bCounts).Cursor()
	for k, _ := c.First(); k != nil && staleCount(k, now); k, _ = c.First() {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}
