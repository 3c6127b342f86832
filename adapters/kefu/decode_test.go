package kefu

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/kefu/kefutest"
	"github.com/xianda-bot/xianda/chat"
)

// alone is an adapter that is not run.
func alone(t testing.TB) (*Adapter, *adapterstest.Record) {
	t.Helper()
	d, record := adapterstest.NewDeps()
	return mustNew(t, kefutest.New(t), d, nil), record
}

const (
	anyID   = `"msgid":"m1","send_time":1800000000,`
	ofAnn   = `"open_kfid":"` + kefutest.Account + `","external_userid":"wm-ann","origin":3,`
	ofEvent = `"origin":4,"msgtype":"event","event":{"open_kfid":"` + kefutest.Account + `","external_userid":"wm-ann",`
)

func TestDecode(t *testing.T) {
	t.Parallel()
	a, _ := alone(t)
	at := time.Unix(1800000000, 0)
	right := &chat.ReplyRight{Pool: "message", Expires: at.Add(48 * time.Hour), Left: 5}
	code := func(pool string) *chat.ReplyRight {
		return &chat.ReplyRight{Pool: pool, Data: json.RawMessage(`"C"`), Expires: at.Add(20 * time.Second), Left: 1, Own: true}
	}
	ourID := a.msgID(t.Context(), "wm-ann", "tmg3x7abc-12_1-2", 0)
	for _, c := range []struct {
		name, raw string
		want      chat.Message // without ID, From and At
	}{
		{"text", `{` + anyID + ofAnn + `"msgtype":"text","text":{"content":"你好"}}`, chat.Message{Kind: chat.Said, Text: "你好", Right: right}},
		{"tap", `{` + anyID + ofAnn + `"msgtype":"text","text":{"content":"退款","menu_id":"m3:2"}}`,
			chat.Message{Kind: chat.Chose, Text: "退款", Choice: "m3:2", Right: right}},
		{"tap whose id was lost", `{` + anyID + ofAnn + `"msgtype":"text","text":{"content":"退款","menu_id":"0"}}`,
			chat.Message{Kind: chat.Said, Text: "退款", Right: right}},
		{"F15 tap with an endless id", `{` + anyID + ofAnn + `"msgtype":"text","text":{"content":"退款","menu_id":"` + strings.Repeat("x", 200) + `"}}`,
			chat.Message{Kind: chat.Said, Text: "退款", Right: right}},
		{"image", `{` + anyID + ofAnn + `"msgtype":"image","image":{"media_id":"M"}}`,
			chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "image", Ref: "M"}}, Right: right}},
		{"G7 voice", `{` + anyID + ofAnn + `"msgtype":"voice","voice":{"media_id":"M"}}`,
			chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "voice", Ref: "M", MIME: "audio/amr"}}, Right: right}},
		{"video", `{` + anyID + ofAnn + `"msgtype":"video","video":{"media_id":"M"}}`,
			chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "video", Ref: "M"}}, Right: right}},
		{"file", `{` + anyID + ofAnn + `"msgtype":"file","file":{"media_id":"M"}}`,
			chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "file", Ref: "M"}}, Right: right}},
		{"location", `{` + anyID + ofAnn + `"msgtype":"location","location":{"latitude":23.1,"longitude":"113.3","name":"N","address":"A"}}`,
			chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "location", Ref: "23.1,113.3", Name: "N"}}, Right: right}},
		{"link", `{` + anyID + ofAnn + `"msgtype":"link","link":{"title":"T","desc":"D","url":"https://a.example","pic_url":"P"}}`,
			chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "link", URL: "https://a.example", Name: "T"}}, Right: right}},
		{"G1 link to a file", `{` + anyID + ofAnn + `"msgtype":"link","link":{"title":"T","url":"file:///etc/passwd"}}`,
			chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "link", Name: "T"}}, Right: right}},
		{"page of a mini-program", `{` + anyID + ofAnn + `"msgtype":"miniprogram","miniprogram":{"title":"T","appid":"wx1","pagepath":"pages/i"}}`,
			chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "link", Ref: "wx1 pages/i", Name: "T"}}, Right: right}},
		{"business card", `{` + anyID + ofAnn + `"msgtype":"business_card","business_card":{"userid":"lisi"}}`,
			chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "other", Name: "名片 lisi"}}, Right: right}},
		{"D11 what is not known", `{` + anyID + ofAnn + `"msgtype":"channels","channels":{"title":"T"}}`,
			chat.Message{Kind: chat.Said, Media: []chat.Media{{Kind: "other"}}, Right: right}},
		{"enter", `{` + anyID + ofEvent + `"event_type":"enter_session","scene":"shop","scene_param":"item%3D42","welcome_code":"C"}}`,
			chat.Message{Kind: chat.Arrived, Scene: map[string]string{"event": "enter", "kf_scene": "shop", "item": "42"}, Right: code("welcome")}},
		{"enter again", `{` + anyID + ofEvent + `"event_type":"enter_session","scene":"","scene_param":""}}`,
			chat.Message{Kind: chat.Arrived, Scene: map[string]string{"event": "enter"}}},
		{"enter by a link of ours", `{` + anyID + ofEvent + `"event_type":"enter_session","scene":"xianda","scene_param":"error=RP_HOLD,kf_scene=forged"}}`,
			chat.Message{Kind: chat.Arrived, Scene: map[string]string{"event": "enter", "error": "RP_HOLD"}}},
		{"a seat takes somebody from the queue", `{` + anyID + ofEvent + `"event_type":"session_status_change","change_type":1,"new_servicer_userid":"zs","msg_code":"C"}}`,
			chat.Message{Kind: chat.Native, Event: chat.NativeBegan, Name: "zs"}},
		{"another seat", `{` + anyID + ofEvent + `"event_type":"session_status_change","change_type":2,"old_servicer_userid":"zs","new_servicer_userid":"ls"}}`,
			chat.Message{Kind: chat.Native, Event: chat.NativeBegan, Name: "ls"}},
		{"a seat takes it up again", `{` + anyID + ofEvent + `"event_type":"session_status_change","change_type":4,"new_servicer_userid":"zs"}}`,
			chat.Message{Kind: chat.Native, Event: chat.NativeBegan, Name: "zs"}},
		{"the end", `{` + anyID + ofEvent + `"event_type":"session_status_change","change_type":3,"old_servicer_userid":"zs","msg_code":"C"}}`,
			chat.Message{Kind: chat.Native, Event: chat.NativeEnded, Name: "zs", Right: code("end")}},
		{"the end, too late for its code", `{` + anyID + ofEvent + `"event_type":"session_status_change","change_type":3,"old_servicer_userid":"zs"}}`,
			chat.Message{Kind: chat.Native, Event: chat.NativeEnded, Name: "zs", Right: &chat.ReplyRight{Pool: "message", Expires: right.Expires}}},
		{"a failure that is told later", `{` + anyID + ofEvent + `"event_type":"msg_send_fail","fail_msgid":"` + ourID + `","fail_type":10}}`,
			chat.Message{Kind: chat.Undelivered, Of: "tmg3x7abc-12_1-2", Event: string(chat.Blocked)}},
		{"F5 taken back", `{` + anyID + ofEvent + `"event_type":"user_recall_msg","recall_msgid":"m0"}}`, chat.Message{Kind: chat.Recalled, Of: "m0"}},
		{"D5 a field of another type", `{` + anyID + ofAnn + `"msgtype":"text","text":{"content":"你好","menu_id":7}}`,
			chat.Message{Kind: chat.Said, Text: "你好", Right: right}},
		{"F9 what looks like a template", `{` + anyID + ofAnn + `"msgtype":"text","text":{"content":"{{.Secret}} =cmd() <script>"}}`,
			chat.Message{Kind: chat.Said, Text: "{{.Secret}} =cmd() <script>", Right: right}},
	} {
		got, ignored := a.message(t.Context(), json.RawMessage(c.raw), at)
		c.want.ID, c.want.From, c.want.At = "m1", chat.Address{Channel: "help", Peer: "wm-ann"}, at
		if ignored != "" || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, ignored %q; want %+v", c.name, got, ignored, c.want)
		}
	}
}

// Groups D and F of the catalogue of bad input, as far as they can come out of a list that is pulled: what cannot be a message is counted
// under a fixed word, and nothing of it reaches the house.
func TestIgnored(t *testing.T) {
	t.Parallel()
	a, _ := alone(t)
	for name, c := range map[string]struct{ raw, want string }{
		"D1 cut":                      {`{` + anyID, "malformed"},
		"D4 deep":                     {strings.Repeat("[", 10001) + strings.Repeat("]", 10001), "malformed"},
		"D6 null":                     {`null`, "unknown origin"},
		"D7 a list":                   {`[1,2]`, "unknown origin"},
		"D8 bytes behind":             {`{} {}`, "malformed"},
		"a text":                      {`"hello"`, "unknown origin"},
		"D12 nobody":                  {`{` + anyID + `"origin":3,"msgtype":"text","text":{"content":"x"}}`, "nobody"},
		"somebody with a line break":  {`{` + anyID + `"external_userid":"a\nb","origin":3,"msgtype":"text","text":{"content":"x"}}`, "nobody"},
		"somebody without end":        {`{` + anyID + `"external_userid":"` + strings.Repeat("x", 500) + `","origin":3,"msgtype":"text"}`, "nobody"},
		"F13 the seat's own":          {`{` + anyID + `"external_userid":"wm-ann","origin":5,"servicer_userid":"zs","msgtype":"text","text":{"content":"x"}}`, "seat"},
		"an origin that is none":      {`{` + anyID + `"external_userid":"wm-ann","origin":9,"msgtype":"text"}`, "unknown origin"},
		"a message of the platform":   {`{` + anyID + `"external_userid":"wm-ann","origin":4,"msgtype":"text"}`, "unknown origin"},
		"another account's":           {`{` + anyID + `"open_kfid":"wkX","external_userid":"wm-ann","origin":3,"msgtype":"text"}`, "other account"},
		"another account's event":     {`{` + anyID + `"origin":4,"msgtype":"event","event":{"open_kfid":"wkX","external_userid":"wm-ann","event_type":"enter_session"}}`, "other account"},
		"an unknown event":            {`{` + anyID + ofEvent + `"event_type":"party"}}`, "unknown event"},
		"an unknown change":           {`{` + anyID + ofEvent + `"event_type":"session_status_change","change_type":9}}`, "unknown change"},
		"a seat comes":                {`{` + anyID + ofEvent + `"event_type":"servicer_status_change","status":1}}`, "servicer_status_change"},
		"a seat takes its words back": {`{` + anyID + ofEvent + `"event_type":"servicer_recall_msg","recall_msgid":"x"}}`, "servicer_recall_msg"},
		"nothing taken back":          {`{` + anyID + ofEvent + `"event_type":"user_recall_msg"}}`, "malformed"},
		"a failure of nothing of us":  {`{` + anyID + ofEvent + `"event_type":"msg_send_fail","fail_msgid":"akey0123456789","fail_type":4}}`, "unknown reply"},
		"a failure of another's":      {`{` + anyID + ofEvent + `"event_type":"msg_send_fail","fail_msgid":"` + a.msgID(t.Context(), "wm-bob", "k", 0) + `","fail_type":4}}`, "unknown reply"},
	} {
		if m, ignored := a.message(t.Context(), json.RawMessage(c.raw), time.Now()); ignored != c.want {
			t.Errorf("%s: ignored as %q, want %q (%+v)", name, ignored, c.want, m)
		}
	}
}

// F4: ids and times that are none still give one id for each delivery, and a time.
func TestOddIDsAndTimes(t *testing.T) {
	t.Parallel()
	a, _ := alone(t)
	now := time.Now()
	ids := map[string]bool{}
	for _, head := range []string{``, `"msgid":"",`, `"msgid":" -5 ",`, `"msgid":"` + strings.Repeat("9", 300) + `",`, `"msgid":"\u0000",`} {
		for _, at := range []string{``, `"send_time":"",`, `"send_time":"x",`, `"send_time":-1,`, `"send_time":1e400,`, `"send_time":99999999999999999999,`, `"send_time":null,`} {
			raw := json.RawMessage(`{` + head + at + ofAnn + `"msgtype":"text","text":{"content":"x"}}`)
			m, ignored := a.message(t.Context(), raw, now)
			again, _ := a.message(t.Context(), raw, now.Add(time.Hour))
			if ignored != "" || m.ID == "" || len(m.ID) > 200 || m.ID != again.ID || ids[m.ID] || !m.At.Equal(now) {
				t.Errorf("%s: %+v, ignored %q, again %q", raw, m, ignored, again.ID)
			}
			ids[m.ID] = true
		}
	}
}

// A welcome code whose 20 s are over permits nothing, and a text beyond what the house keeps is cut (F6).
func TestLateCodeAndLongText(t *testing.T) {
	t.Parallel()
	a, _ := alone(t)
	enter := json.RawMessage(`{` + anyID + ofEvent + `"event_type":"enter_session","welcome_code":"C"}}`)
	for late, want := range map[time.Duration]bool{0: true, 19 * time.Second: true, 20 * time.Second: false, time.Hour: false} {
		if m, _ := a.message(t.Context(), enter, time.Unix(1800000000, 0).Add(late)); (m.Right != nil) != want {
			t.Errorf("%s after the entry the right is %+v", late, m.Right)
		}
	}
	m, _ := a.message(t.Context(), json.RawMessage(`{`+anyID+ofAnn+`"msgtype":"text","text":{"content":"`+strings.Repeat("长", 50000)+`"}}`), time.Now())
	if len(m.Text) > chat.MaxText || !strings.HasSuffix(m.Text, "…") {
		t.Errorf("a text of 50,000 characters keeps %d bytes", len(m.Text))
	}
}
