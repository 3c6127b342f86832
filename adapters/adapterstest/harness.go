// Package adapterstest is the suite that every messenger passes, and the harness that each must supply for it: a fake platform that we
// own. It checks the promises of package adapters only; a messenger's own quirks are tested beside it.
package adapterstest

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// Harness is one adapter and the fake platform that it talks to. The suite makes a new one for every test.
//
// The suite starts Adapter.Run itself, with its own Inbox, and ends it before the test is over. Fields marked "webhook" are needed when
// Adapter is an adapters.Webhook, and only then.
type Harness struct {
	Adapter adapters.Adapter

	// Secrets are strings that may never show in an error, a log line or a response: app secret, tokens, keys. Choose ones that
	// occur nowhere else ("canary-app-secret").
	Secrets []string

	// Deliver makes the platform deliver d and returns how the adapter answered, as the platform saw it. door is the adapter's
	// handler, built by the suite with its Inbox; nil for an adapter that pulls, where Deliver waits until the platform knows whether
	// the delivery was confirmed. It is called by many goroutines at once, and fails t (Errorf, not Fatalf) when it cannot deliver.
	Deliver func(t *testing.T, door http.Handler, d Delivery) Answer

	// Forged returns deliveries that nobody but an attacker sends, by name: no signature, wrong signature, plain text where only
	// encrypted pushes are accepted … Each must be answered 401 or 403, and the inbox is not called. Webhook.
	Forged func(t *testing.T) map[string]*http.Request

	// Garbage returns deliveries that are rightly signed, as far as the platform signs, but broken, by name: cut, wrong type, not
	// UTF-8 … Each must be answered 400, and the inbox is not called. Webhook.
	Garbage func(t *testing.T) map[string]*http.Request

	// Faults are the ways in which the platform refuses a Send: one for each failure that the adapter tells apart, so at least one. An
	// account that may not push at all says how it refuses.
	Faults []Fault

	// Sent returns what arrived at the platform through Send, in order. The suite sends only to people who wrote before, with the
	// right that their message brought. Sent is called by many goroutines at once. The fake platform
	// itself refuses what the true one refuses: texts beyond the limit, too many choices, unknown people.
	Sent func() []Shown

	// Sockets says that the fake platform listens on a real socket: tests about time then run in real time, not in a
	// testing/synctest bubble. Without it the platform must be reached in memory (see Client).
	Sockets bool
}

// Delivery is one thing that the platform delivers.
type Delivery struct {
	Kind   chat.Kind         // Said, Chose, Arrived or Left
	Peer   string            // who: a short name ("alice"); the harness turns it into an id of its platform
	ID     string            // the same Peer and ID again is a redelivery of the same thing; never empty
	Text   string            // with Said
	Choice string            // with Chose: the payload of the tapped choice
	Label  string            // with Chose: its label, for platforms that send that back too
	Scene  map[string]string // with Arrived: from where; the harness delivers what its platform can express
	At     time.Time         // when it happened
}

// Answer is how a delivery was answered.
type Answer struct {
	// Status is the HTTP status. For an adapter that pulls: 200 when the delivery is confirmed (the platform will not bring it
	// again), 503 when it is not.
	Status int
	// Body is the response as it was written, "" for an adapter that pulls.
	Body string
	// Shown are the messages that the platform shows because of the response: passive replies.
	Shown []Shown
}

// Acknowledged tells whether the platform will not deliver it again.
func (a Answer) Acknowledged() bool { return a.Status/100 == 2 }

// Shown is one message that reached a person, as the person sees it: escapes are undone, tags are read.
type Shown struct {
	Peer    string // the short name of Delivery.Peer
	Text    string
	Choices []string // labels of native buttons or list items, in order; links in a text are part of Text
	Media   int      // how many images, files … it shows
	Key     string   // the idempotency key, if the platform's protocol carries one
}

// Fault is one way in which a Send fails.
type Fault struct {
	Name string             // "45015 reply time limit"
	Set  func(t *testing.T) // makes the next Send fail in this way
	Want chat.Failure       // Kind, Unknown and, unless 0, Retry are compared
}

// Faults are those that a fake platform knows by a word, in the order of the words; fail makes its next n sends fail so.
func Faults(fail func(n int, how string), want map[string]chat.Failure) (all []Fault) {
	for _, how := range slices.Sorted(maps.Keys(want)) {
		all = append(all, Fault{Name: how, Want: want[how], Set: func(*testing.T) { fail(1, how) }})
	}
	return all
}
