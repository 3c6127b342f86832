package telegram

import (
	"strings"
	"testing"
	"time"

	"github.com/go-telegram/bot/models"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
)

// What is wrong with how updates are delivered is told with its remedy.
func TestDelivery(t *testing.T) {
	t.Parallel()
	now := time.Now()
	address := "https://bot.example/telegram/tg"
	for _, c := range []struct {
		name string
		hook bool
		url  string // configured
		info models.WebhookInfo
		want string // "": all is well
	}{
		{"polling", false, "", models.WebhookInfo{PendingUpdateCount: 3}, ""},
		{"polling, a webhook is set", false, "", models.WebhookInfo{URL: address}, "set mode: webhook"},
		{"webhook", true, "", models.WebhookInfo{URL: address}, ""},
		{"webhook, registered by us", true, address, models.WebhookInfo{URL: address, AllowedUpdates: allowed()}, ""},
		{"webhook, none is set", true, "", models.WebhookInfo{}, "set url"},
		{"webhook, not registered yet", true, address, models.WebhookInfo{}, "start the house"},
		{"webhook, another one is set", true, address, models.WebhookInfo{URL: "https://x.example/"}, "another house"},
		{"webhook, the last delivery failed", true, "", models.WebhookInfo{URL: address, LastErrorDate: int(now.Unix()) - 60,
			LastErrorMessage: "Wrong response from the webhook: 401 Unauthorized"}, "401 Unauthorized"},
		{"webhook, one failed yesterday", true, "", models.WebhookInfo{URL: address, LastErrorDate: int(now.Unix()) - 86400}, ""},
		{"webhook, taps are left out", true, "", models.WebhookInfo{URL: address, AllowedUpdates: []string{"message", "edited_message"}}, "leaves out callback_query"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := telegramtest.New(t)
			if c.hook {
				p.Webhook()
			}
			h := newHall(t, p, nil)
			h.cfg.URL = c.url
			wrong, notes := h.delivery(c.info)
			if (wrong == "") != (c.want == "") || !strings.Contains(wrong, c.want) || len(notes) == 0 {
				t.Errorf("wrong %q, notes %q; want %q", wrong, notes, c.want)
			}
		})
	}
}

// A wrong token is told, and not repeated.
func TestProbeToken(t *testing.T) {
	t.Parallel()
	d, _ := adapterstest.NewDeps() // nobody answers
	checks := mustNew(t, telegramtest.New(t).Section(base), d).(*puller).Probe(t.Context())
	if len(checks) != 1 || checks[0].OK || !strings.Contains(checks[0].Detail, "@BotFather") {
		t.Errorf("the probe says %+v", checks)
	}
	sealed(t, "the check", checks[0].Detail)
}
