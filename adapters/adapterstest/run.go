package adapterstest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// Maker builds a fresh harness whose adapter was made with d (a harness may replace d.HTTP by a client that reaches its fake platform).
// It registers its own clean-up with t.
type Maker func(t *testing.T, d adapters.Deps) Harness

// Run checks every promise of the contract on the adapters that maker builds. It skips only what Caps, or an optional interface that is
// not there, declares absent.
func Run(t *testing.T, maker Maker) {
	t.Helper()
	// Not parallel: a goroutine that one check leaves behind must not be taken for the work of another.
	for _, c := range []struct {
		name  string
		check func(*room)
		timed bool // about time: in a bubble unless the harness needs sockets
	}{
		{"caps", checkCaps, false},
		{"decodes what is said", checkSaid, false},
		{"decodes a choice", checkChose, false},
		{"decodes an arrival", checkArrived, false},
		{"a redelivery has the same id", checkRedelivery, false},
		{"forged deliveries are refused", checkForged, false},
		{"garbage is refused", checkGarbage, false},
		{"an inbox error is not acknowledged", checkUnaccepted, false},
		{"nothing and later are acknowledged empty", checkEmpty, false},
		{"a slow inbox is acknowledged in time", checkSlow, true},
		{"passive replies are shown", checkPassive, false},
		{"passive replies are cut and numbered", checkPassiveLimits, false},
		{"sent replies keep their order", checkOrder, false},
		{"sent texts are literal", checkLiteral, false},
		{"sent choices", checkChoices, false},
		{"sent texts are cut", checkLong, false},
		{"send failures are classified", checkFaults, false},
		{"a cancelled context ends a send", checkCancelled, false},
		{"twenty callers", checkCallers, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			open := func(t *testing.T) { c.check(enter(t, maker)) }
			if c.timed && !sockets(t, maker) {
				synctest.Test(t, open)
			} else {
				t.Run("here", open) // so that the harness has cleaned up before leaks are looked for
			}
			if !t.Skipped() {
				goleak.VerifyNone(t, before)
			}
		})
	}
}

// sockets asks a harness of its own, made outside the bubble.
func sockets(t *testing.T, maker Maker) (yes bool) {
	t.Run("probe", func(t *testing.T) {
		d, _ := NewDeps()
		yes = maker(t, d).Sockets
	})
	return yes
}

// patience is how long the suite waits for what should happen at once.
const patience = 10 * time.Second

// room is one check under way: an adapter that runs, its door and its inbox.
type room struct {
	*testing.T
	Harness
	maker  Maker
	record *Record
	door   http.Handler // nil: the adapter pulls
	caps   chat.Caps
	inbox  *inbox
}

func enter(t *testing.T, maker Maker) *room {
	t.Helper()
	d, record := NewDeps()
	r := &room{T: t, Harness: maker(t, d), maker: maker, record: record, inbox: &inbox{}}
	if r.Adapter == nil || r.Deliver == nil || r.Sent == nil || len(r.Faults) == 0 {
		t.Fatal("the harness needs Adapter, Deliver, Sent and Faults")
	}
	r.caps = r.Adapter.Caps(chat.Address{Channel: r.Adapter.Name(), Peer: "nobody"})
	if w, ok := r.Adapter.(adapters.Webhook); ok {
		r.door = w.Handler(r.inbox.take)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- r.Adapter.Run(ctx, r.inbox.take) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-over:
			if err != nil {
				t.Errorf("Run = %v after its context ended, want nil", err)
			}
		case <-time.After(patience):
			t.Errorf("Run did not return within %s of the end of its context", patience)
		}
		r.leaks("the log", record.Log())
	})
	return r
}

// leaks fails the check when text, found at where, holds a secret.
func (r *room) leaks(where, text string) {
	r.Helper()
	for _, s := range r.Secrets {
		if s != "" && strings.Contains(text, s) {
			r.Errorf("%s holds a secret (%d letters of it are %q…)", where, len(s), s[:min(4, len(s))])
		}
	}
}

// deliver delivers d, of which zero fields get a meaning, and looks into the answer for secrets.
func (r *room) deliver(d Delivery) Answer {
	r.Helper()
	if d.Kind == "" {
		d.Kind = chat.Said
	}
	if d.Peer == "" {
		d.Peer = "alice"
	}
	if d.At.IsZero() {
		d.At = time.Now()
	}
	a := r.Deliver(r.T, r.door, d)
	r.leaks("a response", a.Body)
	return a
}

// hear delivers d to an inbox that accepts it, and returns what the inbox got.
func (r *room) hear(d Delivery) chat.Message {
	r.Helper()
	before := len(r.inbox.all())
	if a := r.deliver(d); !a.Acknowledged() {
		r.Fatalf("delivering %+v was answered with %d, want it acknowledged", d, a.Status)
	}
	got := r.inbox.all()
	if len(got) != before+1 {
		r.Fatalf("delivering %+v called the inbox %d times, want once", d, len(got)-before)
	}
	return got[before]
}

// send sends rs and stops at the first failure.
func (r *room) send(m chat.Message, rs ...chat.Reply) {
	r.Helper()
	for _, reply := range rs {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		_, err := r.Adapter.Send(ctx, m.From, reply, m.Right)
		cancel()
		if err != nil {
			r.Fatalf("Send(%+v) = %v", reply, err)
		}
	}
}

// maySend skips checks of Send for a channel that only answers in its responses.
func (r *room) maySend() {
	r.Helper()
	if r.caps.Push <= chat.None && r.caps.Passive > 0 {
		r.Skip("Caps: the channel answers in its response and may not push")
	}
}

// inbox is the house behind the door.
type inbox struct {
	mu     sync.Mutex // guards all below
	got    []chat.Message
	answer func(ctx context.Context, m chat.Message) ([]chat.Reply, error)
}

func (i *inbox) take(ctx context.Context, m chat.Message) ([]chat.Reply, error) {
	i.mu.Lock()
	i.got = append(i.got, m)
	answer := i.answer
	i.mu.Unlock()
	if answer == nil {
		return nil, nil
	}
	return answer(ctx, m)
}

func (i *inbox) all() []chat.Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]chat.Message(nil), i.got...)
}

// says makes the inbox answer with rs, fitted into the response.
func (i *inbox) says(rs []chat.Reply, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = func(context.Context, chat.Message) ([]chat.Reply, error) { return rs, err }
}

var errStore = errors.New("the store takes no writes")
