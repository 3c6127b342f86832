package person

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// tellings bounds how often a conversation is told again because what is known changed meanwhile.
const tellings = 8

// telling is what is told beside whose a conversation is.
type telling struct {
	trace  bool
	joined string // how the channel is called with which it was linked by a code
}

// truth is whose conversation a is, as it is told.
func (p *People) truth(ctx context.Context, a chat.Address) (session.Linked, error) {
	is, err := p.d.Kept.Linked(ctx, a)
	if err != nil || is.User == "" {
		return is, err
	}
	all, err := p.Conversations(ctx, is.User)
	for _, o := range all {
		if o != a && p.d.Channel(o.Channel) {
			is.Others = append(is.Others, session.Other{At: o, Where: p.d.Where(o.Channel)})
		}
	}
	if made(is.User) {
		is.User = "" // the product knows no such user
	}
	return is, err
}

// tell posts what is known of the person of a. Another process may do the same with something newer or older, and nobody knows whose
// message comes last: so whoever told something that is not true any more tells again.
func (p *People) tell(ctx context.Context, a chat.Address, more telling) error {
	if !p.d.Channel(a.Channel) {
		return nil // it is told when the channel comes back and the product speaks of the user again
	}
	for range tellings {
		is, err := p.truth(ctx, a)
		if err != nil {
			return err
		}
		if err := p.say(ctx, a, is, more); err != nil {
			return err
		}
		now, err := p.truth(ctx, a)
		if err != nil {
			return err
		}
		if now.User == is.User && sameProfile(now.Profile, is.Profile) && slices.Equal(now.Others, is.Others) {
			return nil
		}
		more = telling{trace: more.trace || now.User != is.User}
	}
	return fmt.Errorf("a conversation of channel %s is linked and unlinked all the time: its last change may not be told", a.Channel)
}

// tellAll tells the conversations of user, but for those that know already.
func (p *People) tellAll(ctx context.Context, user string, but ...chat.Address) error {
	all, err := p.Conversations(ctx, user)
	return errors.Join(err, p.tellThese(ctx, all, but...))
}

func (p *People) tellThese(ctx context.Context, all []chat.Address, but ...chat.Address) (err error) {
	for _, a := range all {
		if written(a) && !slices.Contains(but, a) {
			err = errors.Join(err, p.tell(ctx, a, telling{}))
		}
	}
	return err
}

func (p *People) say(ctx context.Context, a chat.Address, is session.Linked, more telling) error {
	if is.User == "" && len(is.Others) == 0 { // nobody needs to be told that a conversation that never was is nobody's
		if _, err := p.d.Look(ctx, a); errors.Is(err, session.ErrUnknown) {
			return nil
		} else if err != nil {
			return err
		}
	}
	if !more.trace {
		is.Trace = nil
	}
	is.Joined = more.joined
	data, err := json.Marshal(is)
	if err != nil {
		return err
	}
	id, err := p.newID("linked:")
	if err != nil {
		return err
	}
	news := chat.Message{ID: id, Kind: chat.Linked, From: a, Data: data, At: p.d.Clock()}
	if _, err := p.d.Post(ctx, news); err != nil {
		return err
	}
	p.d.Kick(a)
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
