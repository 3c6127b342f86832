package kefu

import (
	"context"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

const (
	knownFor    = time.Hour       // a session ends after 48 h, or by what its seat does, which we are told
	behindFor   = 3 * time.Second // what is said right behind taking somebody back; then they may have written again
	maxSessions = 1 << 14
	stateWithin = 2 * time.Second
)

// sessions are the persons of whom we know who has them: the bot, or a seat that the house was told of. It is safe for concurrent use.
type sessions struct {
	clock func() time.Time
	mu    sync.Mutex // guards the maps
	known map[string]time.Time
	back  map[string]back // whom the house took back from the seats a moment ago
}

func newSessions(clock func() time.Time) *sessions {
	return &sessions{clock: clock, known: map[string]time.Time{}, back: map[string]back{}}
}

func (s *sessions) has(person string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.known[person]
	return ok && s.clock().Sub(at) < knownFor
}

// back is what taking somebody back from the seats came to.
type back struct {
	at   time.Time
	code string // the one message that the end of the session permits; "" when the queue keeps them
}

// took notes what taking a person back came to.
func (s *sessions) took(person, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.back) >= maxSessions {
		clear(s.back) // the platform refuses what is said to them
	}
	s.back[person] = back{s.clock(), code}
}

// behind is for a word right behind taking a person back: the code that permits it, once, or that the queue keeps them and permits none.
func (s *sessions) behind(person string) (code string, kept bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.back[person]
	if !ok || s.clock().Sub(b.at) >= behindFor {
		return "", false
	}
	if b.code != "" {
		delete(s.back, person)
	}
	return b.code, b.code == ""
}

func (s *sessions) add(person string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.back, person)
	if len(s.known) >= maxSessions {
		clear(s.known) // each is asked once more, no more than that
	}
	s.known[person] = s.clock()
}

func (s *sessions) drop(person string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, person)
	delete(s.back, person)
}

// routed is the message by which the house learns that a seat has the sender of m, nil when the bot has. The account's own rules may give
// the first message of a session to the queue or to a seat, and no event tells so: unasked, the bot would talk over the seat.
func (a *Adapter) routed(ctx context.Context, m chat.Message) *chat.Message {
	person := m.From.Peer
	switch {
	case m.Kind == chat.Native: // we are told
		a.sessions.drop(person)
		if m.Event == chat.NativeBegan {
			a.sessions.add(person)
		}
		return nil
	case m.Kind != chat.Said && m.Kind != chat.Chose, a.sessions.has(person):
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, stateWithin)
	defer cancel()
	s, err := a.state(ctx, m.From)
	if err != nil && ctx.Err() == nil {
		s, err = a.state(ctx, m.From) // a hiccup, in which the bot would talk over a seat
	}
	if err != nil {
		return nil // the platform refuses what it does not permit, and Send asks then
	}
	a.sessions.add(person)
	if s.State != inPool && s.State != withSeat {
		return nil
	}
	return &chat.Message{ID: "n-" + m.ID, Kind: chat.Native, Event: chat.NativeBegan, Name: s.Seat, From: m.From, At: m.At}
}
