package telegram

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// holds knows which chats must be left alone for a while: those for which the platform said so, and groups that had their share. The
// postman paces conversations; several of them may be in one group.
type holds struct {
	clock func() time.Time

	mu     sync.Mutex // guards all below
	until  map[int64]time.Time
	groups map[int64]*rate.Limiter
}

// groupBurst is how many messages a group may get at once.
const groupBurst = 3

// manyHolds is the size from which on those that are over are forgotten.
const manyHolds = 1024

func newHolds(clock func() time.Time) *holds {
	return &holds{clock: clock, until: map[int64]time.Time{}, groups: map[int64]*rate.Limiter{}}
}

// wait leaves chat alone for d.
func (h *holds) wait(chat int64, d time.Duration) {
	now := h.clock()
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := now.Add(d); t.After(h.until[chat]) {
		h.until[chat] = t
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

// left is how long chat is to be left alone still; 0: not at all.
func (h *holds) left(chat int64) time.Duration {
	now := h.clock()
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.leftAt(chat, now)
}

func (h *holds) leftAt(chat int64, now time.Time) time.Duration {
	t, ok := h.until[chat]
	if !ok || !now.Before(t) {
		delete(h.until, chat)
		return 0
	}
	return t.Sub(now)
}

// take counts one message to where and returns 0, or counts nothing and is how long to wait before it.
func (h *holds) take(where place) time.Duration {
	now := h.clock()
	h.mu.Lock()
	defer h.mu.Unlock()
	if d := h.leftAt(where.chat, now); d > 0 || !where.group() {
		return d
	}
	l := h.groups[where.chat]
	if l == nil {
		if len(h.groups) >= manyHolds {
			for c, l := range h.groups {
				if l.TokensAt(now) >= groupBurst {
					delete(h.groups, c)
				}
			}
		}
		l = rate.NewLimiter(perGroup, groupBurst)
		h.groups[where.chat] = l
	}
	r := l.ReserveN(now, 1)
	d := r.DelayFrom(now)
	if d > 0 {
		r.CancelAt(now)
	}
	return d
}
