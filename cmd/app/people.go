package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/admin"
	"github.com/xianda-bot/xianda/cmd/app/media"
	"github.com/xianda-bot/xianda/dialog/session"
)

// people tells conversations what the product says of its users. What is said is kept first and told then, by messages to the
// conversations' mailboxes: so it is seen in their next turn, and a call that failed half-way is completed when it is made again.
type people struct {
	kept    session.People
	look    func(ctx context.Context, a chat.Address) (*session.View, error)
	channel func(name string) bool
	post    func(ctx context.Context, m chat.Message) (fresh bool, err error)
	kick    func(a chat.Address)
	count   func(metric string, labels ...string)
}

var _ admin.People = (*people)(nil)

// SetProfile replaces what is known of user.
func (p *people) SetProfile(ctx context.Context, user string, profile session.Profile) error {
	if err := p.kept.SetProfile(ctx, user, profile); err != nil {
		return err
	}
	links, err := p.kept.Links(ctx, user)
	for _, a := range links {
		err = errors.Join(err, p.tell(ctx, a, false))
	}
	return err
}

// Link makes a the user's.
func (p *people) Link(ctx context.Context, user string, a chat.Address) error {
	if !p.channel(a.Channel) {
		return session.ErrUnknown
	}
	err := p.kept.Link(ctx, user, a)
	if errors.Is(err, session.ErrFull) {
		p.count("people_refused", "links")
	}
	if err != nil {
		return err
	}
	return p.tell(ctx, a, true)
}

// Unlink takes a from user.
func (p *people) Unlink(ctx context.Context, user string, a chat.Address) error {
	if err := p.kept.Unlink(ctx, user, a); err != nil {
		return err
	}
	return p.tell(ctx, a, false)
}

// Happened keeps an operation of user and puts it into each of their conversations.
func (p *people) Happened(ctx context.Context, user, id string, m chat.Message) (fresh bool, err error) {
	kept, fresh, err := p.kept.Happened(ctx, user, id, session.Operation{Kind: m.Event, At: m.At, Data: m.Data})
	if errors.Is(err, chat.ErrBusy) {
		p.count("people_refused", "events")
	}
	if err != nil {
		return false, err
	}
	m.Event, m.At, m.Data = kept.Kind, kept.At, kept.Data
	links, err := p.kept.Links(ctx, user)
	for _, a := range links {
		if !p.channel(a.Channel) {
			continue
		}
		m.From = a
		here, e := p.hear(ctx, m)
		err = errors.Join(err, e)
		if here {
			fresh = true
			p.kick(a)
		}
	}
	return fresh, err
}

// hear posts an operation to a conversation. One that was forgotten after a long silence is told first whose it is.
func (p *people) hear(ctx context.Context, m chat.Message) (fresh bool, err error) {
	if _, err := p.look(ctx, m.From); errors.Is(err, session.ErrUnknown) {
		if err := p.tell(ctx, m.From, true); err != nil {
			return false, err
		}
	} else if err != nil {
		return false, err
	}
	return p.post(ctx, m)
}

// tellings bounds how often a conversation is told again because what is known changed meanwhile.
const tellings = 8

// tell posts what is known of the person of a. Another process may do the same with something newer or older, and nobody knows whose
// message comes last: so whoever told something that is not true any more tells again.
func (p *people) tell(ctx context.Context, a chat.Address, trace bool) error {
	if !p.channel(a.Channel) {
		return nil // it is told when the channel comes back and the product speaks of the user again
	}
	for range tellings {
		is, err := p.kept.Linked(ctx, a)
		if err != nil {
			return err
		}
		if err := p.say(ctx, a, is, trace); err != nil {
			return err
		}
		now, err := p.kept.Linked(ctx, a)
		if err != nil {
			return err
		}
		if now.User == is.User && sameProfile(now.Profile, is.Profile) {
			return nil
		}
		trace = trace || now.User != is.User
	}
	return fmt.Errorf("a conversation of channel %s is linked and unlinked all the time: its last change may not be told", a.Channel)
}

func (p *people) say(ctx context.Context, a chat.Address, is session.Linked, trace bool) error {
	if is.User == "" { // nobody needs to be told that a conversation that never was is nobody's
		if _, err := p.look(ctx, a); errors.Is(err, session.ErrUnknown) {
			return nil
		} else if err != nil {
			return err
		}
	}
	if !trace {
		is.Trace = nil
	}
	data, err := json.Marshal(is)
	if err != nil {
		return err
	}
	if _, err := p.post(ctx, chat.Message{ID: "linked:" + rand.Text(), Kind: chat.Linked, From: a, Data: data, At: time.Now()}); err != nil {
		return err
	}
	p.kick(a)
	return nil
}

func sameProfile(a, b *session.Profile) bool {
	if a == nil || b == nil {
		return a == b
	}
	if !slices.Equal(a.Tags, b.Tags) || len(a.Attributes) != len(b.Attributes) {
		return false
	}
	for name, value := range a.Attributes {
		if !bytes.Equal(value, b.Attributes[name]) {
			return false
		}
	}
	return true
}

// conversations is the store as the admin API sees it: what is forgotten is also nobody's any more.
type conversations struct {
	session.Store
	people session.People
	media  *media.Keeper // nil: nothing is kept
}

// Forget unlinks first: should it fail behind that, the call made again still forgets the rest.
func (c conversations) Forget(ctx context.Context, a chat.Address) error {
	if err := c.people.Unlink(ctx, "", a); err != nil {
		return err
	}
	if err := c.Store.Forget(ctx, a); err != nil && !errors.Is(err, session.ErrUnknown) || c.media == nil {
		return err
	}
	return c.media.Forget(ctx, a) // last: a payment under way looks whether the conversation is still there
}
