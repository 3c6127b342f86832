// Package pause waits between two attempts at something, for as long as anybody still wants it. It repeats nothing itself.
package pause

import (
	"context"
	"time"
)

// For waits for d, or until ctx ends; it tells whether it waited all of it.
func For(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
