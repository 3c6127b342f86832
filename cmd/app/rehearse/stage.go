package rehearse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/person"
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
	// Watch sees every turn of a test; nil: nobody wants to know.
	Watch func(Seen)
	// Cover collects what the conversations reach; nil: nobody wants to know.
	Cover *Coverage
	// Played is told after each conversation of Run; nil: nobody.
	Played func()
}

// Seen is one turn of a test when it is over.
type Seen struct {
	Test    Test
	Turn    int // from 0
	Session session.Session
	Shown   []chat.Reply // to the person, as the messenger got them
	Passive int          // how many of them, the first ones, came in the platform's own response
	Source  string       // of the bot's last words: "kb:redpacket.refund_time@3f2a related"
}

const (
	peer = "person"
	seat = "seat"
	user = "rehearsed" // the product's own id of the person
)

// address is the conversation in which the present turn happens: a channel that is called as its kind, so that rules that name a channel
// can be tested.
func (s *stage) address() chat.Address { return s.at }

// stage is one conversation played with a real host over a temporary store.
type stage struct {
	test  Test
	rel   *release.Release
	store *local.Store
	shelf *dialog.Shelf
	host  *dialog.Host
	caps  chat.Caps
	sent  int // messages brought so far: delivery ids

	at        chat.Address // the conversation of the present turn
	kinds     map[string]chat.Caps
	meanwhile map[chat.Address][]chat.Reply // shown in conversations that the person did not look at
	persons   *person.People
	code      string // the link code that was shown last

	mu   sync.Mutex // guards now and ways
	now  time.Time
	ways []dialog.Way
	o    Options

	native chat.NativeState // where the conversation stands with the platform's own seats

	shown []chat.Reply   // in the present turn
	own   int            // how many of them came in the platform's own response
	keys  map[string]int // how often each reply was shown
	most  int            // messages shown in answer to one message

	panics atomic.Int64 // turns that did
}

func newStage(rel *release.Release, t Test, o Options) (*stage, error) {
	caps, ok := o.Caps(t.Given.Channel)
	if !ok {
		return nil, fmt.Errorf("given.channel: there is no kind %q", t.Given.Channel)
	}
	s := &stage{test: t, rel: rel, caps: caps, now: t.Given.Clock, o: o, keys: map[string]int{}, shelf: dialog.NewShelf(rel)}
	if t.Given.Native != "" && caps.Native < chat.Full {
		return nil, fmt.Errorf("given.native: a channel of kind %q has no seats of its own", t.Given.Channel)
	}
	var err error
	if s.store, err = local.Temporary(local.Options{Clock: s.clock}); err != nil {
		return nil, err
	}
	s.at, s.kinds = chat.Address{Channel: t.Given.Channel, Peer: peer}, map[string]chat.Caps{t.Given.Channel: caps}
	s.meanwhile = map[chat.Address][]chat.Reply{}
	s.persons = s.people()
	s.host = s.newHost(s.store, s.clock)
	return s, nil
}

func (s *stage) newHost(store session.Store, clock func() time.Time) *dialog.Host {
	names := queues(s.rel, s.test)
	o := dialog.Options{Clock: clock, Call: s, House: platform{s}, Queues: func() []string { return names }, Look: s.look, Count: s.count}
	if s.o.Cover != nil {
		o.Trail = s.walked
	}
	return dialog.NewHost(store, s, s.shelf, o)
}

// count notices turns that panicked: the person only gets the fallback, the author of a test must hear of it.
func (s *stage) count(metric string, _ ...string) {
	if metric == "panics" {
		s.panics.Add(1)
	}
}

func (s *stage) close() error {
	s.host.Drain(context.Background())
	if s.o.Cover != nil {
		s.o.Cover.add(s.ways)
	}
	return s.store.Close()
}

func (s *stage) walked(_ chat.Address, ways []dialog.Way) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ways = append(s.ways, ways...)
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
func (s *stage) Kind(channel string) string                 { return channel }
func (s *stage) Caps(a chat.Address) chat.Caps              { return s.kinds[a.Channel] }
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

// begin brings about what came before the first turn: events, the profile, the arrival.
func (s *stage) begin(ctx context.Context) error {
	g := s.test.Given
	for _, o := range g.Trace {
		if err := s.event(ctx, o); err != nil {
			return err
		}
	}
	if g.Profile != nil {
		if err := s.linked(ctx, *g.Profile); err != nil {
			return err
		}
	}
	s.shown = nil
	if g.Enter == nil && g.Lang == "" {
		return nil
	}
	e := g.Enter
	if e == nil {
		e = &Enter{}
	}
	return s.arrive(ctx, *e)
}

// arrive plays an arrival.
func (s *stage) arrive(ctx context.Context, e Enter) error {
	scene := map[string]string{}
	for k, v := range e.Scene {
		scene[k] = v
	}
	if key, value, ok := strings.Cut(e.Event, "."); ok {
		scene[key] = value
	}
	if s.test.Given.Lang != "" {
		scene["lang"] = s.test.Given.Lang
	}
	return s.person(ctx, chat.Message{Kind: chat.Arrived, Scene: scene})
}

// event brings an event of the product's backend, as the admin API does.
func (s *stage) event(ctx context.Context, o Operation) error {
	m := chat.Message{Kind: chat.Event, Event: o.Kind, At: s.clock().Add(-o.Ago)}
	if o.Data != nil {
		data, err := json.Marshal(o.Data)
		if err != nil {
			return err
		}
		m.Data = data
	}
	return s.post(ctx, m)
}

// linked tells the conversation whose it is, as the house does when the product links it to a user or changes their profile.
func (s *stage) linked(ctx context.Context, p Profile) error {
	profile := session.Profile{Tags: p.Tags, Attributes: map[string]json.RawMessage{}}
	for name, v := range p.Attributes {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		profile.Attributes[name] = raw
	}
	data, err := json.Marshal(map[string]any{"user": user, "profile": profile})
	if err != nil {
		return err
	}
	return s.post(ctx, chat.Message{Kind: chat.Linked, Data: data, At: s.clock()})
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
