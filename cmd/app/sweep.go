package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// sweeper finds what became due while nobody looked: mailboxes whose holder died, timers, debts to be tried again.
type sweeper struct {
	due interface {
		Due(ctx context.Context, n int) ([]chat.Address, error)
	}
	resume func(context.Context, chat.Address) error
	wake   func(chat.Address)
	log    *slog.Logger
}

const (
	sweepEvery = time.Second
	sweepMost  = 256                   // conversations a sweep takes up
	sweepPause = 50 * time.Millisecond // after a full sweep: something that stays due must not keep the machine busy
)

// run sweeps until ctx ends. One full batch is followed by the next after a breath.
func (s *sweeper) run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	trouble := false
	for {
		n, err := s.sweep(ctx)
		if err != nil && ctx.Err() == nil && !trouble {
			s.log.Warn("the store does not tell what is due", "error", err)
		}
		trouble = err != nil
		next := tick.C
		if n == sweepMost {
			next = time.After(sweepPause)
		}
		select {
		case <-ctx.Done():
			return
		case <-next:
		}
	}
}

func (s *sweeper) sweep(ctx context.Context) (int, error) {
	once, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	all, err := s.due.Due(once, sweepMost)
	if err != nil {
		return 0, err
	}
	var errs error
	for _, a := range all {
		if err := s.resume(once, a); err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		s.wake(a)
	}
	if errs != nil {
		return 0, errs // not at once again
	}
	return len(all), nil
}
