package redis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/xianda-bot/xianda/dialog/session"
)

// unreachable lets every command fail whose key matches, as if its master were gone.
type unreachable func(cmd redis.Cmder) bool

var errGone = errors.New("dial tcp 127.0.0.1:1: connect: connection refused")

func (u unreachable) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (u unreachable) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if u(cmd) {
			cmd.SetErr(errGone)
			return errGone
		}
		return next(ctx, cmd)
	}
}

func (u unreachable) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		var reached []redis.Cmder
		failed := false
		for _, cmd := range cmds {
			if u(cmd) {
				cmd.SetErr(errGone)
				failed = true
			} else {
				reached = append(reached, cmd)
			}
		}
		if len(reached) > 0 {
			if err := next(ctx, reached); err != nil {
				return err
			}
		}
		if failed {
			return errGone
		}
		return nil
	}
}

func TestDueShowsWhatCanBeReached(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		gone func(own string, cmd redis.Cmder) bool // own: the key that the conversation is listed in
		want bool
	}{
		{"all but one", func(own string, cmd redis.Cmder) bool {
			return strings.HasPrefix(key(cmd), "xianda:{") && key(cmd) != own
		}, true},
		{"the clock of the node asked", func(_ string, cmd redis.Cmder) bool { return cmd.Name() == "time" }, true},
		{"its own alone", func(own string, cmd redis.Cmder) bool { return key(cmd) == own }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if _, err := b.s.Accept(t.Context(), b.message("m", ""), session.Terms{Post: true}); err != nil {
				t.Fatal(err)
			}
			own := b.s.k.place(b.a).due
			b.s.db.AddHook(unreachable(func(cmd redis.Cmder) bool { return tt.gone(own, cmd) }))
			got, err := b.s.Due(t.Context(), 10)
			if err != nil || (len(got) == 1) != tt.want {
				t.Errorf("Due = %v, %v, want the conversation: %v", got, err, tt.want)
			}
		})
	}
}

func TestDueFailsWhenNothingCanBeReached(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.s.db.AddHook(unreachable(func(redis.Cmder) bool { return true }))
	if got, err := b.s.Due(t.Context(), 10); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Due = %v, %v, want ErrUnavailable", got, err)
	}
}

// key is what a command of one key works on.
func key(cmd redis.Cmder) string {
	if args := cmd.Args(); len(args) > 1 {
		return fmt.Sprint(args[1])
	}
	return ""
}
