package dialog_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
)

// TestGather holds row 14: several short messages of one person within a moment are one question, and none of them is lost.
func TestGather(t *testing.T) {
	t.Parallel()
	type step struct {
		after time.Duration // since the step before
		text  string
		want  string // shown in answer to it; "": nothing
	}
	const hours = "早上九点到晚上九点。"
	for _, c := range []struct {
		name  string
		wait  time.Duration
		steps []step
	}{
		{"two are one question", time.Second, []step{{0, "周末", ""}, {300 * time.Millisecond, "营业", hours}}},
		{"three are one question", time.Second, []step{{0, "周末", ""}, {400 * time.Millisecond, "你们", ""}, {400 * time.Millisecond, "营业吗", hours}}},
		{"one alone is answered after the wait", time.Second, []step{{0, "周末营业么", hours}}},
		{"too late to be gathered", time.Second, []step{{0, "周末营业么", hours}, {3 * time.Second, "营业么周末", hours}}},
		{"an exact question does not wait for more", time.Second, []step{{0, "几点开门", hours}, {200 * time.Millisecond, "几点关门", hours}}},
		{"人工 is heard at once, whatever was said before", time.Second, []step{{0, "那个", ""}, {200 * time.Millisecond, "人工", "现在没有客服在线，已为您登记，客服上线后会尽快回复您。"}}},
		{"switched off", 0, []step{{0, "周末营业么", hours}, {100 * time.Millisecond, "营业么周末", hours}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHost(t, sessiontest.NewMemory(time.Now), passive, dialog.Options{Gather: func(string) time.Duration { return c.wait }})
				got := make([]string, len(c.steps))
				done := make(chan struct{})
				for i, s := range c.steps {
					time.Sleep(s.after)
					m := said(string(rune('a'+i)), s.text, 4*time.Second)
					go func() {
						defer func() { done <- struct{}{} }()
						replies, err := h.Turn(t.Context(), m)
						if err != nil {
							t.Errorf("%q: %v", s.text, err)
						}
						got[i] = words(replies)
					}()
				}
				for range c.steps {
					<-done
				}
				for i, s := range c.steps {
					if got[i] != s.want {
						t.Errorf("%q was answered with %q, want %q", s.text, got[i], s.want)
					}
				}
			})
		})
	}
}

// TestEditedAndRecalled: a change of the last message is answered, an older one is not (F5).
func TestEditedAndRecalled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, sessiontest.NewMemory(time.Now), passive, dialog.Options{})
		turn := func(m chat.Message) string {
			replies, err := h.Turn(t.Context(), m)
			if err != nil {
				t.Fatalf("%s %q: %v", m.Kind, m.Text, err)
			}
			time.Sleep(time.Second)
			return words(replies)
		}
		edit := func(id, of, text string) chat.Message {
			m := said(id, text, 4*time.Second)
			m.Kind, m.Of = chat.Edited, of
			return m
		}
		turn(said("a", "几店开们", 4*time.Second))
		if got := turn(edit("b", "a", "几点开门")); got != "早上九点到晚上九点。" {
			t.Errorf("the corrected question was answered with %q", got)
		}
		if got := turn(edit("c", "a", "第几轮")); got != "第3轮" {
			t.Errorf("a second correction was answered with %q", got)
		}
		turn(said("d", "几点关门", 4*time.Second))
		if got := turn(edit("e", "a", "第几轮")); got != "" {
			t.Errorf("a change of an older message was answered with %q", got)
		}
		back := said("f", "", 4*time.Second)
		back.Kind, back.Of = chat.Recalled, "d"
		if got := turn(back); got != "" {
			t.Errorf("a recalled message was answered with %q", got)
		}
		if got := turn(edit("g", "d", "第几轮")); got != "" {
			t.Errorf("a change of a recalled message was answered with %q", got)
		}
	})
}

// TestUndelivered: an answer that the platform took and did not show is said again, before the next one; a seat of the platform's own that
// could not be given the conversation is replaced by the house's queue.
func TestUndelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, sessiontest.NewMemory(time.Now), passive, dialog.Options{})
		if _, err := h.Turn(t.Context(), said("a", "几点开门", 4*time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Post(t.Context(), chat.Message{ID: "u", Kind: chat.Undelivered, From: ann, Of: "t1", Event: string(chat.Window), At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		replies, err := h.Turn(t.Context(), said("b", "第几轮", 4*time.Second))
		if want := "刚才有一条回复可能没有送到，再发您一次：\n早上九点到晚上九点。\n\n第3轮"; err != nil || words(replies) != want {
			t.Errorf("after an answer that was not shown: %q, %v, want %q", words(replies), err, want)
		}
	})
}

// TestAnswerByRight: a channel that may not push answers by the right that a message brings (QQ), and keeps the answer without one.
func TestAnswerByRight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		right *chat.ReplyRight
		want  int // loans
	}{
		{"with a right", &chat.ReplyRight{Pool: "message", Left: 4, Expires: time.Now().Add(time.Hour)}, 1},
		{"without one", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := sessiontest.NewMemory(time.Now)
			h := newHost(t, store, chat.Caps{Window: time.Hour}, dialog.Options{})
			m := chat.Message{ID: "a", Kind: chat.Said, From: ann, Text: "几点开门", At: time.Now(), Right: c.right}
			if _, err := h.Turn(t.Context(), m); !errors.Is(err, chat.ErrLater) {
				t.Fatal(err)
			}
			h.Wait()
			lent, err := store.Lend(t.Context(), ann, time.Minute)
			if err != nil || len(lent.Loans) != c.want {
				t.Errorf("Lend = %+v, %v, want %d loans", lent, err, c.want)
			}
		})
	}
}
