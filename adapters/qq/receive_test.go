package qq

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/qq/qqtest"
	"github.com/xianda-bot/xianda/chat"
)

// with is e with other data.
func with(e qqtest.Event, data map[string]any) qqtest.Event {
	d := maps.Clone(e.Data)
	maps.Copy(d, data)
	e.Data = d
	return e
}

// TestDecode holds what events become: group F, and what each type of event means.
func TestDecode(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	private, group := qqtest.Private("ann", "1", "你好", at), qqtest.InGroup("ann", "1", "你好", at)
	ann := private.Data["author"].(map[string]any)["user_openid"].(string)
	room := group.Data["group_openid"].(string)
	alone, inside := chat.Address{Channel: "qq", Peer: ann}, chat.Address{Channel: "qq", Peer: ann, Thread: room}
	event := func(kind string, data map[string]any) qqtest.Event {
		return qqtest.Event{ID: kind + ":701d1cfb", Type: kind, Data: data}
	}
	tap := map[string]any{"id": "30540ff7", "type": 11, "chat_type": 2, "user_openid": ann, "data": map[string]any{"resolved": map[string]any{"button_data": "m3:2"}}}
	for _, c := range []struct {
		name    string
		event   qqtest.Event
		want    chat.Message // without ID, At and Right
		right   string       // what the right names, "" for no right
		ignored string
	}{
		{"said alone", private, chat.Message{Kind: chat.Said, From: alone, Text: "你好"}, `{"msg_id":"` + private.Data["id"].(string) + `"}`, ""},
		{"said in a group", group, chat.Message{Kind: chat.Said, From: inside, Text: "你好"}, `{"msg_id":"` + group.Data["id"].(string) + `"}`, ""},
		{"F16 a mention before it", with(group, map[string]any{"content": "<@!8236A4> <@E4F4> 退款 "}), chat.Message{Kind: chat.Said, From: inside, Text: "退款"}, "*", ""},
		{"F16 a mention inside stays", with(group, map[string]any{"content": " 问 <@E4F4>"}), chat.Message{Kind: chat.Said, From: inside, Text: "问 <@E4F4>"}, "*", ""},
		{"F16 nothing but a mention", with(group, map[string]any{"content": "<@!8236A4> "}),
			chat.Message{Kind: chat.Arrived, From: inside, Scene: map[string]string{"event": "mention"}}, "*", ""},
		{"F16 not to the bot", event("GROUP_MESSAGE_CREATE", group.Data), chat.Message{}, "", "GROUP_MESSAGE_CREATE"},
		{"F6 a sticker", with(private, map[string]any{"content": ""}), chat.Message{Kind: chat.Said, From: alone, Media: []chat.Media{{Kind: "other"}}}, "*", ""},
		{"F6 blanks stay alone", with(private, map[string]any{"content": "  \u200d"}), chat.Message{Kind: chat.Said, From: alone, Text: "  \u200d"}, "*", ""},
		{"F6 50,000 characters", with(private, map[string]any{"content": strings.Repeat("字", 20_000)}), chat.Message{Kind: chat.Said, From: alone, Text: chat.Cut(strings.Repeat("字", 20_000), chat.MaxText)}, "*", ""},
		{"F9 a template", with(private, map[string]any{"content": "{{.Secret}} - a: b"}), chat.Message{Kind: chat.Said, From: alone, Text: "{{.Secret}} - a: b"}, "*", ""},
		{"F13 another bot", with(group, map[string]any{"author": map[string]any{"member_openid": ann, "bot": true}}), chat.Message{}, "", "bot"},
		{"a name and a union", with(private, map[string]any{"author": map[string]any{"user_openid": ann, "union_openid": "U1", "username": "小\n明"}}),
			chat.Message{Kind: chat.Said, From: alone, Text: "你好", Name: "小 明", Union: "qq:U1"}, "*", ""},
		{"a malformed union", with(private, map[string]any{"author": map[string]any{"user_openid": ann, "union_openid": "a b"}}),
			chat.Message{Kind: chat.Said, From: alone, Text: "你好"}, "*", ""},
		{"F15 a tap", event("INTERACTION_CREATE", tap), chat.Message{Kind: chat.Chose, From: alone, Choice: "m3:2"}, `{"event_id":"INTERACTION_CREATE:701d1cfb"}`, ""},
		{"F15 the documents' tap", event("INTERACTION_CREATE", map[string]any{"id": "30540ff7", "type": 11, "chat_type": 2,
			"data": map[string]any{"type": 11, "resolved": map[string]any{"button_data": "回调按钮", "button_id": "21", "user_id": ann}}}),
			chat.Message{Kind: chat.Chose, From: alone, Choice: "回调按钮"}, "*", ""},
		{"F15 a tap in a group", event("INTERACTION_CREATE", with(qqtest.Event{Data: tap}, map[string]any{"chat_type": 1, "group_openid": room, "group_member_openid": ann}).Data),
			chat.Message{Kind: chat.Chose, From: inside, Choice: "m3:2"}, "*", ""},
		{"an item of the menu", event("INTERACTION_CREATE", map[string]any{"id": "i", "type": 12, "chat_type": 2, "user_openid": ann, "data": map[string]any{"resolved": map[string]any{"feature_id": "refund"}}}),
			chat.Message{Kind: chat.Arrived, From: alone, Scene: map[string]string{"menu": "refund"}}, "*", ""},
		{"a tap without an event id", qqtest.Event{Type: "INTERACTION_CREATE", Data: tap}, chat.Message{Kind: chat.Chose, From: alone, Choice: "m3:2"}, "", ""},
		{"a tap in a guild", event("INTERACTION_CREATE", map[string]any{"id": "i", "type": 11, "chat_type": 0}), chat.Message{}, "", "interaction"},
		{"a person came", event("FRIEND_ADD", map[string]any{"openid": ann, "timestamp": at.Unix(), "scene": 1001, "scene_param": "page=pay,event=forged"}),
			chat.Message{Kind: chat.Arrived, From: alone, Scene: map[string]string{"event": "friend_add", "source": "1001", "page": "pay"}}, `{"event_id":"FRIEND_ADD:701d1cfb"}`, ""},
		{"a person came, at a text", event("FRIEND_ADD", map[string]any{"openid": ann, "timestamp": "1699240365"}),
			chat.Message{Kind: chat.Arrived, From: alone, Scene: map[string]string{"event": "friend_add"}}, "*", ""},
		{"F14 a person went", event("FRIEND_DEL", map[string]any{"openid": ann, "timestamp": at.Unix()}), chat.Message{Kind: chat.Left, From: alone}, "", ""},
		{"F14 a person refuses", event("C2C_MSG_REJECT", map[string]any{"openid": ann, "timestamp": at.Unix()}), chat.Message{Kind: chat.Left, From: alone}, "", ""},
		{"a person permits", event("C2C_MSG_RECEIVE", map[string]any{"openid": ann}), chat.Message{}, "", "C2C_MSG_RECEIVE"},
		{"into a group", event("GROUP_ADD_ROBOT", map[string]any{"group_openid": room, "op_member_openid": ann, "timestamp": at.Unix()}),
			chat.Message{Kind: chat.Arrived, From: inside, Scene: map[string]string{"event": "group_add"}}, `{"event_id":"GROUP_ADD_ROBOT:701d1cfb"}`, ""},
		{"out of a group", event("GROUP_DEL_ROBOT", map[string]any{"group_openid": room, "op_member_openid": ann}), chat.Message{Kind: chat.Left, From: inside}, "", ""},
		{"a guild", event("AT_MESSAGE_CREATE", map[string]any{"id": "m"}), chat.Message{}, "", "AT_MESSAGE_CREATE"},
		{"D11 unknown", event("MOON_LANDING", nil), chat.Message{}, "", "unknown event"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t, nil)
			if a := h.platform.Say(t, h.door, "ann", c.event); a.Status != http.StatusOK || a.Body != `{"op":12,"d":0}` {
				t.Fatalf("answered with %+v", a)
			}
			got := h.heard()
			if c.ignored != "" {
				if len(got) > 0 || h.record.Counted("ignored qq "+c.ignored) != 1 {
					t.Errorf("the inbox got %+v, want it counted as %q", got, c.ignored)
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("the inbox got %+v", got)
			}
			m := got[0]
			if m.ID == "" || m.At.IsZero() || !m.ReplyBy.IsZero() {
				t.Errorf("id %q, at %s, reply by %s", m.ID, m.At, m.ReplyBy)
			}
			right := ""
			if m.Right != nil {
				right = string(m.Right.Data)
			}
			if c.right == "*" && right == "" || c.right != "*" && right != c.right {
				t.Errorf("the right names %s, want %s", right, c.right)
			}
			m.ID, m.At, m.Right = "", time.Time{}, nil
			if d := cmp.Diff(c.want, m); d != "" {
				t.Errorf("- want + got:\n%s", d)
			}
		})
	}
}

// TestRights holds how often and how long a message may be answered, by the platform's clock.
func TestRights(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	h := newHall(t, nil)
	m := h.hear(t, adapterstest.Delivery{ID: "a", Text: "你好", At: at})
	if r := m.Right; r.Pool != "message" || r.Left != 4 || !r.Expires.Equal(at.Add(time.Hour)) {
		t.Errorf("alone: %+v", r)
	}
	if m := h.hear(t, adapterstest.Delivery{ID: "b", Text: "你好", At: time.Now().Add(time.Hour)}); m.Right.Expires.After(time.Now().Add(time.Hour)) {
		t.Errorf("P24 a message from the future may be answered until %s", m.Right.Expires)
	}
	g := newHall(t, func(p *qqtest.Platform) { p.Group = true })
	if r := g.hear(t, adapterstest.Delivery{ID: "a", Text: "你好", At: at}).Right; r.Left != 5 || !r.Expires.Equal(at.Add(5*time.Minute)) {
		t.Errorf("in a group: %+v", r)
	}
}

// F1, F2, F3: the platform may push the same msg_id twice, in another event; events have ids of their own.
func TestIDs(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)
	first := qqtest.Private("ann", "1", "你好", time.Now())
	second := first
	second.ID = "C2C_MESSAGE_CREATE:another"
	h.platform.Say(t, h.door, "ann", first)
	h.platform.Say(t, h.door, "ann", second)
	long := with(first, map[string]any{"id": strings.Repeat("x", 300)})
	h.platform.Say(t, h.door, "ann", long)
	came := qqtest.Event{Type: "FRIEND_ADD", Data: map[string]any{"openid": "ANN", "timestamp": 1699240365}}
	h.platform.Say(t, h.door, "ann", came)
	h.platform.Say(t, h.door, "ann", came)
	h.platform.Say(t, h.door, "ann", with(came, map[string]any{"timestamp": 1699240366}))
	got := h.heard()
	if len(got) != 6 {
		t.Fatalf("%d messages", len(got))
	}
	if got[0].ID != got[1].ID || got[0].ID != first.Data["id"] {
		t.Errorf("F1 the same message twice: %q and %q", got[0].ID, got[1].ID)
	}
	var why reason
	if len(got[2].ID) > 200 || json.Unmarshal(got[2].Right.Data, &why) != nil || len(why.Message) != 300 {
		t.Errorf("F4 a long id became %q, answered as %q", got[2].ID, why.Message)
	}
	if got[3].ID != got[4].ID || got[3].ID == got[5].ID {
		t.Errorf("F3 arrivals without an id: %q %q %q", got[3].ID, got[4].ID, got[5].ID)
	}
}

// Group G, and voice with what the platform heard.
func TestAttachments(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)
	one := func(a map[string]any) chat.Message {
		before := len(h.heard())
		e := with(qqtest.Private("ann", "g", "", time.Now()), map[string]any{"attachments": []any{a}})
		if got := h.platform.Say(t, h.door, "ann", e); got.Status != http.StatusOK {
			t.Fatalf("%v was answered with %+v", a, got)
		}
		return h.heard()[before]
	}
	for _, c := range []struct {
		name string
		a    map[string]any
		want chat.Media
		text string
	}{
		{"image", map[string]any{"content_type": "image/jpeg", "filename": "a.jpg", "height": 1, "width": 1, "size": 17, "url": "https://multimedia.nt.qq.com.cn/a?rkey=k"},
			chat.Media{Kind: "image", MIME: "image/jpeg", Name: "a.jpg", Size: 17, URL: "https://multimedia.nt.qq.com.cn/a?rkey=k"}, ""},
		{"video", map[string]any{"content_type": "video/mp4"}, chat.Media{Kind: "video", MIME: "video/mp4"}, ""},
		{"G7 voice", map[string]any{"content_type": "voice", "filename": "a.amr"}, chat.Media{Kind: "voice", Name: "a.amr"}, ""},
		{"voice that was heard", map[string]any{"content_type": "voice", "asr_refer_text": " 我要退款 "}, chat.Media{Kind: "voice"}, "我要退款"},
		{"file", map[string]any{"content_type": "file", "filename": "单据.pdf"}, chat.Media{Kind: "file", Name: "单据.pdf"}, ""},
		{"G6 a path as a name", map[string]any{"content_type": "file", "filename": `..\..\etc/pass` + "\u0000\u202e" + `wd`}, chat.Media{Kind: "file", Name: "passwd"}, ""},
		{"G6 dots as a name", map[string]any{"content_type": "file", "filename": ".."}, chat.Media{Kind: "file"}, ""},
		{"G6 a long name", map[string]any{"content_type": "file", "filename": strings.Repeat("x", 300)}, chat.Media{Kind: "file", Name: chat.Cut(strings.Repeat("x", 300), 200)}, ""},
		{"G1 plain http", map[string]any{"content_type": "image/png", "url": "http://127.0.0.1/a"}, chat.Media{Kind: "image", MIME: "image/png"}, ""},
		{"G1 another scheme", map[string]any{"content_type": "image/png", "url": "file:///etc/passwd"}, chat.Media{Kind: "image", MIME: "image/png"}, ""},
		{"G1 a name in the address", map[string]any{"content_type": "image/png", "url": "https://a@b/"}, chat.Media{Kind: "image", MIME: "image/png"}, ""},
		{"G2 an impossible size", map[string]any{"content_type": "image/png", "size": -5}, chat.Media{Kind: "image", MIME: "image/png"}, ""},
		{"G3 a type beyond reason", map[string]any{"content_type": "image/" + strings.Repeat("x", 200)}, chat.Media{Kind: "image"}, ""},
	} {
		m := one(c.a)
		if d := cmp.Diff([]chat.Media{c.want}, m.Media); d != "" || m.Text != c.text {
			t.Errorf("%s: text %q, - want + got:\n%s", c.name, m.Text, d)
		}
	}
	many := make([]any, 50)
	for i := range many {
		many[i] = map[string]any{"content_type": "image/png"}
	}
	h.platform.Say(t, h.door, "ann", with(qqtest.Private("ann", "h", "", time.Now()), map[string]any{"attachments": many}))
	if got := h.heard(); len(got[len(got)-1].Media) != 20 {
		t.Errorf("%d attachments were kept of 50", len(got[len(got)-1].Media))
	}
}

// Open fetches from outside, by the address alone, and tells no address: it holds a key.
func TestOpen(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)
	h.deps.Outside = adapterstest.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("our token went to a stranger")
		}
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, "picture")
	}))
	body, err := h.Open(t.Context(), chat.Media{Kind: "image", URL: "https://multimedia.nt.qq.com.cn/a?rkey=canary"})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(body); string(b) != "picture" || err != nil || body.Close() != nil {
		t.Errorf("read %q, %v", b, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, open := range map[string]func() (io.ReadCloser, error){
		"no address": func() (io.ReadCloser, error) { return h.Open(t.Context(), chat.Media{Kind: "image", Ref: "x"}) },
		"malformed":  func() (io.ReadCloser, error) { return h.Open(t.Context(), chat.Media{URL: "https://canary\n"}) },
		"G5 expired": func() (io.ReadCloser, error) {
			return h.Open(t.Context(), chat.Media{URL: "https://x/gone?rkey=canary"})
		},
		"cancelled": func() (io.ReadCloser, error) { return h.Open(gone, chat.Media{URL: "https://x/a?rkey=canary"}) },
	} {
		if _, err := open(); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An event that the house does not take is answered with 503 and d:1; a turn that panics is none the less the house's fault.
func TestNotTaken(t *testing.T) {
	t.Parallel()
	h := newHall(t, nil)
	h.fail = errors.New("the store is away " + qqtest.Secret)
	if a := h.platform.Deliver(t, h.door, adapterstest.Delivery{Peer: "ann", ID: "a", Text: "在吗", At: time.Now()}); a.Status != http.StatusServiceUnavailable {
		t.Errorf("answered with %+v", a)
	}
	door := h.Handler(func(context.Context, chat.Message) ([]chat.Reply, error) { panic("turn") })
	if a := h.platform.Deliver(t, door, adapterstest.Delivery{Peer: "ann", ID: "b", Text: "在吗", At: time.Now()}); a.Status != http.StatusServiceUnavailable {
		t.Errorf("a panic was answered with %+v", a)
	}
	if strings.Contains(h.record.Log(), qqtest.Secret) || h.record.Counted("unaccepted qq") != 2 {
		t.Errorf("logged %s, counted %d", h.record.Log(), h.record.Counted("unaccepted qq"))
	}
}

// A tap stops spinning once the house has it, and not before.
func TestTapIsReleased(t *testing.T) {
	t.Parallel()
	for _, group := range []bool{false, true} {
		h := newHall(t, func(p *qqtest.Platform) { p.Buttons, p.Group = true, group })
		tap := adapterstest.Delivery{Peer: "ann", ID: "t", Kind: chat.Chose, Choice: "m1:1", At: time.Now()}
		h.fail = chat.ErrBusy
		h.platform.Deliver(t, h.door, tap)
		if len(h.platform.Breaches()) != 1 {
			t.Errorf("a tap that was not taken stopped spinning: %q", h.platform.Breaches())
		}
		h.fail = chat.ErrLater
		m := h.hear(t, tap)
		if err := h.say(t, m, chat.Reply{Key: "k", Text: "好的"}); err != nil {
			t.Errorf("group %t: a tap cannot be answered: %v", group, err)
		}
		h.correct(t)
	}
	h := newHall(t, nil)
	if err := h.AckTap(t.Context(), chat.Message{ID: "ROBOT1.0_x"}, ""); err != nil {
		t.Errorf("what was no tap: %v", err)
	}
}
