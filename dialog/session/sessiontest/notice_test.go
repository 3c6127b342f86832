package sessiontest

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/xianda-bot/xianda/dialog/session"
)

// recorder is a T that keeps the first failure instead of ending a test.
type recorder struct {
	mu     sync.Mutex // guards failed
	failed string
}

func (r *recorder) Helper()             {}
func (r *recorder) Logf(string, ...any) {}
func (r *recorder) Fatalf(format string, args ...any) {
	r.mu.Lock()
	if r.failed == "" {
		r.failed = fmt.Sprintf(format, args...)
	}
	r.mu.Unlock()
	runtime.Goexit()
}

// verdict runs one check on a store and returns its failure line, "" when it passed.
func verdict(c check, h Harness) string { return record(func(r *recorder) { c.do(newBench(r, h)) }) }

// record returns the first failure of do, "" when there is none.
func record(do func(*recorder)) string {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				r.failed = fmt.Sprint("panic: ", p)
			}
		}()
		do(r)
	}()
	<-done
	return r.failed
}

// A mutant is a store that breaks one promise. Each check of fails must notice it.
type mutant struct {
	name  string
	wrong func(*Memory) session.Store
	fails []string
}

// TestSuiteNotices runs the suite on stores that are wrong: a check that notices nothing is no check.
func TestSuiteNotices(t *testing.T) {
	t.Parallel()
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			all := checks()
			for _, name := range m.fails {
				i := slices.IndexFunc(all, func(c check) bool { return c.name == name })
				if i < 0 {
					t.Fatalf("there is no check %q", name)
				}
				clock := newClock()
				s := NewMemory(clock.Now)
				bad := m.wrong(s)
				h := Harness{Store: bad, Queue: s.Queue(), Second: bad, Advance: clock.Advance, Now: clock.Now, Counts: s.Counts, Ledger: s.Ledger}
				got := verdict(all[i], h)
				if got == "" {
					t.Errorf("a store that %s passes %q, want it to fail", m.name, name)
				}
				t.Logf("%s: %s", name, got)
			}
		})
	}
}

func TestRecorderPassesWhatIsRight(t *testing.T) {
	t.Parallel()
	for _, c := range checks() {
		if got := verdict(c, openMemory()); got != "" {
			t.Errorf("verdict(%q) on a right store = %q, want none", c.name, got)
		}
	}
}
