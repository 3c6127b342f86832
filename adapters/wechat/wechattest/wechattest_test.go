package wechattest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// call posts body to path with the access token in force, and returns the errcode.
func call(t *testing.T, p *Platform, path, body string) (code int) {
	t.Helper()
	token := httptest.NewRecorder()
	p.ServeHTTP(token, httptest.NewRequest(http.MethodPost, "/cgi-bin/stable_token", strings.NewReader(`{"secret":"`+p.Account.Secret+`"}`)))
	var access string
	if _, err := fmt.Sscanf(token.Body.String(), `{"access_token":%q`, &access); err != nil {
		t.Fatalf("no token in %s", token.Body)
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path+"?access_token="+access, strings.NewReader(body)))
	if _, err := fmt.Sscanf(w.Body.String(), `{"errcode":%d`, &code); err != nil {
		return 0
	}
	return code
}

// The fake refuses the menus and codes that the platform refuses, each by its own code.
func TestRefusals(t *testing.T) {
	t.Parallel()
	button := func(s string) string { return `{"button":[` + s + `]}` }
	many := func(n int) string {
		return strings.TrimSuffix(strings.Repeat(`{"type":"click","name":"a","key":"A"},`, n), ",")
	}
	scene := func(action, scene string, life int) string {
		return fmt.Sprintf(`{"expire_seconds":%d,"action_name":%q,"action_info":{"scene":{"scene_str":%q}}}`, life, action, scene)
	}
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"/cgi-bin/menu/get", "", 46003},
		{"/cgi-bin/menu/create", button(many(3)), 0},
		{"/cgi-bin/menu/create", button(many(4)), 40016},
		{"/cgi-bin/menu/create", button(""), 40016},
		{"/cgi-bin/menu/create", button(`{"name":"a","sub_button":[` + many(6) + `]}`), 40023},
		{"/cgi-bin/menu/create", button(`{"name":"a","sub_button":[{"name":"b","sub_button":[` + many(1) + `]}]}`), 40023},
		{"/cgi-bin/menu/create", button(`{"type":"click","name":"一二三四五六","key":"A"}`), 40018},
		{"/cgi-bin/menu/create", button(`{"name":"a","sub_button":[{"type":"click","name":"一二三四五六","key":"A"}]}`), 0},
		{"/cgi-bin/menu/create", button(`{"type":"click","name":"a","key":"` + strings.Repeat("A", 129) + `"}`), 40019},
		{"/cgi-bin/menu/create", button(`{"type":"view","name":"a"}`), 40020},
		{"/cgi-bin/menu/create", button(`{"type":"miniprogram","name":"a","pagepath":"x"}`), 40166},
		{"/cgi-bin/menu/create", button(`{"type":"dance","name":"a"}`), 40017},
		{"/cgi-bin/qrcode/create", scene("QR_STR_SCENE", "x", 2592000), 0},
		{"/cgi-bin/qrcode/create", scene("QR_STR_SCENE", "x", 2592001), 40052},
		{"/cgi-bin/qrcode/create", scene("QR_STR_SCENE", strings.Repeat("x", 65), 60), 40053},
		{"/cgi-bin/qrcode/create", scene("QR_LIMIT_STR_SCENE", "x", 60), 40053},
		{"/cgi-bin/user/info", "", 40035},
		{"/cgi-bin/nothing", "", 40066},
	} {
		if code := call(t, New(t), c.path, c.body); code != c.want {
			t.Errorf("%s %.80s: %d, want %d", c.path, c.body, code, c.want)
		}
	}
}

// What people do grants what the platform says it grants; what they say to a seat, the product does not hear.
func TestDeliver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind chat.Kind
		want int // messages that may be sent
	}{
		{chat.Said, 5}, {chat.Arrived, 3}, {chat.Chose, 3}, {chat.Left, 0},
	} {
		p := New(t)
		heard := 0
		door := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard++ })
		d := adapterstest.Delivery{Kind: c.kind, Peer: "ann", ID: "1", Text: "x", Label: "x", Scene: map[string]string{"menu": "M"}, At: time.Now()}
		p.Deliver(t, door, d)
		sent := 0
		for call(t, p, "/cgi-bin/message/custom/send", `{"touser":"openid-ann","msgtype":"text","text":{"content":"x"}}`) == 0 {
			sent++
		}
		if heard != 1 || sent != c.want {
			t.Errorf("%s: heard %d times, %d messages sent, want once and %d", c.kind, heard, sent, c.want)
		}
		p.Seat("wang@shop", true)
		call(t, p, "/customservice/kfsession/create", `{"kf_account":"wang@shop","openid":"openid-ann"}`)
		d.ID = "2"
		p.Deliver(t, door, d)
		if event := c.kind == chat.Arrived || c.kind == chat.Left; (heard == 2) != event {
			t.Errorf("%s while a seat has the person: heard = %t, want %t", c.kind, heard == 2, event)
		}
	}
}
