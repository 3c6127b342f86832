package dialog_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
)

var seated = chat.Caps{MaxText: 2048, Push: chat.Full, Window: 48 * time.Hour, Native: chat.Full, Choices: chat.Full}

// nativeHost is a house on a platform with seats of its own, and what it owes a person.
func nativeHost(t *testing.T, state *chat.NativeState) (turn func(chat.Message), owed func() []chat.Reply) {
	t.Helper()
	all := append(slices.Clone(files), script.Source{Name: "patterns.yaml", Data: []byte("取消: {words: [取消], do: cancel}\n人工: {words: [人工], do: handoff}\n")})
	rel, findings := release.Build(all, release.Options{})
	if rel == nil {
		t.Fatalf("the test's release has errors: %v", findings)
	}
	store := sessiontest.NewMemory(time.Now)
	h := dialog.NewHost(store, channels{seated}, dialog.NewShelf(rel), dialog.Options{
		House: callerFunc(func(_ context.Context, c dialog.Call) (json.RawMessage, error) {
			if c.Name == dialog.AskFreeSeat {
				return json.RawMessage(`{"seat":"*"}`), nil
			}
			return json.Marshal(map[string]any{"state": *state})
		}),
	})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		h.Drain(ctx)
	})
	seen := 0
	turn = func(m chat.Message) {
		t.Helper()
		if _, err := h.Turn(t.Context(), m); err != nil && err != chat.ErrLater { //nolint:errorlint // the contract says that it is one
			t.Fatal(err)
		}
		h.Wait()
	}
	owed = func() (fresh []chat.Reply) {
		t.Helper()
		v, err := store.Look(t.Context(), ann)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range v.Owed[seen:] {
			var r chat.Reply
			if u.Kind != chat.ReplyDebt {
				continue
			}
			if err := json.Unmarshal(u.Body, &r); err != nil {
				t.Fatal(err)
			}
			fresh = append(fresh, r)
		}
		seen = len(v.Owed)
		return fresh
	}
	return turn, owed
}

// Who takes a wait back is taken out of the platform's queue before anything is said: no word of ours is taken while they stand there.
func TestNativeTakenBack(t *testing.T) {
	t.Parallel()
	state := chat.NativeNone
	turn, owed := nativeHost(t, &state)
	turn(said("1", "人工", 0))
	if got := owed(); len(got) != 2 || got[0].Text == "" || got[1].Native != chat.AnySeat {
		t.Fatalf("handed over by %+v, want words, then the conversation", got)
	}
	state = chat.NativeWaiting
	turn(said("2", "取消", 0))
	if got := owed(); len(got) != 2 || got[0].Native != chat.EndSeat || got[1].Text == "" {
		t.Errorf("taken back by %+v, want the conversation, then words", got)
	}
}

// A farewell is said where the platform permits one, asks how it was where it grants a last word, and is left out where the end of the
// session took back what was granted.
func TestNativeFarewell(t *testing.T) {
	t.Parallel()
	soon := time.Now().Add(20 * time.Second)
	for _, c := range []struct {
		name    string
		right   *chat.ReplyRight
		replies int
		choices int
	}{
		{"nothing is granted by it", nil, 1, 0},
		{"a last word", &chat.ReplyRight{Pool: "end", Left: 1, Expires: soon}, 1, 3},
		{"no word any more", &chat.ReplyRight{Pool: "message", Left: 0, Expires: soon}, 0, 0},
	} {
		state := chat.NativeActive
		turn, owed := nativeHost(t, &state)
		seat := chat.Message{ID: "1", Kind: chat.Native, Event: chat.NativeBegan, Name: "lisi", From: ann, At: time.Now()}
		turn(seat)
		seat.ID, seat.Event, seat.Right = "2", chat.NativeEnded, c.right
		turn(seat)
		got := owed()
		if len(got) != c.replies || len(got) > 0 && len(got[0].Choices) != c.choices {
			t.Errorf("%s: %+v, want %d replies with %d choices", c.name, got, c.replies, c.choices)
		}
	}
}
