package local

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
	"github.com/xianda-bot/xianda/handoff/handofftest"
	bolt "go.etcd.io/bbolt"
)

// watch is a clock that tests move.
type watch struct {
	mu sync.Mutex // guards at
	at time.Time
}

func newWatch() *watch { return &watch{at: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)} }

func (w *watch) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *watch) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// opened opens a store in dir; the test closes it.
func opened(t *testing.T, dir string, o Options) *Store {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatalf("Open(%s) = %v, want nil", dir, err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	sessiontest.Run(t, harness)
}

func TestQueue(t *testing.T) {
	t.Parallel()
	handofftest.Run(t, harness)
}

func TestPeople(t *testing.T) {
	t.Parallel()
	sessiontest.RunPeople(t, func(t *testing.T) sessiontest.PeopleHarness {
		w, dir := newWatch(), t.TempDir()
		s := opened(t, dir, Options{Clock: w.now})
		return sessiontest.PeopleHarness{
			People: s.People(), Advance: w.advance, Now: w.now, Tidy: func() error { return s.expireUsers() },
			Reopen: func() session.People {
				if err := s.end(false); err != nil {
					t.Errorf("end = %v, want nil", err)
				}
				s = opened(t, dir, Options{Clock: w.now})
				return s.People()
			},
		}
	})
}

// harness opens a store that keeps two idle conversations in memory, so that most are read again.
func harness(t *testing.T) sessiontest.Harness {
	w, dir := newWatch(), t.TempDir()
	s := opened(t, dir, Options{Clock: w.now, Loaded: 2})
	return sessiontest.Harness{
		Store: s, Queue: s.Queue(), Advance: w.advance, Now: w.now,
		Reopen: func() session.Store {
			if err := s.end(false); err != nil {
				t.Errorf("end = %v, want nil", err)
			}
			s = opened(t, dir, Options{Clock: w.now, Loaded: 2})
			return s
		},
		Counts: func() map[string]int64 {
			all, err := s.Counts(t.Context(), w.now().Add(-1000*time.Hour), w.now().Add(time.Hour))
			if err != nil {
				t.Errorf("Counts = %v, want nil", err)
			}
			return all
		},
		Ledger: func(a chat.Address) [][]byte {
			var all [][]byte
			err := s.view(func(tx *bolt.Tx) error {
				return tx.Bucket(bLedger).ForEach(func(k, sealed []byte) error {
					v, err := unseal(k, sealed)
					if event, mine := bytes.CutPrefix(v, ledgerKey([]byte(a.String()))); mine {
						all = append(all, bytes.Clone(event))
					}
					return err
				})
			})
			if err != nil {
				t.Errorf("the ledger = %v, want nil", err)
			}
			return all
		},
	}
}

func TestVault(t *testing.T) {
	t.Parallel()
	w, dir := newWatch(), t.TempDir()
	s := opened(t, dir, Options{Clock: w.now})
	v, ctx := s.Vault(), t.Context()
	want := func(key, value string) {
		t.Helper()
		if got, err := v.Get(ctx, key); got != value || err != nil {
			t.Errorf("Get(%s) = %q, %v, want %q", key, got, err, value)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	want("token", "")
	must(v.Put(ctx, "token", "a", time.Minute))
	must(v.Put(ctx, "cursor", "7", 0))
	want("token", "a")
	must(v.Drop(ctx, "token", "b"))
	want("token", "a")
	must(v.Drop(ctx, "token", "a"))
	want("token", "")
	must(v.Put(ctx, "token", "c", time.Minute))
	must(s.end(false))
	s = opened(t, dir, Options{Clock: w.now})
	v = s.Vault()
	want("token", "c")
	w.advance(time.Minute)
	want("token", "")
	want("cursor", "7")

	unlock, ok, err := v.Lock(ctx, "poller", time.Second)
	if !ok || err != nil {
		t.Errorf("Lock = %v, %v, want true", ok, err)
	}
	if _, ok, _ := v.Lock(ctx, "poller", time.Second); ok {
		t.Error("Lock of what is locked = true, want false")
	}
	w.advance(time.Second)
	later, ok, _ := v.Lock(ctx, "poller", time.Second)
	if !ok {
		t.Error("Lock when it ran out = false, want true")
	}
	unlock() // not ours any more
	if _, ok, _ := v.Lock(ctx, "poller", time.Second); ok {
		t.Error("Lock after a late unlock = true, want false")
	}
	later()
	if _, ok, _ := v.Lock(ctx, "poller", time.Second); !ok {
		t.Error("Lock after unlock = false, want true")
	}
}
