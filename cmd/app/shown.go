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

// run settles until ctx ends, and then what is left. What the store did not take is tried again at the next tick: a note that is lost
// shows the person the same reply twice.
func (s *shownLog) run(ctx context.Context) {
	tick := time.NewTicker(shownEvery)
	defer tick.Stop()
	var batch []session.Settlement
	pause := time.Time{} // after an error: not before
	for {
		select {
		case one := <-s.in:
			if batch = append(batch, one); len(batch) >= shownMost && time.Now().After(pause) {
				batch, pause = s.flush(ctx, batch)
			}
		case <-tick.C:
			if time.Now().After(pause) {
				batch, pause = s.flush(ctx, batch)
			}
		case <-ctx.Done():
			for {
				select {
				case one := <-s.in:
					batch = append(batch, one)
					continue
				default:
				}
				break
			}
			s.flush(ctx, batch)
			return
		}
	}
}

const (
	shownKept  = 64 * shownMost // notes kept while the store takes none: more than a minute under full load
	shownPause = 500 * time.Millisecond
)

// flush settles batch; what comes back is left for another time, not before pause.
func (s *shownLog) flush(ctx context.Context, batch []session.Settlement) (left []session.Settlement, pause time.Time) {
	for len(batch) > 0 {
		part := batch[:min(len(batch), shownMost)]
		once, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		err := s.settle(once, part)
		cancel()
		if err != nil {
			s.log.Warn("shown replies are not settled yet; they are tried again", "count", len(batch), "error", err)
			return batch[max(0, len(batch)-shownKept):], time.Now().Add(shownPause)
		}
		for _, b := range part {
			if s.owes(b.To) {
				s.wake(b.To)
			}
		}
		batch = batch[len(part):]
	}
	return nil, time.Time{}
}
