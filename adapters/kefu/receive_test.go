package kefu

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/kefu/kefutest"
)

func serve(door http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return w
}

// callback is what the platform says inside, about account.
func callback(account string) string {
	return "<xml><ToUserName>" + kefutest.Corp + "</ToUserName><MsgType>event</MsgType><Event>kf_msg_or_event</Event><Token>T</Token><OpenKfId>" + account + "</OpenKfId></xml>"
}

// Groups A, B, C and E of the catalogue of bad input at this door; what the gate itself refuses is tested beside it. None of it rings.
func TestBadCallbacks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		make func(p *kefutest.Platform) *http.Request
		want int
	}{
		{"A15 echostr on a POST is not echoed", func(p *kefutest.Platform) *http.Request {
			r := p.Callback("<xml><MsgType>event</MsgType><Event>other</Event></xml>")
			r.URL.RawQuery += "&echostr=4375120948345356249"
			return r
		}, 200},
		{"another event", func(p *kefutest.Platform) *http.Request {
			return p.Callback("<xml><MsgType>event</MsgType><Event>kf_account_auth_change</Event></xml>")
		}, 200},
		{"a message of an app", func(p *kefutest.Platform) *http.Request {
			return p.Callback("<xml><MsgType>text</MsgType><Content>x</Content></xml>")
		}, 200},
		{"B7 no XML inside", func(p *kefutest.Platform) *http.Request { return p.Callback("hello") }, 400},
		{"C8 two roots", func(p *kefutest.Platform) *http.Request { return p.Callback("<xml></xml><xml></xml>") }, 400},
		{"C9 a repeated element", func(p *kefutest.Platform) *http.Request {
			return p.Callback(strings.Replace(callback("wk1"), "<Token>", "<Token>x</Token><Token>", 1))
		}, 400},
		{"C2 a DTD", func(p *kefutest.Platform) *http.Request {
			return p.Callback("<!DOCTYPE x [<!ENTITY a \"b\">]><xml></xml>")
		}, 400},
		{"E1 PUT", func(p *kefutest.Platform) *http.Request {
			r := p.Ring(kefutest.Account)
			r.Method = http.MethodPut
			return r
		}, 405},
		{"E7 64 KB and more", func(p *kefutest.Platform) *http.Request {
			return kefutest.Sealed(strings.Repeat("A", 70<<10), time.Now(), "canarytoken1")
		}, 413},
		{"E8 compressed", func(p *kefutest.Platform) *http.Request {
			r := p.Ring(kefutest.Account)
			r.Header.Set("Content-Encoding", "gzip")
			return r
		}, 415},
		{"a previous token still opens", func(p *kefutest.Platform) *http.Request {
			sealed := p.Verification("1").URL.Query().Get("echostr")
			return kefutest.Sealed(sealed, time.Now(), "canarytoken0")
		}, 400}, // it opens, and a lone number is no callback
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, _ := adapterstest.NewDeps()
			p := kefutest.New(t)
			a := mustNew(t, p, d, nil)
			w := serve(a.Handler(nil), c.make(p))
			if w.Code != c.want || strings.Contains(w.Body.String(), "4375120948345356249") {
				t.Errorf("answered with %d %q, want %d", w.Code, w.Body, c.want)
			}
			if a.bells.look(t.Context()); a.bells.waits() {
				t.Error("it rings")
			}
		})
	}
}

// The console's verification is answered with the decrypted echostr and nothing else.
func TestVerification(t *testing.T) {
	t.Parallel()
	d, _ := adapterstest.NewDeps()
	p := kefutest.New(t)
	door := mustNew(t, p, d, nil).Handler(nil)
	if w := serve(door, p.Verification("1288432023552776189")); w.Code != 200 || w.Body.String() != "1288432023552776189" ||
		!strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("answered with %d %q as %s", w.Code, w.Body, w.Header().Get("Content-Type"))
	}
	r := p.Verification("1")
	r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "nonce=", "nonce=0", 1)
	if w := serve(door, r); w.Code != 403 {
		t.Errorf("forged, it was answered with %d", w.Code)
	}
}

// Errors of the configuration name the key and the remedy, and repeat no secret.
func TestConfiguration(t *testing.T) {
	t.Parallel()
	d, _ := adapterstest.NewDeps()
	p := kefutest.New(t)
	for _, c := range []struct {
		key   string
		value any
	}{
		{"corp_id", ""}, {"corp_id", "a b"}, {"secret", ""}, {"token", ""}, {"token", "x y"}, {"token_previous", "!"}, {"aes_key", ""}, {"aes_key", "canaryshort"},
		{"aes_key_previous", "canaryshort"}, {"open_kfid", ""}, {"open_kfid", "a/b"}, {"seats", ""}, {"seats", "a b"}, {"path", "kefu"}, {"path", "/a?b"},
		{"api_base", "ftp://x"}, {"api_base", "https://u:p@x"}, {"unheard", 1},
	} {
		section := p.Section("https://qyapi.weixin.qq.com")
		section[c.key] = c.value
		_, err := New("help", adapterstest.Decode(section), d)
		if err == nil || !strings.Contains(err.Error(), c.key) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v gives %v", c.key, c.value, err)
		}
	}
}

// FuzzCallback gives the door any inside, rightly signed and encrypted: it rings or not, and never falls.
func FuzzCallback(f *testing.F) {
	for _, s := range []string{callback(kefutest.Account), callback("wkOther"), callback(""), "", "<xml>", "{}", callback(strings.Repeat("x", 70))} {
		f.Add([]byte(s))
	}
	p := kefutest.New(f)
	f.Fuzz(func(t *testing.T, inside []byte) {
		d, _ := adapterstest.NewDeps()
		w := serve(mustNew(t, p, d, nil).Handler(nil), p.Callback(string(inside)))
		if w.Code >= 500 {
			t.Errorf("answered with %d", w.Code)
		}
	})
}

// FuzzDoor gives the door any request: nothing that WeCom did not sign is let in.
func FuzzDoor(f *testing.F) {
	p := kefutest.New(f)
	r := p.Ring(kefutest.Account)
	var b bytes.Buffer
	_, _ = b.ReadFrom(r.Body) // in memory
	f.Add("POST", strings.Replace(r.URL.RawQuery, "msg_signature=", "msg_signature=0", 1), b.Bytes())
	f.Add("GET", "msg_signature=a&timestamp=1&nonce=1&echostr=x", []byte(nil))
	f.Add("POST", "a;b&timestamp=%zz", []byte("<xml>"))
	f.Fuzz(func(t *testing.T, method, query string, body []byte) {
		d, _ := adapterstest.NewDeps()
		a := mustNew(t, p, d, nil)
		r := httptest.NewRequest(http.MethodPost, "https://bot.example/kefu/help", bytes.NewReader(body))
		r.Method, r.URL.RawQuery = method, query
		if w := serve(a.Handler(nil), r); w.Code < 400 || w.Code >= 500 {
			t.Errorf("answered with %d", w.Code)
		}
	})
}

// FuzzItem reads any item of a page: what comes of it can be kept by the house.
func FuzzItem(f *testing.F) {
	for _, s := range []string{
		`{` + anyID + ofAnn + `"msgtype":"text","text":{"content":"你好","menu_id":"m1:1"}}`, `{` + anyID + ofAnn + `"msgtype":"location","location":{"latitude":1}}`,
		`{` + anyID + ofEvent + `"event_type":"enter_session","scene":"a","scene_param":"b%3D1","welcome_code":"C"}}`,
		`{` + anyID + ofEvent + `"event_type":"msg_send_fail","fail_msgid":"x","fail_type":4}}`, `null`, `[]`, `{"msgid":1}`,
	} {
		f.Add([]byte(s))
	}
	a, _ := alone(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, ignored := a.message(t.Context(), raw, time.Unix(1800000000, 0))
		if ignored != "" {
			return
		}
		if err := adapterstest.Whole(m); err != nil {
			t.Errorf("%s gives %+v: %v", raw, m, err)
		}
	})
}

// FuzzMark reads what the vault may hold in the cursor's place.
func FuzzMark(f *testing.F) {
	for _, s := range []string{``, `{"cursor":"c","since":1}`, `{"since":-1}`, `null`, `4gw1fx`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, kept string) {
		if m := readMark(kept); m.Since < 0 || len(m.Cursor) > 64 {
			t.Errorf("%q gives %+v", kept, m)
		}
	})
}

// FuzzMessageID: an id that comes back leads to the key that it was made of, or to none.
func FuzzMessageID(f *testing.F) {
	f.Add("wm-ann", "tmg3x7abc-1_2", "akey0123456789")
	a, _ := alone(f)
	f.Fuzz(func(t *testing.T, person, key, foreign string) {
		if id := a.msgID(t.Context(), person, key, 0); len(id) > 32 || !keyForm.MatchString(id) || a.keyOf(t.Context(), id, person) != key {
			t.Errorf("%q of %q gives %q, which leads to %q", key, person, id, a.keyOf(t.Context(), id, person))
		}
		if got := a.keyOf(t.Context(), foreign, person); got != "" && a.msgID(t.Context(), person, got, int(foreign[0]-'a')) != foreign && foreign[0] >= 'a' {
			t.Errorf("%q leads to %q, of which it was not made", foreign, got)
		}
	})
}

// Secrets show in no log line, though the platform repeats the address in its errors (P38).
func TestNoSecretIsLogged(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		h.platform.FailCall("/cgi-bin/gettoken", 3, "40001")
		p := h.open()
		defer p.stop()
		time.Sleep(time.Minute)
		h.platform.FailCall(syncPath, 3, "48002")
		p.ring(t)
		time.Sleep(3 * time.Minute)
		log := p.record.Log()
		for _, s := range h.platform.Secrets() {
			if strings.Contains(log, s) {
				t.Errorf("the log holds a secret: %s", fmt.Sprintf("%.8s…", s))
			}
		}
		if !strings.Contains(log, "可调用接口的应用") {
			t.Error("the log names no remedy")
		}
	})
}
