package miniprogram

import (
	"reflect"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// Every push means the same in every format and mode.
func TestDecode(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	five := &chat.ReplyRight{Pool: "message", Left: 5}
	enter := &chat.ReplyRight{Pool: "enter", Left: 2}
	id := field{"MsgId", "25373744922163388"}
	for _, c := range []struct {
		name   string
		kind   string
		fields []field
		want   *chat.Message // nil: acknowledged and counted
	}{
		{"text", "text", []field{{"Content", "你好 <b>&😀]]> \"x\" \\u4f60"}, id}, &chat.Message{Kind: chat.Said, Text: "你好 <b>&😀]]> \"x\" \\u4f60", Right: five}},
		{"D13 the largest id", "text", []field{{"Content", "x"}, {"MsgId", "9223372036854775807"}}, &chat.Message{Kind: chat.Said, Text: "x", Right: five}},
		{"unsupported", "text", []field{{"Content", weixin.Unsupported}, id}, &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "other"}}, Right: five}},
		{"image", "image", []field{{"PicUrl", "http://p"}, {"MediaId", "m"}, id}, &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "image", Ref: "m", URL: "http://p"}}, Right: five}},
		{"miniprogrampage", "miniprogrampage", []field{id, {"Title", "商品"}, {"AppId", "wx1"}, {"PagePath", "pages/item?id=1"}, {"ThumbUrl", ""}, {"ThumbMediaId", ""}},
			&chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "link", Name: "商品", Ref: "wx1/pages/item?id=1"}}, Right: five}},
		{"enter", "event", []field{{"Event", "user_enter_tempsession"}, {"SessionFrom", ""}}, &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"event": "enter"}, Right: enter}},
		{"enter with a scene", "event", []field{{"Event", "user_enter_tempsession"}, {"SessionFrom", "page=pay,error=RP_HOLD,event=forged"}},
			&chat.Message{Kind: chat.Arrived, Scene: map[string]string{"event": "enter", "page": "pay", "error": "RP_HOLD"}, Right: enter}},
		{"enter with what is no scene", "event", []field{{"Event", "user_enter_tempsession"}, {"SessionFrom", `<script>]]>'";DROP TABLE{}`}},
			&chat.Message{Kind: chat.Arrived, Scene: map[string]string{"event": "enter"}, Right: enter}},
		{"a seat began", "event", []field{{"Event", "kf_create_session"}, {"KfAccount", "wang@shop"}}, &chat.Message{Kind: chat.Native, Event: chat.NativeBegan, Name: "wang@shop"}},
		{"another seat", "event", []field{{"Event", "kf_switch_session"}, {"FromKfAccount", "wang@shop"}, {"ToKfAccount", "li@shop"}}, &chat.Message{Kind: chat.Native, Event: chat.NativeBegan, Name: "li@shop"}},
		{"a seat ended", "event", []field{{"Event", "kf_close_session"}, {"KfAccount", "wang@shop"}}, &chat.Message{Kind: chat.Native, Event: chat.NativeEnded, Name: "wang@shop"}},
		{"F15 a kind of a later version", "hologram", []field{id}, nil},
		{"F15 an event of a later version", "event", []field{{"Event", "hologram"}}, nil},
		{"a known event", "event", []field{{"Event", "wxa_media_check"}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			first := ""
			for _, m := range modes {
				h := newHall(t, m)
				before := time.Now()
				got := h.push(t, h.platform.From("ann", c.kind, at, c.fields...))
				if got == nil || c.want == nil {
					if (got == nil) != (c.want == nil) {
						t.Fatalf("%s: the inbox got %+v, want %+v", m.name, got, c.want)
					}
					continue
				}
				if r := got.Right; r != nil {
					valid := r.Expires.Sub(before).Round(time.Minute)
					if want := map[string]time.Duration{"message": 48 * time.Hour, "enter": time.Minute}[r.Pool]; valid != want {
						t.Errorf("%s: the right %q is valid for %s, want %s", m.name, r.Pool, valid, want)
					}
					r.Expires = time.Time{}
				}
				want := *c.want
				want.ID, want.From, want.At = got.ID, chat.Address{Channel: "mini", Peer: "openid-ann"}, at
				if !reflect.DeepEqual(*got, want) {
					t.Errorf("%s: the inbox got %+v, want %+v", m.name, *got, want)
				}
				if first == "" {
					first = got.ID
				}
				if got.ID != first || len(got.ID) == 0 || len(got.ID) > 200 {
					t.Errorf("%s: ID = %q, want %q as in the other formats", m.name, got.ID, first)
				}
			}
		})
	}
}

func TestDeliveryIDs(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	h := newHall(t, modes[3])
	id := func(kind string, at time.Time, fields ...field) string {
		x, err := h.gate.Parse(h.platform.From("ann", kind, at, fields...))
		if err != nil {
			t.Fatal(err)
		}
		m, _ := h.message(x, at)
		return m.ID
	}
	text := func(msgID, content string, at time.Time) string {
		return id("text", at, field{"Content", content}, field{"MsgId", msgID})
	}
	enter := func(from string, at time.Time) string {
		return id("event", at, field{"Event", "user_enter_tempsession"}, field{"SessionFrom", from})
	}
	for _, c := range []struct {
		name string
		a, b string
		same bool
	}{
		{"F1 the same message", text("1", "x", at), text("1", "x", at), true},
		{"F2 the same id, other content", text("1", "x", at), text("1", "y", at), true},
		{"adjacent ids beyond 2^53", text("25373744922163388", "x", at), text("25373744922163389", "x", at), false},
		{"F3 the same event", enter("a", at), enter("a", at), true},
		{"another button in one second", enter("a", at), enter("b", at), false},
		{"the same button later", enter("a", at), enter("a", at.Add(time.Second)), false},
		{"messages without an id", id("text", at, field{"Content", "x"}), id("text", at, field{"Content", "y"}), false},
	} {
		if (c.a == c.b) != c.same {
			t.Errorf("%s: ids %q and %q, want same = %t", c.name, c.a, c.b, c.same)
		}
	}
}
