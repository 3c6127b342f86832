package weixintest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
)

var account = Account{App: "wx1", Secret: "canary-secret", Token: "tok", Origin: "gh_1", Access: "canary-access", Webhook: "https://bot.example/x"}

// call posts body to path with the access token in force, and returns the errcode.
func call(t *testing.T, p *Platform, path, body string) (code int) {
	t.Helper()
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, tokenPath, strings.NewReader(`{"secret":"canary-secret"}`)))
	w = httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path+"?access_token="+p.access(), strings.NewReader(body)))
	if _, err := fmt.Sscanf(w.Body.String(), `{"errcode":%d`, &code); err != nil {
		return 0
	}
	return code
}

func text(s string) string {
	return `{"touser":"openid-ann","msgtype":"text","text":{"content":"` + s + `"}}`
}

// The fake counts as the platform does: the maximum of the live rights, never their sum.
func TestQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(t, account)
		send := func() int { return call(t, p, weixin.SendPath, text("x")) }
		if code := send(); code != 40003 {
			t.Errorf("to a stranger: %d, want 40003", code)
		}
		p.Grant("ann", "message", 5, 48*time.Hour)
		p.Grant("ann", "menu", 3, time.Minute)
		for i, want := range []int{0, 0, 0, 0, 0, 45047} {
			if code := send(); code != want {
				t.Errorf("message %d: %d, want %d", i+1, code, want)
			}
		}
		p.Grant("ann", "menu", 3, time.Minute)
		if code := send(); code != 0 {
			t.Errorf("after a tap on the menu: %d", code)
		}
		time.Sleep(49 * time.Hour)
		if code := send(); code != 45015 {
			t.Errorf("49 hours later: %d, want 45015", code)
		}
		p.Leave("ann")
		if code := send(); code != 43004 {
			t.Errorf("after leaving: %d, want 43004", code)
		}
		if got := strings.Join(p.Breaches(), ", "); got != "custom/send: 40003, custom/send: 45047, custom/send: 45015, custom/send: 43004" {
			t.Errorf("breaches: %s", got)
		}
		if n := len(p.Sent()); n != 6 {
			t.Errorf("%d messages were shown, want 6", n)
		}
	})
}

func TestSendIsStrict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body string
		want int
	}{
		{text("好"), 0}, {text(""), 44004}, {text(`\u4f60`), 40033}, {text(strings.Repeat("x", 2049)), 45002}, {`{"touser":`, 47001},
		{`{"touser":"openid-ann","msgtype":"news","news":{}}`, 40008}, {`{"touser":"openid-ann","msgtype":"image","image":{"media_id":"media-7"}}`, 40007},
		{`{"touser":"openid-ann","msgtype":"msgmenu","msgmenu":{"head_content":"?","list":[{"id":"a","content":"退货"}]}}`, 44004},
		{`{"touser":"openid-ann","msgtype":"msgmenu","msgmenu":{"head_content":"?","list":[{"id":"101","content":"退货"}]}}`, 0},
	} {
		p := New(t, account)
		p.Befriend("ann")
		if code := call(t, p, weixin.SendPath, c.body); code != c.want {
			t.Errorf("%.60s: %d, want %d", c.body, code, c.want)
		}
		if bad := len(p.Breaches()) > 0; bad != (c.want != 0) {
			t.Errorf("%.60s: breaches %q", c.body, p.Breaches())
		}
	}
	p := New(t, account)
	p.Unverified = true
	if code := call(t, p, weixin.SendPath, text("x")); code != 48001 {
		t.Errorf("an unverified account: %d, want 48001", code)
	}
}

// What is said over a seat is shown all the same, and held against the product.
func TestWordsOverASeat(t *testing.T) {
	t.Parallel()
	p := New(t, account)
	p.Befriend("ann")
	p.Seat("wang@x", true)
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"/customservice/kfsession/close", `{"kf_account":"wang@x","openid":"openid-ann"}`, 65413},
		{"/customservice/kfsession/create", `{"kf_account":"li@x","openid":"openid-ann"}`, 65401},
		{"/customservice/kfsession/create", `{"kf_account":"wang@x","openid":"openid-ann"}`, 0},
		{"/customservice/kfsession/create", `{"kf_account":"wang@x","openid":"openid-ann"}`, 0},
		{weixin.SendPath, text("x"), 0},
	} {
		if code := call(t, p, c.path, c.body); code != c.want {
			t.Errorf("%s %s: %d, want %d", c.path, c.body, code, c.want)
		}
	}
	if b := p.Breaches(); len(b) != 1 || !strings.Contains(b[0], "with the seat wang@x") || len(p.Sent()) != 1 {
		t.Errorf("breaches %q, shown %v", b, p.Sent())
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		how    string
		status int
		body   string
	}{
		{"busy", 200, `{"errcode":-1,`}, {"45015", 200, `{"errcode":45015,`}, {"502", 502, "<html>"}, {"page", 200, "<html>"},
	} {
		p := New(t, account)
		p.Befriend("ann")
		p.Fail(1, c.how)
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, weixin.SendPath, bytes.NewReader(nil)))
		if b, err := io.ReadAll(w.Body); err != nil || w.Code != c.status || !strings.HasPrefix(string(b), c.body) {
			t.Errorf("%s: answered with %d %s", c.how, w.Code, b)
		}
		if code := call(t, p, weixin.SendPath, text("x")); code != 0 || len(p.Breaches()) > 0 {
			t.Errorf("%s: the call behind it fails with %d", c.how, code)
		}
	}
	p := New(t, account)
	p.Befriend("ann")
	p.Fail(1, "timeout-after-send")
	synctest.Test(t, func(t *testing.T) {
		p.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, weixin.SendPath, strings.NewReader(text("x"))))
	})
	if len(p.Sent()) != 1 {
		t.Error("a message whose answer was lost is not shown")
	}
}

// A passive reply that the platform would not understand fails the test that provoked it, and stands among the breaches.
func TestReadIsStrict(t *testing.T) {
	t.Parallel()
	reply := func(kind, content string) string {
		return string(XML(Field{"ToUserName", "openid-ann"}, Field{"FromUserName", "gh_1"}, Field{"CreateTime", "1"}, Field{"MsgType", kind}, Field{"Content", content}))
	}
	for _, c := range []struct {
		name, body  string
		event, good bool
	}{
		{"text", reply("text", "好"), false, true}, {"acknowledged", "success", true, true}, {"empty content", reply("text", " "), false, false},
		{"too long", reply("text", strings.Repeat("x", 2049)), false, false}, {"not XML", "{}", false, false}, {"an unknown kind", reply("msgmenu", "x"), false, false},
		{"to nobody", strings.Replace(reply("text", "x"), "ann", "bob", 1), false, false},
		{"a transfer", reply("transfer_customer_service", ""), false, true}, {"a transfer for an event", reply("transfer_customer_service", ""), true, false},
	} {
		p := New(t, account)
		p.Befriend("ann")
		p.Seat("wang@x", true)
		quiet := &quietT{TB: t}
		p.Read(quiet, []byte(c.body), c.event)
		if quiet.failed == c.good || (len(p.Breaches()) == 0) != c.good {
			t.Errorf("%s: failed = %t, breaches %q", c.name, quiet.failed, p.Breaches())
		}
	}
}

// quietT notes a failure instead of failing.
type quietT struct {
	testing.TB
	failed bool
}

func (q *quietT) Errorf(string, ...any) { q.failed = true }
func (q *quietT) Helper()               {}
