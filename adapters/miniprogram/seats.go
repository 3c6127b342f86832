package miniprogram

import (
	"context"

	"github.com/xianda-bot/xianda/chat"
)

// FreeSeat returns a seat of the platform that is there now, "" when none is or the mini-program has none.
func (a *Adapter) FreeSeat(ctx context.Context, to chat.Address) (string, error) {
	return a.seats.Free(ctx, to.Peer)
}

// NativeState tells whether a seat of the platform has the person, or they wait for one.
func (a *Adapter) NativeState(ctx context.Context, to chat.Address) (chat.NativeState, string, error) {
	return a.seats.State(ctx, to.Peer)
}
