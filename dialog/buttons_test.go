package dialog_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
)

// Whether an answer helped is asked where it costs a tap, not a number to type: a channel that shows one choice only, a link card, has no
// list to tap at.
func TestSolvedIsAskedWithButtonsOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		caps chat.Caps
		want string
	}{
		{"buttons", chat.Caps{Push: chat.Full, Choices: chat.Full, MaxChoices: 10}, "[已解决 没解决]"},
		{"any number of buttons", chat.Caps{Push: chat.Full, Choices: chat.Full}, "[已解决 没解决]"},
		{"numbered", chat.Caps{Push: chat.Full}, "[]"},
		{"link cards", chat.Caps{Push: chat.Full, Choices: chat.Part, MaxChoices: 1}, "[]"},
	} {
		synctest.Test(t, func(t *testing.T) {
			store := sessiontest.NewMemory(time.Now)
			h := newHost(t, store, c.caps, dialog.Options{})
			m := said("m", "营业时间是几点", 0)
			m.ReplyBy = time.Time{}
			if _, err := h.Turn(t.Context(), m); !errors.Is(err, chat.ErrLater) {
				t.Fatalf("%s: Turn = %v, want the answer pushed", c.name, err)
			}
			time.Sleep(time.Second) // the turn goes on behind the acknowledgement
			lent, err := store.Lend(t.Context(), ann, time.Minute)
			if err != nil || len(lent.Loans) != 1 {
				t.Fatalf("%s: Lend = %+v, %v, want the answer", c.name, lent, err)
			}
			var r chat.Reply
			if err := json.Unmarshal(lent.Loans[0].Body, &r); err != nil {
				t.Fatal(err)
			}
			var labels []string
			for _, x := range r.Choices {
				labels = append(labels, x.Label)
			}
			if got := fmt.Sprint(labels); got != c.want || r.Text != "早上九点到晚上九点。" {
				t.Errorf("%s: %q with %s, want the answer with %s", c.name, r.Text, got, c.want)
			}
		})
	}
}
