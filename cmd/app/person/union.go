package person

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Unions learns the platforms' ids of persons (unionid), each conversation's once, apart from their turns: a turn never waits for it, and
// what it cannot ask now it asks another time.
type Unions struct {
	people *People
	ask    func(ctx context.Context, a chat.Address) (string, error)
	log    *slog.Logger
	todo   chan seen
	pace   *rate.Limiter

	mu    sync.Mutex // guards known
	known map[chat.Address]time.Time
}

// seen is a conversation that was heard of; union is what the platform sent along, "" when it sent nothing.
type seen struct {
	a     chat.Address
	union string
}

const (
	askPerSecond = 5
	askWithin    = 8 * time.Second
	askAgain     = 10 * time.Minute    // after a failure
	askRested    = 6 * time.Hour       // for which nothing is looked up, not even in the store
	unionNone    = 7 * 24 * time.Hour  // that a platform gave none is believed for this long
	unionKept    = 90 * 24 * time.Hour // that it gave one
	maxTodo      = 512
	maxKnown     = 20000
)

// ErrNoUnion: the channel's platform has no such ids.
var ErrNoUnion = errors.New("the platform gives no id of the person over several accounts")

// NewUnions returns Unions that asks platforms by ask, which returns ErrNoUnion where there is nothing to ask.
func NewUnions(people *People, ask func(ctx context.Context, a chat.Address) (string, error), log *slog.Logger) *Unions {
	return &Unions{
		people: people, ask: ask, log: log, todo: make(chan seen, maxTodo), pace: rate.NewLimiter(askPerSecond, askPerSecond),
		known: map[chat.Address]time.Time{},
	}
}

// Heard tells of a message of a person. It does not block: when too many wait, their next message asks.
func (u *Unions) Heard(m chat.Message) {
	if m.Kind != chat.Said && m.Kind != chat.Chose && m.Kind != chat.Arrived {
		return
	}
	now := u.people.d.Clock()
	u.mu.Lock()
	defer u.mu.Unlock()
	if until, ok := u.known[m.From]; ok && now.Before(until) {
		return
	}
	if len(u.known) >= maxKnown {
		clear(u.known)
	}
	select {
	case u.todo <- seen{m.From, m.Union}:
		u.known[m.From] = now.Add(askRested)
	default:
		u.people.d.Count("unions", "busy")
	}
}

// Run asks until ctx ends.
func (u *Unions) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-u.todo:
			if err := u.Learn(ctx, s.a, s.union); err != nil && ctx.Err() == nil {
				u.people.d.Count("unions", "failed")
				u.log.Warn("a person's id over several accounts was not learned: it is tried again", "channel", s.a.Channel, "error", err)
				u.mu.Lock()
				u.known[s.a] = u.people.d.Clock().Add(askAgain)
				u.mu.Unlock()
			}
		}
	}
}

func unionKey(a chat.Address) string { return key("union", a) }

func (p *People) dropUnion(ctx context.Context, a chat.Address) error {
	return p.erase(ctx, unionKey(a))
}

const noUnion = "-"

// Learn finds out the platform's id of the person of a, unless that is known, and joins a with the conversations of the same id. union is
// what the platform sent along; "" asks it.
func (u *Unions) Learn(ctx context.Context, a chat.Address, union string) error {
	p := u.people
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	kept, err := p.d.Vault.Get(ctx, unionKey(a))
	if err != nil || kept != "" && (union == "" || kept == unionID(union)) {
		return err
	}
	if union == "" {
		if err := u.pace.Wait(ctx); err != nil {
			return err
		}
		union, err = u.ask(ctx, a)
		if errors.Is(err, ErrNoUnion) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	if realm, id, ok := strings.Cut(union, ":"); !ok || realm == "" || id == "" {
		return p.d.Vault.Put(ctx, unionKey(a), noUnion, unionNone)
	}
	apart, err := p.d.Vault.Get(ctx, apartKey(a))
	if err != nil {
		return err
	}
	if apart == "" {
		err := p.Join(ctx, a, chat.Address{Channel: unionChannel, Peer: unionID(union)}, "")
		if err != nil && !errors.Is(err, session.ErrTwoUsers) && !errors.Is(err, session.ErrFull) {
			return err
		}
		p.d.Count("unions", "learned")
	}
	return p.d.Vault.Put(ctx, unionKey(a), unionID(union), unionKept)
}

// unionID is what is kept of a platform's id: enough to know it again.
func unionID(union string) string {
	sum := sha256.Sum256([]byte("union\x00" + union))
	return hex.EncodeToString(sum[:16])
}
