package sessiontest

import (
	"sync"
	"testing"
	"time"
)

// clock is a store's clock that tests move.
type clock struct {
	mu  sync.Mutex // guards now
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func openMemory() Harness {
	c := newClock()
	s := NewMemory(c.Now)
	return Harness{Store: s, Queue: s.Queue(), Second: s, Advance: c.Advance, Now: c.Now, Counts: s.Counts, Ledger: s.Ledger}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	Run(t, func(*testing.T) Harness { return openMemory() })
}
