package miniprogram

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
	"github.com/xianda-bot/xianda/adapters/miniprogram/miniprogramtest"
	"github.com/xianda-bot/xianda/chat"
)

type field = miniprogramtest.Field

const testApp = "wx2529c136998cb6b1"

// mode is how the console pushes.
type mode struct {
	name       string
	safe, json bool
}

var modes = []mode{{"plain XML", false, false}, {"safe XML", true, false}, {"plain JSON", false, true}, {"safe JSON", true, true}}

func TestSuite(t *testing.T) {
	for _, c := range modes {
		for _, card := range []string{"", "https://shop.example/card.png"} {
			t.Run(c.name+" "+card, func(t *testing.T) {
				adapterstest.Run(t, func(t *testing.T, d adapters.Deps) adapterstest.Harness {
					p := miniprogramtest.NewPushing(t, c.safe, c.json)
					d.HTTP = adapterstest.Client(p)
					s := section(p)
					s.CardImage = card
					return adapterstest.Harness{
						Adapter: mustNew(t, s, d),
						Secrets: p.Account.Secrets(),
						Deliver: func(t *testing.T, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
							return p.Deliver(t, door, d)
						},
						Forged:  func(t *testing.T) map[string]*http.Request { return p.Forged(t) },
						Garbage: func(t *testing.T) map[string]*http.Request { return garbage(t, p) },
						Sent:    p.Sent,
						Faults:  p.Faults(),
					}
				})
			})
		}
	}
}

// garbage is adapterstest.Harness.Garbage.
func garbage(t *testing.T, p *miniprogramtest.Platform) map[string]*http.Request {
	all := map[string]*http.Request{}
	for name, msg := range map[string]string{
		"empty": "", "JSON without a sender": `{"MsgType":"text"}`, "cut JSON": `{"ToUserName":"a`, "cut XML": "<xml><ToUserName>a",
		"XML without a sender": "<xml><ToUserName>a</ToUserName><MsgType>text</MsgType></xml>", "not UTF-8": "{\"a\":\"\xff\"}", "null": "null",
	} {
		all[name] = p.Seal(t, []byte(msg), time.Now()).Request()
	}
	return all
}

// section is the configuration of the platform's channel.
func section(p *miniprogramtest.Platform) Section {
	return Section{AppID: p.Account.App, AppSecret: p.Account.Secret, Token: p.Account.Token, AESKey: p.Account.Key, APIBase: "https://api.weixin.qq.com"}
}

func mustNew(t testing.TB, s Section, d adapters.Deps) *Adapter {
	t.Helper()
	a, err := New("mini", adapterstest.Decode(s), d)
	if err != nil {
		t.Fatal(err)
	}
	return a.(*Adapter)
}

// hall is one adapter with its platform and an inbox that keeps what it gets.
type hall struct {
	*Adapter
	platform *miniprogramtest.Platform
	record   *adapterstest.Record
	door     http.Handler
	site     http.HandlerFunc // where pictures lie

	mu     sync.Mutex // guards all below
	got    []chat.Message
	answer func(context.Context, chat.Message) ([]chat.Reply, error)
}

func newHall(t testing.TB, m mode, change ...func(*Section)) *hall {
	t.Helper()
	d, record := adapterstest.NewDeps()
	h := &hall{platform: miniprogramtest.NewPushing(t, m.safe, m.json), record: record}
	d.HTTP = adapterstest.Client(h.platform)
	d.Outside = adapterstest.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.site(w, r) }))
	s := section(h.platform)
	for _, c := range change {
		c(&s)
	}
	h.Adapter = mustNew(t, s, d)
	h.door = h.Handler(func(ctx context.Context, m chat.Message) ([]chat.Reply, error) {
		h.mu.Lock()
		h.got = append(h.got, m)
		answer := h.answer
		h.mu.Unlock()
		if answer == nil {
			return nil, nil
		}
		return answer(ctx, m)
	})
	return h
}

func (h *hall) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	return w
}

// push delivers msg, wants it acknowledged with nothing to show, and returns what the inbox got, nil if nothing.
func (h *hall) push(t *testing.T, msg []byte) *chat.Message {
	t.Helper()
	before := len(h.got)
	if w := h.serve(h.platform.Seal(t, msg, time.Now()).Request()); w.Code != http.StatusOK || w.Body.String() != "success" {
		t.Fatalf("%s was answered with %d %q, want success", msg, w.Code, w.Body)
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
		{"no app id", func(s *Section) { s.AppID = "" }, "app_id is missing: copy the developer ID (开发者ID) from the console"},
		{"no secret", func(s *Section) { s.AppSecret = "" }, "app_secret is missing: a mini-program answers by the API only; copy it from the console's 开发设置"},
		{"short key", func(s *Section) { s.AESKey = "canary" }, "aes_key has 6 characters, an EncodingAESKey has exactly 43: copy it from the console"},
		{"previous key alone", func(s *Section) { s.AESKey, s.AESKeyPrevious = "", s.AESKey }, "aes_key_previous is set without aes_key: set aes_key, or remove both to accept plain pushes"},
		{"path", func(s *Section) { s.Path = "mini" }, `path "mini" must begin with / and be a plain path, as in the console's URL`},
		{"api_base", func(s *Section) { s.APIBase = "api.weixin.qq.com" }, "api_base must be an address such as https://proxy.example; leave it out for the platform's own"},
		{"card_image", func(s *Section) { s.CardImage = "card.png" }, "card_image must be the address of a picture such as https://shop.example/card.png, or left out"},
	} {
		s := section(miniprogramtest.New(t))
		c.change(&s)
		d, _ := adapterstest.NewDeps()
		_, err := New("mini", adapterstest.Decode(s), d)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: New(…) = %v, want %s", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error %q holds a secret", c.name, err)
		}
	}
}

func TestCaps(t *testing.T) {
	t.Parallel()
	h := newHall(t, modes[3])
	if c := h.Caps(chat.Address{}); h.Path() != "/miniprogram/mini" || c.Passive != 0 || c.Choices != chat.None || c.Tap != chat.None || c.MaxText != 2048 ||
		c.TextUnit != chat.Bytes || c.Image != chat.Full || c.Push != chat.Full || !c.Resend {
		t.Errorf("Path = %s, Caps = %+v", h.Path(), c)
	}
	h = newHall(t, modes[3], func(s *Section) { s.CardImage = "https://shop.example/card.png" })
	if c := h.Caps(chat.Address{}); c.Choices != chat.Part || c.MaxChoices != 1 {
		t.Errorf("with card_image Caps = %+v", c)
	}
}

// What the fake platform says of its channel is a whole configuration, whatever the console pushes.
func TestSectionConfigures(t *testing.T) {
	t.Parallel()
	for _, m := range modes {
		p := miniprogramtest.NewPushing(t, m.safe, m.json)
		d, _ := adapterstest.NewDeps()
		a, err := New("mini", adapterstest.Decode(p.Section("https://api.weixin.qq.com")), d)
		if err != nil {
			t.Fatalf("%s: New = %v", m.name, err)
		}
		if mini := a.(*Adapter); mini.Path() != "/miniprogram/mini" || len(mini.gate.Keys) > 0 != m.safe || mini.cfg.AppID != testApp {
			t.Errorf("%s: the section is %+v", m.name, mini.cfg)
		}
	}
}
