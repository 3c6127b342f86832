package app

import (
	"context"
	"errors"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/admin"
	"github.com/xianda-bot/xianda/cmd/app/media"
	"github.com/xianda-bot/xianda/cmd/app/person"
	"github.com/xianda-bot/xianda/dialog/session"
)

var _ admin.People = (*person.People)(nil)

// newPeople knows which conversations of this house are one person's.
func (h *House) newPeople() *person.People {
	return person.New(person.Deps{
		Kept: h.store.People(), Vault: h.store.Vault(), Look: h.store.Look, Post: h.post, Kick: h.kick, Count: h.metrics.Count, Where: h.where,
		Channel: func(name string) bool { _, ok := h.adapter(name); return ok },
	})
}

// cases are the queue as seats see it.
func (h *House) cases() cases {
	return cases{Queue: h.store.Queue(), look: h.store.Look, people: h.people, log: h.log}
}

// identifier is the channel's platform, if it tells who a person is over several accounts; nil: it does not.
func (h *House) identifier(channel string) adapters.Identifier {
	at, _ := h.adapter(channel)
	identifier, _ := at.(adapters.Identifier)
	return identifier
}

// union asks a platform for its id of the person over several accounts.
func (h *House) union(ctx context.Context, a chat.Address) (string, error) {
	identifier := h.identifier(a.Channel)
	if identifier == nil {
		return "", person.ErrNoUnion // taken out of the configuration meanwhile
	}
	return identifier.Union(ctx, a)
}

// where is how a channel is called when the house speaks of it to people: by its kind, and by its name too when there are two of the kind.
func (h *House) where(channel string) string {
	c := h.wired.Load().channels
	kind := c.Kind(channel)
	title := h.o.Registry[kind].Spoken
	if title == "" {
		return channel
	}
	for _, name := range c.order {
		if name != channel && c.Kind(name) == kind {
			return title + " " + channel
		}
	}
	return title
}

// conversations is the store as the admin API sees it: what is forgotten is also nobody's any more.
type conversations struct {
	session.Store
	people *person.People
	media  *media.Keeper // nil: nothing is kept
}

// Forget takes the conversation from its person first: should it fail behind that, the call made again still forgets the rest.
func (c conversations) Forget(ctx context.Context, a chat.Address) error {
	if err := c.people.Forget(ctx, a); err != nil {
		return err
	}
	if err := c.Store.Forget(ctx, a); err != nil && !errors.Is(err, session.ErrUnknown) || c.media == nil {
		return err
	}
	return c.media.Forget(ctx, a) // last: a payment under way looks whether the conversation is still there
}
