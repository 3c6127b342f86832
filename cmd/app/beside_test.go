package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// What goes on beside turns ends before the store closes: in its own time, or cut short; and nothing is begun afterwards.
func TestBesideEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, begun := newBeside(), time.Now()
		var short, long error
		b.run(time.Minute, func(ctx context.Context) { time.Sleep(time.Second); short = ctx.Err() })
		b.run(time.Minute, func(ctx context.Context) { <-ctx.Done(); long = ctx.Err() })
		b.end(2 * time.Second)
		if took := time.Since(begun); took != 2*time.Second || short != nil || long == nil {
			t.Errorf("after %s: what is short ended with %v, what is long with %v", took, short, long)
		}
		b.run(time.Minute, func(context.Context) { t.Error("begun after the end") })
	})
}
