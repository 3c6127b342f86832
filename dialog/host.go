// Package dialog judges turns: Host.Turn accepts a message into the store, step judges it, and what it leaves is committed in one
// step. It knows no messenger, no store and no seat by name, and does no I/O of its own: calls, fitting and waking are injected.
package dialog

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// Channels tells what the channels of the house can show. cmd/app supplies it over adapters.Fit and adapters.FitPassive.
type Channels interface {
	Kind(channel string) string // "wechat"; "" when there is no such channel
	Caps(a chat.Address) chat.Caps
	// Fit turns one reply into pieces that c can show, in order.
	Fit(r chat.Reply, c chat.Caps) []chat.Reply
	// FitPassive joins as many replies as fit, in order, into the platform's own response. rest is what is left of them, a suffix; its
	// first may be the remainder of a reply that was begun, and then has another key.
	FitPassive(rs []chat.Reply, c chat.Caps) (passive, rest []chat.Reply)
}

// Options of a Host. Every field may be left out.
type Options struct {
	Log    *slog.Logger                       // default: discards
	Clock  func() time.Time                   // default: time.Now; only for waiting until ReplyBy, judging uses the store's clock
	Call   Caller                             // performs calls of dialogs; default: every call is an error
	House  Caller                             // answers what a turn asks the house itself (AskFreeSeat …); default: every question is an error
	Queues func() []string                    // queues that exist beside "default"; a handoff to another goes to "default"
	Look   func() map[string]handoff.Standing // a recent look at the queues; default: nobody waits, no seat is there
	// Learned is a recent view of what was learned from people's choices; it may return nil. Default: nothing was learned.
	Learned func() *likely.Learned
	// Wake tells that a debt of this conversation became due; behind: once the passive reply of the turn is shown. Default: the sweep
	// finds it.
	Wake  func(a chat.Address, behind bool)
	Count func(metric string, labels ...string) // default: nowhere
	// Gather is how long a short message on this channel waits for others of the same person, which are then one question with it.
	// Default: not at all.
	Gather func(channel string) time.Duration
	// Typing shows that an answer is being written: a turn begins to wait for a backend. It must not block. Default: nothing.
	Typing func(chat.Address)
	// Trail is told what a turn went through, for a rehearsal that counts what its tests reach. Default: nobody.
	Trail func(a chat.Address, ways []Way)
	// MediaID is the id under which the house will keep the nth medium of a message, once the debt of kind media is paid; "" when it does
	// not. It is the same each time for the same now. Default: nothing is kept.
	MediaID func(m chat.Message, n int, now time.Time) string
	// Patience is how long a person waits for a seat before the bot says so and talks again. Default 3 minutes.
	Patience time.Duration
}

// Host takes messages in and lets them be judged, each once, one at a time in a conversation, in order. It is safe for concurrent use.
type Host struct {
	store    session.Store
	channels Channels
	shelf    *Shelf
	o        Options

	waiters waiters

	base   context.Context // of turns: outlives the requests that brought them
	cancel context.CancelCauseFunc

	mu       sync.Mutex // guards draining, and wg.Add against wg.Wait
	draining bool
	wg       sync.WaitGroup
}

var errDrain = errors.New("the house is closing")

// NewHost returns a host that judges with the release that shelf holds at the time of each turn. Drain ends it.
func NewHost(store session.Store, channels Channels, shelf *Shelf, o Options) *Host {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Look == nil {
		o.Look = func() map[string]handoff.Standing { return nil }
	}
	if o.Learned == nil {
		o.Learned = func() *likely.Learned { return nil }
	}
	if o.Wake == nil {
		o.Wake = func(chat.Address, bool) {}
	}
	if o.Queues == nil {
		o.Queues = func() []string { return nil }
	}
	if o.Count == nil {
		o.Count = func(string, ...string) {}
	}
	if o.Typing == nil {
		o.Typing = func(chat.Address) {}
	}
	if o.Patience == 0 {
		o.Patience = 3 * time.Minute
	}
	h := &Host{store: store, channels: channels, shelf: shelf, o: o}
	h.base, h.cancel = context.WithCancelCause(context.Background())
	return h
}

const (
	acceptWithin = 2500 * time.Millisecond // so that a porch can answer 503 within 3 s
	lateWithin   = 400 * time.Millisecond  // so that it can do so before the platform hangs up
	pollFirst    = 10 * time.Millisecond
	pollMost     = 200 * time.Millisecond
	lapsed       = 2 * time.Second // an own turn that takes longer is asked after, as if it were another process's
)

// Turn is the house's door (adapters.Inbox). It returns before m.ReplyBy with replies that are fitted already, with chat.ErrLater after
// it was settled durably that the answer will not be passive, or with another error when m was not accepted and must be delivered
// again. A message without ReplyBy returns as soon as it is accepted. The turn itself goes on when ctx ends.
func (h *Host) Turn(ctx context.Context, m chat.Message) ([]chat.Reply, error) {
	m = bounded(m)
	caps := h.channels.Caps(m.From)
	var done <-chan session.Done
	if !m.ReplyBy.IsZero() {
		var leave func()
		done, leave = h.waiters.join(m.From, m.ID)
		defer leave()
	}
	accepted, err := h.accept(ctx, m, session.Terms{Redelivery: caps.Redelivery})
	if err != nil {
		return nil, err
	}
	if accepted.Done != nil {
		return answer(*accepted.Done)
	}
	if m.ReplyBy.IsZero() {
		return nil, chat.ErrLater
	}
	return h.wait(ctx, m, caps, accepted.Claim == nil, done)
}

// keepEvents is how long a repeated event of the product's backend is known again.
const keepEvents = 24 * time.Hour

// Post puts a message into its conversation's mailbox durably, without waiting for a turn; Resume lets it be judged. fresh is false when
// its id was there before.
func (h *Host) Post(ctx context.Context, m chat.Message) (fresh bool, err error) {
	t := session.Terms{Post: true}
	if m.Kind == chat.Event {
		t.Redelivery = keepEvents
	}
	accepted, err := h.accept(ctx, bounded(m), t)
	return accepted.Fresh, err
}

// accept offers m to the store and sets to work on the claim that comes back.
func (h *Host) accept(ctx context.Context, m chat.Message, t session.Terms) (session.Accepted, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptWithin)
	defer cancel()
	accepted, err := h.store.Accept(ctx, m, t)
	if err != nil {
		h.o.Count("refused", m.From.Channel, refusal(err))
		return accepted, err
	}
	if accepted.Done != nil || !accepted.Fresh {
		h.o.Count("duplicates", m.From.Channel)
	}
	if accepted.Claim != nil {
		h.start(accepted.Claim)
	}
	return accepted, nil
}

func refusal(err error) string {
	switch {
	case errors.Is(err, chat.ErrBusy):
		return "busy"
	case errors.Is(err, session.ErrOwned), errors.Is(err, session.ErrUnknown):
		return "not_owner"
	}
	return "store"
}

// wait returns what became of m, at the latest shortly after its ReplyBy. poll: the turn may be judged by another process, which
// cannot tell us; then the store is asked from time to time.
func (h *Host) wait(ctx context.Context, m chat.Message, caps chat.Caps, poll bool, done <-chan session.Done) ([]chat.Reply, error) {
	late := time.NewTimer(m.ReplyBy.Sub(h.o.Clock()))
	defer late.Stop()
	var ask <-chan time.Time
	every := pollFirst
	if poll {
		ask = time.After(every)
	} else {
		ask = time.After(lapsed) // our own turn may have been lost without a word
	}
	for {
		select {
		case d := <-done:
			return answer(d)
		case <-late.C:
			return h.late(ctx, m, caps)
		case <-ask:
			asked, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.ReplyBy.Sub(h.o.Clock()))
			accepted, err := h.store.ClaimReply(asked, m)
			cancel()
			if err == nil && accepted.Done != nil {
				return answer(*accepted.Done)
			}
			if err == nil && accepted.Claim != nil {
				h.start(accepted.Claim)
			}
			every = min(2*every, pollMost)
			ask = time.After(every)
		}
	}
}

// late settles durably that m is not answered passively.
func (h *Host) late(ctx context.Context, m chat.Message, caps chat.Caps) ([]chat.Reply, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lateWithin)
	defer cancel()
	d, err := h.store.Late(ctx, m, caps.Push >= chat.Part)
	if err != nil {
		return nil, err
	}
	h.o.Count("late", m.From.Channel, string(d.State))
	return answer(d)
}

func answer(d session.Done) ([]chat.Reply, error) {
	switch d.State {
	case session.Passive:
		return d.Replies, nil
	case session.Nothing:
		return nil, nil
	}
	return nil, chat.ErrLater
}

// Resume lets what is due in a be judged: timers, and a mailbox whose holder is gone. It returns when the claim is taken, not when
// the turn is over.
func (h *Host) Resume(ctx context.Context, a chat.Address) error {
	c, err := h.store.Take(ctx, a)
	if err != nil {
		return err
	}
	if c != nil {
		h.start(c)
	}
	return nil
}

// start judges c, and what follows it in the mailbox, apart from the caller.
func (h *Host) start(c *session.Claim) {
	h.mu.Lock()
	if h.draining {
		h.mu.Unlock()
		h.release(c)
		return
	}
	h.wg.Add(1)
	h.mu.Unlock()
	go func() {
		defer h.wg.Done()
		for c != nil {
			c = h.work(c)
			if c != nil && h.closing() {
				h.release(c)
				return
			}
		}
	}()
}

func (h *Host) closing() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.draining
}

func (h *Host) release(c *session.Claim) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := h.store.Release(ctx, c); err != nil && !errors.Is(err, session.ErrLost) {
		h.o.Log.Warn("a claim was not given back; its lease runs out", "channel", c.Message.From.Channel, "turn", c.Turn, "error", err)
	}
}

// Wait returns when no turn is under way. Only for a caller that brings no messages meanwhile, as a rehearsal does.
func (h *Host) Wait() { h.wg.Wait() }

// Drain lets turns under way end and hands the rest back, unjudged and without counting an attempt. When ctx ends first, calls are
// cut short. Messages that come later are accepted and left for another process.
func (h *Host) Drain(ctx context.Context) {
	h.mu.Lock()
	h.draining = true
	h.mu.Unlock()
	ended := make(chan struct{})
	go func() { h.wg.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		h.cancel(errDrain)
		<-ended
	}
	h.cancel(errDrain)
}

// maxAddress is how long the address of a medium may be, in bytes.
const maxAddress = 4 << 10

// bounded cuts what a person may send to what a session can bear.
func bounded(m chat.Message) chat.Message {
	m.Text = chat.Cut(m.Text, chat.MaxText)
	m.Choice = chat.Cut(m.Choice, 256)
	m.Name = chat.Cut(m.Name, 128)
	if len(m.Media) > 0 {
		m.Media = slices.Clone(m.Media[:min(len(m.Media), 16)])
	}
	for i := range m.Media {
		f := &m.Media[i]
		f.ID, f.Name, f.MIME = "", chat.Cut(f.Name, 255), chat.Cut(f.MIME, 127)
		if len(f.URL) > maxAddress { // half of an address leads elsewhere
			f.URL = ""
		}
	}
	return m
}
