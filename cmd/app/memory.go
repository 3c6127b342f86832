package app

import (
	"context"
	"os"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"time"
)

// A house without a large knowledge base lives in a few megabytes, and the collector would run dozens of times a second under load.
// It may let the heap grow by roomy before it begins. A large live heap is the flat slices of an index, which cost the collector nothing
// to look through, so that it may begin early there: by leastPace.
const (
	roomy     = 32 << 20
	leastPace = 40
)

// easeCollector sets the collector's pace by what is live, again and again until ctx ends, unless the operator set GOGC.
func easeCollector(ctx context.Context) {
	debug.FreeOSMemory() // reading a release leaves a lot behind
	if os.Getenv("GOGC") != "" {
		return
	}
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	last := 100
	for {
		if p := pace(liveHeap()); p < last*4/5 || p > last*5/4 {
			debug.SetGCPercent(p)
			last = p
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// pace is the growth in percent that the heap may take while live bytes are in use.
func pace(live uint64) int {
	return int(min(max(roomy*100/max(live, 1<<20), leastPace), 1000))
}

// liveHeap is what the last collection left.
func liveHeap() uint64 {
	s := []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}
	runtimemetrics.Read(s)
	if s[0].Value.Kind() != runtimemetrics.KindUint64 {
		return roomy
	}
	return s[0].Value.Uint64()
}
