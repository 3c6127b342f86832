package telegram

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
	"github.com/xianda-bot/xianda/chat"
)

func TestSuite(t *testing.T) {
	for _, mode := range []string{polling, webhook} {
		t.Run(mode, func(t *testing.T) {
			adapterstest.Run(t, func(t *testing.T, d adapters.Deps) adapterstest.Harness {
				p := telegramtest.New(t)
				if mode == webhook {
					p.Webhook()
				}
				d.HTTP = adapterstest.Client(p)
				h := adapterstest.Harness{
					Adapter: mustNew(t, p.Section(base), d), Secrets: p.Secrets(),
					Deliver: func(t *testing.T, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
						return p.Deliver(t, door, d)
					},
					Forged: p.Forged, Garbage: p.Garbage, Sent: p.Sent, Faults: faults(p),
				}
				t.Cleanup(func() {
					for _, b := range p.Breaches() {
						t.Errorf("the platform says: %s", b)
					}
				})
				return h
			})
		})
	}
}

func faults(p *telegramtest.Platform) []adapterstest.Fault {
	return adapterstest.Faults(p.Fail, map[string]chat.Failure{
		"busy":    {Kind: chat.Rate, Retry: 3 * time.Second},
		"blocked": {Kind: chat.Blocked},
		"gone":    {Kind: chat.Blocked},
		"token":   {Kind: chat.Auth},
		"refused": {Kind: chat.Refused},
		"500":     {Kind: chat.Temporary, Unknown: true},
		"502":     {Kind: chat.Temporary, Unknown: true},
		"page":    {Kind: chat.Temporary, Unknown: true},
	})
}

// Each mistake in the section is told with its key, and no secret is repeated.
func TestSection(t *testing.T) {
	t.Parallel()
	hook := func(more map[string]any) map[string]any {
		s := map[string]any{"token": telegramtest.Token, "mode": "webhook", "secret": telegramtest.Secret}
		for k, v := range more {
			s[k] = v
		}
		return s
	}
	for _, c := range []struct {
		name    string
		section map[string]any
		want    string // "": it is taken
	}{
		{"polling", map[string]any{"token": telegramtest.Token}, ""},
		{"every variable is sample", map[string]any{"token": "sample"}, ""},
		{"webhook", hook(nil), ""},
		{"registered webhook", hook(map[string]any{"url": "https://bot.example/telegram/tg"}), ""},
		{"no token", map[string]any{}, "token is missing"},
		{"a token that would change the address", map[string]any{"token": "1:canary/../x"}, "token must be like"},
		{"unknown mode", map[string]any{"token": telegramtest.Token, "mode": "push"}, `mode "push"`},
		{"unknown_send", map[string]any{"token": telegramtest.Token, "unknown_send": "maybe"}, `unknown_send "maybe"`},
		{"A2 webhook without a secret", hook(map[string]any{"secret": ""}), "secret is missing"},
		{"a secret that the platform refuses", hook(map[string]any{"secret": "canary secret"}), "secret and secret_previous may hold"},
		{"a secret without a webhook", map[string]any{"token": telegramtest.Token, "secret": telegramtest.Secret}, "belong to mode: webhook"},
		{"url without TLS", hook(map[string]any{"url": "http://bot.example/telegram/tg"}), "url must be"},
		{"path", hook(map[string]any{"path": "/a b"}), "path"},
		{"an unknown key", map[string]any{"token": telegramtest.Token, "tokens": "x"}, "tokens"},
		{"api_base", map[string]any{"token": telegramtest.Token, "api_base": "api.telegram.org"}, "api_base must be"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, _ := adapterstest.NewDeps()
			_, err := New("tg", adapterstest.Decode(c.section), d)
			if c.want == "" {
				if err != nil {
					t.Errorf("New = %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("New = %v, want %q", err, c.want)
			}
			sealed(t, "the error", err.Error())
		})
	}
}
