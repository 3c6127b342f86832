package rehearse

import (
	"context"
	"fmt"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

// Result is how one test went.
type Result struct {
	Test     string   `json:"test"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Channel  string   `json:"channel"`
	Failures []string `json:"failures,omitempty"` // empty: it passed
}

// ParseAll reads every test of the release.
func ParseAll(rel *release.Release) (tests []Test, findings []script.Finding) {
	for _, src := range rel.Tests {
		more, found := Parse(src)
		tests, findings = append(tests, more...), append(findings, found...)
	}
	return tests, findings
}

// Run plays tests, each on every channel that it names, in order. An error is the end of ctx; what cannot be played is a failure.
func Run(ctx context.Context, rel *release.Release, tests []Test, o Options) ([]Result, error) {
	all := []Result{}
	for _, t := range tests {
		for _, kind := range t.Channels {
			t.Given.Channel = kind
			failures := play(ctx, rel, t, o)
			if err := ctx.Err(); err != nil {
				return all, err
			}
			all = append(all, Result{Test: t.Name, File: t.Pos.File, Line: t.Pos.Line, Channel: kind, Failures: failures})
			if o.Played != nil {
				o.Played()
			}
		}
	}
	return all, nil
}

func play(ctx context.Context, rel *release.Release, t Test, o Options) (failures []string) {
	s, err := newStage(rel, t, o)
	if err != nil {
		return []string{err.Error()}
	}
	defer func() {
		if err := s.close(); err != nil {
			failures = append(failures, err.Error())
		}
	}()
	if err := s.begin(ctx); err != nil {
		return []string{"given: " + err.Error()}
	}
	for i, turn := range t.Turns {
		where := fmt.Sprintf("line %d, turn %d: ", turn.Pos.Line, i+1)
		found, err := s.turn(ctx, i, turn)
		for _, f := range found {
			failures = append(failures, where+f)
		}
		if err != nil { // what follows would only be confused by it
			return append(failures, where+err.Error())
		}
	}
	return append(failures, s.atEnd(ctx)...)
}

// turn lets one thing happen and compares what came of it.
func (s *stage) turn(ctx context.Context, i int, t Turn) ([]string, error) {
	if t.acts() || i > 0 || t.Channel != "" { // a first turn without an act looks at what the arrival brought
		s.shown, s.own = nil, 0
	}
	if err := s.turnTo(t.Channel, t.acts()); err != nil {
		return nil, err
	}
	if err := s.act(ctx, i, t); err != nil {
		return nil, err
	}
	return s.compare(ctx, i, t.Expect)
}

// acts tells whether something happens in the turn.
func (t Turn) acts() bool {
	return t.User != nil || t.Choose != "" || t.Media != "" || t.Seat != "" || t.Close != "" || t.Native != "" ||
		t.Wait > 0 || t.Event != nil || t.Enter != nil || t.Restart || t.Publish || t.Forget
}

// act lets the turn's thing happen.
func (s *stage) act(ctx context.Context, i int, t Turn) error {
	switch {
	case t.User != nil:
		return s.person(ctx, chat.Message{Kind: chat.Said, Text: s.typed(*t.User)})
	case t.Media != "":
		return s.person(ctx, chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: t.Media, Ref: "media-1"}}})
	case t.Choose != "":
		id, err := s.tap(ctx, t.Choose)
		if err != nil {
			return err
		}
		return s.person(ctx, chat.Message{Kind: chat.Chose, Choice: id, Text: t.Choose})
	case t.Seat != "":
		return s.seatSays(ctx, i, t.Seat)
	case t.Close != "":
		c, err := s.openCase(ctx)
		if err != nil {
			return err
		}
		if _, err := s.store.Queue().Close(ctx, c.ID, t.Close); err != nil {
			return err
		}
	case t.Native != "":
		return s.nativeDid(ctx, t.Native)
	case t.Event != nil:
		return s.event(ctx, *t.Event)
	case t.Enter != nil:
		return s.arrive(ctx, *t.Enter)
	case t.Wait > 0:
		return s.pass(ctx, t.Wait)
	case t.Forget:
		return s.forget(ctx)
	case t.Restart:
		s.restart()
	case t.Publish:
		s.publish()
	default:
		return nil
	}
	return s.pump(ctx)
}

// tap finds the choice with this label in what the person sees.
func (s *stage) tap(ctx context.Context, label string) (string, error) {
	v, err := s.store.Look(ctx, s.address())
	if err != nil {
		return "", err
	}
	if v.Session.Offer != nil {
		for _, i := range v.Session.Offer.Items {
			if i.Label == label {
				return i.ID, nil
			}
		}
	}
	return "", fmt.Errorf("choose: %q is not on offer", label)
}

func (s *stage) seatSays(ctx context.Context, i int, text string) error {
	c, err := s.openCase(ctx)
	if err != nil {
		return err
	}
	q := s.store.Queue()
	if c.State == chat.Waiting {
		if _, err := q.Claim(ctx, c.ID, seat); err != nil {
			return err
		}
		if err := s.persons.Look(ctx, c.Conversation); err != nil {
			return err
		}
		if err := s.pump(ctx); err != nil {
			return err
		}
	}
	if _, err := q.Reply(ctx, c.ID, seat, text, fmt.Sprintf("r%d", i)); err != nil {
		return err
	}
	return s.pump(ctx)
}
