// Package sparing keeps a flood of refused requests from flooding a messenger's log: each reason is noted once in a while.
// It knows no messenger and writes nothing itself.
package sparing

import (
	"sync"
	"time"
)

// Notes remembers when each reason was noted last. It is safe for concurrent use.
type Notes struct {
	clock func() time.Time
	mu    sync.Mutex // guards last
	last  map[string]time.Time
}

// New returns notes on clock.
func New(clock func() time.Time) *Notes {
	return &Notes{clock: clock, last: map[string]time.Time{}}
}

// First tells whether reason was not noted in the last minute. Reasons are a few fixed words, never what a request brought.
func (n *Notes) First(reason string) bool {
	now := n.clock()
	n.mu.Lock()
	defer n.mu.Unlock()
	if last, ok := n.last[reason]; ok && now.Sub(last) < time.Minute {
		return false
	}
	n.last[reason] = now
	return true
}
