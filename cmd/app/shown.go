package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// shownLog tells the store, in batches and off the path of the turn, which passive replies were written into their responses.
// What is lost with the process is shown once more at the worst: the reply then counts as unshown.
type shownLog struct {
	settle func(context.Context, []session.Settlement) error
	wake   func(chat.Address)
	log    *slog.Logger
	in     chan session.Settlement

	mu    sync.Mutex // guards owing
	owing map[chat.Address]bool
}

const (
	shownEvery = 50 * time.Millisecond
	shownMost  = 512
)

func newShownLog(settle func(context.Context, []session.Settlement) error, wake func(chat.Address), log *slog.Logger) *shownLog {
	return &shownLog{settle: settle, wake: wake, log: log, in: make(chan session.Settlement, 8*shownMost), owing: map[chat.Address]bool{}}
}

// behind remembers that something is owed behind the passive reply that this conversation gets now.
func (s *shownLog) behind(a chat.Address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.owing) >= 100*shownMost {
		clear(s.owing) // the sweep finds them
	}
	s.owing[a] = true
}

func (s *shownLog) owes(a chat.Address) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	owes := s.owing[a]
	delete(s.owing, a)
	return owes
}

// note never blocks; when the store does not keep up, the note is dropped.
func (s *shownLog) note(m chat.Message) {
	select {
	case s.in <- session.Settlement{To: m.From, Delivery: m.ID, Verdict: session.Shown}:
	default:
	}
}

// run settles until ctx ends, and then what is left.
func (s *shownLog) run(ctx context.Context) {
	tick := time.NewTicker(shownEvery)
	defer tick.Stop()
	var batch []session.Settlement
	flush := func() {
		if len(batch) == 0 {
			return
		}
		once, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := s.settle(once, batch); err != nil {
			s.log.Warn("shown replies were not settled; they may be shown once more", "count", len(batch), "error", err)
		}
		for _, b := range batch {
			if s.owes(b.To) {
				s.wake(b.To)
			}
		}
		batch = nil
	}
	for {
		select {
		case one := <-s.in:
			if batch = append(batch, one); len(batch) >= shownMost {
				flush()
			}
		case <-tick.C:
			flush()
		case <-ctx.Done():
			for {
				select {
				case one := <-s.in:
					batch = append(batch, one)
					continue
				default:
				}
				flush()
				return
			}
		}
	}
}
