package cli

import (
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows on a terminal how far long work is, and nothing in a pipe. step is called when one of total is done, end when the work
// is over, however it ended: then the line is gone.
func (c *common) progress(what string, total int) (step, end func()) {
	if !c.env.Talk || c.json || total < 2 {
		return func() {}, func() {}
	}
	bar := progressbar.NewOptions(total,
		progressbar.OptionSetWriter(c.env.Err), progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(30),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(true),
	)
	// A bar that cannot be drawn is no reason to stop.
	return func() { _ = bar.Add(1) }, func() { _ = bar.Exit(); _ = bar.Clear() }
}

// working shows on a terminal that work of unknown length goes on, until end is called.
func (c *common) working(what string) (end func()) {
	if !c.env.Talk || c.json {
		return func() {}
	}
	bar := progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(c.env.Err), progressbar.OptionSetDescription(what), progressbar.OptionSpinnerType(14),
		progressbar.OptionSetElapsedTime(true), progressbar.OptionClearOnFinish(),
	)
	stop := make(chan struct{})
	var turns sync.WaitGroup
	turns.Go(func() {
		tick := time.NewTicker(150 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				_ = bar.Add(1)
			}
		}
	})
	return sync.OnceFunc(func() {
		close(stop)
		turns.Wait()
		_ = bar.Exit()
		_ = bar.Clear()
	})
}
