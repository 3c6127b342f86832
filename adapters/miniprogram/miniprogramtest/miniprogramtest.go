// Package miniprogramtest is a fake WeChat mini-program that is as strict as the true one: formats, encryption, quotas, what may be sent.
// It is for tests of anything that speaks to mini-programs, in this process or another.
package miniprogramtest

import (
	"hash/fnv"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin/weixintest"
	"github.com/xianda-bot/xianda/chat"
)

// Field is one element or member of a push.
type Field = weixintest.Field

// Account is the mini-program of the tests; its secrets are words that occur nowhere else.
func Account() weixintest.Account {
	return weixintest.Account{
		App: "wx2529c136998cb6b1", Secret: "canaryminisecret123456789abcdef0", Token: "canaryminitoken",
		Key: "canaryminiABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", Origin: "gh_ba9876543210", Access: "canaryminiaccess",
		Webhook: "https://bot.example/miniprogram/mini", JSON: true,
	}
}

// Platform is WeChat's side of one mini-program. All methods may be called concurrently.
type Platform struct{ *weixintest.Platform }

// New returns the platform of a mini-program whose pushes are encrypted JSON.
func New(t testing.TB) *Platform {
	t.Helper()
	return NewPushing(t, true, true)
}

// NewPushing returns the platform of a mini-program whose console says how to push: encrypted or plain, JSON or XML.
func NewPushing(t testing.TB, safe, json bool) *Platform {
	t.Helper()
	a := Account()
	if a.JSON = json; !safe {
		a.Key = ""
	}
	p := &Platform{weixintest.New(t, a)}
	p.Messages, p.Silent = []string{"text", "image", "link", "miniprogrampage"}, true
	return p
}

// Section is a channel's configuration, without name and kind, whose API is at base.
func (p *Platform) Section(base string) map[string]any {
	s := map[string]any{
		"path": "/miniprogram/mini", "app_id": p.Account.App, "app_secret": p.Account.Secret, "token": p.Account.Token, "api_base": base,
	}
	if p.Account.Key != "" {
		s["aes_key"] = p.Account.Key
	}
	return s
}

// Deliver is adapterstest.Harness.Deliver. The same delivery again is the same bytes again. A scene travels as SessionFrom, "k=v,k=v". A
// tap is its label, typed. That somebody left the platform tells nobody, but it refuses to write to them. What a person says while a seat
// has them goes to the seat.
func (p *Platform) Deliver(t testing.TB, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
	t.Helper()
	with := p.With(d.Peer)
	switch {
	case d.Kind == chat.Left:
		p.Leave(d.Peer)
		return adapterstest.Answer{Status: http.StatusOK}
	case d.Kind != chat.Arrived && with != "" && with != chat.AnySeat:
		return adapterstest.Answer{Status: http.StatusOK}
	}
	push := p.Again(t, d.Peer, d.ID, func() []byte { return p.message(d) })
	if d.Kind == chat.Arrived {
		p.Grant(d.Peer, "enter", 2, time.Minute)
	} else {
		p.Grant(d.Peer, "message", 5, 48*time.Hour)
	}
	return p.Carry(t, door, push, d.Kind == chat.Arrived)
}

func (p *Platform) message(d adapterstest.Delivery) []byte {
	if d.Kind == chat.Arrived {
		var from []string
		for _, k := range slices.Sorted(maps.Keys(d.Scene)) {
			from = append(from, k+"="+d.Scene[k])
		}
		return p.From(d.Peer, "event", d.At, Field{"Event", "user_enter_tempsession"}, Field{"SessionFrom", strings.Join(from, ",")})
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(d.ID)) // a hash never fails
	text := d.Text
	if d.Kind == chat.Chose {
		text = d.Label
	}
	// True ids are beyond 2^53.
	return p.From(d.Peer, "text", d.At, Field{"Content", text}, Field{"MsgId", strconv.FormatUint(h.Sum64()>>1|1<<60, 10)})
}

// From begins the fields of a push of the person with this short name.
func (p *Platform) From(name, kind string, at time.Time, more ...Field) []byte {
	return p.Account.From(name, kind, at, more...)
}
