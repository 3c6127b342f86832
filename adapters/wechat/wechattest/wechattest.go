// Package wechattest is a fake WeChat official account that is as strict as the true one: quotas, menus, seats, codes, encryption. It is
// for tests of anything that speaks to official accounts, in this process or another.
package wechattest

import (
	"hash/fnv"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin/weixintest"
	"github.com/xianda-bot/xianda/chat"
)

// Field is one element of a push.
type Field = weixintest.Field

// Account is the account of the tests; its secrets are words that occur nowhere else.
func Account() weixintest.Account {
	return weixintest.Account{
		App: "wxb11529c136998cb6", Secret: "canaryappsecret0123456789abcdef0", Token: "canarytoken1",
		Key: "canarykeyABCDEFGHIJKLMNOPQRSTUVWXYZ01234567", Origin: "gh_0123456789ab", Access: "canaryaccess",
		Webhook: "https://bot.example/wechat/shop",
	}
}

// Platform is WeChat's side of one official account.
type Platform struct {
	*weixintest.Platform

	menu   menu
	codes  map[string]time.Time // scene → until when its code works
	unions map[string]string    // openid → unionid of those who follow
}

// New returns the platform of a verified account that encrypts.
func New(t testing.TB) *Platform {
	t.Helper()
	return of(t, Account())
}

// NewPlain returns the platform of a verified account that does not encrypt.
func NewPlain(t testing.TB) *Platform {
	t.Helper()
	a := Account()
	a.Key = ""
	return of(t, a)
}

func of(t testing.TB, a weixintest.Account) *Platform {
	t.Helper()
	p := &Platform{Platform: weixintest.New(t, a), codes: map[string]time.Time{}, unions: map[string]string{}}
	p.Routes = map[string]func(*http.Request, []byte) (any, int){
		"/cgi-bin/user/info":     p.user,
		"/cgi-bin/qrcode/create": p.code,
		"/cgi-bin/menu/create":   p.setMenu,
		"/cgi-bin/menu/get":      p.getMenu,
	}
	return p
}

// Section is a channel's configuration, without name and kind, whose API is at base.
func (p *Platform) Section(base string) map[string]any {
	s := map[string]any{
		"path": "/wechat/shop", "app_id": p.Account.App, "app_secret": p.Account.Secret, "token": p.Account.Token,
		"verified": !p.Unverified, "open_platform": true, "api_base": base,
	}
	if p.Account.Key != "" {
		s["aes_key"] = p.Account.Key
	}
	return s
}

// Deliver is adapterstest.Harness.Deliver. The same delivery again is the same bytes again. What a person says while a seat has them
// goes to the seat; nobody else hears of it.
func (p *Platform) Deliver(t testing.TB, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
	t.Helper()
	event := d.Kind == chat.Arrived || d.Kind == chat.Left
	if with := p.With(d.Peer); !event && with != "" && with != chat.AnySeat {
		return adapterstest.Answer{Status: http.StatusOK}
	}
	push := p.Again(t, d.Peer, d.ID, func() []byte { return p.message(d) })
	switch d.Kind {
	case chat.Left:
		p.Leave(d.Peer)
	case chat.Arrived:
		p.Grant(d.Peer, "menu", 3, time.Minute)
	case chat.Chose:
		p.Grant(d.Peer, "tap", 3, time.Minute)
	default:
		p.Grant(d.Peer, "message", 5, 48*time.Hour)
	}
	return p.Carry(t, door, push, event)
}

func (p *Platform) message(d adapterstest.Delivery) []byte {
	h := fnv.New64a()
	_, _ = h.Write([]byte(d.ID)) // a hash never fails
	id := Field{"MsgId", strconv.FormatUint(h.Sum64()|1, 10)}
	switch d.Kind {
	case chat.Chose:
		return p.From(d.Peer, "text", d.At, Field{"Content", d.Label}, id, Field{"bizmsgmenuid", "102"})
	case chat.Left:
		return p.From(d.Peer, "event", d.At, Field{"Event", "unsubscribe"}, Field{"EventKey", ""})
	case chat.Arrived:
		return p.arrival(d)
	}
	return p.From(d.Peer, "text", d.At, Field{"Content", d.Text}, id)
}

// arrival is a tap on the menu, a scanned code, or the beginning of following, by code if the scene has one.
func (p *Platform) arrival(d adapterstest.Delivery) []byte {
	switch qr := d.Scene["qr"]; {
	case d.Scene["event"] == "subscribe":
		key := ""
		if qr != "" {
			key = "qrscene_" + qr
		}
		return p.From(d.Peer, "event", d.At, Field{"Event", "subscribe"}, Field{"EventKey", key})
	case qr != "":
		return p.From(d.Peer, "event", d.At, Field{"Event", "SCAN"}, Field{"EventKey", qr}, Field{"Ticket", "T"})
	}
	return p.From(d.Peer, "event", d.At, Field{"Event", "CLICK"}, Field{"EventKey", d.Scene["menu"]})
}

// From begins the fields of a push of the person with this short name.
func (p *Platform) From(name, kind string, at time.Time, more ...Field) []byte {
	return p.Account.From(name, kind, at, more...)
}

// Follow gives a person who follows the account a unionid; "" is one whom the platform tells none of.
func (p *Platform) Follow(name, union string) {
	p.Befriend(name)
	p.unions[weixintest.OpenID(name)] = union
}

// Codes are the scenes of the codes that were made and work now, sorted.
func (p *Platform) Codes() []string {
	return slices.Sorted(maps.Keys(p.codes))
}
