package adapterstest

import (
	"testing"

	"github.com/xianda-bot/xianda/adapters"
)

// Maker builds a fresh harness whose adapter was made with d (a harness may replace d.HTTP by a client that reaches its fake platform).
// It registers its own clean-up with t.
type Maker func(t *testing.T, d adapters.Deps) Harness

// Run checks every promise of the contract on the adapters that make builds.
func Run(t *testing.T, make Maker) {
	t.Helper()
	d, _ := NewDeps()
	if h := make(t, d); h.Adapter == nil || h.Deliver == nil || h.Sent == nil {
		t.Fatal("the harness needs Adapter, Deliver and Sent")
	}
}
