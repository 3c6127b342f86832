package rehearse

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/xianda-bot/xianda/adapters/postman"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/person"
	"github.com/xianda-bot/xianda/dialog/session"
)

// A test may have several conversations of one person, each on a kind of channel of its own (channel:).

// turnTo goes to the conversation on a kind of channel; "" is the one of given. When nothing happens there, the turn looks at what was
// shown meanwhile.
func (s *stage) turnTo(kind string, acts bool) error {
	if kind == "" {
		kind = s.test.Given.Channel
	}
	if _, ok := s.kinds[kind]; !ok {
		caps, ok := s.o.Caps(kind)
		if !ok {
			return fmt.Errorf("channel: there is no kind %q", kind)
		}
		s.kinds[kind] = caps
	}
	s.at = chat.Address{Channel: kind, Peer: peer}
	if !acts {
		s.shown = append(s.shown, s.meanwhile[s.at]...)
		delete(s.meanwhile, s.at)
	}
	return nil
}

// people are the persons of a rehearsal, over its own store.
func (s *stage) people() *person.People {
	return person.New(person.Deps{
		Kept: s.store.People(), Vault: s.store.Vault(), Look: s.store.Look, Channel: func(string) bool { return true },
		Post:  func(ctx context.Context, m chat.Message) (bool, error) { return s.host.Post(ctx, m) },
		Kick:  func(chat.Address) {}, // pump finds it
		Count: func(string, ...string) {}, Clock: s.clock,
	})
}

// share pays what a turn has to tell the person's other conversations.
func (s *stage) share(ctx context.Context, l session.Loan) error {
	return s.persons.Shares().Pay(ctx, postman.Loan{Debt: l.Debt, Fence: l.Fence})
}

var codeShown = regexp.MustCompile(`\b[2-9A-HJ-NP-Z]{3}-[2-9A-HJ-NP-Z]{3}-[2-9A-HJ-NP-Z]{3}\b`)

// theCode is how a test writes the link code that was shown last.
const theCode = "{link.code}"

// typed is what the person types: a link code in it is the one that was shown last.
func (s *stage) typed(text string) string { return strings.ReplaceAll(text, theCode, s.code) }

// noteCode remembers a link code that is shown.
func (s *stage) noteCode(r chat.Reply) {
	if code := codeShown.FindString(r.Text); code != "" {
		s.code = code
	}
}

// forget erases the conversation of the turn, as the operator's command does.
func (s *stage) forget(ctx context.Context) error {
	return errors.Join(s.persons.Forget(ctx, s.at), s.store.Forget(ctx, s.at), s.pump(ctx))
}
