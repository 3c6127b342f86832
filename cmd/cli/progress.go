package cli

import (
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
