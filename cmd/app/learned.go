package app

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/xianda-bot/xianda/dialog/likely"
)

// hours is what a store counted, hour by hour.
type hours interface {
	Hours(ctx context.Context, prefix string, from, to time.Time) ([]likely.Hour, error)
}

// lessons is what was learned of all turns of all processes: a merged view, off the path of the turn. The hours that are kept are
// learned once at the start, in the background; then the ones under way again and again.
type lessons struct {
	store hours
	clock func() time.Time
	log   *slog.Logger
	seen  atomic.Pointer[likely.Learned]
	told  int64 // in the log, of what the last refresh read
}

const (
	learnEvery = 2 * time.Second // at least, and so much longer that learning takes no more than a twentieth of the time
	learnShare = 20
	learnBack  = 90 * 24 * time.Hour // stores keep no more
	learnPiece = 24 * time.Hour      // of the past, at once
	learnAgain = 10 * time.Minute    // after an hour is over it is read again: turns are counted by the store's clock
	learnTries = 6                   // of a piece of the past before it is left out
	learnPause = time.Second         // after the first that failed; it doubles
	learnRest  = 15 * time.Second    // at most
)

// look is what was learned up to a moment ago; nil before anything was.
func (l *lessons) look() *likely.Learned { return l.seen.Load() }

// run learns until ctx ends.
func (l *lessons) run(ctx context.Context) {
	next := l.clock().UTC().Truncate(time.Hour).Add(-learnBack)
	for ; l.clock().Sub(next) > learnPiece; next = next.Add(learnPiece) {
		if err := l.learnPast(ctx, next, next.Add(learnPiece)); err != nil && ctx.Err() == nil {
			// What is current counts more than what is whole.
			l.log.Warn("a day of what was learned cannot be read and is left out", "day", next.Format(time.DateOnly), "error", err)
		}
	}
	for ctx.Err() == nil {
		began := l.clock()
		if l.learn(ctx, next, began.Add(time.Hour)) == nil { // else the last view stands
			next = began.UTC().Add(-learnAgain).Truncate(time.Hour)
		}
		select {
		case <-ctx.Done():
		case <-time.After(max(learnEvery, learnShare*l.clock().Sub(began))):
		}
	}
}

// learnPast is learn for what is read only once: a store that is away for a moment at the start must not cost the past.
func (l *lessons) learnPast(ctx context.Context, from, to time.Time) error {
	for tries, pause := 1, learnPause; ; tries, pause = tries+1, min(2*pause, learnRest) {
		err := l.learn(ctx, from, to)
		if err == nil || tries == learnTries {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// learn adds the hours from from to to.
func (l *lessons) learn(ctx context.Context, from, to time.Time) error {
	once, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	all, err := l.store.Hours(once, likely.Prefix, from, to)
	if err != nil {
		return err
	}
	if before := l.look(); len(all) > 0 || before != nil {
		l.seen.Store(likely.Learn(before, all, l.clock()))
	}
	read := int64(0)
	for _, h := range all {
		for _, n := range h.Counts {
			read += n
		}
	}
	if read != l.told {
		l.told = read
		l.log.Debug("what people want was read", "from", from, "counted", read)
	}
	return nil
}
