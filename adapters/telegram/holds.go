package telegram

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// holds knows which chats must be left alone for a while: those for which the platform said so, and groups that had their share. The
// postman paces conversations and sends one message of each at a time; several conversations may be in one group.
//
// What the platform said is known to all processes. The next message of a conversation is lent to one of them when it may be sent, so that
// only groups, and what is sent beside messages, must look.
type holds struct {
	clock func() time.Time
	vault adapters.Vault
	bot   int64

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

// tellWithin is how long telling the other processes may take.
const tellWithin = time.Second

// manyHolds is the size from which on those that are over are forgotten.
const manyHolds = 1024

func newHolds(d adapters.Deps, bot int64) *holds {
	return &holds{clock: d.Clock, vault: d.Vault, bot: bot, until: map[int64]time.Time{}, groups: map[int64]*share{}}
}

func (h *holds) key(id int64) string { return fmt.Sprintf("telegram/hold/%d/%d", h.bot, id) }

// wait leaves a chat alone for d. It tells the other processes as well as it can.
func (h *holds) wait(ctx context.Context, id int64, d time.Duration) {
	h.note(id, d)
	telling, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellWithin)
	defer cancel()
	_ = h.vault.Put(telling, h.key(id), strconv.FormatInt(h.clock().Add(d).UnixMilli(), 10), d) // without it they ask the platform
}

func (h *holds) note(id int64, d time.Duration) {
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

// everywhere is left, of all processes.
func (h *holds) everywhere(ctx context.Context, id int64) time.Duration {
	if d := h.left(id); d > 0 {
		return d
	}
	told, err := h.vault.Get(ctx, h.key(id))
	if err != nil || told == "" {
		return 0
	}
	ms, err := strconv.ParseInt(told, 10, 64)
	if err != nil {
		return 0
	}
	d := time.UnixMilli(ms).Sub(h.clock())
	if d > 0 {
		h.note(id, d)
	}
	return d
}

// left is how long a chat is to be left alone still, as this process knows; 0: not at all.
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
	d := h.everywhere(ctx, where.chat)
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
