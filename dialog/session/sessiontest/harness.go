// Package sessiontest is the suite that every session.Store passes: one test for each promise of the turn protocol and for each arrow
// of its state table (DESIGN.md), races, and random histories against a model. It is test code; it starts no server of its own.
package sessiontest

import (
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// Harness is one fresh, empty store as its maker gives it to the suite. Store and Queue must be set.
type Harness struct {
	Store  session.Store
	Queue  handoff.Queue
	Second session.Store // another handle on the same data, as another process would have; nil when the maker is single-process

	// Advance moves the store's clock; nil when it cannot be moved: the suite then really waits, at most 10 s at once. Such a maker is
	// opened with a Lease of about a second and a MinRedelivery that is shorter still.
	Advance func(d time.Duration)
	Now     func() time.Time     // the store's clock; nil: time.Now
	Reopen  func() session.Store // ends the store without a word, as the death of its process does, and opens it again; nil when meaningless

	Lease         time.Duration // in force; 0: session.Lease
	MinRedelivery time.Duration // in force; 0: session.MinRedelivery

	// Counts and Ledger read what the contract only writes. nil: not compared.
	Counts func() map[string]int64
	Ledger func(a chat.Address) [][]byte
}

// Run checks the store that open returns; each test opens its own. Tests run in parallel.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.do(newBench(t, open(t)))
		})
	}
}

// A check is one test of the suite. It takes any T, so that the suite itself can be tested on stores that are wrong.
type check struct {
	name string
	do   func(*bench)
}

func checks() []check {
	var all []check
	for _, part := range [][]check{deliveries(), leases(), mailboxes(), debts(), passives(), replyTimes(), rights(), whichRights(), holds(), recalls(), timers(), wholes(), letters(), races(), histories()} {
		all = append(all, part...)
	}
	return all
}

// T is what a check needs of *testing.T.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}
