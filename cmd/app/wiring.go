package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/entry"
	"github.com/xianda-bot/xianda/adapters/postman"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/config"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/handoff/webhook"
)

// wiring is what one configuration brings and a reload replaces: channels, their doors, backends, queues, the seat system.
type wiring struct {
	channels *channels
	sections map[string]config.Channel
	mux      *http.ServeMux
	backends *backends
	queues   []string
	entries  *entry.Signer
	seats    *webhook.Webhook

	running map[string]*running // adapters that run, by channel
	house   *House
}

// running is an adapter's Run.
type running struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// wire builds what cfg brings. Adapters whose section did not change are taken over from old, running as they are.
func (h *House) wire(cfg *config.Config, old *wiring) (*wiring, error) {
	w := &wiring{house: h, sections: map[string]config.Channel{}, mux: http.NewServeMux(), running: map[string]*running{}}
	deps := adapterDeps(cfg, h.log, h.store, h.metrics, h.scene, h.shown.note)
	same := map[string]adapters.Adapter{}
	for _, section := range cfg.Channels {
		w.sections[section.Name] = section
		if old != nil && old.sections[section.Name].Same(section) {
			same[section.Name] = old.channels.at[section.Name]
		}
	}
	var err error
	if w.entries, err = signer(cfg, time.Now, h.metrics); err != nil {
		return nil, err
	}
	if w.channels, err = openChannels(cfg, h.o.Registry, deps, same); err != nil {
		return nil, err
	}
	if err := w.mount(h.turn); err != nil {
		return nil, err
	}
	at := map[string]Backend{}
	for name, b := range cfg.Backends {
		at[name] = Backend{URL: string(b.URL), Token: string(b.Token), Most: b.Timeout}
	}
	w.backends = newBackends(at, h.metrics)
	if old != nil {
		for name := range old.backends.at {
			if _, stays := at[name]; !stays {
				h.metrics.Set(breakerMetric, 0, name) // nobody is left to close it
			}
		}
	}
	w.queues = slices.Sorted(maps.Keys(cfg.Handoff.Queues))
	w.seats = webhook.New(string(cfg.Handoff.Webhook.URL), string(cfg.Handoff.Webhook.Secret), h.cases(), webhook.Options{})
	return w, nil
}

// scene reads what an entry carries by the secrets in force: adapters outlive a reload that changes them.
func (h *House) scene(channel, raw string) map[string]string {
	return h.wired.Load().entries.Read(channel, raw)
}

// mount hangs the doors of the channels that have one.
func (w *wiring) mount(in adapters.Inbox) error {
	paths := map[string]string{}
	for _, name := range w.channels.order {
		hook, ok := w.channels.at[name].(adapters.Webhook)
		if !ok {
			continue
		}
		path := hook.Path()
		if other, taken := paths[path]; taken {
			return fmt.Errorf("channel %s: path %s belongs to channel %s already: give it another path", name, path, other)
		}
		paths[path] = name
		w.mux.Handle(path, hook.Handler(in))
	}
	return nil
}

// start lets the adapters run that do not yet.
func (w *wiring) start(ctx context.Context, in adapters.Inbox) {
	for name, a := range w.channels.at {
		if w.running[name] != nil {
			continue
		}
		own, cancel := context.WithCancel(ctx)
		r := &running{cancel: cancel, done: make(chan struct{})}
		w.running[name] = r
		go func() {
			defer close(r.done)
			w.keepRunning(own, name, a, in)
		}()
	}
}

// keepRunning runs an adapter again when it fails, more and more slowly.
func (w *wiring) keepRunning(ctx context.Context, name string, a adapters.Adapter, in adapters.Inbox) {
	for pause := time.Second; ; pause = min(2*pause, time.Minute) {
		err := a.Run(ctx, in)
		if err == nil || ctx.Err() != nil {
			return
		}
		w.house.log.Error("a channel stopped and is started again", "channel", name, "after", pause, "error", err)
		w.house.metrics.Count("channel_restarts", name)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// stop ends what runs, but for the adapters that keep names, and waits.
func (w *wiring) stop(keep ...string) {
	var wait sync.WaitGroup
	for name, r := range w.running {
		if slices.Contains(keep, name) {
			continue
		}
		r.cancel()
		wait.Go(func() { <-r.done })
	}
	wait.Wait()
}

// Reload puts cfg in force without losing a request: new channels open, changed ones are replaced, unchanged ones go on. What was
// opened at the start (listen, store, admin, cos, media) cannot change: an error says so, and the old configuration stays in force.
func (h *House) Reload(ctx context.Context, cfg *config.Config) error {
	h.reload.Lock()
	defer h.reload.Unlock()
	was := h.cfg.Load()
	if cfg.Listen != was.Listen || cfg.Store != was.Store || cfg.Admin != was.Admin || cfg.COS != was.COS || !cfg.Media.Same(was.Media) {
		return errors.New("listen, store, admin, cos and media are read at the start only: restart the house to change them")
	}
	old := h.wired.Load()
	w, err := h.wire(cfg, old)
	if err != nil {
		return err
	}
	var kept []string
	for name, r := range old.running {
		if w.channels.at[name] != nil && w.channels.at[name] == old.channels.at[name] {
			w.running[name] = r
			kept = append(kept, name)
		}
	}
	h.cfg.Store(cfg)
	h.wired.Store(w)
	w.start(context.WithoutCancel(ctx), h.turn)
	old.stop(kept...)
	return nil
}

// letGo ends the requests that channels hold open.
func (w *wiring) letGo() {
	for _, a := range w.channels.at {
		if holder, ok := a.(adapters.Holder); ok {
			holder.LetGo()
		}
	}
}

// wiredChannels, wiredBackends and caseSignals look through to the wiring in force.
type (
	wiredChannels struct{ h *House }
	wiredBackends struct{ h *House }
	caseSignals   struct{ h *House }
)

var (
	_ dialog.Channels = wiredChannels{}
	_ dialog.Caller   = wiredBackends{}
	_ postman.Payer   = caseSignals{}
)

func (w wiredChannels) Kind(name string) string { return w.h.wired.Load().channels.Kind(name) }

// Caps of a conversation; seats of the platform's own only where the configuration wants them.
func (w wiredChannels) Caps(a chat.Address) chat.Caps {
	in := w.h.wired.Load()
	c := in.channels.Caps(a)
	if !in.sections[a.Channel].NativeSeats {
		c.Native, c.PassiveNative = chat.None, chat.None
	}
	return c
}

func (w wiredChannels) Fit(r chat.Reply, c chat.Caps) []chat.Reply { return adapters.Fit(r, c) }
func (w wiredChannels) FitPassive(rs []chat.Reply, c chat.Caps) (passive, rest []chat.Reply) {
	return adapters.FitPassive(rs, c)
}

func (w wiredBackends) Call(ctx context.Context, c dialog.Call) (json.RawMessage, error) {
	return w.h.wired.Load().backends.Call(ctx, c)
}

func (s caseSignals) Pay(ctx context.Context, l postman.Loan) error {
	return s.h.wired.Load().seats.Pay(ctx, l.Debt)
}
func (s caseSignals) Schedule() []time.Duration { return s.h.wired.Load().seats.Schedule() }
func (s caseSignals) Timeout() time.Duration    { return s.h.wired.Load().seats.Timeout() }
