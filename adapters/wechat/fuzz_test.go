package wechat

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/adapters/internal/weixin/weixintest"
	"github.com/xianda-bot/xianda/chat"
)

// fuzzed is an adapter whose inbox checks what every message must be.
func fuzzed(t testing.TB, s Section, texts *[]chat.Message) http.Handler {
	d, _ := adapterstest.NewDeps()
	d.Clock = func() time.Time { return time.Unix(1_800_000_000, 0) }
	a := mustNew(t, s, d)
	return a.Handler(func(_ context.Context, m chat.Message) ([]chat.Reply, error) {
		*texts = append(*texts, m)
		return []chat.Reply{{Key: "k", Text: m.Text}}, nil
	})
}

func checkHeard(t *testing.T, heard []chat.Message) {
	t.Helper()
	for _, m := range heard {
		if err := adapterstest.Whole(m); err != nil {
			t.Errorf("the inbox got %+v: %v", m, err)
		}
	}
}

// FuzzMessage pushes any bytes as the message itself, plain and in an envelope: both accounts must make the same of them.
func FuzzMessage(f *testing.F) {
	at := time.Unix(1_800_000_000, 0)
	for _, b := range [][]byte{
		textOf("你好"), []byte(around("<Content><![CDATA[a]]]]><![CDATA[>b]]></Content>")), from("ann", "event", at, field{"Event", "SCAN"}, field{"EventKey", "x"}),
		from("ann", "event", at, field{"Event", "subscribe"}, field{"EventKey", "qrscene_page=pay,error=E1"}),
		from("ann", "event", at, field{"Event", "kf_switch_session"}, field{"FromKfAccount", "a@x"}, field{"ToKfAccount", "b@x"}),
		from("ann", "text", at, field{"Content", "x"}, field{"MsgId", " -5 "}), []byte("<xml><a><b><c><d><e/></d></c></b></a></xml>"), nil,
	} {
		f.Add(b)
	}
	key := weixintest.Key(f, testAccount.Key, testAccount.App)
	f.Fuzz(func(t *testing.T, b []byte) {
		var heard [2][]chat.Message
		var status [2]int
		for i, k := range []*weixin.Key{nil, key} {
			s := section(k != nil, false, numbered)
			push := testAccount.Seal(t, k, b, at)
			w := httptest.NewRecorder()
			fuzzed(t, s, &heard[i]).ServeHTTP(w, push.Request())
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
	key := weixintest.Key(f, testAccount.Key, testAccount.App)
	good := testAccount.Seal(f, key, textOf("你好"), time.Unix(1_800_000_000, 0))
	f.Add("POST", good.Query, good.Body)
	f.Add("GET", good.Query+"&echostr=123", []byte(nil))
	f.Add("POST", "signature=a;b&timestamp=%zz", []byte("<xml>"))
	f.Add("PUT", "", []byte(nil))
	f.Fuzz(func(t *testing.T, method, query string, body []byte) {
		var heard []chat.Message
		door := fuzzed(t, section(true, false, numbered), &heard)
		r := httptest.NewRequest(http.MethodPost, testAccount.Webhook, bytes.NewReader(body))
		r.Method, r.URL.RawQuery = method, query
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("answered with %d", w.Code)
		}
		checkHeard(t, heard)
	})
}
