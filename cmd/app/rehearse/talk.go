package rehearse

import (
	"context"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Talk is one conversation with a release, line by line, as "xianda chat" leads it. It is for one caller at a time.
type Talk struct {
	s *stage
	n int // things that happened
}

// Open begins a conversation as given says; Close ends it.
func Open(rel *release.Release, given Given, o Options) (*Talk, error) {
	if given.Channel == "" {
		given.Channel = "wechat"
	}
	if given.Clock.IsZero() {
		given.Clock = defaultClock()
	}
	s, err := newStage(rel, Test{Name: "talk", Given: given}, o)
	if err != nil {
		return nil, err
	}
	return &Talk{s: s}, nil
}

// Enter plays what came before and the arrival, and returns what it brings.
func (t *Talk) Enter(ctx context.Context) ([]chat.Reply, error) {
	t.s.shown = nil
	err := t.s.begin(ctx)
	return t.s.shown, err
}

// Do lets one thing happen and returns everything that is shown because of it. Under a clock of its own (Options.Clock), the caller has
// let the time of a Wait pass already.
func (t *Talk) Do(ctx context.Context, turn Turn) ([]chat.Reply, error) {
	t.s.shown = nil
	t.n++
	err := t.s.act(ctx, t.n, turn)
	return t.s.shown, err
}

// View is the conversation as the store has it; session.ErrUnknown before anything happened.
func (t *Talk) View(ctx context.Context) (*session.View, error) {
	return t.s.store.Look(ctx, t.s.address())
}

// Case is the case of the conversation that is open; an error when there is none.
func (t *Talk) Case(ctx context.Context) (*chat.Case, error) { return t.s.openCase(ctx) }

// Close throws everything away.
func (t *Talk) Close() error { return t.s.close() }
