package qq

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/qq/qqtest"
	"github.com/xianda-bot/xianda/chat"
)

const base = "https://qq.example"

func mustNew(t testing.TB, section map[string]any, d adapters.Deps) *Adapter {
	t.Helper()
	a, err := New("qq", adapterstest.Decode(section), d)
	if err != nil {
		t.Fatal(err)
	}
	return a.(*Adapter)
}

// hall is one adapter with its platform and an inbox that keeps what it gets.
type hall struct {
	*Adapter
	platform *qqtest.Platform
	record   *adapterstest.Record
	door     http.Handler

	mu   sync.Mutex // guards all below
	got  []chat.Message
	fail error
}

func newHall(t testing.TB, change func(*qqtest.Platform)) *hall {
	t.Helper()
	d, record := adapterstest.NewDeps()
	h := &hall{platform: qqtest.New(t), record: record}
	if change != nil {
		change(h.platform)
	}
	d.HTTP = adapterstest.Client(h.platform)
	h.Adapter = mustNew(t, h.platform.Section(base), d)
	h.door = h.Handler(h.take)
	return h
}

func (h *hall) take(_ context.Context, m chat.Message) ([]chat.Reply, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, m)
	return nil, h.fail
}

func (h *hall) heard() []chat.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]chat.Message(nil), h.got...)
}

// hear delivers d, wants it taken and returns what the inbox got.
func (h *hall) hear(t testing.TB, d adapterstest.Delivery) chat.Message {
	t.Helper()
	if d.Peer == "" {
		d.Peer = "ann"
	}
	if d.At.IsZero() {
		d.At = time.Now()
	}
	before := len(h.heard())
	if a := h.platform.Deliver(t, h.door, d); a.Status != http.StatusOK {
		t.Fatalf("%+v was answered with %d", d, a.Status)
	}
	got := h.heard()
	if len(got) != before+1 {
		t.Fatalf("%+v brought %d messages", d, len(got)-before)
	}
	return got[before]
}

// say sends one reply to m.
func (h *hall) say(t testing.TB, m chat.Message, r chat.Reply) error {
	t.Helper()
	_, err := h.Send(t.Context(), m.From, r, m.Right)
	return err
}

// kindOf is the failure's kind, "" for none.
func kindOf(err error) chat.FailureKind {
	if f, ok := err.(*chat.Failure); ok { //nolint:errorlint // the contract says that it is one, not that it wraps one
		return f.Kind
	}
	if err != nil {
		return "no failure"
	}
	return ""
}

// correct checks that the platform had nothing to complain of.
func (h *hall) correct(t testing.TB) {
	t.Helper()
	if b := h.platform.Breaches(); len(b) > 0 {
		t.Errorf("the platform complains: %q", b)
	}
}
