package weixin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// The official sample of WeCom (vector C of the reference).
const (
	workCorp  = "ww1436e0e65a779aee"
	workEcho  = "fsi1xnbH4yQh0+PJxcOdhhK6TDXkjMyhEPA7xB2TGz6b+g7xyAbEkRxN/3cNXW9qdqjnoVzEtpbhnFyq6SVHyA=="
	workKey   = "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt"
	workToken = "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo"
	workPush  = "Kl7kjoSf6DMD1zh7rtrHjFaDapSCkaOnwu3bqLc5tAybhhMl9pFeK8NslNPVdMwmBQTNoW4mY7AIjeLvEl3NyeTkAgGzBhzTtRLNshw2AEew+kkYcD+Fq72Kt00fT0WnN87h" +
		"GrW8SqGc+NcT3mu87Ha3dz1pSDi6GaUA6A0sqfde0VJPQbZ9U+3JWcoD4Z5jaU0y9GSh010wsHF8KZD24YhmZH4ch4Ka7ilEbjbfvhKkNL65HHL0J6EYJIZUC2pFrdkJ7MhmEbU2qARR" +
		"4iQHE7wy24qy0cRX3Mfp6iELcDNfSsPGjUQVDGxQDCWjayJOpcwocugux082f49HKYg84EpHSGXAyh+/oxwaWbvL6aSDPOYuPDGOCI8jmnKiypE+"
)

func workGate(t testing.TB, corp string, now time.Time) *WorkGate {
	t.Helper()
	k, err := NewKey(workKey, corp)
	if err != nil {
		t.Fatal(err)
	}
	return &WorkGate{&Gate{Tokens: []string{workToken}, Keys: []*Key{k}, Clock: func() time.Time { return now }}}
}

// workAsk is a request with the vector's signature over sealed, but for what change says.
func workAsk(method, stamp, nonce, sealed string, change map[string]string) *http.Request {
	q := url.Values{"msg_signature": {Sign(workToken, stamp, nonce, sealed)}, "timestamp": {stamp}, "nonce": {nonce}}
	body := ""
	if method == http.MethodGet {
		q.Set("echostr", sealed)
	} else {
		body = "<xml><ToUserName><![CDATA[" + workCorp + "]]></ToUserName><AgentID><![CDATA[]]></AgentID><Encrypt><![CDATA[" + sealed + "]]></Encrypt></xml>"
	}
	for k, v := range change {
		q.Del(k)
		if v != "" {
			q.Set(k, v)
		}
	}
	r := httptest.NewRequest(method, "/kefu/help", strings.NewReader(body))
	r.URL.RawQuery = q.Encode()
	return r
}

func TestWorkGateTakesTheOfficialSample(t *testing.T) {
	t.Parallel()
	if got := Sign(workToken, "1476416373", "47744683", workEcho); got != "012bc692d0a58dd4b10f8dfe5c4ac00ae211ebeb" {
		t.Errorf("msg_signature of the echo = %s", got)
	}
	echo, refusal := workGate(t, workCorp, time.Unix(1476416373, 0)).Echo(workAsk("GET", "1476416373", "47744683", workEcho, nil))
	if refusal != nil || echo != "1288432023552776189" {
		t.Errorf("Echo = %q %v", echo, refusal)
	}
	p, refusal := workGate(t, workCorp, time.Unix(1476422779, 0)).Open(httptest.NewRecorder(), workAsk("POST", "1476422779", "1597212914", workPush, nil))
	if refusal != nil || !strings.Contains(string(p.Message), "ChenJiaShun") || !strings.Contains(string(p.Message), "你好") {
		t.Errorf("Open = %+v %v", p, refusal)
	}
}

// What is not WeCom's own gets no further, and learns nothing: groups A and B of the catalogue of bad input.
func TestWorkGateRefuses(t *testing.T) {
	t.Parallel()
	const stamp, nonce = "1476422779", "1597212914"
	now := time.Unix(1476422779, 0)
	for _, c := range []struct {
		name   string
		change map[string]string
		corp   string
		now    time.Time
		want   Refusal
	}{
		{"A1 no signature", map[string]string{"msg_signature": ""}, workCorp, now, Refusal{403, "msg_signature"}},
		{"A3 wrong signature", map[string]string{"msg_signature": strings.Repeat("0", 40)}, workCorp, now, Refusal{403, "msg_signature"}},
		{"A12 the official accounts' signature only", map[string]string{"msg_signature": "", "signature": Sign(workToken, stamp, nonce)}, workCorp, now, Refusal{403, "msg_signature"}},
		{"A4 old", nil, workCorp, now.Add(10 * time.Minute), Refusal{403, "stale"}},
		{"A5 of the future", nil, workCorp, now.Add(-10 * time.Minute), Refusal{403, "stale"}},
		{"A6 no number", map[string]string{"timestamp": "soon"}, workCorp, now, Refusal{403, "timestamp"}},
		{"A6 none", map[string]string{"timestamp": ""}, workCorp, now, Refusal{403, "msg_signature"}},
		{"A13 upper case", map[string]string{"msg_signature": strings.ToUpper(Sign(workToken, stamp, nonce, workPush))}, workCorp, now, Refusal{403, "msg_signature"}},
		{"A16 of another corp", nil, "ww0000000000000000", now, Refusal{403, "envelope"}},
	} {
		g := workGate(t, c.corp, c.now)
		if _, refusal := g.Open(httptest.NewRecorder(), workAsk("POST", stamp, nonce, workPush, c.change)); refusal == nil || *refusal != c.want {
			t.Errorf("%s: Open = %v, want %v", c.name, refusal, &c.want)
		}
		if _, refusal := g.Echo(workAsk("GET", stamp, nonce, workPush, c.change)); refusal == nil {
			t.Errorf("%s: the echo is answered", c.name)
		}
	}
	g := workGate(t, workCorp, now)
	for name, sealed := range map[string]string{"B1 no base64": "%%%", "B3 odd length": "AAAA", "B4 empty": "", "plain": "1288432023552776189"} {
		if _, refusal := g.Open(httptest.NewRecorder(), workAsk("POST", stamp, nonce, sealed, nil)); refusal == nil || refusal.Reason != "envelope" {
			t.Errorf("%s: Open = %v, want the one refusal for envelopes", name, refusal)
		}
		if _, refusal := g.Echo(workAsk("GET", stamp, nonce, sealed, nil)); refusal == nil || refusal.Reason != "envelope" {
			t.Errorf("%s: Echo = %v", name, refusal)
		}
	}
	page, err := g.Keys[0].Seal(strings.NewReader(strings.Repeat("r", 16)), []byte("<script>alert(1)</script> x"))
	if err != nil {
		t.Fatal(err)
	}
	if echo, refusal := g.Echo(workAsk("GET", stamp, nonce, page, nil)); refusal == nil {
		t.Errorf("a page is echoed: %q", echo)
	}
}

// The secret travels in the address, which an error never shows; a wrong one is not taken for a token that passes.
func TestWorkToken(t *testing.T) {
	t.Parallel()
	const secret = "canary/secret+1"
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   chat.Failure
	}{
		{"wrong secret", said(`{"errcode":40001,"errmsg":"invalid credential canary/secret+1 ?corpsecret=canary%2Fsecret%2B1"}`), chat.Failure{Kind: chat.Auth}},
		{"wrong corp", said(`{"errcode":40013,"errmsg":"invalid corpid"}`), chat.Failure{Kind: chat.Auth}},
		{"busy", said(`{"errcode":-1,"errmsg":"system error"}`), chat.Failure{Kind: chat.Temporary}},
		{"a proxy's page", said(`<html>`), chat.Failure{Kind: chat.Temporary}},
		{"502", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, chat.Failure{Kind: chat.Temporary}},
		{"no token", said(`{"errcode":0,"expires_in":7200}`), chat.Failure{Kind: chat.Temporary}},
		{"gone", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, chat.Failure{Kind: chat.Temporary}},
	} {
		srv := httptest.NewServer(c.answer)
		a := NewAPI(srv.URL, srv.Client(), secret, url.QueryEscape(secret))
		a.Tokens = NewTokens("token/ww1", adapterstest.NewVault(time.Now), time.Now, a.WorkToken("ww1", secret))
		err := a.Call(context.Background(), "/cgi-bin/kf/send_msg", struct{}{}, nil)
		srv.Close()
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		if f := Classify(err, time.Now()); f.Kind != c.want.Kind || f.Unknown {
			t.Errorf("%s: %s, unknown %t; want %s and known", c.name, f.Kind, f.Unknown, c.want.Kind)
		}
		for _, canary := range []string{secret, url.QueryEscape(secret), "corpsecret=c"} {
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), canary) {
				t.Errorf("%s: the error holds the secret: %v", c.name, err)
			}
		}
	}
	var query url.Values
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.Query()
		_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok","access_token":"t1","expires_in":7200}`)
	}))
	defer srv.Close()
	token, life, err := NewAPI(srv.URL, srv.Client()).WorkToken("ww1", secret)(context.Background(), false)
	if err != nil || token != "t1" || life != 2*time.Hour || query.Get("corpid") != "ww1" || query.Get("corpsecret") != secret {
		t.Errorf("WorkToken = %q %s %v, asked with %v", token, life, err, query)
	}
}
