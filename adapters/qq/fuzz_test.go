package qq

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/qq/qqtest"
	"github.com/xianda-bot/xianda/chat"
)

// FuzzEvent signs any bytes: what gets in is a message that the house can keep, and what does not changes nothing.
func FuzzEvent(f *testing.F) {
	at := time.Unix(1_800_000_000, 0)
	for _, e := range []qqtest.Event{qqtest.Private("ann", "1", "你好", at), qqtest.InGroup("ann", "1", "<@!1> 退款", at)} {
		b, _ := json.Marshal(e) // plain data
		f.Add(b)
	}
	for _, s := range []string{
		`{"op":13,"d":{"plain_token":"a","event_ts":"1"}}`, `{"op":0,"t":"FRIEND_ADD","id":"x","d":{"openid":"A","timestamp":"1e9","scene_param":"a=b"}}`,
		`{"op":0,"t":"INTERACTION_CREATE","d":{"id":"i","type":11,"chat_type":1,"group_openid":"G","group_member_openid":"A","data":{"resolved":{"button_data":"m"}}}}`,
		`{"op":0,"t":"GROUP_DEL_ROBOT","d":{"group_openid":"G","op_member_openid":"A","timestamp":-1}}`,
		`{"op":0,"t":"C2C_MESSAGE_CREATE","d":{"id":"m","author":{"user_openid":"A"},"attachments":[{"content_type":"image/png","size":1e300,"url":"https://a/b"}]}}`,
		`null`, `{"op":0,"OP":13}`, `[[[[`,
	} {
		f.Add([]byte(s))
	}
	p := qqtest.New(f)
	d, _ := adapterstest.NewDeps()
	d.Clock = func() time.Time { return at }
	d.HTTP = adapterstest.Client(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	a := mustNew(f, p.Section(base), d)
	f.Fuzz(func(t *testing.T, b []byte) {
		var got []chat.Message
		door := a.Handler(func(_ context.Context, m chat.Message) ([]chat.Reply, error) {
			got = append(got, m)
			return nil, nil
		})
		w := httptest.NewRecorder()
		door.ServeHTTP(w, p.Signed(b, at))
		if w.Code >= 500 || w.Code != http.StatusOK && len(got) > 0 || len(got) > 1 {
			t.Errorf("answered with %d, the inbox got %+v", w.Code, got)
		}
		for _, m := range got {
			if err := adapterstest.Whole(m); err != nil {
				t.Errorf("the inbox got %+v: %v", m, err)
			}
		}
	})
}

// FuzzDoor sends anything with any headers: nothing that the platform did not sign gets in, and nothing is signed that could be an event.
func FuzzDoor(f *testing.F) {
	f.Add("POST", "102000001", "1800000000", strings.Repeat("0", 128), []byte(`{"op":0}`))
	f.Add("POST", "102000001", "", "", []byte(`{"op":13,"d":{"plain_token":"Arq0D5A61EgUu4OxUvOp","event_ts":"1725442341"}}`))
	f.Add("GET", "", "", "", []byte(nil))
	p := qqtest.New(f)
	d, _ := adapterstest.NewDeps()
	d.Clock = func() time.Time { return time.Unix(1_800_000_000, 0) }
	a := mustNew(f, p.Section(base), d)
	f.Fuzz(func(t *testing.T, method, app, stamp, signature string, body []byte) {
		door := a.Handler(func(_ context.Context, m chat.Message) ([]chat.Reply, error) {
			t.Errorf("the inbox got %+v", m)
			return nil, nil
		})
		r := httptest.NewRequest(http.MethodPost, "https://bot.example/qq/qq", bytes.NewReader(body))
		r.Method = method
		for name, value := range map[string]string{"X-Bot-Appid": app, "X-Signature-Timestamp": stamp, "X-Signature-Ed25519": signature} {
			if value != "" {
				r.Header[http.CanonicalHeaderKey(name)] = []string{value}
			}
		}
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		var proof answered
		if w.Code == http.StatusOK && (json.Unmarshal(w.Body.Bytes(), &proof) != nil || strings.ContainsAny(proof.Token, "{}\" ")) {
			t.Errorf("answered with %s", w.Body)
		}
	})
}

// FuzzAnswer reads any answer of the platform: no panic, and an error that holds no secret.
func FuzzAnswer(f *testing.F) {
	f.Add(200, []byte(`{"id":"a","timestamp":"b"}`))
	f.Add(400, []byte(`{"err_code":40034005,"message":"canary-qq-secret","trace_id":"4a8a"}`))
	f.Add(202, []byte(`{"code":304023}`))
	f.Add(200, []byte(`{"access_token":"a","expires_in":"7200"}`))
	f.Add(429, []byte(nil))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		d, _ := adapterstest.NewDeps()
		a := newAPI(Section{AppID: "1", Secret: qqtest.Secret, APIBase: base, TokenBase: base}, d)
		var out struct {
			ID string `json:"id"`
		}
		err := a.read(&apiError{op: "/x", status: status, sent: true}, &http.Response{StatusCode: status, Header: http.Header{}}, body, "tok-canary", &out)
		if err != nil && (strings.Contains(err.Error(), qqtest.Secret) || strings.Contains(err.Error(), "tok-canary")) {
			t.Errorf("the error %q holds a secret", err)
		}
		if err != nil && classify(err).Kind == "" {
			t.Errorf("%v is of no kind", err)
		}
	})
}

// FuzzEscaped holds that markdown shows a text as it is, wherever marks stand.
func FuzzEscaped(f *testing.F) {
	f.Add("# a\n1. b\n- *c* _d_ [e](f) <g> ~h~ `i` | \\ ! > +\n=== 3) x")
	f.Add("第1步：点“退款”；2、等 24 小时")
	f.Fuzz(func(t *testing.T, s string) {
		s = clean(s)
		got := escaped(s)
		var back strings.Builder
		for i := 0; i < len(got); i++ { // undo: a backslash before a mark
			if got[i] == '\\' && i+1 < len(got) && strings.IndexByte("\\`*_~[]<>!#|-+=.)", got[i+1]) >= 0 {
				i++
			}
			back.WriteByte(got[i])
		}
		if back.String() != s {
			t.Errorf("escaped(%q) = %q, which shows as %q", s, got, back.String())
		}
	})
}
