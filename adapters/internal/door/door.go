// Package door is what every messenger does where deliveries come in: it hands them to the house, counts what is not taken and what is
// turned away, and knows what is under way. It checks no signature and reads no delivery.
package door

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime/debug"
	"sync"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/sparing"
	"github.com/xianda-bot/xianda/chat"
)

// Door is that of one channel. All methods may be called concurrently.
type Door struct {
	name  string
	deps  adapters.Deps
	notes *sparing.Notes
	scrub func(string) string

	mu    sync.Mutex // guards all below
	count int
	idle  chan struct{} // closed when count becomes 0; nil while nobody waits
}

// New returns the door of the channel name. scrub takes the channel's secrets out of what is logged.
func New(name string, d adapters.Deps, notes *sparing.Notes, scrub func(string) string) *Door {
	return &Door{name: name, deps: d, notes: notes, scrub: scrub}
}

// Ask gives m to the house. A panic behind the door is an error like any other: the message is not acknowledged.
func (d *Door) Ask(ctx context.Context, in adapters.Inbox, m chat.Message) (replies []chat.Reply, err error) {
	defer func() {
		if recover() != nil {
			d.deps.Log.Error("a turn panicked", "channel", d.name, "stack", d.scrub(string(debug.Stack())))
			replies, err = nil, errors.New("the turn panicked")
		}
	}()
	return in(ctx, m)
}

// Unaccepted counts and notes a message that the house did not take.
func (d *Door) Unaccepted(err error) {
	d.deps.Count.Count("unaccepted", d.name)
	if d.notes.First("unaccepted") {
		d.deps.Log.Error("messages are not accepted; the platform delivers them again (said once a minute)",
			"channel", d.name, "error", d.scrub(err.Error()))
	}
}

// Refuse answers a request that is not let in, with nothing to learn from but the status. reason is one fixed word; remedy is what an
// operator can do if the request was the platform's own, "" for nothing.
func (d *Door) Refuse(w http.ResponseWriter, status int, reason, remedy string) {
	d.deps.Count.Count("rejected", d.name, reason)
	if d.notes.First(reason) {
		d.deps.Log.Warn("a request was turned away (said once a minute for each reason)",
			"channel", d.name, "reason", reason, "remedy", remedy)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, http.StatusText(status)) // whoever asked may have gone
}

// Enter counts one in that is under way, and returns what counts it out. Unlike a WaitGroup it may be called while somebody waits, as
// when a request comes while the house stops.
func (d *Door) Enter() (leave func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count++
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.count--; d.count == 0 && d.idle != nil {
			close(d.idle)
			d.idle = nil
		}
	}
}

// Go runs f beside its caller.
func (d *Door) Go(f func()) {
	leave := d.Enter()
	go func() {
		defer leave()
		f()
	}()
}

// Wait returns when nothing is under way.
func (d *Door) Wait() {
	d.mu.Lock()
	if d.count == 0 {
		d.mu.Unlock()
		return
	}
	if d.idle == nil {
		d.idle = make(chan struct{})
	}
	idle := d.idle
	d.mu.Unlock()
	<-idle
}
