package telegram

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/xianda-bot/xianda/chat"
)

// holds knows which chats must be left alone for a while: those for which the platform said so, and groups that had their share. The
// postman paces conversations and sends one message of each at a time; several conversations may be in one group.
type holds struct {
	clock func() time.Time

	mu     sync.Mutex // guards all below
	until  map[int64]time.Time
	groups map[int64]*share
}

// share is what a group has: messages in its time, and one at a time, so that a refusal is known before the next one.
type share struct {
	pace *rate.Limiter
	one  chan struct{}
}

// groupBurst is how many messages a group may get at once.
const groupBurst = 3

// manyHolds is the size from which on those that are over are forgotten.
const manyHolds = 1024

func newHolds(clock func() time.Time) *holds {
	return &holds{clock: clock, until: map[int64]time.Time{}, groups: map[int64]*share{}}
}

// wait leaves a chat alone for d.
func (h *holds) wait(id int64, d time.Duration) {
	now := h.clock()
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := now.Add(d); t.After(h.until[id]) {
		h.until[id] = t
	}
	if len(h.until) < manyHolds {
		return
	}
	for c, t := range h.until {
		if !now.Before(t) {
			delete(h.until, c)
		}
	}
}

// left is how long a chat is to be left alone still; 0: not at all.
func (h *holds) left(id int64) time.Duration {
	now := h.clock()
	h.mu.Lock()
	defer h.mu.Unlock()
	t, ok := h.until[id]
	if !ok || !now.Before(t) {
		delete(h.until, id)
		return 0
	}
	return t.Sub(now)
}

// enter counts one message to where, and waits while another one to the same group is under way. leave is never nil. The error is a
// *chat.Failure: how long the chat is to be left alone, or that ctx ended; then nothing is counted.
func (h *holds) enter(ctx context.Context, where place) (leave func(), err error) {
	leave = func() {}
	if !where.group() {
		return leave, tooSoon(h.left(where.chat))
	}
	s := h.share(where.chat)
	select {
	case s.one <- struct{}{}:
	case <-ctx.Done():
		return leave, &chat.Failure{Kind: chat.Temporary, Err: ctx.Err()}
	}
	d := h.left(where.chat)
	if d <= 0 {
		r := s.pace.ReserveN(h.clock(), 1)
		if d = r.DelayFrom(h.clock()); d > 0 {
			r.CancelAt(h.clock())
		}
	}
	if d > 0 {
		<-s.one
		return leave, tooSoon(d)
	}
	return func() { <-s.one }, nil
}

func tooSoon(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	return &chat.Failure{Kind: chat.Rate, Retry: d, Err: errors.New("the chat had its share of messages for now")}
}

func (h *holds) share(group int64) *share {
	now := h.clock()
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.groups[group]
	if s != nil {
		return s
	}
	if len(h.groups) >= manyHolds {
		for c, s := range h.groups {
			if len(s.one) == 0 && s.pace.TokensAt(now) >= groupBurst {
				delete(h.groups, c)
			}
		}
	}
	s = &share{pace: rate.NewLimiter(perGroup, groupBurst), one: make(chan struct{}, 1)}
	h.groups[group] = s
	return s
}
