package telegram

import "sync"

// busy knows how much is under way: deliveries, acknowledgements, calls beside them. Unlike a WaitGroup it may be entered while somebody
// waits, as a request that comes while the house stops does.
type busy struct {
	mu    sync.Mutex // guards all below
	count int
	idle  chan struct{} // closed when count becomes 0; nil while nobody waits
}

// enter counts one in.
func (b *busy) enter() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
}

// leave counts one out.
func (b *busy) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.count--; b.count == 0 && b.idle != nil {
		close(b.idle)
		b.idle = nil
	}
}

// start runs f beside its caller.
func (b *busy) start(f func()) {
	b.enter()
	go func() {
		defer b.leave()
		f()
	}()
}

// wait returns when nothing is under way.
func (b *busy) wait() {
	b.mu.Lock()
	if b.count == 0 {
		b.mu.Unlock()
		return
	}
	if b.idle == nil {
		b.idle = make(chan struct{})
	}
	idle := b.idle
	b.mu.Unlock()
	<-idle
}
