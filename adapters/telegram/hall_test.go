package telegram

import (
	"context"
	"math/rand"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
	"github.com/xianda-bot/xianda/chat"
)

const base = "https://api.telegram.example"

func mustNew(t testing.TB, section map[string]any, d adapters.Deps) adapters.Adapter {
	t.Helper()
	a, err := New("tg", adapterstest.Decode(section), d)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// hall is a bot, its platform and the inbox behind it.
type hall struct {
	*Adapter
	adapter  adapters.Adapter
	platform *telegramtest.Platform
	record   *adapterstest.Record
	door     http.Handler // nil: it polls

	mu     sync.Mutex // guards all below
	got    []chat.Message
	answer func(ctx context.Context, m chat.Message) error
}

// newHall makes a bot; change may be nil. What the platform never wants to see, and secrets in the log, fail t at its end.
func newHall(t testing.TB, p *telegramtest.Platform, change func(d *adapters.Deps)) *hall {
	t.Helper()
	d, record := adapterstest.NewDeps()
	d.HTTP = adapterstest.Client(p)
	if change != nil {
		change(&d)
	}
	h := &hall{adapter: mustNew(t, p.Section(base), d), platform: p, record: record}
	switch a := h.adapter.(type) {
	case *hooked:
		h.Adapter, h.door = a.Adapter, a.Handler(h.take)
	case *puller:
		h.Adapter = a.Adapter
	}
	t.Cleanup(func() {
		h.works.Wait()
		for _, b := range p.Breaches() {
			t.Errorf("the platform says: %s", b)
		}
		sealed(t, "the log", record.Log())
	})
	return h
}

// sealed fails t when text holds a secret.
func sealed(t testing.TB, where, text string) {
	t.Helper()
	if strings.Contains(text, "canary") {
		t.Errorf("%s holds a secret: %s", where, text)
	}
}

func (h *hall) take(ctx context.Context, m chat.Message) ([]chat.Reply, error) {
	h.mu.Lock()
	answer := h.answer
	h.mu.Unlock()
	if answer != nil {
		if err := answer(ctx, m); err != nil {
			return nil, err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, m)
	return nil, nil
}

// heard are the messages that the inbox accepted.
func (h *hall) heard() []chat.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]chat.Message(nil), h.got...)
}

func (h *hall) texts() (all []string) {
	for _, m := range h.heard() {
		all = append(all, m.Text)
	}
	return all
}

// run runs the bot until the returned function is called.
func (h *hall) run(t testing.TB) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- h.adapter.Run(ctx, h.take) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-over; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

// another gives a process its own randomness.
func another(seed int64) func(d *adapters.Deps) {
	return func(d *adapters.Deps) { d.Random = rand.New(rand.NewSource(seed)) }
}

// said is a private message as updates tell it; more replaces or adds fields.
func saidBy(peer string, id int, text string, more map[string]any) map[string]any {
	m := map[string]any{"message_id": id, "date": 1_790_000_000, "chat": telegramtest.Private(peer), "from": telegramtest.Person(peer), "text": text}
	for k, v := range more {
		if v == nil {
			delete(m, k)
			continue
		}
		m[k] = v
	}
	return m
}

func to(peer string) chat.Address {
	return place{person: telegramtest.ID(peer), chat: telegramtest.ID(peer)}.address("tg")
}

const group = int64(-1001234567890)

func inGroup(peer string, topic int) chat.Address {
	return place{person: telegramtest.ID(peer), chat: group, topic: topic}.address("tg")
}
