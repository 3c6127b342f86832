package dialog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
	"github.com/xianda-bot/xianda/handoff"
)

// TestQueueLine holds that a person who waits reads how many are ahead when somebody is, and nothing about a queue when nobody is.
func TestQueueLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		waiting int
		want    string
	}{
		{0, "正在为您转人工。请稍候"},
		{2, "正在为您转人工。您前面还有 2 位在排队。请稍候"},
	} {
		store := sessiontest.NewMemory(time.Now)
		h := newHost(t, store, chat.Caps{Push: chat.Full, Passive: 1}, dialog.Options{
			Look: func() map[string]handoff.Standing {
				return map[string]handoff.Standing{"default": {Seats: 1, Waiting: c.waiting}}
			},
		})
		var last []chat.Reply
		for _, id := range []string{"1", "2"} { // the second time the case waits already
			var err error
			if last, err = h.Turn(t.Context(), said(id, "人工", time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		if got := words(last); !strings.HasPrefix(got, c.want) {
			t.Errorf("%d ahead: %q, want %q first", c.waiting, got, c.want)
		}
	}
}
