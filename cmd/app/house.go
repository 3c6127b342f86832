// Package app builds the house from a configuration, runs it and stops it. It is the only room that knows all names; what each
// part does is in its own package.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/postman"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/media"
	"github.com/xianda-bot/xianda/cmd/app/person"
	"github.com/xianda-bot/xianda/config"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

// Options of a House. Every field may be left out.
type Options struct {
	Log      *slog.Logger      // default: discards
	Registry adapters.Registry // default: the messengers built in
	Version  string
	Earlier  []*script.Dialog   // of releases that were in force before, for conversations in the middle of one; default: none
	Heard    func(chat.Message) // is told of every message that a channel brought and that was accepted; it must not block. Default: nobody
}

// House is everything, wired. Run it once.
type House struct {
	o       Options
	log     *slog.Logger
	cfg     atomic.Pointer[config.Config]
	store   kept
	shelf   *dialog.Shelf
	host    *dialog.Host
	postman *postman.Postman
	metrics *metrics
	view    *standings
	lessons *lessons
	shown   *shownLog
	sweep   *sweeper
	media   *media.Keeper // nil: nothing that people send is kept
	people  *person.People
	unions  *person.Unions
	beside  *beside
	wired   atomic.Pointer[wiring]
	public  net.Listener
	private net.Listener // nil: no admin listener

	draining atomic.Bool
	reload   sync.Mutex // one reload at a time
}

// Open builds a house; it listens already, but answers nothing before Run. What it opened is closed again when it fails.
func Open(ctx context.Context, cfg *config.Config, rel *release.Release, o Options) (h *House, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Registry == nil {
		o.Registry = builtIn()
	}
	h = &House{o: o, log: o.Log, metrics: newMetrics(), shelf: dialog.NewShelf(rel), beside: newBeside()}
	h.shelf.Keep(o.Earlier)
	h.cfg.Store(cfg)
	built := h
	defer func() {
		if err != nil {
			built.close()
		}
	}()
	if h.store, err = openStore(ctx, string(cfg.Store), o.Log); err != nil {
		return nil, fmt.Errorf("store %s: %w", cfg.Store, err)
	}
	if err := h.keep(cfg); err != nil {
		return nil, err
	}
	h.view = &standings{queue: h.store.Queue(), staffed: h.staffed}
	h.lessons = &lessons{store: h.store, clock: time.Now, log: o.Log}
	h.people = h.newPeople()
	h.unions = person.NewUnions(h.people, h.union, o.Log)
	h.postman = postman.New(debts{h.store}, map[chat.DebtKind]postman.Payer{
		chat.ReplyDebt: postman.Replies(h.adapter, postman.ReplyOptions{}),
		chat.CaseDebt:  caseSignals{h},
		chat.MediaDebt: h.mediaPayer(),
		chat.ShareDebt: h.people.Shares(),
	}, postman.Options{Log: o.Log, Count: h.metrics, Lost: h.lost})
	h.shown = newShownLog(h.store.Settle, h.postman.Wake, o.Log)
	h.host = dialog.NewHost(h.store, wiredChannels{h}, h.shelf, dialog.Options{
		Log: o.Log, Call: wiredBackends{h}, House: h.answers(), Queues: h.queues, Look: h.view.look,
		Wake: h.wake, Typing: h.typing, Learned: h.lessons.look,
		Count: h.metrics.Count, Gather: h.gather, MediaID: h.mediaID(),
	})
	h.sweep = &sweeper{due: h.store, resume: h.host.Resume, wake: h.postman.Wake, log: o.Log}
	w, err := h.wire(cfg, nil)
	if err != nil {
		return nil, err
	}
	h.wired.Store(w)
	if h.public, err = listen(ctx, "listen", cfg.Listen); err != nil {
		return nil, err
	}
	if cfg.Admin.Listen != "" && cfg.Admin.Token != "" {
		if h.private, err = listen(ctx, "admin.listen", cfg.Admin.Listen); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func listen(ctx context.Context, key, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: is another house running there?", key, err)
	}
	return l, nil
}

// Addresses are where the house listens, for people: the public one and the admin's ("" without one).
func (h *House) Addresses() (public, private string) {
	public = h.public.Addr().String()
	if h.private != nil {
		private = h.private.Addr().String()
	}
	return public, private
}

func (h *House) close() {
	for _, l := range []net.Listener{h.public, h.private} {
		if l != nil {
			l.Close()
		}
	}
	if h.store != nil {
		if err := h.store.Close(); err != nil {
			h.log.Error("the store was not closed well", "error", err)
		}
	}
}

func (h *House) adapter(name string) (adapters.Adapter, bool) {
	return h.wired.Load().channels.adapter(name)
}

// queues are those of the configuration in force.
func (h *House) queues() []string { return h.wired.Load().queues }

// staffed: a seat system is told of every case, so during opening hours somebody is there though no seat was seen here.
func (h *House) staffed() bool {
	return h.cfg.Load().Handoff.Webhook.URL != "" && h.shelf.Current().Hours.Open(time.Now())
}

// turn is the house's one door (adapters.Inbox).
func (h *House) turn(ctx context.Context, m chat.Message) ([]chat.Reply, error) {
	replies, err := h.host.Turn(ctx, m)
	if err == nil || errors.Is(err, chat.ErrLater) {
		if m.Union != "" || h.identifier(m.From.Channel) != nil {
			h.unions.Heard(m)
		}
	}
	if h.o.Heard != nil && (err == nil || errors.Is(err, chat.ErrLater)) {
		h.o.Heard(m)
	}
	return replies, err
}

// gather is how long a short message waits for others of the same person.
func (h *House) gather(channel string) time.Duration { return h.wired.Load().sections[channel].Gather }

func (h *House) wake(a chat.Address, behind bool) {
	if behind {
		h.shown.behind(a)
		return
	}
	h.postman.Wake(a)
}

// typing shows 正在输入 where the channel has it. Its errors are of no consequence.
func (h *House) typing(a chat.Address) {
	at, ok := h.adapter(a.Channel)
	if !ok {
		return
	}
	typer, ok := at.(adapters.Typer)
	if !ok || at.Caps(a).Push < chat.Part {
		return
	}
	h.beside.run(3*time.Second, func(ctx context.Context) {
		if err := typer.Typing(ctx, a); err != nil {
			h.metrics.Count("typing_refused", a.Channel)
		}
	})
}

// kick lets a conversation be judged and paid now, because something was posted to it from outside a turn.
func (h *House) kick(a chat.Address) {
	ctx, cancel := context.WithTimeout(context.Background(), kickWithin)
	defer cancel()
	h.resume(ctx, a)
}

const kickWithin = 3 * time.Second

// resume is kick within ctx.
func (h *House) resume(ctx context.Context, a chat.Address) {
	if err := h.host.Resume(ctx, a); err != nil {
		h.log.Warn("a conversation is judged at the next sweep", "channel", a.Channel, "error", err)
	}
	h.postman.Wake(a)
}

// Ready tells why the house should get no traffic; nil when it should.
func (h *House) Ready() error {
	if h.draining.Load() {
		return errors.New("draining")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := h.store.Ping(ctx); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

const (
	drainRequests = 5 * time.Second // for requests under way
	drainTurns    = 4 * time.Second // for turns that go on without a request
)

// Run serves until ctx ends, then drains: no new messages, turns under way end or are handed back, what is being sent is sent.
// It closes the store. The error is that of a listener that failed, nil after a drain.
func (h *House) Run(ctx context.Context) error {
	defer h.close()
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var background sync.WaitGroup
	background.Go(func() { easeCollector(work) })
	background.Go(func() { h.view.run(work) })
	background.Go(func() { h.lessons.run(work) })
	background.Go(func() { h.shown.run(work) })
	background.Go(func() { h.unions.Run(work) })
	sweeping, still := context.WithCancel(work)
	defer still()
	background.Go(func() { h.sweep.run(sweeping) })
	if h.media != nil {
		background.Go(func() { h.media.Run(sweeping) })
	}
	background.Go(func() {
		if err := h.postman.Run(work); err != nil {
			h.log.Error("the postman stopped", "error", err)
		}
	})
	h.wired.Load().start(work, h.turn)

	failed := make(chan error, 2)
	servers := []*http.Server{h.serve(h.public, http.HandlerFunc(h.door), failed)}
	if h.private != nil {
		servers = append(servers, h.serve(h.private, h.admin(), failed))
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	h.draining.Store(true)
	h.log.Info("draining")
	still() // what is due is another process's now
	h.wired.Load().letGo()
	requests, done := context.WithTimeout(context.WithoutCancel(ctx), drainRequests)
	for _, s := range servers {
		if e := s.Shutdown(requests); e != nil {
			h.log.Warn("requests under way were cut off", "error", e)
		}
	}
	done()
	h.wired.Load().stop()
	turns, done := context.WithTimeout(context.WithoutCancel(ctx), drainTurns)
	h.host.Drain(turns)
	done()
	stop()
	background.Wait()
	h.beside.end(endBeside)
	return err
}

// door serves the webhooks of the wiring in force.
func (h *House) door(w http.ResponseWriter, r *http.Request) { h.wired.Load().mux.ServeHTTP(w, r) }

// serve starts a server with limits: what is slow or big is cut off before it costs anything.
func (h *House) serve(l net.Listener, handler http.Handler, failed chan<- error) *http.Server {
	s := &http.Server{
		Handler: handler, ReadHeaderTimeout: 2 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 15 * time.Second,
		IdleTimeout: 60 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("listening on %s: %w", l.Addr(), err)
		}
	}()
	return s
}

// storeKind is the part of a store address before the colon.
func storeKind(url string) string {
	kind, _, _ := strings.Cut(url, ":")
	return kind
}
