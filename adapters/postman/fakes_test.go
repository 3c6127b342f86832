package postman

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// ledger is Debts in memory, with the promises of session.Store that the postman leans on.
type ledger struct {
	mu      sync.Mutex // guards all below
	owed    map[chat.Address][]*owed
	settled []Settlement
	fence   int
	lendErr error // of the next Lend
	failing int   // so many calls of Settle fail
}

type owed struct {
	chat.Debt
	fence string
	until time.Time
}

func newLedger() *ledger { return &ledger{owed: map[chat.Address][]*owed{}} }

func (l *ledger) owe(a chat.Address, kind chat.DebtKind, ids ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		body, _ := json.Marshal(chat.Reply{Key: id, Text: "text of " + id})
		l.owed[a] = append(l.owed[a], &owed{Debt: chat.Debt{ID: id, Kind: kind, To: a, Body: body}})
	}
}

func (l *ledger) Lend(_ context.Context, a chat.Address, d time.Duration) (Lent, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.lendErr; err != nil {
		l.lendErr = nil
		return Lent{}, err
	}
	var out Lent
	now := time.Now()
	seen := map[chat.DebtKind]bool{}
	for _, o := range l.owed[a] {
		if seen[o.Kind] {
			continue
		}
		seen[o.Kind] = true
		switch free := o.Due; {
		case o.Park:
		case now.Before(o.until):
			free = o.until
			fallthrough
		case now.Before(o.Due):
			if out.Next.IsZero() || free.Before(out.Next) {
				out.Next = free
			}
		default:
			l.fence++
			o.fence, o.until = fmt.Sprint(l.fence), now.Add(d)
			out.Loans = append(out.Loans, Loan{Debt: o.Debt, Fence: o.fence, Right: &chat.ReplyRight{Left: 3}})
		}
	}
	return out, nil
}

func (l *ledger) Settle(_ context.Context, s []Settlement) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failing > 0 {
		l.failing--
		return errors.New("the store is away")
	}
	for _, s := range s {
		i := slices.IndexFunc(l.owed[s.To], func(o *owed) bool { return o.ID == s.ID && o.fence == s.Fence })
		if i < 0 {
			continue
		}
		l.settled = append(l.settled, s)
		o := l.owed[s.To][i]
		o.fence, o.until = "", time.Time{}
		switch s.Verdict {
		case Again:
			o.Due, o.Tries = time.Now().Add(s.After), o.Tries+1
		case Park:
			o.Park = true
		default:
			l.owed[s.To] = slices.Delete(l.owed[s.To], i, i+1)
		}
	}
	return nil
}

func (l *ledger) verdicts() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, s := range l.settled {
		w := s.ID + " " + string(s.Verdict)
		if s.After > 0 {
			w += " after " + s.After.String()
		}
		if s.GiveBack {
			w += " giveback"
		}
		if s.Spent {
			w += " spent"
		}
		out = append(out, w)
	}
	return out
}

// shop is a payer that fails as it is told.
type shop struct {
	caps    chat.Caps
	mu      sync.Mutex // guards all below
	script  map[string][]error
	paid    []string                                // "peer id at"
	during  func(ctx context.Context, l Loan) error // called with mu free
	begun   time.Time
	running map[chat.Address]int
}

func newShop(caps chat.Caps) *shop {
	return &shop{caps: caps, script: map[string][]error{}, begun: time.Now(), running: map[chat.Address]int{}}
}

func (s *shop) Pay(ctx context.Context, l Loan) error {
	s.mu.Lock()
	s.paid = append(s.paid, fmt.Sprintf("%s %s %s", l.To.Peer, l.ID, time.Since(s.begun)))
	s.running[l.To]++
	overlap := s.running[l.To] > 1
	var err error
	if q := s.script[l.ID]; len(q) > 0 {
		err, s.script[l.ID] = q[0], q[1:]
	}
	during := s.during
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.running[l.To]--
		s.mu.Unlock()
	}()
	if during != nil {
		if e := during(ctx, l); e != nil {
			err = e
		}
	}
	if overlap {
		panic("two payments of one conversation at once")
	}
	return err
}

func (s *shop) Schedule() []time.Duration   { return []time.Duration{time.Second, 10 * time.Second} }
func (s *shop) Timeout() time.Duration      { return 5 * time.Second }
func (s *shop) Caps(chat.Address) chat.Caps { return s.caps }
func (s *shop) visits() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.paid)
}

type tally struct {
	mu sync.Mutex // guards m
	m  map[string]int
}

func (c *tally) Count(metric string, labels ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m[strings.Join(append([]string{metric}, labels...), " ")]++
}

func (c *tally) all() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.m)
}

func who(peer string) chat.Address { return chat.Address{Channel: "shop", Peer: peer} }

// start runs a postman in the test's bubble, without jitter, and returns how to stop it and wait.
func start(t *testing.T, debts Debts, payers map[chat.DebtKind]Payer, o Options) (*Postman, *tally, func()) {
	t.Helper()
	count := &tally{m: map[string]int{}}
	o.Count, o.Random = count, func() float64 { return 0.5 }
	p := New(debts, payers, o)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- p.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if err := <-over; err != nil {
				t.Errorf("Run = %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return p, count, stop
}

// bubble runs f with a clock of its own; what f leaves running is a failure.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}
