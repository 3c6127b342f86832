package local

import (
	"container/list"
	"context"
	"sync"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	bolt "go.etcd.io/bbolt"
)

// entry is a conversation in memory. Who holds its lock may read and change it; the lock is held until what was changed is as durable
// as promised, so that nobody sees what could still be lost.
type entry struct {
	address chat.Address
	key     []byte
	lock    chan struct{}
	c       *conversation // nil: must be read again

	refs int           // guarded by cache.mu, as idle
	idle *list.Element // in cache.unused; nil while somebody uses it or it is dirty
}

// cache holds the conversations in memory: those in use, those whose last changes are in the journal only, and some more.
type cache struct {
	most int

	mu     sync.Mutex // guards all below
	all    map[chat.Address]*entry
	unused list.List              // of *entry, the one unused longest first; those of dirty are not in it, the keeper brings them back
	dirty  map[chat.Address]int64 // the journal is ahead of the database; the value is when each is due, 0: not
}

func (c *cache) init(most int) {
	c.most = most
	c.all, c.dirty = map[chat.Address]*entry{}, map[chat.Address]int64{}
}

// borrow returns the entry of a, unlocked.
func (c *cache) borrow(a chat.Address) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.all[a]
	if e == nil {
		e = &entry{address: a, key: []byte(a.String()), lock: make(chan struct{}, 1)}
		c.all[a] = e
	}
	e.refs++
	if e.idle != nil {
		c.unused.Remove(e.idle)
		e.idle = nil
	}
	return e
}

func (c *cache) giveBack(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.refs--
	if e.refs > 0 {
		return
	}
	if _, dirty := c.dirty[e.address]; dirty {
		return // the keeper writes it within a second
	}
	e.idle = c.unused.PushBack(e)
	for c.unused.Len() > c.most {
		old := c.unused.Remove(c.unused.Front()).(*entry)
		delete(c.all, old.address)
	}
}

func (c *cache) mark(a chat.Address, due int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dirty[a] = due
}

func (c *cache) clean(a chat.Address) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.dirty, a)
}

func (c *cache) isDirty(a chat.Address) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.dirty[a]
	return ok
}

func (c *cache) allDirty() map[chat.Address]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[chat.Address]int64, len(c.dirty))
	for a, due := range c.dirty {
		all[a] = due
	}
	return all
}

// acquire locks the conversation of a and reads it if need be.
func (s *Store) acquire(ctx context.Context, a chat.Address) (*entry, error) {
	e := s.cache.borrow(a)
	select {
	case e.lock <- struct{}{}:
	case <-ctx.Done():
		s.cache.giveBack(e)
		return nil, ctx.Err()
	}
	if e.c == nil {
		if err := s.load(e); err != nil {
			s.release(e)
			return nil, err
		}
	}
	if e.c.exists() && e.c.gone() <= s.now() && len(e.c.Mailbox) == 0 {
		if err := s.forgetWithin(ctx, e, false); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (s *Store) release(e *entry) {
	<-e.lock
	s.cache.giveBack(e)
}

// load reads e as the database and the journal have it.
func (s *Store) load(e *entry) error {
	err := s.reading(func() error { return s.db.View(func(tx *bolt.Tx) error { return s.read(tx, e) }) })
	if err != nil {
		return err
	}
	for _, r := range s.log.records(e.address) {
		if r.Rev != e.c.Rev+1 {
			continue
		}
		if err := r.apply(e.c); err != nil {
			e.c = nil
			return err
		}
		e.c.Rev = r.Rev
	}
	if s.cache.isDirty(e.address) {
		s.cache.mark(e.address, e.c.due())
	}
	return nil
}

// read reads e as the database has it.
func (s *Store) read(tx *bolt.Tx, e *entry) error {
	e.c = nil
	blob, err := get(tx.Bucket(bConversations), e.key)
	var c *conversation
	switch {
	case err == nil && blob == nil:
		e.c = &conversation{Address: e.address}
		return nil
	case err == nil:
		c, err = decode(blob)
	}
	if err == nil && c.Address != e.address {
		err = errSum
	}
	if err != nil {
		return &DamagedError{Path: s.path, What: "the conversation " + name(e.address), Err: err}
	}
	c.cases = map[string]*chat.Case{}
	for _, ref := range c.Cases {
		if ref.Until != 0 {
			continue
		}
		k, err := readCase(tx, ref.ID)
		if err != nil || k == nil {
			return &DamagedError{Path: s.path, What: "the case " + ref.ID, Err: err}
		}
		c.cases[k.ID] = k
	}
	e.c = c
	return nil
}

// run does an operation on the conversation of a in one step. With again, its result survives the death of the process and again is
// how it is done once more; without, it is on disk when run returns. When ctx ends first the outcome is unknown.
func (s *Store) run(ctx context.Context, a chat.Address, again *record, op func(c *conversation, t *moment) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	leave := true
	defer func() {
		if leave {
			s.leave()
		}
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	e, err := s.acquire(ctx, a)
	if err != nil {
		return err
	}
	t := &moment{s.now(), s.numbers.draw()}
	first := t.n
	c := e.c
	c.changed, c.left = false, effects{}
	if err := op(c, t); err != nil {
		if c.changed {
			e.c = nil // half done: it must not be seen
		}
		s.release(e)
		return err
	}
	if !c.changed {
		s.release(e)
		return nil
	}
	c.Rev++
	if again != nil {
		again.To, again.Rev, again.Now, again.N = a, c.Rev, t.now, first
		if err = s.log.add(*again); err != nil {
			e.c = nil
		} else {
			s.cache.mark(a, c.due())
		}
		s.release(e)
		return err
	}
	w, err := s.prepare(e)
	if err != nil {
		e.c = nil
		s.release(e)
		return err
	}
	if err := s.hand(ctx, w); err != nil {
		e.c = nil
		s.release(e)
		return err
	}
	select {
	case err := <-w.done:
		s.finish(e, err)
		s.release(e)
		return err
	case <-ctx.Done():
		leave = false
		go func() {
			s.finish(e, <-w.done)
			s.release(e)
			s.leave()
		}()
		return ctx.Err()
	}
}

// finish notes how the write of e ended.
func (s *Store) finish(e *entry, err error) {
	if err != nil {
		e.c = nil // what is on disk counts
		return
	}
	e.c.left = effects{}
	s.log.settled(e.address, e.c.Rev)
	s.cache.clean(e.address)
}

// look runs f on the conversation of a, which must not change it.
func (s *Store) look(ctx context.Context, a chat.Address, f func(c *conversation, now int64) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	e, err := s.acquire(ctx, a)
	if err != nil {
		return err
	}
	defer s.release(e)
	if !e.c.exists() {
		return session.ErrUnknown
	}
	return f(e.c, s.now())
}
