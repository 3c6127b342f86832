package app

import (
	"context"
	"sync"
	"time"
)

// endBeside is how long the house waits at its end for what goes on beside its turns, before it cuts that short.
const endBeside = 2 * time.Second

// beside runs what nobody waits for, as long as the house does: it needs the store, which closes then. It is safe for concurrent use.
type beside struct {
	base   context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	mu    sync.Mutex // guards ended, and Go against Wait
	ended bool
}

func newBeside() *beside {
	b := &beside{}
	b.base, b.cancel = context.WithCancel(context.Background())
	return b
}

// run runs f, whose context ends after within; after end it does nothing.
func (b *beside) run(within time.Duration, f func(ctx context.Context)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	b.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(b.base, within)
		defer cancel()
		f(ctx)
	})
}

// end returns when nothing runs any more; what still does after patience is cut short.
func (b *beside) end(patience time.Duration) {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
	cut := time.AfterFunc(patience, b.cancel)
	b.tasks.Wait()
	cut.Stop()
	b.cancel()
}
