package sessiontest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

var _ session.Store = (*Memory)(nil)

// Memory is a session.Store that lives as long as its value, for tests of what stands on a store. It proves that the suite can be
// passed; it is simple, not fast: one mutex guards everything.
type Memory struct {
	clock func() time.Time

	mu     sync.Mutex // guards all below
	serial int64      // tokens, turns, fences and epochs come from it, so that they never repeat, Forget or not
	convs  map[chat.Address]*conversation
	cases  map[string]*chat.Case
	keys   map[string]bool // case and key of the seats' replies
	dead   []chat.Dead
	seats  map[string]presence
	counts map[string]int64
	ledger map[chat.Address][][]byte
}

type conversation struct {
	address  chat.Address
	session  []byte
	lines    []chat.Line
	mailbox  []*letter // the one under way first
	ids      []*delivery
	token    string // of the lease; "" is free
	until    time.Time
	debts    []*debt
	rights   []right // newest last
	counted  bool    // a right was granted once
	hold     *session.Hold
	timers   []session.Timer
	last     session.Committed // of the claim that lastID names
	lastID   string            // turn and token of the newest commit
	touched  time.Time
	children []string // cases
}

type letter struct {
	message chat.Message
	turn    string
	tries   int
	resume  *session.Checkpoint
}

type delivery struct {
	id         string
	state      session.DoneState
	replies    []chat.Reply
	at         time.Time
	redelivery time.Duration
	replyBy    time.Time // the latest that it was offered with; zero: it cannot be answered passively
	long       bool      // posted, and kept for longer than longKept
}

type debt struct {
	chat.Debt
	fence    string
	until    time.Time        // of the fence
	reserved []int64          // rights that one message was taken from
	late     []int64          // rights that came while it was lent
	first    *chat.ReplyRight // of the first attempt of which it is not known whether it was shown
	shows    *delivery        // a passive reply that is not yet shown; Due is when it becomes debts, Park whether these wait
	replies  []chat.Reply
}

type right struct {
	chat.ReplyRight
	serial int64
	sent   []time.Time
}

// NewMemory returns an empty store whose clock is clock; nil is time.Now.
func NewMemory(clock func() time.Time) *Memory {
	if clock == nil {
		clock = time.Now
	}
	return &Memory{
		clock: clock, convs: map[chat.Address]*conversation{}, cases: map[string]*chat.Case{}, keys: map[string]bool{},
		seats: map[string]presence{}, counts: map[string]int64{}, ledger: map[chat.Address][][]byte{},
	}
}

// Counts are the counts of all turns.
func (s *Memory) Counts() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// Ledger are the ledger events of a conversation, oldest first.
func (s *Memory) Ledger(a chat.Address) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger[a])
}

func (s *Memory) next() string {
	s.serial++
	return strconv.FormatInt(s.serial, 10)
}

// find returns a conversation, or nil when there is none or it was untouched for too long.
func (s *Memory) find(a chat.Address, now time.Time) *conversation {
	c := s.convs[a]
	if c != nil && len(c.mailbox) == 0 && c.hold == nil && now.Sub(c.touched) > session.KeepSession {
		delete(s.convs, a)
		return nil
	}
	return c
}

// make returns a conversation, a new one if need be.
func (s *Memory) make(a chat.Address, now time.Time) *conversation {
	c := s.find(a, now)
	if c == nil {
		c = &conversation{address: a}
		s.convs[a] = c
	}
	c.touched = now
	return c
}

func (c *conversation) known(id string) *delivery {
	for _, d := range c.ids {
		if d.id == id {
			return d
		}
	}
	return nil
}

func (c *conversation) letter(id string) *letter {
	for _, l := range c.mailbox {
		if l.message.ID == id {
			return l
		}
	}
	return nil
}

// Accept records m once.
func (s *Memory) Accept(_ context.Context, m chat.Message, t session.Terms) (session.Accepted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	if c := s.find(m.From, now); c != nil {
		if d := c.known(m.ID); d != nil {
			c.extend(d, m.ReplyBy)
			return s.again(c, d, !t.Post, now)
		}
		c.prune(now)
		if long(t) && c.longs() >= maxLong {
			return session.Accepted{}, fmt.Errorf("events of a conversation of channel %s: %w", m.From.Channel, chat.ErrBusy)
		}
		if len(c.mailbox) >= session.MaxMailbox || len(c.ids) >= session.MaxIDs {
			return session.Accepted{}, fmt.Errorf("conversation of channel %s: %w", m.From.Channel, chat.ErrBusy)
		}
	}
	if m.Kind == chat.Seat || m.Kind == chat.Closed {
		if err := s.holds(m, now); err != nil {
			return session.Accepted{}, err
		}
	}
	c := s.make(m.From, now)
	s.post(c, m, t.Redelivery, now).long = long(t)
	c.grant(m.Right, m.At, now, s)
	a := session.Accepted{Waiting: true, Fresh: true}
	if !t.Post {
		a.Claim = s.claim(c, now)
		a.Waiting = a.Claim == nil || a.Claim.Message.ID != m.ID
	}
	return a, nil
}

func (s *Memory) holds(m chat.Message, now time.Time) error {
	c := s.find(m.From, now)
	if c == nil || c.hold == nil || c.hold.Case != m.Case {
		return session.ErrUnknown
	}
	if c.hold.Seat != m.Name {
		return session.ErrOwned
	}
	return nil
}

func (s *Memory) post(c *conversation, m chat.Message, redelivery time.Duration, now time.Time) *delivery {
	d := &delivery{id: m.ID, state: session.Open, at: now, redelivery: max(redelivery, session.MinRedelivery), replyBy: m.ReplyBy}
	c.ids = append(c.ids, d)
	c.mailbox = append(c.mailbox, &letter{message: clone(m), turn: s.next()})
	return d
}

// Posted messages whose ids are kept for longer than longKept are refused beyond maxLong, so that they leave room for a person's.
const (
	longKept = time.Hour
	maxLong  = 256
)

func long(t session.Terms) bool { return t.Post && t.Redelivery > longKept }

func (c *conversation) longs() int {
	n := 0
	for _, d := range c.ids {
		if d.long {
			n++
		}
	}
	return n
}

// extend lets an open delivery be answered until by, if that is later: another request for it waits now.
func (c *conversation) extend(d *delivery, by time.Time) {
	if d.state != session.Open || !by.After(d.replyBy) {
		return
	}
	d.replyBy = by
	if l := c.letter(d.id); l != nil {
		l.message.ReplyBy = by
	}
}

// prune forgets ids that are old, settled and not among the last.
func (c *conversation) prune(now time.Time) {
	spare := len(c.ids) - session.KeptIDs
	kept := c.ids[:0:0]
	for i, d := range c.ids {
		if i >= spare || now.Sub(d.at) <= d.redelivery || c.letter(d.id) != nil || c.unshown(d) {
			kept = append(kept, d)
		}
	}
	c.ids = kept
}

func (c *conversation) unshown(d *delivery) bool {
	return slices.ContainsFunc(c.debts, func(o *debt) bool { return o.shows == d })
}

func (c *conversation) grant(r *chat.ReplyRight, happened, now time.Time, s *Memory) {
	if r == nil {
		return
	}
	s.serial++
	c.counted = true
	if since := now.Add(-session.SentWithin); happened.Before(since) {
		happened = since
	}
	fresh := clone(*r)
	var since []time.Time
	for _, o := range c.rights {
		later := slices.DeleteFunc(slices.Clone(o.sent), func(at time.Time) bool { return !at.After(happened) || happened.After(now) })
		if len(later) > len(since) {
			since = later
		}
	}
	if !r.Own && fresh.Left > 0 {
		fresh.Left = max(0, fresh.Left-len(since))
		for _, d := range c.debts {
			if d.Kind == chat.ReplyDebt && d.fence != "" && d.until.After(now) && len(d.reserved) > 0 && fresh.Left > 0 {
				d.late = append(d.late, s.serial)
				fresh.Left--
			}
		}
	}
	c.rights = slices.DeleteFunc(c.rights, func(o right) bool { return o.Pool == r.Pool })
	c.rights = append(c.rights, right{fresh, s.serial, since})
}

func (c *conversation) live(now time.Time) []chat.ReplyRight {
	var live []chat.ReplyRight
	for _, r := range c.rights {
		if r.Expires.IsZero() || r.Expires.After(now) {
			live = append(live, clone(r.ReplyRight))
		}
	}
	return live
}

// Ping says that the store takes writes.
func (s *Memory) Ping(context.Context) error { return nil }

// Close does nothing: what was kept is gone with the value.
func (s *Memory) Close() error { return nil }

// clone copies plain data, so that what was handed out and what is kept never share memory.
func clone[T any](v T) T {
	var c T
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		panic(err) // a programmer's mistake: everything here is plain data
	}
	return c
}
