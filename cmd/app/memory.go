package app

import (
	"os"
	"runtime"
	"runtime/debug"
)

// A house without a large knowledge base lives in a few megabytes, and the collector would run dozens of times a second under load.
// It may let the heap grow to roomy before it begins; a larger live heap keeps the usual doubling.
const roomy = 32 << 20

// easeCollector sets the collector's pace by what is live after loading, unless the operator set GOGC.
func easeCollector() {
	if os.Getenv("GOGC") != "" {
		return
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	live := max(m.HeapAlloc, 1<<20)
	debug.SetGCPercent(int(min(max(roomy*100/live, 100), 1000)))
}
