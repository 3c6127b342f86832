// Package person knows which conversations are one person's, and tells them: by the product's word, by a platform's id of the person, or by
// a code that the person carries from one to the other. It judges nothing: whatever it has to say is a message in a conversation's mailbox.
package person

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Deps are what People works on. Random, Clock and Where may be left out.
type Deps struct {
	Kept    session.People
	Vault   adapters.Vault
	Look    func(ctx context.Context, a chat.Address) (*session.View, error)
	Channel func(name string) bool // there is one of this name
	Post    func(ctx context.Context, m chat.Message) (fresh bool, err error)
	Kick    func(a chat.Address) // lets the conversation be judged and paid now; it may take a while
	Count   func(metric string, labels ...string)
	Where   func(channel string) string // how a channel is called, for people; default: its name
	Random  io.Reader                   // cryptographic; default: crypto/rand
	Clock   func() time.Time            // default: time.Now
}

// People knows whose conversations are. What is said of them is kept first and told then, by messages to the conversations' mailboxes: so
// it is seen in their next turn, and a call that failed half-way is completed when it is made again. It is safe for concurrent use.
type People struct{ d Deps }

// New returns People over d.
func New(d Deps) *People {
	if d.Random == nil {
		d.Random = rand.Reader
	}
	if d.Clock == nil {
		d.Clock = time.Now
	}
	if d.Where == nil {
		d.Where = func(channel string) string { return channel }
	}
	return &People{d}
}

// SetProfile replaces what is known of user.
func (p *People) SetProfile(ctx context.Context, user string, profile session.Profile) error {
	if err := p.d.Kept.SetProfile(ctx, user, profile); err != nil {
		return err
	}
	links, err := p.d.Kept.Links(ctx, user)
	for _, a := range links {
		err = errors.Join(err, p.tell(ctx, a, telling{}))
	}
	return err
}

// Link makes a the user's, by the product's word. Conversations that had proven to be of the same person and that are no user's follow.
func (p *People) Link(ctx context.Context, user string, a chat.Address) error {
	if !p.d.Channel(a.Channel) {
		return session.ErrUnknown
	}
	unlock, err := p.lock(ctx, a.String())
	if err != nil {
		return err
	}
	was, err := p.d.Kept.Linked(ctx, a)
	if err == nil && made(was.User) {
		unlock() // the other lock comes first
		if unlock, err = p.lock(ctx, joining, a.String()); err != nil {
			return err
		}
		was, err = p.d.Kept.Linked(ctx, a)
	}
	defer unlock()
	if err != nil {
		return err
	}
	if made(was.User) {
		return p.move(ctx, was.User, user)
	}
	before, err := p.leaves(ctx, a, was.User, user)
	if err != nil {
		return err
	}
	if err := p.bind(ctx, user, a); err != nil {
		return err
	}
	if err := errors.Join(p.tell(ctx, a, telling{trace: true}), p.tellAll(ctx, user, a), p.tellThese(ctx, before, a)); err != nil {
		return err
	}
	return p.erase(ctx, leavingKey(a))
}

func (p *People) bind(ctx context.Context, user string, a chat.Address) error {
	err := p.d.Kept.Link(ctx, user, a)
	if errors.Is(err, session.ErrFull) {
		p.d.Count("people_refused", "links")
	}
	return err
}

// Unlink takes a from user; from whoever has it when user is "".
func (p *People) Unlink(ctx context.Context, user string, a chat.Address) error {
	is, err := p.d.Kept.Linked(ctx, a)
	if err != nil {
		return err
	}
	if user != "" && is.User != "" && is.User != user {
		return p.tell(ctx, a, telling{})
	}
	before, err := p.leaves(ctx, a, is.User, "")
	if err != nil {
		return err
	}
	if err := p.d.Kept.Unlink(ctx, user, a); err != nil {
		return err
	}
	err = p.tell(ctx, a, telling{})
	for _, o := range before {
		err = errors.Join(err, p.tidy(ctx, o))
	}
	if err := errors.Join(err, p.tellThese(ctx, before, a)); err != nil {
		return err
	}
	return p.erase(ctx, leavingKey(a))
}

func leavingKey(a chat.Address) string { return key("leaving", a) }

// leaves notes which conversations have to be told that a leaves its person, so that a call made again after it failed half-way, or by
// another process, tells them too: by then nothing else says whose a was. to: a goes to this user; "" is nobody.
func (p *People) leaves(ctx context.Context, a chat.Address, from, to string) (others []chat.Address, err error) {
	noted, err := p.d.Vault.Get(ctx, leavingKey(a))
	if err != nil {
		return nil, err
	}
	if noted != "" {
		if err := json.Unmarshal([]byte(noted), &others); err != nil {
			return nil, fmt.Errorf("who is to be told: %w", err)
		}
	}
	if from == "" || from == to {
		return others, nil
	}
	all, err := p.d.Kept.Links(ctx, from)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if o != a && !slices.Contains(others, o) {
			others = append(others, o)
		}
	}
	if len(others) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(others)
	if err != nil {
		return nil, err
	}
	return others, p.d.Vault.Put(ctx, leavingKey(a), string(text), leavingKept)
}

const leavingKept = 24 * time.Hour

// Happened keeps an operation of user and puts it into each of their conversations.
func (p *People) Happened(ctx context.Context, user, id string, m chat.Message) (fresh bool, err error) {
	kept, fresh, err := p.d.Kept.Happened(ctx, user, id, session.Operation{Kind: m.Event, At: m.At, Data: m.Data})
	if errors.Is(err, chat.ErrBusy) {
		p.d.Count("people_refused", "events")
	}
	if err != nil {
		return false, err
	}
	m.Event, m.At, m.Data = kept.Kind, kept.At, kept.Data
	links, err := p.d.Kept.Links(ctx, user)
	for _, a := range links {
		if !p.d.Channel(a.Channel) {
			continue
		}
		m.From = a
		here, e := p.hear(ctx, m)
		err = errors.Join(err, e)
		if here {
			fresh = true
			p.d.Kick(a)
		}
	}
	return fresh, err
}

// hear posts an operation to a conversation. One that was forgotten after a long silence is told first whose it is.
func (p *People) hear(ctx context.Context, m chat.Message) (fresh bool, err error) {
	if err := p.acquaint(ctx, m.From); err != nil {
		return false, err
	}
	return p.d.Post(ctx, m)
}

// acquaint tells a conversation that was forgotten after a long silence whose it is.
func (p *People) acquaint(ctx context.Context, a chat.Address) error {
	_, err := p.d.Look(ctx, a)
	if errors.Is(err, session.ErrUnknown) {
		return p.tell(ctx, a, telling{trace: true})
	}
	return err
}

// Of is the person of a conversation: the user's id ("" for one of the house's own making), and their other conversations.
func (p *People) Of(ctx context.Context, a chat.Address) (user string, others []chat.Address, err error) {
	is, err := p.d.Kept.Linked(ctx, a)
	if err != nil || is.User == "" {
		return "", nil, err
	}
	all, err := p.Conversations(ctx, is.User)
	others = slices.DeleteFunc(all, func(o chat.Address) bool { return o == a })
	if made(is.User) {
		return "", others, err
	}
	return is.User, others, err
}

// Conversations are those of a user that people write in: without the platforms' ids of the person, which are kept among them.
func (p *People) Conversations(ctx context.Context, user string) ([]chat.Address, error) {
	all, err := p.d.Kept.Links(ctx, user)
	return slices.DeleteFunc(all, func(a chat.Address) bool { return !written(a) }), err
}

// made tells whether a user is of the house's own making.
func made(user string) bool { return strings.HasPrefix(user, session.OwnUser) }
