package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// hiccups are a platform's seats that answer with an error first, as often as there are some.
type hiccups struct {
	adapters.NativeSeats
	errs  []error
	asked int
}

func (h *hiccups) FreeSeat(context.Context, chat.Address) (string, error) {
	h.asked++
	if h.asked <= len(h.errs) {
		return "", h.errs[h.asked-1]
	}
	return "lisi", nil
}

// A platform that is busy for a moment is asked twice before somebody is told that nobody is there; one that refuses is not.
func TestFreeSeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := &chat.Failure{Kind: chat.Temporary, Err: errors.New("busy")}
		late, cancel := context.WithCancel(t.Context())
		cancel()
		for _, c := range []struct {
			name  string
			ctx   context.Context
			errs  []error
			want  string
			asked int
		}{
			{"at once", t.Context(), nil, "lisi", 1},
			{"busy once", t.Context(), []error{busy}, "lisi", 2},
			{"busy still", t.Context(), []error{busy, busy}, "", 2},
			{"refused", t.Context(), []error{&chat.Failure{Kind: chat.Auth, Err: errors.New("no")}}, "", 1},
			{"no time left", late, []error{busy}, "", 1},
		} {
			seats := &hiccups{errs: c.errs}
			got, err := freeSeat(c.ctx, seats, chat.Address{Channel: "shop", Peer: "ann"})
			if got != c.want || (err == nil) != (c.want != "") || seats.asked != c.asked {
				t.Errorf("%s: %q, %v after %d questions, want %q after %d", c.name, got, err, seats.asked, c.want, c.asked)
			}
		}
	})
}
