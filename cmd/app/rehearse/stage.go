package rehearse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
	"github.com/xianda-bot/xianda/store/local"
)

// Options of a rehearsal.
type Options struct {
	// Caps is what a kind of channel can show; false when there is no such kind. Required.
	Caps func(kind string) (chat.Caps, bool)
	// Clock replaces the test's own clock, for a conversation in real time.
	Clock func() time.Time
	// Call performs calls that have no stub; default: each is an error.
	Call dialog.Caller
}

const (
	channel = "rehearsal"
	peer    = "person"
	seat    = "seat"
)

var address = chat.Address{Channel: channel, Peer: peer}

// stage is one conversation played with a real host over a temporary store.
type stage struct {
	test  Test
	rel   *release.Release
	store *local.Store
	host  *dialog.Host
	caps  chat.Caps
	sent  int // messages of the person so far: delivery ids

	mu  sync.Mutex // guards now
	now time.Time
	o   Options

	shown []chat.Reply   // in the present turn
	keys  map[string]int // how often each reply was shown
	most  int            // messages shown in answer to one message
}

func newStage(rel *release.Release, t Test, o Options) (*stage, error) {
	caps, ok := o.Caps(t.Given.Channel)
	if !ok {
		return nil, fmt.Errorf("given.channel: there is no kind %q", t.Given.Channel)
	}
	s := &stage{test: t, rel: rel, caps: caps, now: t.Given.Clock, o: o, keys: map[string]int{}}
	var err error
	if s.store, err = local.Temporary(local.Options{Clock: s.clock}); err != nil {
		return nil, err
	}
	names := queues(rel, t)
	s.host = dialog.NewHost(s.store, s, dialog.NewShelf(rel), dialog.Options{
		Clock: s.clock, Call: s, Queues: func() []string { return names }, Look: s.look,
	})
	return s, nil
}

func (s *stage) close() error {
	s.host.Drain(context.Background())
	return s.store.Close()
}

func (s *stage) clock() time.Time {
	if s.o.Clock != nil {
		return s.o.Clock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stage) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// Kind, Caps, Fit and FitPassive make the stage the host's channels.
func (s *stage) Kind(string) string                         { return s.test.Given.Channel }
func (s *stage) Caps(chat.Address) chat.Caps                { return s.caps }
func (s *stage) Fit(r chat.Reply, c chat.Caps) []chat.Reply { return adapters.Fit(r, c) }
func (s *stage) FitPassive(p []chat.Reply, c chat.Caps) (_, _ []chat.Reply) {
	return adapters.FitPassive(p, c)
}

// Call answers from the test's stubs.
func (s *stage) Call(ctx context.Context, c dialog.Call) (json.RawMessage, error) {
	answer, ok := s.test.Given.Stub[c.Name]
	if !ok && s.o.Call != nil {
		return s.o.Call.Call(ctx, c)
	}
	if !ok {
		return nil, fmt.Errorf("call %s: the test has no stub for it", c.Name)
	}
	if answer["error"] == true {
		return nil, errors.New("the stub says error")
	}
	return json.Marshal(answer)
}

func (s *stage) look() map[string]handoff.Standing {
	all := map[string]handoff.Standing{}
	for q, n := range s.test.Given.Seats {
		all[q] = handoff.Standing{Seats: n}
	}
	return all
}

// queues are all that the release or the test names.
func queues(rel *release.Release, t Test) []string {
	all := []string{"default"}
	for q := range t.Given.Seats {
		all = append(all, q)
	}
	for _, p := range rel.Patterns {
		all = append(all, p.Queue)
	}
	for _, d := range rel.Dialogs {
		for _, p := range d.Patterns {
			all = append(all, p.Queue)
		}
		for _, step := range d.Steps {
			all = append(all, step.Handoff)
		}
	}
	return all
}

// person brings a message of the person to the host and collects what is shown.
func (s *stage) person(ctx context.Context, m chat.Message) error {
	s.sent++
	m.ID, m.From, m.At = fmt.Sprintf("m%d", s.sent), address, s.clock()
	if s.caps.Passive > 0 {
		m.ReplyBy = s.clock().Add(time.Minute)
	}
	if s.caps.Window > 0 && s.caps.Push >= chat.Part {
		m.Right = &chat.ReplyRight{Pool: "message", Left: 5, Expires: s.clock().Add(s.caps.Window)}
	}
	before := len(s.shown)
	replies, err := s.host.Turn(ctx, m)
	if err != nil && !errors.Is(err, chat.ErrLater) {
		return err
	}
	s.show(replies)
	if len(replies) > 0 {
		if err := s.store.Settle(ctx, []session.Settlement{{To: address, Delivery: m.ID, Verdict: session.Shown}}); err != nil {
			return err
		}
	}
	if err := s.pump(ctx); err != nil {
		return err
	}
	s.most = max(s.most, len(s.shown)-before)
	return nil
}

func (s *stage) show(replies []chat.Reply) {
	for _, r := range replies {
		s.shown = append(s.shown, r)
		s.keys[r.Key]++
	}
}

// pump lets everything happen that is due: timers, mailboxes, debts.
func (s *stage) pump(ctx context.Context) error {
	for {
		s.host.Wait()
		due, err := s.store.Due(ctx, 100)
		if err != nil {
			return err
		}
		moved := false
		for _, a := range due {
			if err := s.host.Resume(ctx, a); err != nil {
				return err
			}
			s.host.Wait()
			paid, err := s.pay(ctx, a)
			if err != nil {
				return err
			}
			moved = moved || paid
		}
		if !moved {
			return nil
		}
	}
}

// pay shows every reply that is owed and may be shown, and settles case signals.
func (s *stage) pay(ctx context.Context, a chat.Address) (paid bool, err error) {
	for {
		lent, err := s.store.Lend(ctx, a, time.Minute)
		if err != nil || len(lent.Loans) == 0 {
			return paid, err
		}
		for _, l := range lent.Loans {
			if l.Kind == chat.ReplyDebt {
				var r chat.Reply
				if err := json.Unmarshal(l.Body, &r); err != nil {
					return paid, err
				}
				s.show([]chat.Reply{r})
			}
			if err := s.store.Settle(ctx, []session.Settlement{{To: a, ID: l.ID, Fence: l.Fence, Verdict: session.Paid}}); err != nil {
				return paid, err
			}
			paid = true
		}
	}
}

// enter plays the arrival and what came before it.
func (s *stage) enter(ctx context.Context) error {
	for i, o := range s.test.Given.Trace {
		m := chat.Message{ID: fmt.Sprintf("e%d", i), Kind: chat.Event, From: address, Event: o.Kind, At: s.clock().Add(-o.Ago)}
		if _, err := s.host.Turn(ctx, m); err != nil && !errors.Is(err, chat.ErrLater) {
			return err
		}
		s.host.Wait()
	}
	e := s.test.Given.Enter
	if e == nil {
		return nil
	}
	scene := map[string]string{}
	for k, v := range e.Scene {
		scene[k] = v
	}
	if key, value, ok := strings.Cut(e.Event, "."); ok {
		scene[key] = value
	}
	return s.person(ctx, chat.Message{Kind: chat.Arrived, Scene: scene})
}

// openCase is the case of the conversation that is not closed.
func (s *stage) openCase(ctx context.Context) (*chat.Case, error) {
	all, err := s.store.Queue().Cases(ctx, handoff.Filter{})
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].State != chat.Over {
			return &all[i], nil
		}
	}
	return nil, errors.New("no case is open")
}
