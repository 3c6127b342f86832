package miniprogram

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/adapters/miniprogram/miniprogramtest"
	"github.com/xianda-bot/xianda/chat"
)

var fuzzedAt = time.Unix(1_800_000_000, 0)

// fuzzed is an adapter whose inbox keeps what it hears.
func fuzzed(t testing.TB, p *miniprogramtest.Platform, heard *[]chat.Message) http.Handler {
	d, _ := adapterstest.NewDeps()
	d.Clock = func() time.Time { return fuzzedAt }
	return mustNew(t, section(p), d).Handler(func(_ context.Context, m chat.Message) ([]chat.Reply, error) {
		*heard = append(*heard, m)
		return nil, nil
	})
}

func checkHeard(t *testing.T, heard []chat.Message) {
	t.Helper()
	for _, m := range heard {
		if err := adapterstest.Whole(m); err != nil || (m.Right == nil) != (m.Kind == chat.Native) {
			t.Errorf("the inbox got %+v: %v", m, err)
		}
	}
}

// FuzzMessage pushes any bytes as the message itself, plain and in an envelope: both accounts must make the same of them.
func FuzzMessage(f *testing.F) {
	for _, m := range modes[1:3] {
		p := miniprogramtest.NewPushing(f, m.safe, m.json)
		for _, b := range [][]byte{
			p.From("ann", "text", fuzzedAt, field{"Content", "你好 😀"}, field{"MsgId", "25373744922163388"}),
			p.From("ann", "event", fuzzedAt, field{"Event", "user_enter_tempsession"}, field{"SessionFrom", "page=pay"}),
			p.From("ann", "miniprogrampage", fuzzedAt, field{"Title", "t"}, field{"AppId", "wx1"}, field{"PagePath", "p"}),
		} {
			f.Add(b)
		}
	}
	f.Add([]byte(`{"FromUserName":"o","ToUserName":"g","MsgType":"text","Content":"\ud83d\ude00\ud800","MsgId":1e3}`))
	f.Add([]byte(nil))
	plain, safe := miniprogramtest.NewPushing(f, false, true), miniprogramtest.NewPushing(f, true, true)
	f.Fuzz(func(t *testing.T, b []byte) {
		var heard [2][]chat.Message
		var status [2]int
		for i, p := range []*miniprogramtest.Platform{plain, safe} {
			w := httptest.NewRecorder()
			fuzzed(t, p, &heard[i]).ServeHTTP(w, p.Seal(t, b, fuzzedAt).Request())
			if status[i] = w.Code; w.Code >= 500 {
				t.Errorf("answered with %d", w.Code)
			}
			checkHeard(t, heard[i])
		}
		if len(b) < weixin.MaxBody/2 && (status[0] != status[1] || len(heard[0]) != len(heard[1]) ||
			len(heard[0]) == 1 && (heard[0][0].ID != heard[1][0].ID || heard[0][0].Text != heard[1][0].Text)) {
			t.Errorf("plain and encrypted differ: %v %+v", status, heard)
		}
	})
}

// FuzzHandler sends any query and body to an encrypting account: nothing that the platform did not sign gets in.
func FuzzHandler(f *testing.F) {
	p := miniprogramtest.New(f)
	good := p.Seal(f, p.From("ann", "text", fuzzedAt, field{"Content", "你好"}, field{"MsgId", "1"}), fuzzedAt)
	f.Add("POST", good.Query, good.Body)
	f.Add("GET", good.Query+"&echostr=123", []byte(nil))
	f.Add("POST", "signature=a;b&timestamp=%zz", []byte("{"))
	f.Fuzz(func(t *testing.T, method, query string, body []byte) {
		var heard []chat.Message
		r := httptest.NewRequest(http.MethodPost, p.Account.Webhook, bytes.NewReader(body))
		r.Method, r.URL.RawQuery = method, query
		w := httptest.NewRecorder()
		fuzzed(t, p, &heard).ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("answered with %d", w.Code)
		}
		checkHeard(t, heard)
	})
}
