package rehearse

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
)

// platform answers what a turn asks the house of the platform's own seats.
type platform struct{ s *stage }

// Call answers from given.native and what happened since.
func (p platform) Call(ctx context.Context, c dialog.Call) (json.RawMessage, error) {
	seat := p.s.test.Given.Native
	switch c.Name {
	case dialog.AskFreeSeat:
		return json.Marshal(map[string]string{"seat": seat})
	case dialog.AskNative:
		state := p.s.native
		if state == "" {
			state = chat.NativeNone
		}
		return json.Marshal(map[string]string{"state": string(state), "seat": seat})
	}
	if answer := p.s.persons.Answers()[c.Name]; answer != nil {
		got, err := answer(ctx, c)
		if err != nil {
			return nil, err
		}
		return json.Marshal(got)
	}
	return nil, fmt.Errorf("a rehearsal has no answer to %s", c.Name)
}

// handedOver notes what a reply does to the conversation, and tells whether the person sees nothing of it.
func (s *stage) handedOver(r chat.Reply) bool {
	switch r.Native {
	case "":
		return false
	case chat.EndSeat:
		s.native = chat.NativeNone
	default:
		s.native = chat.NativeWaiting
	}
	return true
}

// nativeLost: the platform's own seat is done, and nobody hears of it.
const nativeLost = "lost"

// nativeDid lets the platform's own seat take the conversation or leave it.
func (s *stage) nativeDid(ctx context.Context, what string) error {
	m := chat.Message{Kind: chat.Native, Event: what, Name: s.test.Given.Native, At: s.clock()}
	s.native = chat.NativeActive
	if what != chat.NativeBegan {
		s.native = chat.NativeNone
	}
	if what == nativeLost {
		return nil
	}
	if what == chat.NativeEnded && s.Caps(s.at).Passive == 0 { // a platform that only pushes grants a last word (Kefu)
		m.Right = &chat.ReplyRight{Pool: "end", Left: 1, Expires: s.clock().Add(20 * time.Second)}
	}
	return s.post(ctx, m)
}
