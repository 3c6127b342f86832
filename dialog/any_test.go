package dialog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/release/dir"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/dialog/session/sessiontest"
)

// whole is the release in which every ability of a dialog occurs.
func whole(t testing.TB) *release.Release {
	t.Helper()
	rel, findings, err := dir.Load(t.Context(), "../cmd/app/rehearse/testdata/whole", dir.Options{})
	if err != nil || rel == nil {
		t.Fatalf("Load = %v, %v", findings, err)
	}
	return rel
}

type states struct{}

func (states) Call(context.Context, dialog.Call) (json.RawMessage, error) {
	return json.RawMessage(`{"state":"处理中"}`), nil
}

// TestAnyConversation draws conversations of every kind of message and silence. Whatever was said before: no turn panics, the session
// stays within its bounds, no reply is empty, and 人工 brings a case in that very turn, or finds one there already (F46).
func TestAnyConversation(t *testing.T) {
	t.Parallel()
	rel := whole(t)
	texts := []string{
		"转账没到账", "零钱", "银行卡", "500", "12345678", "1", "2", "3", "②", "没解决", "解决了", "谢谢", "上一步", "取消", "重来", "跳过", "你好",
		"不对，是银行卡", "金额错了，应该是 300", "单号不对", "填错了", "怎么绑定银行卡", "好了", "找不到", "下一步", "那限额呢？", "转账要手续费吗",
		"账号被盗了", "我的钱被盗刷了", "手续费退不退", "没听懂", "你是机器人吗", "hello there", "transfer fee", "cancel", "接着办", "不办了", "重新开始",
		"嘟嘟", "", "{slot.order_no}", "不", "是", "都不是", "转人工吧？", strings.Repeat("长", 3000), "\u202e\x00", "😀", "没有单号", "金额", "单号是 87654321",
	}
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 1, 28, 2, 0, 0, 0, time.UTC)
		store := sessiontest.NewMemory(func() time.Time { return now })
		var panics atomic.Int32
		newHost := func(caps chat.Caps) *dialog.Host {
			return dialog.NewHost(store, channels{caps}, dialog.NewShelf(rel), dialog.Options{
				Clock: func() time.Time { return now }, Call: states{},
				Count: func(metric string, _ ...string) {
					if metric == "panics" {
						panics.Add(1)
					}
				},
			})
		}
		caps := rapid.SampledFrom([]chat.Caps{passive, without(passive, chat.None), {Push: chat.Full, Choices: chat.Full, Tap: chat.Full}}).Draw(t, "caps")
		h := newHost(caps)
		defer func() { h.Drain(context.Background()) }()
		n := 0
		bring := func(m chat.Message) []chat.Reply {
			n++
			m.ID, m.From, m.At = fmt.Sprint("m", n), ann, now
			if caps.Passive > 0 && (m.Kind == chat.Said || m.Kind == chat.Chose || m.Kind == chat.Arrived) {
				m.ReplyBy = now.Add(time.Minute)
			}
			replies, err := h.Turn(context.Background(), m)
			if err != nil && !errors.Is(err, chat.ErrLater) {
				t.Fatalf("Turn(%+v) = %v", m, err)
			}
			h.Wait()
			return replies
		}
		cases := func() int {
			v, err := store.Look(context.Background(), ann)
			if err != nil {
				t.Fatal(err)
			}
			s := v.Session
			if len(s.Stack) > session.MaxStack || len(s.Trace) > session.MaxTrace || len(s.Recent) > session.MaxRecent || len(s.Tried) > session.MaxRecent {
				t.Fatalf("the session outgrew its bounds: %+v", s)
			}
			if s.Waiting == nil {
				return 0
			}
			return 1
		}
		for range rapid.IntRange(1, 25).Draw(t, "turns") {
			var replies []chat.Reply
			switch rapid.SampledFrom([]string{"say", "say", "say", "say", "tap", "arrive", "event", "wait", "restart", "link", "left", "image"}).Draw(t, "what") {
			case "say":
				replies = bring(chat.Message{Kind: chat.Said, Text: rapid.SampledFrom(texts).Draw(t, "text")})
			case "image":
				replies = bring(chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "image", Ref: "m"}}})
			case "tap":
				v, err := store.Look(context.Background(), ann)
				if err != nil || v.Session.Offer == nil {
					continue
				}
				i := rapid.SampledFrom(v.Session.Offer.Items).Draw(t, "choice")
				replies = bring(chat.Message{Kind: chat.Chose, Choice: i.ID})
			case "arrive":
				scene := rapid.SampledFrom([]map[string]string{nil, {"page": "transfer_error"}, {"lang": "en"}, {"x": "y"}}).Draw(t, "scene")
				replies = bring(chat.Message{Kind: chat.Arrived, Scene: scene})
			case "event":
				bring(chat.Message{Kind: chat.Event, Event: rapid.SampledFrom([]string{"transfer.stuck", "transfer.failed", "x"}).Draw(t, "event")})
			case "link":
				bring(chat.Message{Kind: chat.Linked, Data: json.RawMessage(rapid.SampledFrom([]string{
					`{"user":"u","profile":{"tags":["vip"],"attributes":{"level":3}}}`, `{"user":""}`, `{"user":7}`, `{"user":"u","trace":[{"kind":"transfer.failed","at":"2026-01-28T01:00:00Z"}]}`,
				}).Draw(t, "link"))})
			case "left":
				bring(chat.Message{Kind: chat.Left})
			case "wait":
				now = now.Add(rapid.SampledFrom([]time.Duration{time.Minute, 11 * time.Minute, time.Hour, 25 * time.Hour, 80 * time.Hour}).Draw(t, "wait"))
				for range 3 {
					if err := h.Resume(context.Background(), ann); err != nil {
						t.Fatal(err)
					}
					h.Wait()
				}
			case "restart":
				h.Drain(context.Background())
				h = newHost(caps)
			}
			if slices.ContainsFunc(replies, func(r chat.Reply) bool { return strings.TrimSpace(r.Text) == "" }) {
				t.Fatalf("an empty reply: %+v", replies)
			}
			if panics.Load() > 0 {
				t.Fatal("a turn panicked")
			}
		}
		replies := bring(chat.Message{Kind: chat.Said, Text: rapid.SampledFrom([]string{"人工", "人工!!", "转人工", "agent"}).Draw(t, "human")})
		if n := cases(); n != 1 {
			t.Fatalf("人工 left %d cases that wait, replies %+v", n, replies)
		}
		if panics.Load() > 0 {
			t.Fatal("a turn panicked")
		}
	})
}
