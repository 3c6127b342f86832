package postman

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// Options of a postman. The zero value works.
type Options struct {
	Workers   int              // conversations that are paid at the same time; default 32
	AuthAfter time.Duration    // wait after a failure of credentials; default 5 minutes
	Log       *slog.Logger     // default: nothing is logged
	Count     adapters.Counter // default: nothing is counted
	Clock     func() time.Time // the store's time as well as it is known here; default time.Now
	Random    func() float64   // in [0,1), for jitter; default math/rand/v2
	// Lost is told of a reply that is dropped unpaid, for a house that must act on it. It must not block. Default: nobody is told.
	Lost func(l Loan, why chat.FailureKind)
}

// Postman pays debts of conversations that it is woken for. All methods may be called concurrently.
//
// It counts, under kind of debt and channel: postman_paid; postman_again, postman_parked and postman_dropped, each with the reason; and
// postman_withheld, postman_auth (credentials are refused: someone must act) and postman_store_errors with the channel alone.
type Postman struct {
	debts  Debts
	payers map[chat.DebtKind]Payer
	o      Options
	pace   *pace

	ready chan struct{} // has an item while queue may not be empty

	mu     sync.Mutex // guards all below
	queue  []chat.Address
	jobs   map[chat.Address]*job
	timers map[chat.Address]*alarm
	doubts map[string]time.Time // debts with an unknown outcome that are tried a last time
	ended  bool

	extra chan struct{} // slots for payments beside the conversation's worker
	wait  sync.WaitGroup
}

// job is a conversation that is queued or under way; again: it was woken while under way.
type job struct{ busy, again bool }

type alarm struct {
	at    time.Time
	timer *time.Timer
}

// margin is what a loan lasts beyond the payer's timeout: for pacing before, and settling after.
const margin = 20 * time.Second

// New returns a postman that pays nothing before Run. payers has one for every kind of debt that occurs; others are left alone.
func New(debts Debts, payers map[chat.DebtKind]Payer, o Options) *Postman {
	if o.Workers <= 0 {
		o.Workers = 32
	}
	if o.AuthAfter <= 0 {
		o.AuthAfter = 5 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Count == nil {
		o.Count = uncounted{}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Lost == nil {
		o.Lost = func(Loan, chat.FailureKind) {}
	}
	return &Postman{
		debts: debts, payers: payers, o: o, pace: newPace(),
		ready: make(chan struct{}, 1), extra: make(chan struct{}, o.Workers),
		jobs: map[chat.Address]*job{}, timers: map[chat.Address]*alarm{}, doubts: map[string]time.Time{},
	}
}

// lease is how long loans are fenced: for two attempts (a medium that is refused, or a moved conversation, is tried again at once) and
// what is around them. It is asked anew each time, because a payer may be configured anew.
func (p *Postman) lease() time.Duration {
	var d time.Duration
	for _, payer := range p.payers {
		d = max(d, payer.Timeout())
	}
	return 2*d + margin
}

type uncounted struct{}

func (uncounted) Count(string, ...string) {}

// Wake pays what a owes, soon. It does not block, and may be called before Run and from within it. Conversations that wait already are
// not queued twice.
func (p *Postman) Wake(a chat.Address) {
	p.mu.Lock()
	if p.ended {
		p.mu.Unlock()
		return
	}
	switch j := p.jobs[a]; {
	case j == nil:
		p.jobs[a] = &job{}
		p.queue = append(p.queue, a)
	case j.busy:
		j.again = true
	}
	p.mu.Unlock()
	p.signal()
}

// wakeAfter wakes a later, unless it is to be woken earlier than that already.
func (p *Postman) wakeAfter(a chat.Address, d time.Duration) {
	at := p.o.Clock().Add(d)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	if old := p.timers[a]; old != nil {
		if !at.Before(old.at) {
			return
		}
		old.timer.Stop()
	}
	mine := &alarm{at: at}
	mine.timer = time.AfterFunc(d, func() {
		p.mu.Lock()
		if p.timers[a] == mine {
			delete(p.timers, a)
		}
		p.mu.Unlock()
		p.Wake(a)
	})
	p.timers[a] = mine
}

func (p *Postman) signal() {
	select {
	case p.ready <- struct{}{}:
	default:
	}
}

// Run pays until ctx ends, then finishes the payments that are under way, and settles them. A postman runs once.
func (p *Postman) Run(ctx context.Context) error {
	for range p.o.Workers {
		p.wait.Go(func() { p.work(ctx) })
	}
	<-ctx.Done()
	p.mu.Lock()
	p.ended = true
	for _, t := range p.timers {
		t.timer.Stop()
	}
	p.mu.Unlock()
	p.wait.Wait()
	return nil
}

func (p *Postman) work(ctx context.Context) {
	for {
		a, ok := p.next()
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-p.ready:
			}
			continue
		}
		again := p.serve(ctx, a)
		p.done(a, again)
		if ctx.Err() != nil {
			return
		}
	}
}

func (p *Postman) next() (chat.Address, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 || p.ended {
		return chat.Address{}, false
	}
	a := p.queue[0]
	p.queue = p.queue[1:]
	p.jobs[a].busy = true
	if len(p.queue) > 0 {
		p.signal() // one item of ready stands for many: pass it on
	}
	return a, true
}

// done queues a behind all others if there is more to pay, so that one long conversation does not keep the others waiting.
func (p *Postman) done(a chat.Address, again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if j := p.jobs[a]; !j.again && !again {
		delete(p.jobs, a)
		return
	}
	p.jobs[a] = &job{}
	p.queue = append(p.queue, a)
	p.signal()
}
