package rehearse

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/session"
)

// restart drops the host without a drain, as the death of its process does, and lets another go on over the same store. It knows the
// release in force and no earlier one.
func (s *stage) restart() {
	s.shelf = dialog.NewShelf(s.rel)
	s.host = s.newHost(s.store, s.clock)
}

// publish puts the release in force once more, every dialog in a new version.
func (s *stage) publish() {
	s.rel = s.rel.Again()
	s.shelf.Swap(s.rel)
}

// errKilled is what a caller sees of a process that died.
var errKilled = errors.New("the process was killed after its commit")

// perish does something with a process of its own that dies right after each commit, before anybody heard of it. Then time passes until
// its lease is over.
func (s *stage) perish(do func(h *dialog.Host, m chat.Message) error, m chat.Message) error {
	d := &doomed{Store: s.store, killed: make(chan struct{})}
	clock := s.clock
	if !m.ReplyBy.IsZero() { // so that the caller gives up at once, as its connection would break
		clock = func() time.Time { return m.ReplyBy.Add(-time.Millisecond) }
	}
	h := s.newHost(d, clock)
	err := do(h, m)
	h.Wait()
	if err != nil && !errors.Is(err, errKilled) && !errors.Is(err, chat.ErrLater) {
		return err
	}
	if d.dead() {
		s.advance(redelivery)
	}
	return nil
}

// doomed is the store as a process sees it that dies at its first commit.
type doomed struct {
	session.Store
	once   sync.Once
	killed chan struct{}
}

// Commit keeps the outcome, and that is the last thing that this process does.
func (d *doomed) Commit(ctx context.Context, c *session.Claim, o session.Outcome) (session.Committed, error) {
	committed, err := d.Store.Commit(ctx, c, o)
	if err != nil {
		return committed, err
	}
	d.once.Do(func() { close(d.killed) })
	return session.Committed{}, session.ErrLost
}

// Late waits for the end: the delivery is not settled by a process that is about to die.
func (d *doomed) Late(ctx context.Context, _ chat.Message, _ bool) (session.Done, error) {
	select {
	case <-d.killed:
	case <-ctx.Done():
	}
	return session.Done{}, errKilled
}

func (d *doomed) dead() bool {
	select {
	case <-d.killed:
		return true
	default:
		return false
	}
}
