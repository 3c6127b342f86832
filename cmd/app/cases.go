package app

import (
	"context"
	"log/slog"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/person"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// cases is the queue as seats see it: a case shows what the person did in their other conversations, as long as those are theirs. It is
// looked up when the case is read and kept nowhere, so that nothing has to be erased from cases when the person unlinks one or it is
// forgotten. When a seat takes a case or gives it back, the other conversations are told.
type cases struct {
	handoff.Queue
	look   func(ctx context.Context, a chat.Address) (*session.View, error)
	people *person.People
	log    *slog.Logger
}

// Case returns one whole.
func (c cases) Case(ctx context.Context, id string) (*chat.Case, error) {
	k, err := c.Queue.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	return c.whole(ctx, k), nil
}

// Claim gives a waiting case to seat.
func (c cases) Claim(ctx context.Context, id, seat string) (*chat.Case, error) {
	k, err := c.Queue.Claim(ctx, id, seat)
	if err != nil {
		return nil, err
	}
	c.told(ctx, k)
	return c.whole(ctx, k), nil
}

// Transfer gives the case to another queue or seat.
func (c cases) Transfer(ctx context.Context, id, queue, seat string) (*chat.Case, error) {
	k, err := c.Queue.Transfer(ctx, id, queue, seat)
	if err == nil {
		c.told(ctx, k)
	}
	return k, err
}

// told lets the person's other conversations know where the case stands. Should that fail, they learn it when somebody speaks.
func (c cases) told(ctx context.Context, k *chat.Case) {
	if err := c.people.Look(ctx, k.Conversation); err != nil {
		c.log.Warn("the person's other conversations do not know yet where the case stands", "channel", k.Conversation.Channel, "error", err)
	}
}

// whole adds what is known from elsewhere; k is the caller's own. What cannot be looked up is left out: the case itself must be seen.
func (c cases) whole(ctx context.Context, k *chat.Case) *chat.Case {
	if k.State == chat.Over {
		return k
	}
	v, err := c.look(ctx, k.Conversation)
	if err != nil {
		return k
	}
	k.Elsewhere = elsewhere(v.Session)
	if w := v.Session.Waiting; w != nil && w.Case == k.ID {
		for name, carried := range w.Carried {
			if k.Slots == nil {
				k.Slots = map[string]string{}
			}
			k.Slots[name] = carried.Value
		}
	}
	return k
}

// elsewhere is what a seat sees of the person's other conversations.
func elsewhere(s session.Session) []chat.Elsewhere {
	var all []chat.Elsewhere
	for _, m := range s.Mates {
		if m.Known == nil {
			continue
		}
		e := chat.Elsewhere{Conversation: m.At, Asked: m.Known.Asked, Tried: m.Known.Tried, Slots: map[string]string{}}
		for name, g := range m.Known.Given {
			e.Slots[name] = g.Value
		}
		if p := m.Known.Place; p != nil {
			e.Dialog = p.Dialog
			for name, value := range p.Slots {
				e.Slots[name] = value
			}
		}
		if open := m.Known.Case; open != nil {
			e.Wanted = open.Wanted
		}
		all = append(all, e)
	}
	return all
}
