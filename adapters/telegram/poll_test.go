package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/lease"
	"github.com/xianda-bot/xianda/adapters/internal/pause"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
	"github.com/xianda-bot/xianda/chat"
)

func queue(p *telegramtest.Platform, peer string, from, to int) (ids []int64) {
	for i := from; i <= to; i++ {
		ids = append(ids, p.Queue(map[string]any{"message": saidBy(peer, i, fmt.Sprint(i), nil)}))
	}
	return ids
}

// inOrder fails unless each person's messages 1…n came in order, each once at least, and with once exactly once.
func inOrder(t *testing.T, got []chat.Message, peers []string, n int, once bool) {
	t.Helper()
	seen := map[string]int{}
	for _, m := range got {
		var i int
		if _, err := fmt.Sscan(m.Text, &i); err != nil || m.ID != fmt.Sprint("m", i) {
			t.Fatalf("got %+v", m)
		}
		switch last := seen[m.From.Peer]; {
		case i == last+1:
			seen[m.From.Peer] = i
		case i > last+1:
			t.Errorf("%s: %d came before %d", m.From.Peer, i, last+1)
		case once:
			t.Errorf("%s: %d came twice", m.From.Peer, i)
		}
	}
	for _, p := range peers {
		if got := seen[to(p).Peer]; got != n {
			t.Errorf("%s: %d of %d messages came", p, got, n)
		}
	}
}

// P1: what the house has not accepted is not confirmed, whoever else's messages are; and comes again until it is. P10: each chat's messages
// keep their order, also those behind one that was not accepted.
func TestPollConfirmsWhatIsAccepted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := telegramtest.New(t)
		h := newHall(t, p, nil)
		var down atomic.Bool
		down.Store(true)
		h.answer = func(_ context.Context, m chat.Message) error {
			if m.From == to("ann") && m.Text >= "3" && down.Load() {
				return errors.New("the store is away")
			}
			return nil
		}
		ann, bob := queue(p, "ann", 1, 5), queue(p, "bob", 1, 5)
		stop := h.run(t)
		defer stop()
		time.Sleep(20 * time.Second)
		if !p.Confirmed(ann[1]) || p.Confirmed(ann[2]) || p.Confirmed(bob[0]) {
			t.Errorf("confirmed: ann's second %t, third %t, bob's %t; want only what lies before the one that was not accepted",
				p.Confirmed(ann[1]), p.Confirmed(ann[2]), p.Confirmed(bob[0]))
		}
		if got := h.texts(); len(got) != 7 {
			t.Errorf("the house accepted %q, want two of ann's and all of bob's, each once", got)
		}
		down.Store(false)
		time.Sleep(20 * time.Second)
		inOrder(t, h.heard(), []string{"ann", "bob"}, 5, true)
		if !p.Confirmed(bob[4]) {
			t.Error("not all is confirmed")
		}
	})
}

// Chats do not wait for each other: one whose turn hangs holds up its own messages only.
func TestPollHandsChatsOverBesideEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := telegramtest.New(t)
		h := newHall(t, p, nil)
		h.answer = func(ctx context.Context, m chat.Message) error {
			if m.From == to("ann") {
				<-ctx.Done()
			}
			return ctx.Err()
		}
		queue(p, "ann", 1, 3)
		queue(p, "bob", 1, 3)
		stop := h.run(t)
		defer stop()
		time.Sleep(time.Second)
		if got := h.texts(); !slices.Equal(got, []string{"1", "2", "3"}) {
			t.Errorf("after a second the house has %q, want bob's three", got)
		}
	})
}

// P8: two processes, one poller. When it stops, the other goes on at once: nothing is lost, nothing comes twice.
func TestPollerIsFollowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, vault := telegramtest.New(t), adapterstest.NewVault(time.Now)
		one := newHall(t, p, func(d *adapters.Deps) { d.Vault = vault; another(2)(d) })
		two := newHall(t, p, func(d *adapters.Deps) { d.Vault = vault; another(3)(d) })
		stopOne := one.run(t)
		time.Sleep(time.Second)
		stopTwo := two.run(t)
		defer stopTwo()
		people := []string{"ann", "bob", "cy", "di", "ed"}
		for i := 1; i <= 40; i++ {
			for _, who := range people {
				queue(p, who, i, i)
			}
			time.Sleep(50 * time.Millisecond)
			if i == 20 {
				stopOne()
			}
		}
		time.Sleep(10 * time.Second)
		if len(one.heard()) == 0 || len(two.heard()) == 0 {
			t.Errorf("one heard %d and two %d", len(one.heard()), len(two.heard()))
		}
		inOrder(t, append(one.heard(), two.heard()...), people, 40, true)
	})
}

// severable is a client whose connection can be cut: the process has died, or was stopped.
type severable struct {
	http.RoundTripper
	cut *atomic.Bool
}

func (s severable) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		for !s.cut.Load() && pause.For(ctx, 10*time.Millisecond) {
			continue
		}
		cancel()
	}()
	if s.cut.Load() {
		return nil, errors.New("no route to host")
	}
	return s.RoundTripper.RoundTrip(r.WithContext(ctx))
}

// severableVault is a vault that can be cut off.
type severableVault struct {
	*adapterstest.Vault
	cut *atomic.Bool
}

func (s severableVault) Lock(ctx context.Context, key string, ttl time.Duration) (func(), bool, error) {
	if s.cut.Load() {
		return func() {}, false, errors.New("no route to host")
	}
	return s.Vault.Lock(ctx, key, ttl)
}

// P13: the poller vanishes with messages accepted and not confirmed. Another process takes over when the lease has run out; what comes again
// bears the same id, so that the house knows it. The first one comes back, and does not poll.
func TestPollerVanishes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, vault := telegramtest.New(t), adapterstest.NewVault(time.Now)
		cut := &atomic.Bool{}
		one := newHall(t, p, func(d *adapters.Deps) {
			another(2)(d)
			d.Vault = severableVault{vault, cut}
			d.HTTP = &http.Client{Transport: severable{d.HTTP.Transport, cut}}
		})
		one.answer = func(_ context.Context, m chat.Message) error {
			if m.Text == "5" {
				cut.Store(true) // accepted, and never confirmed
			}
			return nil
		}
		two := newHall(t, p, func(d *adapters.Deps) { d.Vault = vault; another(3)(d) })
		stopOne := one.run(t)
		defer stopOne()
		time.Sleep(time.Second)
		stopTwo := two.run(t)
		defer stopTwo()
		queue(p, "ann", 1, 5)
		time.Sleep(time.Second)
		queue(p, "ann", 6, 8)
		begun := time.Now()
		for len(two.heard()) == 0 && time.Since(begun) < time.Minute {
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(begun); took > lease.For+2*standingBy {
			t.Errorf("another process took over after %s", took)
		}
		time.Sleep(time.Second)
		cut.Store(false)
		queue(p, "ann", 9, 10)
		time.Sleep(time.Minute)
		inOrder(t, append(one.heard(), two.heard()...), []string{"ann"}, 10, false)
		if got := two.texts(); !slices.Equal(got, strings.Fields("1 2 3 4 5 6 7 8 9 10")) && !slices.Equal(got, strings.Fields("6 7 8 9 10")) {
			t.Errorf("the other process heard %q", got)
		}
	})
}

// Another program polls with our token, or a webhook is registered: both are told with their remedy, and polling goes on when it may.
func TestPollConflicts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := telegramtest.New(t).Webhook()
		d, record := adapterstest.NewDeps()
		d.HTTP = adapterstest.Client(p)
		h := &hall{adapter: mustNew(t, map[string]any{"token": telegramtest.Token, "api_base": base}, d), platform: p}
		stop := h.run(t)
		defer stop()
		time.Sleep(30 * time.Second)
		if log := record.Log(); strings.Count(log, "set mode: webhook, or remove the webhook") != 1 {
			t.Errorf("the log says: %s", log)
		}
		if checks := h.adapter.(adapters.Prober).Probe(t.Context()); len(checks) != 2 || checks[1].OK || !strings.Contains(checks[1].Detail, "remove it (deleteWebhook)") {
			t.Errorf("the probe says %+v", checks)
		}
		if hook, _, _ := p.Hook(); hook == "" {
			t.Error("a webhook that somebody else registered was taken away")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := telegramtest.New(t)
		d, record := adapterstest.NewDeps()
		d.HTTP = adapterstest.Client(p)
		h := &hall{adapter: mustNew(t, p.Section(base), d), platform: p}
		stop := h.run(t)
		defer stop()
		time.Sleep(time.Second)
		// A program that shares no store with us.
		other, _ := adapterstest.NewDeps()
		other.HTTP = d.HTTP
		if _, err := mustNew(t, p.Section(base), other).(*puller).updates(t.Context(), 0, 1, time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		if log := record.Log(); !strings.Contains(log, "another program polls with this token") {
			t.Errorf("the log says: %s", log)
		}
		queue(p, "ann", 1, 1)
		time.Sleep(10 * time.Second)
		if got := h.texts(); !slices.Equal(got, []string{"1"}) {
			t.Errorf("the house has %q", got)
		}
	})
}

// After a week of silence ids begin anew, maybe below what was confirmed: an offset that is kept would throw those away.
func TestIDsBeginAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := telegramtest.New(t)
		h := newHall(t, p, nil)
		stop := h.run(t)
		defer stop()
		queue(p, "ann", 1, 2)
		time.Sleep(time.Hour) // a week is the same, only longer
		p.Renumber(1000)
		queue(p, "ann", 3, 4)
		time.Sleep(time.Minute)
		inOrder(t, h.heard(), []string{"ann"}, 4, true)
	})
}

// What can not be read is told and confirmed; what stands behind it arrives.
func TestPollLeavesOutTheUnreadable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := telegramtest.New(t)
		h := newHall(t, p, nil)
		bad := p.Queue(map[string]any{"message": "hologram"})
		queue(p, "ann", 1, 1)
		stop := h.run(t)
		defer stop()
		time.Sleep(time.Second)
		if !p.Confirmed(bad) || !slices.Equal(h.texts(), []string{"1"}) || h.record.Counted("ignored tg unreadable") != 1 {
			t.Errorf("confirmed %t, the house has %q, counted %d", p.Confirmed(bad), h.texts(), h.record.Counted("ignored tg unreadable"))
		}
	})
}

// With url the webhook is registered at the start, with its secret and the updates that are read; with mode: polling later, it is removed.
func TestWebhookIsRegisteredAndRemoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, vault := telegramtest.New(t), adapterstest.NewVault(time.Now)
		start := func(section map[string]any) (probe adapters.Prober, stop func()) {
			d, _ := adapterstest.NewDeps()
			d.HTTP, d.Vault = adapterstest.Client(p), vault
			h := &hall{adapter: mustNew(t, section, d), platform: p}
			return h.adapter.(adapters.Prober), h.run(t)
		}
		address := "https://bot.example/telegram/tg"
		probe, stop := start(map[string]any{"token": telegramtest.Token, "api_base": base, "mode": "webhook", "secret": telegramtest.Secret, "url": address})
		time.Sleep(time.Second)
		if hook, secret, updates := p.Hook(); hook != address || secret != telegramtest.Secret || !slices.Equal(updates, allowed()) {
			t.Errorf("registered %q with %q for %q", hook, secret, updates)
		}
		for _, c := range probe.Probe(t.Context()) {
			if !c.OK {
				t.Errorf("the probe says %+v", c)
			}
			sealed(t, "a check", c.Detail)
		}
		stop()
		_, stop = start(p.Section(base))
		stop()
		_, stop = start(map[string]any{"token": telegramtest.Token, "api_base": base})
		defer stop()
		time.Sleep(10 * time.Second)
		if hook, _, _ := p.Hook(); hook != "" {
			t.Errorf("the webhook %q is registered still", hook)
		}
	})
}

// Many deliveries at the time at which the house stops: Run waits for those that are under way.
func TestRunWaitsForDeliveries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, telegramtest.New(t).Webhook(), nil)
		h.answer = func(context.Context, chat.Message) error { time.Sleep(2 * time.Second); return nil }
		stop := h.run(t)
		var wait sync.WaitGroup
		for i := range 20 {
			wait.Go(func() {
				h.platform.Deliver(t, h.door, adapterstest.Delivery{Kind: chat.Said, Peer: fmt.Sprint("p", i), ID: "x", Text: "x", At: time.Now()})
			})
		}
		time.Sleep(time.Second)
		begun := time.Now()
		stop()
		if len(h.heard()) != 20 || time.Since(begun) != time.Second {
			t.Errorf("Run returned after %s with %d of 20 messages accepted", time.Since(begun), len(h.heard()))
		}
		wait.Wait()
	})
}
