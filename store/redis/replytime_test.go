package redis

import (
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// TestReplyTimeIsRemainingTime: the caller's clock may be wrong; how long it waits is not.
func TestReplyTimeIsRemainingTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		off  time.Duration // the caller's clock
		wait time.Duration // until commit
		want session.DoneState
	}{
		{"behind", -time.Minute, time.Second, session.Passive},
		{"before", time.Minute, 3 * time.Second, session.Pushed},
		{"before, in time", time.Minute, time.Second, session.Passive},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			caller := func() time.Time { return b.now().Add(tt.off) }
			s, err := Open(t.Context(), b.url, Options{Log: quiet, Clock: caller, Skew: func() time.Duration { return time.Duration(b.skew.Load()) }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			m := b.message("m1", "")
			m.ReplyBy = caller().Add(2 * time.Second)
			got, err := s.Accept(t.Context(), m, terms)
			if err != nil || got.Claim == nil {
				t.Fatalf("Accept = %+v, %v, want its claim", got, err)
			}
			if left := got.Claim.Message.ReplyBy.Sub(got.Claim.Now); left < time.Second || left > 3*time.Second {
				t.Errorf("the claim says that %v are left, want about 2s", left)
			}
			if again, err := s.ClaimReply(t.Context(), m); err != nil || !again.Waiting {
				t.Errorf("ClaimReply = %+v, %v, want waiting", again, err)
			}
			b.pass(tt.wait)
			done := b.commit(got.Claim, session.Outcome{Passive: []chat.Reply{{Key: "p"}}, Instead: []chat.Debt{b.debt("p", "")}})
			if done.Done.State != tt.want {
				t.Errorf("Commit %v after Accept = %s, want %s", tt.wait, done.Done.State, tt.want)
			}
			if tt.want != session.Passive {
				return
			}
			b.pass(2*time.Second - tt.wait + session.MinRedelivery - time.Second)
			b.due(0)
			b.pass(2 * time.Second)
			b.due(1)
		})
	}
}

// TestAskingAgainWritesNothing: who waits for a turn of another process asks often, and the way there takes now longer, now shorter.
func TestAskingAgainWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.message("m1", "")
	m.ReplyBy = b.now().Add(4 * time.Second)
	b.accept(m)
	before := b.calls()["hset"]
	for range 20 {
		if got, err := b.s.ClaimReply(t.Context(), m); err != nil || !got.Waiting {
			t.Fatalf("ClaimReply = %+v, %v, want waiting", got, err)
		}
	}
	if after := b.calls()["hset"]; after != before {
		t.Errorf("HSET ran %s times, want %s as before ClaimReply", after, before)
	}
}
