package sessiontest

import (
	"context"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// wrong is a Memory some of whose methods are replaced.
type wrong struct {
	*Memory
	accept  func(*Memory, chat.Message, session.Terms) (session.Accepted, error)
	commit  func(*Memory, *session.Claim, session.Outcome) (session.Committed, error)
	late    func(*Memory, chat.Message, bool) (session.Done, error)
	release func(*Memory, *session.Claim) error
	settle  func(*Memory, []session.Settlement) error
	lend    func(*Memory, chat.Address, time.Duration) (session.Lent, error)
	take    func(*Memory, chat.Address) (*session.Claim, error)
	due     func(*Memory, int) ([]chat.Address, error)
	forget  func(*Memory, chat.Address) error
}

func (w *wrong) Accept(ctx context.Context, m chat.Message, t session.Terms) (session.Accepted, error) {
	if w.accept != nil {
		return w.accept(w.Memory, m, t)
	}
	return w.Memory.Accept(ctx, m, t)
}

func (w *wrong) Commit(ctx context.Context, c *session.Claim, o session.Outcome) (session.Committed, error) {
	if w.commit != nil {
		return w.commit(w.Memory, c, o)
	}
	return w.Memory.Commit(ctx, c, o)
}

func (w *wrong) Late(ctx context.Context, m chat.Message, push bool) (session.Done, error) {
	if w.late != nil {
		return w.late(w.Memory, m, push)
	}
	return w.Memory.Late(ctx, m, push)
}

func (w *wrong) Release(ctx context.Context, c *session.Claim) error {
	if w.release != nil {
		return w.release(w.Memory, c)
	}
	return w.Memory.Release(ctx, c)
}

func (w *wrong) Settle(ctx context.Context, s []session.Settlement) error {
	if w.settle != nil {
		return w.settle(w.Memory, s)
	}
	return w.Memory.Settle(ctx, s)
}

func (w *wrong) Lend(ctx context.Context, a chat.Address, d time.Duration) (session.Lent, error) {
	if w.lend != nil {
		return w.lend(w.Memory, a, d)
	}
	return w.Memory.Lend(ctx, a, d)
}

func (w *wrong) Take(ctx context.Context, a chat.Address) (*session.Claim, error) {
	if w.take != nil {
		return w.take(w.Memory, a)
	}
	return w.Memory.Take(ctx, a)
}

func (w *wrong) Due(ctx context.Context, n int) ([]chat.Address, error) {
	if w.due != nil {
		return w.due(w.Memory, n)
	}
	return w.Memory.Due(ctx, n)
}

func (w *wrong) Forget(ctx context.Context, a chat.Address) error {
	if w.forget != nil {
		return w.forget(w.Memory, a)
	}
	return w.Memory.Forget(ctx, a)
}

// spoil changes what is kept of a conversation, after a call.
func spoil(s *Memory, a chat.Address, f func(*conversation)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.convs[a]; c != nil {
		f(c)
	}
}

// serial counts, for names that never repeat.
type serial struct {
	mu sync.Mutex // guards n
	n  int
}

func (s *serial) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return s.n
}
