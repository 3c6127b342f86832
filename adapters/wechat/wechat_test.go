package wechat

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin/weixintest"
	"github.com/xianda-bot/xianda/adapters/wechat/wechattest"
	"github.com/xianda-bot/xianda/chat"
)

func TestSuite(t *testing.T) {
	for _, c := range []struct {
		name           string
		safe, verified bool
		menus          string
	}{
		{"safe, menus pushed", true, true, push},
		{"plain, numbered", false, true, numbered},
		{"safe, unverified", true, false, links},
	} {
		t.Run(c.name, func(t *testing.T) {
			adapterstest.Run(t, func(t *testing.T, d adapters.Deps) adapterstest.Harness {
				p := newPlatform(t, c.safe)
				d.HTTP = adapterstest.Client(p)
				p.Unverified = !c.verified
				return adapterstest.Harness{
					Adapter: mustNew(t, section(c.safe, c.verified, c.menus), d),
					Secrets: testAccount.Secrets(),
					Deliver: func(t *testing.T, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
						return p.Deliver(t, door, d)
					},
					Forged:  func(t *testing.T) map[string]*http.Request { return p.Forged(t) },
					Garbage: func(t *testing.T) map[string]*http.Request { return garbage(t, p) },
					Sent:    p.Sent, Faults: faults(p, c.verified),
				}
			})
		})
	}
}

func faults(p *wechattest.Platform, verified bool) (all []adapterstest.Fault) {
	if !verified {
		return []adapterstest.Fault{{Name: "unverified", Set: func(*testing.T) {}, Want: chat.Failure{Kind: chat.NoPush}}}
	}
	return p.Faults()
}

// garbage is adapterstest.Harness.Garbage.
func garbage(t *testing.T, p *wechattest.Platform) map[string]*http.Request {
	all := map[string]*http.Request{}
	for name, msg := range map[string]string{
		"empty": "", "JSON": "{}", "cut": "<xml><ToUserName>a", "no sender": "<xml><ToUserName>a</ToUserName><MsgType>text</MsgType></xml>",
		"not UTF-8": "<xml><Content>\xff</Content></xml>", "DTD": `<!DOCTYPE x><xml></xml>`,
	} {
		all[name] = p.Seal(t, []byte(msg), time.Now()).Request()
	}
	return all
}

// hall is one adapter with its platform and an inbox that keeps what it gets.
type hall struct {
	*Adapter
	t        testing.TB
	platform *wechattest.Platform
	record   *adapterstest.Record
	door     http.Handler

	mu     sync.Mutex // guards all below
	got    []chat.Message
	answer func(context.Context, chat.Message) ([]chat.Reply, error)
}

func newHall(t *testing.T, s Section) *hall {
	t.Helper()
	d, record := adapterstest.NewDeps()
	h := &hall{t: t, platform: newPlatform(t, s.AESKey != ""), record: record}
	d.HTTP = adapterstest.Client(h.platform)
	h.Adapter = mustNew(t, s, d)
	h.door = h.Handler(func(ctx context.Context, m chat.Message) ([]chat.Reply, error) {
		h.mu.Lock()
		h.got = append(h.got, m)
		answer := h.answer
		h.mu.Unlock()
		if answer == nil {
			return []chat.Reply{{Key: "k", Text: "答：" + m.Text}}, nil
		}
		return answer(ctx, m)
	})
	return h
}

func (h *hall) seal(msg []byte, at time.Time) *weixintest.Push { return h.platform.Seal(h.t, msg, at) }

func (h *hall) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	return w
}

// push delivers msg, wants it acknowledged and returns what the inbox got, nil if nothing.
func (h *hall) push(t *testing.T, msg []byte) *chat.Message {
	t.Helper()
	before := len(h.got)
	if w := h.serve(h.seal(msg, time.Now()).Request()); w.Code != http.StatusOK {
		t.Fatalf("%s was answered with %d", msg, w.Code)
	}
	if len(h.got) == before {
		return nil
	}
	return &h.got[len(h.got)-1]
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Section)
		want   string
	}{
		{"A2 empty token", func(s *Section) { s.Token = "" }, "token is missing: without it anybody could forge messages; set the Token of the console's server configuration"},
		{"short token", func(s *Section) { s.Token = "ab" }, "token must be 3 to 32 letters and digits, as the console requires"},
		{"token with a space", func(s *Section) { s.Token = "abc def" }, "token must be 3 to 32 letters and digits, as the console requires"},
		{"previous token", func(s *Section) { s.TokenPrevious = "a" }, "token_previous must be 3 to 32 letters and digits, or left out"},
		{"no app id", func(s *Section) { s.AppID = "" }, "app_id is missing: copy the developer ID (开发者ID) from the console"},
		{"short key", func(s *Section) { s.AESKey = testAccount.Key[1:] }, "aes_key has 42 characters, an EncodingAESKey has exactly 43: copy it from the console"},
		{"previous key", func(s *Section) { s.AESKeyPrevious = "x" }, "aes_key_previous has 1 characters, an EncodingAESKey has exactly 43: copy it from the console"},
		{"previous key alone", func(s *Section) { s.AESKey, s.AESKeyPrevious = "", testAccount.Key }, "aes_key_previous is set without aes_key: set aes_key, or remove both to accept plain pushes"},
		{"no secret", func(s *Section) { s.AppSecret = "" }, "app_secret is missing: a verified account needs it to push messages; set it, or verified: false"},
		{"menus", func(s *Section) { s.Menus = "pushed" }, `menus "pushed" is not known: use numbered, links or push`},
		{"path", func(s *Section) { s.Path = "wechat" }, `path "wechat" must begin with / and be a plain path, as in the console's URL`},
		{"api_base", func(s *Section) { s.APIBase = "api.weixin.qq.com" }, "api_base must be an address such as https://proxy.example; leave it out for the platform's own"},
	} {
		s := section(true, true, push)
		c.change(&s)
		d, _ := adapterstest.NewDeps()
		_, err := New("shop", adapterstest.Decode(s), d)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: New(…) = %v, want %s", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error %q holds a secret", c.name, err)
		}
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	d, _ := adapterstest.NewDeps()
	a, err := New("shop", func(into any) error {
		s := into.(*Section)
		s.AppID, s.Token = testAccount.App, testAccount.Token
		return nil
	}, d)
	if err != nil {
		t.Fatal(err)
	}
	if w := a.(*Adapter); w.Path() != "/wechat/shop" || w.cfg.Menus != numbered || w.cfg.APIBase != "https://api.weixin.qq.com" {
		t.Errorf("the defaults are %+v", w.cfg)
	}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		verified       bool
		menus          string
		push, choices  chat.Level
		links          chat.Level
		prefer         bool
		choicesAllowed int
	}{
		{"verified, push", true, push, chat.Full, chat.Full, chat.None, true, 10},
		{"verified, numbered", true, numbered, chat.Full, chat.None, chat.None, false, 0},
		{"verified, links", true, links, chat.Full, chat.None, chat.Part, false, 0},
		{"unverified, push", false, push, chat.None, chat.None, chat.None, false, 0},
	} {
		got := newHall(t, section(true, c.verified, c.menus)).Caps(chat.Address{})
		if got.Push != c.push || got.Choices != c.choices || got.Links != c.links || got.PreferPush != c.prefer || got.MaxChoices != c.choicesAllowed ||
			got.Passive != 1 || got.PassiveChoices != chat.None || got.MaxText != 2048 || got.TextUnit != chat.Bytes || !got.Resend {
			t.Errorf("%s: Caps = %+v", c.name, got)
		}
	}
}
