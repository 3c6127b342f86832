package dialog_test

import (
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
)

// Who enters a conversation without the platform's permission to greet (WeChat Kefu within 48 h) is not greeted; the scene is kept for
// their first words. With the permission, and where none is needed, they are.
func TestArrivalWithoutARight(t *testing.T) {
	t.Parallel()
	welcome := &chat.ReplyRight{Pool: "welcome", Left: 1, Expires: time.Now().Add(20 * time.Second)}
	for _, c := range []struct {
		name  string
		caps  chat.Caps
		right *chat.ReplyRight
		want  bool
	}{
		{"granted", chat.Caps{Push: chat.Full, Window: 48 * time.Hour}, welcome, true},
		{"not granted", chat.Caps{Push: chat.Full, Window: 48 * time.Hour}, nil, false},
		{"nothing is counted", chat.Caps{Push: chat.Full}, nil, true},
	} {
		store := sessiontest.NewMemory(time.Now)
		h := newHost(t, store, c.caps, dialog.Options{})
		greeted := func() bool {
			v, err := store.Look(t.Context(), ann)
			if err != nil {
				t.Fatal(err)
			}
			if v.Session.Scene["kf_scene"] != "shop" {
				t.Errorf("%s: the scene is %v", c.name, v.Session.Scene)
			}
			return len(v.Owed) > 0
		}
		enter := chat.Message{ID: "1", Kind: chat.Arrived, From: ann, At: time.Now(), Scene: map[string]string{"kf_scene": "shop"}, Right: c.right}
		if _, err := h.Turn(t.Context(), enter); err != nil && err != chat.ErrLater { //nolint:errorlint // the contract says that it is one
			t.Fatal(err)
		}
		h.Wait()
		if got := greeted(); got != c.want {
			t.Errorf("%s: greeted is %t, want %t", c.name, got, c.want)
		}
	}
}
