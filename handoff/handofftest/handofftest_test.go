package handofftest

import (
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
)

// openMemory opens the store in memory that sessiontest brings, with a clock that the suite moves.
func openMemory(*testing.T) Harness {
	var mu sync.Mutex
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	s := sessiontest.NewMemory(clock)
	return Harness{Store: s, Queue: s.Queue(), Now: clock, Advance: func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	Run(t, openMemory)
}
