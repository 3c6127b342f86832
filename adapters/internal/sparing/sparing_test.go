package sparing

import (
	"testing"
	"time"
)

func TestFirst(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 28, 10, 0, 0, 0, time.UTC)
	n := New(func() time.Time { return now })
	for _, c := range []struct {
		after  time.Duration
		reason string
		want   bool
	}{{0, "signature", true}, {0, "signature", false}, {0, "person", true}, {59 * time.Second, "signature", false}, {time.Second, "signature", true}, {0, "signature", false}} {
		now = now.Add(c.after)
		if got := n.First(c.reason); got != c.want {
			t.Errorf("First(%q) at %v = %t, want %t", c.reason, now, got, c.want)
		}
	}
}
