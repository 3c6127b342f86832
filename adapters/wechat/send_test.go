package wechat

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/adapters/internal/weixin/weixintest"
	"github.com/xianda-bot/xianda/adapters/wechat/wechattest"
	"github.com/xianda-bot/xianda/chat"
)

var ann = chat.Address{Channel: "shop", Peer: "openid-ann"}

func TestSend(t *testing.T) {
	t.Parallel()
	two := []chat.Choice{{ID: "c1", Label: "退货"}, {ID: "c2", Label: "开\n发票"}}
	site := chat.Choice{Label: "官网", URL: "https://shop.example/?a=1&b=2"}
	filler := strings.Repeat("长", 680)
	for _, c := range []struct {
		name   string
		menus  string
		noMenu bool
		reply  chat.Reply
		want   []adapterstest.Shown
	}{
		{"text", push, false, chat.Reply{Text: "你好 <a href=\"https://x\">x</a> & \\u4f60 😀"}, []adapterstest.Shown{{Text: "你好 <a href=\"https://x\">x</a> & \\u4f60 😀"}}},
		{"characters that JSON would escape", push, false, chat.Reply{Text: "a\u2028b\u2029c\x01\x7f\xff"}, []adapterstest.Shown{{Text: "a\nb\nc\x7f"}}},
		{"a seat's text", push, false, chat.Reply{Text: "我是小王", From: "小王"}, []adapterstest.Shown{{Text: "我是小王"}}},
		{"menu", push, false, chat.Reply{Text: "哪一个？", Choices: two}, []adapterstest.Shown{{Text: "哪一个？", Choices: []string{"退货", "开 发票"}}}},
		{"menu with a link", push, false, chat.Reply{Text: "哪一个？", Choices: append(two[:2:2], site)}, []adapterstest.Shown{{Text: "哪一个？\n<a href=\"https://shop.example/?a=1&b=2\">官网</a>", Choices: []string{"退货", "开 发票"}}}},
		{"only a link", push, false, chat.Reply{Text: "看这里", Choices: []chat.Choice{site}}, []adapterstest.Shown{{Text: "看这里\n<a href=\"https://shop.example/?a=1&b=2\">官网</a>"}}},
		{"a link that is none", push, false, chat.Reply{Text: "看这里", Choices: []chat.Choice{{Label: "官网", URL: `javascript:alert("1")`}}}, []adapterstest.Shown{{Text: "看这里\n官网 javascript:alert(\"1\")"}}},
		{"text leaves the menu no room", push, false, chat.Reply{Text: filler, Choices: two}, []adapterstest.Shown{{Text: filler}, {Choices: []string{"退货", "开 发票"}}}},
		{"account without msgmenu", push, true, chat.Reply{Text: "哪一个？", Choices: two}, []adapterstest.Shown{{Text: "哪一个？\n1. 退货\n2. 开 发票"}}},
		{"numbered", numbered, false, chat.Reply{Text: "哪一个？", Choices: two}, []adapterstest.Shown{{Text: "哪一个？\n1. 退货\n2. 开 发票"}}},
		{"image", push, false, chat.Reply{Text: "看图", Media: []chat.Media{{Kind: "image", Ref: "media-1"}}}, []adapterstest.Shown{{Media: 1}, {Text: "看图"}}},
	} {
		h := newHall(t, section(true, true, c.menus))
		h.platform.Befriend("ann")
		h.platform.NoMenu = c.noMenu
		h.platform.Keep("image", "image/png", []byte("\x89PNG")) // media-1
		if _, err := h.Send(t.Context(), ann, c.reply, nil); err != nil {
			t.Errorf("%s: Send = %v", c.name, err)
			continue
		}
		for i := range c.want {
			c.want[i].Peer = "ann"
		}
		if got := h.platform.Sent(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: the person sees %+v, want %+v", c.name, got, c.want)
		}
		if c.noMenu && h.Caps(ann).Choices != chat.None {
			t.Errorf("%s: Caps still promises native choices", c.name)
		}
	}
}

// F11: an image is fetched, uploaded once for all persons, and uploaded again when the platform has forgotten it.
func TestSendImage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _ := adapterstest.NewDeps()
		p := newPlatform(t, true)
		p.Befriend("ann")
		d.HTTP = adapterstest.Client(p)
		fetched := 0
		d.Outside = adapterstest.Client(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fetched++
			if r.URL.Path == "/page.png" {
				_, _ = w.Write([]byte("<html>not a picture</html>"))
				return
			}
			_, _ = w.Write([]byte("\x89PNG\r\n\x1a\n and the rest of it"))
		}))
		a := mustNew(t, section(true, true, push), d)
		if c := a.Caps(ann); c.Image != chat.Full || c.PassiveImage != chat.None {
			t.Errorf("Caps = %+v, want images when pushed, none in a response", c)
		}
		send := func(url string) error {
			_, err := a.Send(t.Context(), ann, chat.Reply{Key: "k", Media: []chat.Media{{Kind: "image", URL: url}}}, nil)
			return err
		}
		for range 3 {
			if err := send("https://cdn.example/map.png"); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(p.Sent()); n != 3 || fetched != 1 || p.Called("/cgi-bin/media/upload") != 1 {
			t.Errorf("%d shown, fetched %d times, uploaded %d times; want 3, once, once", n, fetched, p.Called("/cgi-bin/media/upload"))
		}
		p.Forget() // earlier than it says
		if err := send("https://cdn.example/map.png"); err != nil || fetched != 2 {
			t.Errorf("Send = %v, fetched %d times, want it uploaded again", err, fetched)
		}
		err := send("https://cdn.example/page.png")
		if f, ok := err.(*chat.Failure); !ok || f.Kind != chat.BadMedia { //nolint:errorlint // the contract says that it is one
			t.Errorf("Send of a page = %v, want media", err)
		}
	})
}

func TestSendRefusesNothing(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, true, push))
	for _, r := range []chat.Reply{{}, {Text: " \n"}, {Media: []chat.Media{{Kind: "file", URL: "https://x"}}}} {
		_, err := h.Send(t.Context(), ann, r, nil)
		if f, ok := err.(*chat.Failure); !ok || f.Kind != chat.Refused { //nolint:errorlint // the contract says that it is one
			t.Errorf("Send(%+v) = %v, want refused", r, err)
		}
	}
	if n := h.platform.Called(weixin.SendPath); n != 0 {
		t.Errorf("%d calls for nothing", n)
	}
}

// An account that turns out to be unverified is not asked again at every turn, but after an hour.
func TestUnverifiedIsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHall(t, section(true, true, push))
		h.platform.Unverified = true
		for range 3 {
			_, err := h.Send(t.Context(), ann, chat.Reply{Text: "x"}, nil)
			if f, ok := err.(*chat.Failure); !ok || f.Kind != chat.NoPush { //nolint:errorlint // the contract says that it is one
				t.Errorf("Send = %v, want nopush", err)
			}
		}
		if n := h.platform.Called(weixin.SendPath); n != 1 {
			t.Errorf("%d calls, want one", n)
		}
		if c := h.Caps(ann); c.Push != chat.None || c.PreferPush || c.Choices != chat.None {
			t.Errorf("Caps = %+v, want passive only", c)
		}
		h.platform.Befriend("ann")
		if m := h.push(t, from("ann", "text", time.Now(), field{"Content", "x"}, field{"MsgId", "1"})); m.Right != nil {
			t.Errorf("Right = %+v, want nil", m.Right)
		}
		time.Sleep(demotedFor)
		if c := h.Caps(ann); c.Push != chat.Full {
			t.Errorf("an hour later Caps = %+v, want Push", c)
		}
	})
}

// P21 over the whole adapter: 200 sends in two processes meet a revoked token; one refresh, and all are sent.
func TestSendTokenStorm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _ := adapterstest.NewDeps()
		p := newPlatform(t, true)
		d.HTTP = adapterstest.Client(p)
		p.Befriend("ann")
		two := []*Adapter{mustNew(t, section(true, true, push), d), mustNew(t, section(true, true, push), d)}
		for _, a := range two {
			if _, err := a.Send(t.Context(), ann, chat.Reply{Text: "first"}, nil); err != nil {
				t.Fatal(err)
			}
		}
		p.Revoke()
		var group sync.WaitGroup
		for i := range 200 {
			group.Go(func() {
				if _, err := two[i%2].Send(t.Context(), ann, chat.Reply{Text: fmt.Sprint(i)}, nil); err != nil {
					t.Errorf("send %d: %v", i, err)
				}
			})
		}
		group.Wait()
		if n := p.Called("/cgi-bin/stable_token"); n != 2 {
			t.Errorf("%d token calls, want 2: one at first, one after the revocation", n)
		}
		if n := len(p.Sent()); n != 202 {
			t.Errorf("%d messages were shown, want 202", n)
		}
	})
}

// P21: a token that is revoked between two messages costs one renewal and no message.
func TestSendRenewsTheToken(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, true, push))
	h.platform.Befriend("ann")
	h.platform.Fail(1, "token")
	if _, err := h.Send(t.Context(), ann, chat.Reply{Text: "x"}, nil); err != nil || len(h.platform.Sent()) != 1 || h.platform.Called("/cgi-bin/stable_token") != 2 {
		t.Errorf("Send = %v, %d messages, %d tokens; want one message and two tokens", err, len(h.platform.Sent()), h.platform.Called("/cgi-bin/stable_token"))
	}
}

func TestTyping(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, true, push))
	if err := h.Typing(t.Context(), ann); err != nil || h.platform.Called(weixin.TypingPath) != 1 {
		t.Errorf("Typing = %v with %d calls, want one", err, h.platform.Called(weixin.TypingPath))
	}
	h = newHall(t, section(true, false, push))
	if err := h.Typing(t.Context(), ann); err != nil || h.platform.Called(weixin.TypingPath) != 0 {
		t.Errorf("Typing of an unverified account = %v with %d calls, want none", err, h.platform.Called(weixin.TypingPath))
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		change   func(*Section)
		platform func(*wechattest.Platform)
		want     []adapters.Check
	}{
		{"all well", func(*Section) {}, func(p *wechattest.Platform) { p.Seat("wang@shop", false) }, []adapters.Check{
			{Name: "encryption", OK: true, Detail: "only encrypted pushes are accepted"},
			{Name: "credentials", OK: true, Detail: "stable_token gives one"},
			{Name: "customer service", OK: true, Detail: "the seat list can be read; seats of the console's own: 1"},
		}},
		{"wrong secret", func(s *Section) { s.AppSecret = "canarywrong" }, func(*wechattest.Platform) {}, []adapters.Check{
			{Name: "encryption", OK: true, Detail: "only encrypted pushes are accepted"},
			{Name: "credentials", Detail: "access token: /cgi-bin/stable_token: 40125 invalid appsecret rid: 1-2-3 (app_secret is wrong, or was reset in the console)"},
		}},
		{"not verified after all", func(*Section) {}, func(p *wechattest.Platform) { p.Unverified = true }, []adapters.Check{
			{Name: "encryption", OK: true, Detail: "only encrypted pushes are accepted"},
			{Name: "credentials", OK: true, Detail: "stable_token gives one"},
			{Name: "customer service", Detail: "/cgi-bin/customservice/getkflist: 48001 api unauthorized rid: 1-2-3 (the account may not use this API: have it verified (an official account can do without: verified: false))"},
		}},
		{"no seats, which is no fault", func(*Section) {}, func(p *wechattest.Platform) { p.NoSeats = true }, []adapters.Check{
			{Name: "encryption", OK: true, Detail: "only encrypted pushes are accepted"},
			{Name: "credentials", OK: true, Detail: "stable_token gives one"},
			{Name: "customer service", OK: true, Detail: "/cgi-bin/customservice/getkflist: 65400 seats are not enabled rid: 1-2-3 (the account has no seats: enable 客服 in the console)"},
		}},
		{"plain, without a secret", func(s *Section) { s.AESKey, s.AppSecret, s.Verified = "", "", false }, func(*wechattest.Platform) {}, []adapters.Check{
			{Name: "encryption", OK: true, Detail: "plain pushes: set aes_key and choose 安全模式 in the console, so that a captured request is worth nothing"},
			{Name: "customer service", OK: true, Detail: "verified: false and no app_secret: passive replies only"},
		}},
	} {
		s := section(true, true, numbered)
		c.change(&s)
		h := newHall(t, s)
		c.platform(h.platform)
		if got := h.Probe(t.Context()); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: Probe = %+v, want %+v", c.name, got, c.want)
		}
	}
}

// P38: the platform and its proxies repeat our secrets wherever they can; none gets into an error or a log line.
func TestRedaction(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, r *http.Request) {
		weixintest.Answer(w, 47001, "at "+r.URL.String()+" secret="+testAccount.Secret+" "+testAccount.Token+" "+testAccount.Key)
	}
	for name, fault := range map[string]http.HandlerFunc{
		"errmsg": echo,
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.String()+"&x=1", http.StatusFound)
		},
		"page": func(w http.ResponseWriter, r *http.Request) { http.Error(w, r.URL.String(), http.StatusBadGateway) },
	} {
		h := newHall(t, section(true, true, push))
		h.platform.Break(func(w http.ResponseWriter, r *http.Request, _ func()) { fault(w, r) })
		_, err := h.Send(t.Context(), ann, chat.Reply{Text: "x"}, nil)
		if err == nil {
			t.Errorf("%s: Send = nil, want an error", name)
			continue
		}
		for where, text := range map[string]string{"error": fmt.Sprintf("%+v", err), "log": h.record.Log()} {
			for _, secret := range []string{testAccount.Secret, testAccount.Token, testAccount.Key, testAccount.Access} {
				if strings.Contains(text, secret) {
					t.Errorf("%s: the %s holds a secret: %s", name, where, text)
				}
			}
		}
	}
}
