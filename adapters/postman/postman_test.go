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

	"github.com/google/go-cmp/cmp"

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

func TestVerdicts(t *testing.T) {
	t.Parallel()
	cause := errors.New("45015")
	fail := func(k chat.FailureKind) *chat.Failure { return &chat.Failure{Kind: k, Err: cause} }
	unknown := &chat.Failure{Kind: chat.Temporary, Unknown: true, Err: cause}
	image, _ := json.Marshal(chat.Reply{Key: "d", Text: "见图", Media: []chat.Media{{Kind: "image", Ref: "m"}}})
	tests := []struct {
		name    string
		script  []error
		body    json.RawMessage
		resend  bool
		want    []string
		counted string
	}{
		{"paid", nil, nil, false, []string{"d paid"}, "postman_paid reply shop"},
		{"rate with retry", []error{&chat.Failure{Kind: chat.Rate, Retry: 3 * time.Second, Err: cause}}, nil, false, []string{"d again after 3s giveback", "d paid"}, "postman_again reply shop rate"},
		{"rate without", []error{fail(chat.Rate)}, nil, false, []string{"d again after 1s giveback", "d paid"}, "postman_again reply shop rate"},
		{"window", []error{fail(chat.Window)}, nil, false, []string{"d park giveback"}, "postman_parked reply shop window"},
		{"no push", []error{fail(chat.NoPush)}, nil, false, []string{"d park giveback"}, "postman_parked reply shop nopush"},
		{"exhausted", []error{fail(chat.Exhausted)}, nil, false, []string{"d park spent"}, "postman_parked reply shop exhausted"},
		{"blocked", []error{fail(chat.Blocked)}, nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop blocked"},
		{"too long", []error{fail(chat.TooLong)}, nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop toolong"},
		{"refused", []error{fail(chat.Refused)}, nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop refused"},
		{"auth", []error{fail(chat.Auth)}, nil, false, []string{"d again after 5m0s giveback", "d paid"}, "postman_auth shop"},
		{"media, then without", []error{fail(chat.BadMedia)}, image, false, []string{"d paid"}, "postman_without_media reply shop"},
		{"media, once", []error{fail(chat.BadMedia), fail(chat.BadMedia)}, image, false, []string{"d dropped giveback"}, "postman_dropped reply shop media"},
		{"media of a text", []error{fail(chat.BadMedia)}, nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop media"},
		{"moved to nowhere", []error{fail(chat.Moved)}, nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop moved"},
		{"moved", []error{&chat.Failure{Kind: chat.Moved, To: &chat.Address{Channel: "shop", Peer: "new"}, Err: cause}}, nil, false, []string{"d paid"}, "postman_moved reply shop"},
		{"moved for ever", slices.Repeat([]error{&chat.Failure{Kind: chat.Moved, To: &chat.Address{Channel: "shop", Peer: "new"}, Err: cause}}, 2), nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop moved"},
		{"temporary", []error{fail(chat.Temporary)}, nil, false, []string{"d again after 1s giveback", "d paid"}, "postman_again reply shop temporary"},
		{"temporary with retry", []error{&chat.Failure{Kind: chat.Temporary, Retry: time.Minute, Err: cause}}, nil, false, []string{"d again after 1m0s giveback", "d paid"}, "postman_paid reply shop"},
		{"schedule used up", slices.Repeat([]error{fail(chat.Temporary)}, 3), nil, false, []string{"d again after 1s giveback", "d again after 10s giveback", "d dropped giveback"}, "postman_dropped reply shop given_up"},
		{"unknown", []error{unknown}, nil, false, []string{"d dropped"}, "postman_dropped reply shop unknown"},
		{"unknown, resend", []error{unknown}, nil, true, []string{"d again after 1s", "d paid"}, "postman_paid reply shop"},
		{"unknown, resend once", []error{unknown, fail(chat.Temporary), unknown}, nil, true, []string{"d again after 1s", "d again after 10s giveback", "d dropped"}, "postman_dropped reply shop unknown"},
		{"unclassified is unknown", []error{errors.New("reset")}, nil, false, []string{"d dropped"}, "postman_dropped reply shop unknown"},
		{"wrapped", []error{fmt.Errorf("channel shop: %w", fail(chat.Blocked))}, nil, false, []string{"d dropped giveback"}, "postman_dropped reply shop blocked"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				debts, payer := newLedger(), newShop(chat.Caps{Resend: tt.resend})
				payer.script["d"] = tt.script
				debts.owe(who("ann"), chat.ReplyDebt, "d")
				if tt.body != nil {
					debts.owed[who("ann")][0].Body = tt.body
				}
				p, count, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{})
				p.Wake(who("ann"))
				time.Sleep(time.Hour)
				stop()
				if d := cmp.Diff(tt.want, debts.verdicts()); d != "" {
					t.Errorf("settled (-want +got)\n%s", d)
				}
				if count.all()[tt.counted] != 1 {
					t.Errorf("%q is not counted once: %v", tt.counted, count.all())
				}
			})
		})
	}
}

func TestRetryAfterHoldsOnlyItsConversation(t *testing.T) { // P20
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{})
		payer.script["a1"] = []error{&chat.Failure{Kind: chat.Rate, Retry: 3 * time.Second}}
		debts.owe(who("ann"), chat.ReplyDebt, "a1", "a2")
		debts.owe(who("bob"), chat.ReplyDebt, "b1", "b2")
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{Workers: 1})
		p.Wake(who("ann"))
		p.Wake(who("bob"))
		time.Sleep(time.Second)
		p.Wake(who("ann")) // a new message of hers must not hurry it
		time.Sleep(time.Minute)
		stop()
		want := []string{"ann a1 0s", "bob b1 0s", "bob b2 0s", "ann a1 3s", "ann a2 3s"}
		if d := cmp.Diff(want, payer.visits()); d != "" {
			t.Errorf("sent (-want +got)\n%s", d)
		}
	})
}

func TestOrderAndFairness(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{})
		for i := range 20 {
			debts.owe(who("ann"), chat.ReplyDebt, fmt.Sprintf("a%02d", i))
		}
		debts.owe(who("bob"), chat.ReplyDebt, "b")
		payer.during = func(context.Context, Loan) error { time.Sleep(100 * time.Millisecond); return nil }
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{Workers: 1})
		p.Wake(who("ann"))
		p.Wake(who("bob"))
		for range 10 {
			p.Wake(who("ann"))
		}
		time.Sleep(time.Minute)
		stop()
		got := payer.visits()
		if len(got) != 21 || !strings.HasPrefix(got[1], "bob b ") {
			t.Errorf("one long conversation keeps the other waiting: %v", got)
		}
		got = slices.DeleteFunc(got, func(s string) bool { return s[0] == 'b' })
		if !slices.IsSorted(got) {
			t.Errorf("out of order: %v", got)
		}
	})
}

func TestManyConversationsAtOnceButNeverOneTwice(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{})
		payer.during = func(context.Context, Loan) error { time.Sleep(time.Second); return nil }
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{Workers: 8})
		for i := range 16 {
			debts.owe(who(fmt.Sprint(i)), chat.ReplyDebt, "x", "y")
			for range 5 {
				p.Wake(who(fmt.Sprint(i)))
			}
		}
		time.Sleep(time.Hour)
		stop()
		if n := len(debts.verdicts()); n != 32 {
			t.Errorf("%d debts settled, want 32", n)
		}
		last := payer.visits()[31]
		if !strings.HasSuffix(last, " 3s") {
			t.Errorf("32 seconds of work for 8 workers ended at %q, want 3s", last)
		}
	})
}

func TestPacing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{PerConversation: 1})
		debts.owe(who("ann"), chat.ReplyDebt, "a1", "a2", "a3")
		debts.owe(who("bob"), chat.ReplyDebt, "b1")
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{Workers: 1})
		p.Wake(who("ann"))
		p.Wake(who("bob"))
		time.Sleep(time.Minute)
		stop()
		if d := cmp.Diff([]string{"ann a1 0s", "bob b1 0s", "ann a2 1s", "ann a3 2s"}, payer.visits()); d != "" {
			t.Errorf("sent (-want +got)\n%s", d)
		}
	})
}

func TestAccountPacing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{PerAccount: 2})
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{})
		for i := range 60 {
			debts.owe(who(fmt.Sprint(i)), chat.ReplyDebt, "x")
			p.Wake(who(fmt.Sprint(i)))
		}
		time.Sleep(time.Hour)
		stop()
		got := payer.visits()
		if len(got) != 60 {
			t.Fatalf("%d sent, want 60", len(got))
		}
		perSecond := map[int]int{}
		for _, v := range got {
			at, err := time.ParseDuration(v[strings.LastIndex(v, " ")+1:])
			if err != nil {
				t.Fatal(err)
			}
			perSecond[int(at.Seconds())]++
		}
		for s, n := range perSecond {
			if n > 4 { // 2 a second and a burst of 2
				t.Errorf("%d messages in second %d", n, s)
			}
		}
	})
}

func TestHangingCaseWebhookDoesNotDelayReplies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, replies, cases := newLedger(), newShop(chat.Caps{}), newShop(chat.Caps{})
		cases.during = func(ctx context.Context, _ Loan) error {
			<-ctx.Done()
			return &chat.Failure{Kind: chat.Temporary, Err: ctx.Err()}
		}
		debts.owe(who("ann"), chat.CaseDebt, "c")
		debts.owe(who("ann"), chat.ReplyDebt, "r1", "r2")
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: replies, chat.CaseDebt: cases}, Options{Workers: 1})
		p.Wake(who("ann"))
		time.Sleep(time.Second)
		if d := cmp.Diff([]string{"ann r1 0s", "ann r2 0s"}, replies.visits()); d != "" {
			t.Errorf("sent (-want +got)\n%s", d)
		}
		time.Sleep(time.Minute)
		stop()
		if d := cmp.Diff([]string{"ann c 0s", "ann c 6s", "ann c 21s"}, cases.visits()); d != "" {
			t.Errorf("posted (-want +got)\n%s", d)
		}
	})
}

func TestDrainFinishesWhatIsBeingSent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{})
		payer.during = func(ctx context.Context, _ Loan) error {
			select {
			case <-time.After(2 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		debts.owe(who("ann"), chat.ReplyDebt, "a1", "a2")
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{})
		p.Wake(who("ann"))
		time.Sleep(time.Second)
		stop()
		if d := cmp.Diff([]string{"a1 paid"}, debts.verdicts()); d != "" {
			t.Errorf("settled (-want +got)\n%s", d)
		}
		p.Wake(who("ann")) // after the end it is nothing
		if n := len(payer.visits()); n != 1 {
			t.Errorf("%d sent, want 1", n)
		}
	})
}

func TestStoreThatFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{})
		debts.lendErr, debts.failing = errors.New("away"), 3
		debts.owe(who("ann"), chat.ReplyDebt, "a1")
		p, count, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{})
		p.Wake(who("ann"))
		time.Sleep(time.Minute)
		stop()
		if d := cmp.Diff([]string{"ann a1 1s"}, payer.visits()); d != "" {
			t.Errorf("sent (-want +got)\n%s", d)
		}
		if d := cmp.Diff([]string{"a1 paid"}, debts.verdicts()); d != "" {
			t.Errorf("settled (-want +got)\n%s", d)
		}
		if n := count.all()["postman_store_errors shop"]; n != 4 {
			t.Errorf("%d store errors counted, want 4", n)
		}
	})
}

func TestPanickingPayer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		debts, payer := newLedger(), newShop(chat.Caps{})
		payer.during = func(_ context.Context, l Loan) error {
			if l.ID == "a1" {
				panic("broken")
			}
			return nil
		}
		debts.owe(who("ann"), chat.ReplyDebt, "a1", "a2")
		p, _, stop := start(t, debts, map[chat.DebtKind]Payer{chat.ReplyDebt: payer}, Options{Workers: 1})
		p.Wake(who("ann"))
		time.Sleep(time.Minute)
		stop()
		if d := cmp.Diff([]string{"a1 dropped", "a2 paid"}, debts.verdicts()); d != "" {
			t.Errorf("settled (-want +got)\n%s", d)
		}
	})
}

func TestPaceForgetsThoseThatRest(t *testing.T) {
	t.Parallel()
	p, now := newPace(), time.Unix(0, 0)
	for i := range 10 * minSweep {
		now = now.Add(time.Second)
		p.take(who(fmt.Sprint(i)), chat.Caps{PerConversation: 1}, now, longPause)
	}
	if n := len(p.conversations); n > 2*minSweep {
		t.Errorf("%d limiters are kept, want at most %d", n, 2*minSweep)
	}
}
