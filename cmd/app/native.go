package app

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/postman"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
)

var errNoNative = errors.New("the channel has no seats of its own")

// native is the adapter of a conversation, if its platform has seats of its own.
func (h *House) native(a chat.Address) (adapters.NativeSeats, error) {
	at, ok := h.adapter(a.Channel)
	if !ok {
		return nil, errNoNative
	}
	seats, ok := at.(adapters.NativeSeats)
	if !ok {
		return nil, errNoNative
	}
	return seats, nil
}

func (h *House) freeSeat(ctx context.Context, c dialog.Call) (any, error) {
	seats, err := h.native(c.Conversation)
	if err != nil {
		return nil, err
	}
	seat, err := freeSeat(ctx, seats, c.Conversation)
	return map[string]string{"seat": seat}, err
}

// freeSeat asks once more where the platform hiccups: that is no reason to tell somebody that nobody is there.
func freeSeat(ctx context.Context, seats adapters.NativeSeats, to chat.Address) (string, error) {
	seat, err := seats.FreeSeat(ctx, to)
	if f := (*chat.Failure)(nil); !errors.As(err, &f) || f.Kind != chat.Temporary {
		return seat, err
	}
	select {
	case <-time.After(askAgain):
		return seats.FreeSeat(ctx, to)
	case <-ctx.Done():
		return "", err
	}
}

// askAgain is the pause before a platform is asked for a free seat once more.
const askAgain = 200 * time.Millisecond

func (h *House) nativeState(ctx context.Context, c dialog.Call) (any, error) {
	seats, err := h.native(c.Conversation)
	if err != nil {
		return nil, err
	}
	state, seat, err := seats.NativeState(ctx, c.Conversation)
	return map[string]string{"state": string(state), "seat": seat}, err
}

// lost tells a conversation that a seat of the platform's own could not be given it: the case waits for a seat of the house then.
func (h *House) lost(l postman.Loan, why chat.FailureKind) {
	var r chat.Reply
	if json.Unmarshal(l.Body, &r) != nil || r.Native == "" || r.Native == chat.EndSeat {
		return
	}
	h.beside.run(lostWithin, func(ctx context.Context) {
		m := chat.Message{ID: "lost:" + l.ID, Kind: chat.Undelivered, From: l.To, Of: r.Key, Event: string(why), At: time.Now()}
		for pause := 100 * time.Millisecond; ; pause *= 2 {
			_, err := h.host.Post(ctx, m)
			if err == nil {
				h.resume(ctx, l.To)
				return
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				h.log.Error("a seat of the platform could not be given a conversation, and it was not told", "channel", l.To.Channel, "error", err)
				return
			}
		}
	})
}

// lostWithin is how long telling a conversation is tried. If it fails, the person's next message finds out by itself.
const lostWithin = 20 * time.Second
