package wechat

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	five := &chat.ReplyRight{Pool: "message", Left: 5}
	three := func(pool string) *chat.ReplyRight { return &chat.ReplyRight{Pool: pool, Left: 3} }
	text := func(content string, more ...field) []byte {
		return from("ann", "text", at, append([]field{{"Content", content}, {"MsgId", "9223372036854775807"}}, more...)...)
	}
	media := func(kind string, more ...field) []byte {
		return from("ann", kind, at, append(more, field{"MsgId", "7"})...)
	}
	event := func(name string, more ...field) []byte {
		return from("ann", "event", at, append([]field{{"Event", name}}, more...)...)
	}
	nested := func(name, key, inner string) []byte {
		return bytes.Replace(event(name, field{"EventKey", key}), []byte("</xml>"), []byte(inner+"</xml>"), 1)
	}
	for _, c := range []struct {
		name string
		push []byte
		want *chat.Message // nil: acknowledged and counted
	}{
		{"text", text("你好 <b>&😀]]>"), &chat.Message{Kind: chat.Said, Text: "你好 <b>&😀]]>", Right: five}},
		{"tap", text("退货", field{"bizmsgmenuid", "102"}), &chat.Message{Kind: chat.Said, Text: "退货", Choice: "102", Right: three("tap")}},
		{"tap, id lost", text("退货", field{"bizmsgmenuid", "0"}), &chat.Message{Kind: chat.Said, Text: "退货", Right: three("tap")}},
		{"tap, id not numeric", text("退货", field{"bizmsgmenuid", "faq-2"}), &chat.Message{Kind: chat.Said, Text: "退货", Choice: "faq-2", Right: three("tap")}},
		{"unsupported", text(weixin.Unsupported), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "other"}}, Right: five}},
		{"from an article", text("x", field{"MsgDataId", "1"}, field{"Idx", "2"}), &chat.Message{Kind: chat.Said, Text: "x", Right: five}},
		{"image", media("image", field{"PicUrl", "http://p"}, field{"MediaId", "m"}), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "image", Ref: "m", URL: "http://p"}}, Right: five}},
		{"voice", media("voice", field{"MediaId", "m"}, field{"Format", "amr"}, field{"MediaId16K", "n"}, field{"Recognition", "我要退款"}), &chat.Message{Kind: chat.Said, Text: "我要退款", Media: []chat.Media{{Kind: "voice", Ref: "m", MIME: "audio/amr"}}, Right: five}},
		{"G7 voice without recognition", media("voice", field{"MediaId", "m"}, field{"Format", "speex"}, field{"Recognition", ""}), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "voice", Ref: "m", MIME: "audio/speex"}}, Right: five}},
		{"video", media("video", field{"MediaId", "m"}, field{"ThumbMediaId", "t"}), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "video", Ref: "m"}}, Right: five}},
		{"shortvideo", media("shortvideo", field{"MediaId", "m"}, field{"ThumbMediaId", "t"}), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "video", Ref: "m"}}, Right: five}},
		{"location", media("location", field{"Location_X", "23.1"}, field{"Location_Y", "113.3"}, field{"Scale", "20"}, field{"Label", "广州"}), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "location", Ref: "23.1,113.3", Name: "广州"}}, Right: five}},
		{"link", media("link", field{"Title", "t"}, field{"Description", "d"}, field{"Url", "https://u"}), &chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "link", Name: "t", URL: "https://u"}}, Right: five}},
		{"unknown kind", media("hologram"), nil},
		{"subscribe", event("subscribe", field{"EventKey", ""}), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"event": "subscribe"}, Right: three("subscribe")}},
		{"subscribe by code", event("subscribe", field{"EventKey", "qrscene_spring"}, field{"Ticket", "T"}), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"event": "subscribe", "qr": "spring"}, Right: three("subscribe")}},
		{"subscribe behind a payment", event("subscribe", field{"EventKey", "last_trade_no_1"}), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"event": "subscribe"}, Right: three("subscribe")}},
		{"F6 a code that carries a scene", event("SCAN", field{"EventKey", "page=pay,qr=forged"}), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"qr": "page=pay,qr=forged", "page": "pay"}, Right: three("scan")}},
		{"F6 subscribe by a code that carries a scene", event("subscribe", field{"EventKey", "qrscene_error=E1,event=forged"}), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"event": "subscribe", "qr": "error=E1,event=forged", "error": "E1"}, Right: three("subscribe")}},
		{"F6 a code that nobody signed", event("SCAN", field{"EventKey", "_1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{}, Right: three("scan")}},
		{"SCAN", event("SCAN", field{"EventKey", "counter-7"}, field{"Ticket", "T"}), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"qr": "counter-7"}, Right: three("scan")}},
		{"CLICK", event("CLICK", field{"EventKey", "HELP"}), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"menu": "HELP"}, Right: three("menu")}},
		{"scancode_waitmsg", nested("scancode_waitmsg", "6", "<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo>"), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"menu": "6", "scan": "1"}, Right: three("menu")}},
		{"pic_weixin", nested("pic_weixin", "P", "<SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>1</PicMd5Sum></item><item><PicMd5Sum>2</PicMd5Sum></item></PicList></SendPicsInfo>"), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"menu": "P"}}},
		{"location_select", nested("location_select", "L", "<SendLocationInfo><Location_X>23</Location_X><Location_Y>113</Location_Y><Scale>15</Scale><Label>l</Label><Poiname></Poiname></SendLocationInfo>"), &chat.Message{Kind: chat.Arrived, Scene: map[string]string{"menu": "L"}}},
		{"unsubscribe", event("unsubscribe", field{"EventKey", ""}), &chat.Message{Kind: chat.Left}},
		{"VIEW", event("VIEW", field{"EventKey", "https://x"}, field{"MenuId", "1"}), nil},
		{"view_miniprogram", event("view_miniprogram", field{"EventKey", "p"}, field{"MenuId", "1"}), nil},
		{"LOCATION", event("LOCATION", field{"Latitude", "1"}, field{"Longitude", "2"}, field{"Precision", "3"}), nil},
		{"TEMPLATESENDJOBFINISH", event("TEMPLATESENDJOBFINISH", field{"MsgID", "200163836"}, field{"Status", "failed:user block"}), nil},
		{"kf_create_session", event("kf_create_session", field{"KfAccount", "a@b"}), &chat.Message{Kind: chat.Native, Event: chat.NativeBegan, Name: "a@b"}},
		{"kf_switch_session", event("kf_switch_session", field{"FromKfAccount", "a@b"}, field{"ToKfAccount", "c@b"}), &chat.Message{Kind: chat.Native, Event: chat.NativeBegan, Name: "c@b"}},
		{"kf_close_session", event("kf_close_session", field{"KfAccount", "a@b"}, field{"CloseType", "KF"}), &chat.Message{Kind: chat.Native, Event: chat.NativeEnded, Name: "a@b"}},
		{"unknown event", event("some_new_event"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t, section(true, true, numbered))
			before := time.Now()
			h.platform.Befriend("ann")
			got := h.push(t, c.push)
			if got == nil || c.want == nil {
				if (got == nil) != (c.want == nil) {
					t.Fatalf("the inbox got %+v, want %+v", got, c.want)
				}
				return
			}
			if d := got.ReplyBy.Sub(before); got.Kind != chat.Native && (d < 4400*time.Millisecond || d > 4600*time.Millisecond) {
				t.Errorf("ReplyBy is %s from now, want 4.5s", d)
			}
			if got.Right != nil {
				valid := got.Right.Expires.Sub(before).Round(time.Minute)
				if want := map[string]time.Duration{"message": 48 * time.Hour}[got.Right.Pool]; valid != max(want, time.Minute) {
					t.Errorf("the right %q is valid for %s", got.Right.Pool, valid)
				}
				got.Right.Expires = time.Time{}
			}
			want := *c.want
			want.ID, want.From, want.At, want.ReplyBy = got.ID, chat.Address{Channel: "shop", Peer: "openid-ann"}, at, got.ReplyBy
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("the inbox got %+v, want %+v", *got, want)
			}
			if len(got.ID) == 0 || len(got.ID) > 200 {
				t.Errorf("ID = %q", got.ID)
			}
		})
	}
}

func TestUnverifiedBringsNoRight(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, false, numbered))
	h.platform.Befriend("ann")
	if m := h.push(t, from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"})); m.Right != nil {
		t.Errorf("Right = %+v, want nil", m.Right)
	}
}

func TestDeliveryIDs(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	id := func(b []byte) string {
		x, err := readPush(b)
		if err != nil {
			t.Fatal(err)
		}
		return deliveryID(x)
	}
	text := func(msg string, at time.Time) string {
		return id(from("ann", "text", at, field{"Content", "x"}, field{"MsgId", msg}))
	}
	event := func(who, name, key string, at time.Time) string {
		return id(from(who, "event", at, field{"Event", name}, field{"EventKey", key}))
	}
	for _, c := range []struct {
		name string
		a, b string
		same bool
	}{
		{"F1 the same message", text("1", at), text("1", at), true},
		{"F2 the same id, other content", text("1", at), id(from("ann", "text", at, field{"Content", "y"}, field{"MsgId", "1"})), true},
		{"adjacent 64-bit ids", text("9223372036854775806", at), text("9223372036854775807", at), false},
		{"an id used again later", text("1", at), text("1", at.Add(time.Second)), false},
		{"F3 the same event", event("ann", "CLICK", "A", at), event("ann", "CLICK", "A", at), true},
		{"another key in one second", event("ann", "CLICK", "A", at), event("ann", "CLICK", "B", at), false},
		{"SCAN and subscribe in one second", event("ann", "SCAN", "A", at), event("ann", "subscribe", "A", at), false},
		{"two switches in one second", id(from("ann", "event", at, field{"Event", "kf_switch_session"}, field{"ToKfAccount", "a@x"})), id(from("ann", "event", at, field{"Event", "kf_switch_session"}, field{"ToKfAccount", "b@x"})), false},
		{"parts do not run together", event("ann", "CLICK", "AB", at), event("ann", "CLICKA", "B", at), false},
	} {
		if (c.a == c.b) != c.same {
			t.Errorf("%s: ids %q and %q, want same = %t", c.name, c.a, c.b, c.same)
		}
	}
}
