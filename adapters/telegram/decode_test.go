package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-telegram/bot"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
	"github.com/xianda-bot/xianda/chat"
)

// groupMessage is one in the group, as updates tell.
func groupMessage(id int, text string, more map[string]any) map[string]any {
	m := saidBy("ann", id, text, map[string]any{"chat": map[string]any{"id": group, "type": "supergroup", "title": "买家群"}})
	for k, v := range more {
		m[k] = v
	}
	return m
}

var self0 = map[string]any{"id": telegramtest.BotID, "is_bot": true, "first_name": "客服", "username": telegramtest.Username}

func TestDecode(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_790_000_000, 0)
	ann := to("ann")
	said := func(text string, media ...chat.Media) *chat.Message {
		return &chat.Message{ID: "m7", Kind: chat.Said, From: ann, Name: "ann", Text: text, Media: media, At: at}
	}
	message := func(text string, more map[string]any) map[string]any {
		return map[string]any{"message": saidBy("ann", 7, text, more)}
	}
	only := func(kind string, value any) map[string]any {
		return message("", map[string]any{kind: value, "text": nil})
	}
	file := func(more map[string]any) map[string]any {
		m := map[string]any{"file_id": "F", "file_size": 5}
		for k, v := range more {
			m[k] = v
		}
		return m
	}
	inGroupSaid := func(text string, topic int) *chat.Message {
		return &chat.Message{
			ID: "m7", Kind: chat.Said, From: inGroup("ann", topic), Name: "ann", Text: text, At: at,
			Right: &chat.ReplyRight{Pool: "message", Data: json.RawMessage("7"), Left: -1},
		}
	}
	arrived := func(scene map[string]string) *chat.Message {
		return &chat.Message{ID: "m7", Kind: chat.Arrived, From: ann, Name: "ann", Scene: scene, At: at}
	}
	english := telegramtest.Person("ann")
	english["language_code"] = "en-GB"
	bot := map[string]any{"id": 5, "is_bot": true, "first_name": "other"}
	for _, c := range []struct {
		name   string
		update map[string]any
		want   *chat.Message // nil: acknowledged and counted
	}{
		{"text", message("你好 <b>&😀", nil), said("你好 <b>&😀")},
		{"full name", message("x", map[string]any{"from": map[string]any{"id": telegramtest.ID("ann"), "first_name": " 张 ", "last_name": "三"}}),
			&chat.Message{ID: "m7", Kind: chat.Said, From: ann, Name: "张 三", Text: "x", At: at}},
		{"a command that is not ours", message("/help me", nil), said("/help me")},
		{"a command to us", message("/help@shop_bot me", nil), said("/help me")},
		{"start in the middle", message("你好 /start", nil), said("你好 /start")},

		{"start", message("/start", nil), arrived(nil)},
		{"start, in English", message("/start", map[string]any{"from": english}), arrived(map[string]string{"lang": "en-GB"})},
		{"start by a deep link", message("/start page=pay", nil), arrived(map[string]string{"page": "pay"})},
		{"start with our name", message("/start@Shop_Bot  menu=refund", nil), arrived(map[string]string{"menu": "refund"})},
		{"start with a bare word", message("/start pay", nil), arrived(map[string]string{"page": "pay"})},

		{"photo with a caption", message("", map[string]any{"text": nil, "caption": "坏了", "photo": []any{
			file(map[string]any{"file_id": "small", "width": 90, "height": 60}), file(map[string]any{"file_id": "big", "width": 900, "height": 600, "file_size": 4711}),
			file(map[string]any{"file_id": "too big", "width": 9000, "height": 6000, "file_size": 30 << 20})}}),
			said("坏了", chat.Media{Kind: "image", Ref: "big", MIME: "image/jpeg", Size: 4711})},
		{"document", only("document", file(map[string]any{"file_name": "a.pdf", "mime_type": "application/pdf"})),
			said("", chat.Media{Kind: "file", Ref: "F", Name: "a.pdf", MIME: "application/pdf", Size: 5})},
		{"G6 document with a bad name", only("document", file(map[string]any{"file_name": "../../x\x00\u202e" + strings.Repeat("长", 300), "mime_type": "text/html\r\nX: 1"})),
			said("", chat.Media{Kind: "file", Ref: "F", Name: chat.Cut("x"+strings.Repeat("长", 300), 200), Size: 5})},
		{"picture as a document", only("document", file(map[string]any{"file_name": "a.png", "mime_type": "image/png"})),
			said("", chat.Media{Kind: "image", Ref: "F", Name: "a.png", MIME: "image/png", Size: 5})},
		{"G3 SVG is no picture", only("document", file(map[string]any{"mime_type": "image/svg+xml"})),
			said("", chat.Media{Kind: "file", Ref: "F", MIME: "image/svg+xml", Size: 5})},
		{"G7 voice", only("voice", file(map[string]any{"mime_type": "audio/ogg"})), said("", chat.Media{Kind: "voice", Ref: "F", MIME: "audio/ogg", Size: 5})},
		{"audio", only("audio", file(map[string]any{"file_name": "a.mp3", "mime_type": "audio/mpeg"})),
			said("", chat.Media{Kind: "file", Ref: "F", Name: "a.mp3", MIME: "audio/mpeg", Size: 5})},
		{"video", only("video", file(map[string]any{"mime_type": "video/mp4"})), said("", chat.Media{Kind: "video", Ref: "F", MIME: "video/mp4", Size: 5})},
		{"round video", only("video_note", file(nil)), said("", chat.Media{Kind: "video", Ref: "F", MIME: "video/mp4", Size: 5})},
		{"animation", message("", map[string]any{"text": nil, "animation": file(map[string]any{"mime_type": "video/mp4"}), "document": file(nil)}),
			said("", chat.Media{Kind: "video", Ref: "F", MIME: "video/mp4", Size: 5})},
		{"sticker", only("sticker", file(map[string]any{"emoji": "👍"})), said("", chat.Media{Kind: "image", Ref: "F", Name: "👍", MIME: "image/webp", Size: 5})},
		{"moving sticker", only("sticker", file(map[string]any{"emoji": "👍", "is_animated": true})), said("", chat.Media{Kind: "other", Ref: "F", Name: "👍", Size: 5})},
		{"location", only("location", map[string]any{"latitude": 23.1, "longitude": -113.3}), said("", chat.Media{Kind: "location", Ref: "23.1,-113.3"})},
		{"venue", message("", map[string]any{"text": nil, "location": map[string]any{"latitude": 1, "longitude": 2},
			"venue": map[string]any{"title": "广州塔", "address": "阅江西路"}}), said("", chat.Media{Kind: "location", Ref: "1,2", Name: "广州塔 阅江西路"})},
		{"contact", only("contact", map[string]any{"phone_number": "+8613800000000", "first_name": "张", "last_name": "三"}),
			said("+8613800000000", chat.Media{Kind: "other", Name: "张 三"})},
		{"poll", only("poll", map[string]any{"id": "1"}), said("", chat.Media{Kind: "other"})},

		{"F5 edited", map[string]any{"edited_message": saidBy("ann", 7, "改了", map[string]any{"edit_date": 1_790_000_009})},
			&chat.Message{Kind: chat.Edited, Of: "m7", From: ann, Name: "ann", Text: "改了", At: at}},
		{"F5 edited into /start", map[string]any{"edited_message": saidBy("ann", 7, "/start pay", map[string]any{"edit_date": 1_790_000_009})}, nil},
		{"F14 blocked", map[string]any{"my_chat_member": map[string]any{"chat": telegramtest.Private("ann"), "from": telegramtest.Person("ann"), "date": 1_790_000_000,
			"new_chat_member": map[string]any{"status": "kicked"}}}, &chat.Message{Kind: chat.Left, From: ann, Name: "ann", At: at}},
		{"let in again", map[string]any{"my_chat_member": map[string]any{"chat": telegramtest.Private("ann"), "from": telegramtest.Person("ann"),
			"new_chat_member": map[string]any{"status": "member"}}}, nil},
		{"thrown out of a group", map[string]any{"my_chat_member": map[string]any{"chat": map[string]any{"id": group, "type": "group"}, "from": telegramtest.Person("ann"),
			"new_chat_member": map[string]any{"status": "kicked"}}}, nil},

		{"tap", map[string]any{"callback_query": map[string]any{"id": "99", "from": telegramtest.Person("ann"), "data": "m3:2", "message": saidBy("ann", 6, "哪一个？",
			map[string]any{"from": self0, "reply_markup": map[string]any{"inline_keyboard": []any{[]any{map[string]any{"text": "退款", "callback_data": "m3:2"}}}}})}},
			&chat.Message{ID: "t99", Kind: chat.Chose, From: ann, Name: "ann", Choice: "m3:2", Text: "退款"}},
		{"tap on what is too old to be seen", map[string]any{"callback_query": map[string]any{"id": "99", "from": telegramtest.Person("ann"), "data": "m3:2",
			"message": map[string]any{"message_id": 6, "date": 0, "chat": telegramtest.Private("ann")}}},
			&chat.Message{ID: "t99", Kind: chat.Chose, From: ann, Name: "ann", Choice: "m3:2"}},
		{"F15 forged tap", map[string]any{"callback_query": map[string]any{"id": "99", "from": telegramtest.Person("ann"), "data": strings.Repeat("x", 500),
			"message": saidBy("ann", 6, "", nil)}}, &chat.Message{ID: "t99", Kind: chat.Chose, From: ann, Name: "ann", Choice: chat.Cut(strings.Repeat("x", 500), 64)}},
		{"tap in a topic", map[string]any{"callback_query": map[string]any{"id": "99", "from": telegramtest.Person("ann"), "data": "1",
			"message": groupMessage(6, "", map[string]any{"from": self0, "is_topic_message": true, "message_thread_id": 45})}},
			&chat.Message{ID: "t99", Kind: chat.Chose, From: inGroup("ann", 45), Name: "ann", Choice: "1"}},
		{"tap on a game", map[string]any{"callback_query": map[string]any{"id": "99", "from": telegramtest.Person("ann"), "game_short_name": "x"}}, nil},

		{"F16 group, not for us", map[string]any{"message": groupMessage(7, "你们好", nil)}, nil},
		{"F16 group, another mentioned", map[string]any{"message": groupMessage(7, "@shop_bot2 x@shop_bot.com 你好", nil)}, nil},
		{"F16 group, mentioned", map[string]any{"message": groupMessage(7, "@Shop_Bot 怎么退款", nil)}, inGroupSaid("怎么退款", 0)},
		{"F16 group, mentioned in the middle", map[string]any{"message": groupMessage(7, "请问 @shop_bot，怎么退款", nil)}, inGroupSaid("请问 怎么退款", 0)},
		{"F16 group, answered", map[string]any{"message": groupMessage(7, "第二个", map[string]any{"reply_to_message": map[string]any{"from": self0}})}, inGroupSaid("第二个", 0)},
		{"F16 group, another answered", map[string]any{"message": groupMessage(7, "第二个", map[string]any{"reply_to_message": map[string]any{"from": bot}})}, nil},
		{"F16 group, a command to us", map[string]any{"message": groupMessage(7, "/help@shop_bot", nil)}, inGroupSaid("/help", 0)},
		{"F16 group, a command to all", map[string]any{"message": groupMessage(7, "/start", nil)}, nil},
		{"F16 group, a topic", map[string]any{"message": groupMessage(7, "@shop_bot 在吗", map[string]any{"is_topic_message": true, "message_thread_id": 45})}, inGroupSaid("在吗", 45)},
		{"F16 group, a thread that is no topic", map[string]any{"message": groupMessage(7, "@shop_bot 在吗", map[string]any{"message_thread_id": 44})}, inGroupSaid("在吗", 0)},
		{"F16 group becomes another", map[string]any{"message": groupMessage(7, "", map[string]any{"text": "", "migrate_to_chat_id": -100})}, nil},

		{"F13 from a bot", message("x", map[string]any{"from": bot}), nil},
		{"F13 forwarded from us", message("x", map[string]any{"forward_origin": map[string]any{"type": "user", "sender_user": self0}}), nil},
		{"forwarded from another bot", message("x", map[string]any{"forward_origin": map[string]any{"type": "user", "sender_user": bot}}), said("x")},
		{"forwarded in a way of later versions", message("x", map[string]any{"forward_origin": map[string]any{"type": "hologram"}}), said("x")},
		{"F13 an anonymous admin", map[string]any{"message": groupMessage(7, "@shop_bot x", map[string]any{"sender_chat": map[string]any{"id": group}})}, nil},
		{"D11 unknown update", map[string]any{"hologram": map[string]any{}}, nil},
		{"D12 channel post", map[string]any{"channel_post": saidBy("ann", 7, "x", nil)}, nil},
		{"D12 nobody", message("x", map[string]any{"from": nil}), nil},
		{"D12 no chat", message("x", map[string]any{"chat": nil}), nil},
		{"D12 service message", message("", map[string]any{"text": nil, "pinned_message": map[string]any{"message_id": 1}}), nil},
		{"D13 an id beyond 2^53", message("x", map[string]any{"from": map[string]any{"id": int64(1)<<53 + 1}, "chat": map[string]any{"id": int64(1)<<53 + 1, "type": "private"}}),
			&chat.Message{ID: "m7", Kind: chat.Said, From: chat.Address{Channel: "tg", Peer: "9007199254740993"}, Text: "x", At: at}},
		{"F6 spaces and marks only", message(" \u200d\u200f ", nil), said(" \u200d\u200f ")},
		{"F6 50,000 characters", message(strings.Repeat("长", 50_000), nil), said(chat.Cut(strings.Repeat("长", 50_000), chat.MaxText))},
		{"F7 F8 F9 F11", message("👩‍👩‍👧 Z̸͝ ２ \u202e{{.Secret}} <script>=cmd()", nil), said("👩‍👩‍👧 Z̸͝ ２ \u202e{{.Secret}} <script>=cmd()")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t, telegramtest.New(t).Webhook(), nil)
			if a := h.platform.Push(t, h.door, c.update); a.Status != 200 || a.Body != "" {
				t.Fatalf("answered with %d %q, want 200 and nothing", a.Status, a.Body)
			}
			got := h.heard()
			if c.want == nil {
				if len(got) > 0 {
					t.Errorf("the inbox got %+v, want nothing", got)
				}
				if !strings.Contains(strings.Join(h.counted(), " "), "ignored tg") {
					t.Error("it was not counted")
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("the inbox got %d messages", len(got))
			}
			want := *c.want
			if want.ID == "" {
				want.ID = "u810000001"
			}
			if want.At.IsZero() {
				want.At = got[0].At // the platform does not say when
			}
			if !reflect.DeepEqual(got[0], want) {
				t.Errorf("the inbox got\n%+v, want\n%+v", got[0], want)
			}
		})
	}
}

// counted are the ways in which updates were ignored.
func (h *hall) counted() (all []string) {
	for _, reason := range []string{
		"unknown update", "service message", "not for us", "nameless", "channel post", "no person", "bot", "unknown tap", "membership", "unreadable",
		"edited command",
	} {
		if h.record.Counted("ignored tg "+reason) > 0 {
			all = append(all, "ignored tg "+reason)
		}
	}
	return all
}

// FuzzUpdate: whatever is decoded is a message that the house can take, and nothing panics.
func FuzzUpdate(f *testing.F) {
	for _, u := range []map[string]any{
		{"update_id": 1, "message": saidBy("ann", 7, "/start page=pay", nil)},
		{"update_id": 2, "edited_message": groupMessage(7, "@shop_bot x", nil)},
		{"update_id": 3, "callback_query": map[string]any{"id": "9", "from": telegramtest.Person("ann"), "data": "1", "message": saidBy("ann", 6, "", nil)}},
		{"update_id": 4, "my_chat_member": map[string]any{"chat": telegramtest.Private("ann"), "new_chat_member": map[string]any{"status": "kicked"}}},
		{"update_id": 5, "message": saidBy("ann", 7, "", map[string]any{"photo": []any{map[string]any{"file_id": "F"}}, "caption": "\u0130@shop_bot"})},
	} {
		b, err := json.Marshal(u)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"update_id":1e400}`))
	h := newHall(f, telegramtest.New(f), nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := decode(b)
		if err != nil {
			return
		}
		u.lane()
		m, ignored, err := h.message(t.Context(), &u)
		if err != nil || ignored != "" {
			return
		}
		if err := adapterstest.Whole(m); err != nil || len(m.Choice) > maxData {
			t.Errorf("decoded as %+v: %v", m, err)
		}
		where, err := parse(m.From)
		if err != nil || where.address("tg") != m.From {
			t.Errorf("the address %+v reads as %+v, %v", m.From, where, err)
		}
	})
}

// FuzzAnswer lets the platform, or a proxy before it, answer a call with anything: there is a result, or an error without the token.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"ok":true,"result":{"message_id":7}}`, `{"ok":true}`, `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":3}}`,
		`{"ok":false,"error_code":400,"description":"group upgraded","parameters":{"migrate_to_chat_id":-1001}}`, `{"ok":false,"error_code":404,"description":"1:canary-secret"}`,
		`<html>502`, `[]`, ``,
	} {
		f.Add(200, body)
		f.Add(502, body)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		answers := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
		c, err := newClient("https://api.telegram.org", "1:canary-secret", adapterstest.Client(answers))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.call(t.Context(), "getMe", func(ctx context.Context, b *bot.Bot) error { _, err := b.GetMe(ctx); return err })
		_, failed := c.post(t.Context(), "getUpdates", struct{}{})
		for _, err := range []error{err, failed} {
			if e := (*Error)(nil); err != nil && (!errors.As(err, &e) || strings.Contains(err.Error(), "canary-secret")) {
				t.Errorf("%d %q became %v", status, body, err)
			}
		}
		if (err == nil) != (failed == nil) {
			t.Errorf("%d %q is %v for a call and %v for a poll", status, body, err, failed)
		}
	})
}
