package kefu

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/kefu/kefutest"
	"github.com/xianda-bot/xianda/chat"
)

func TestSuite(t *testing.T) {
	adapterstest.Run(t, func(t *testing.T, d adapters.Deps) adapterstest.Harness {
		p := kefutest.New(t)
		d.HTTP = adapterstest.Client(p)
		t.Cleanup(func() {
			for _, b := range p.Breaches() {
				t.Error(b)
			}
		})
		return adapterstest.Harness{
			Adapter: mustNew(t, p, d, nil), Secrets: p.Secrets(), Sent: p.Sent, Faults: faults(p),
			Deliver: func(t *testing.T, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
				return p.Deliver(t, door, d)
			},
			Forged:  func(t *testing.T) map[string]*http.Request { return p.Forged(t) },
			Garbage: func(t *testing.T) map[string]*http.Request { return p.Garbage(t) },
		}
	})
}

func faults(p *kefutest.Platform) []adapterstest.Fault {
	return adapterstest.Faults(p.Fail, map[string]chat.Failure{
		"busy":           {Kind: chat.Temporary},
		"40003":          {Kind: chat.Blocked},
		"40007":          {Kind: chat.BadMedia},
		"40058":          {Kind: chat.Refused},
		"45002":          {Kind: chat.TooLong},
		"45009":          {Kind: chat.Rate, Retry: time.Minute},
		"45033":          {Kind: chat.Rate, Retry: time.Second},
		"48002":          {Kind: chat.Auth},
		"60020":          {Kind: chat.Auth},
		"95000":          {Kind: chat.Auth},
		"95001":          {Kind: chat.Exhausted},
		"95002":          {Kind: chat.Window},
		"95003":          {Kind: chat.Auth},
		"95004":          {Kind: chat.Auth},
		"95011":          {Kind: chat.Auth},
		"95017":          {Kind: chat.Auth},
		"seat":           {Kind: chat.Refused},
		"ended":          {Kind: chat.Window},
		"502":            {Kind: chat.Temporary, Unknown: true},
		"page":           {Kind: chat.Temporary, Unknown: true},
		"502-after-send": {Kind: chat.Temporary, Unknown: true},
	})
}

// mustNew makes the adapter of p's account; more are further keys of its section.
func mustNew(t testing.TB, p *kefutest.Platform, d adapters.Deps, more map[string]any) *Adapter {
	t.Helper()
	section := p.Section("https://qyapi.weixin.qq.com")
	for k, v := range more {
		section[k] = v
	}
	a, err := New("help", adapterstest.Decode(section), d)
	if err != nil {
		t.Fatal(err)
	}
	return a.(*Adapter)
}

// hall is one process with an inbox that keeps what it gets. Several share a platform and a vault.
type hall struct {
	*Adapter
	platform *kefutest.Platform
	record   *adapterstest.Record
	door     http.Handler
	stop     func() // and wait

	mu     sync.Mutex // guards all below
	got    []chat.Message
	answer func(chat.Message) error
}

// house is a platform with a vault, to which processes come and go. It lives in a synctest bubble.
type house struct {
	t        testing.TB
	platform *kefutest.Platform
	vault    adapters.Vault
	more     map[string]any
}

func newHouse(t testing.TB) *house {
	return &house{t: t, platform: kefutest.New(t), vault: adapterstest.NewVault(time.Now)}
}

// open starts a process.
func (h *house) open() *hall {
	d, record := adapterstest.NewDeps()
	d.HTTP, d.Vault = adapterstest.Client(h.platform), h.vault
	d.Random = &counter{}
	p := &hall{Adapter: mustNew(h.t, h.platform, d, h.more), platform: h.platform, record: record}
	p.door = p.Handler(p.take)
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- p.Run(ctx, p.take) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-over; err != nil {
			h.t.Errorf("Run = %v", err)
		}
	})
	return p
}

// running starts a process that stops with the test, and lets it take the lease.
func (h *house) running() *hall {
	p := h.open()
	h.t.Cleanup(p.stop)
	time.Sleep(moment)
	return p
}

// counter is randomness that differs from process to process.
type counter struct{}

var processes struct {
	mu sync.Mutex // guards n
	n  byte
}

func (*counter) Read(b []byte) (int, error) {
	processes.mu.Lock()
	defer processes.mu.Unlock()
	for i := range b {
		processes.n++
		b[i] = processes.n
	}
	return len(b), nil
}

func (p *hall) take(_ context.Context, m chat.Message) ([]chat.Reply, error) {
	p.mu.Lock()
	answer := p.answer
	p.mu.Unlock()
	if answer != nil {
		if err := answer(m); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, m)
	return nil, chat.ErrLater
}

// says makes the inbox answer with what answer says.
func (p *hall) says(answer func(chat.Message) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *hall) heard() []chat.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]chat.Message(nil), p.got...)
}

// texts are what was said, in order.
func (p *hall) texts() []string {
	var all []string
	for _, m := range p.heard() {
		all = append(all, m.Text)
	}
	return all
}

// ring brings a callback to this process.
func (p *hall) ring(t testing.TB) {
	t.Helper()
	w := serve(p.door, p.platform.Ring(kefutest.Account))
	if w.Code != http.StatusOK || w.Body.String() != "success" {
		t.Errorf("a callback was answered with %d %q", w.Code, w.Body.String())
	}
}

// say puts texts of a person into the list, with ids that count on.
func (h *house) say(peer string, texts ...string) {
	for i, text := range texts {
		h.platform.Put(adapterstest.Delivery{Peer: peer, ID: fmt.Sprint(text, "-", i), Text: text})
	}
}

// bubble runs f with a house in a synctest bubble; breaches fail the test but for those that f allows.
func bubble(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		f(t, h)
		for _, b := range h.platform.Breaches() {
			t.Error(b)
		}
	})
}
