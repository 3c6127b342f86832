package telegram

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"github.com/xianda-bot/xianda/adapters"
)

// recent is how long an error of the platform's deliveries is told of.
const recent = time.Hour

// Probe asks the platform who the bot is and how its updates are delivered. It does not poll: that would turn the poller away.
func (a *Adapter) Probe(ctx context.Context) []adapters.Check {
	token := adapters.Check{Name: "token", OK: true}
	me, err := a.me(ctx)
	if err != nil {
		token.OK, token.Detail = false, err.Error()+": copy token from @BotFather, and see that this machine reaches api_base"
		return []adapters.Check{token}
	}
	token.Detail = "the bot is @" + me.Username
	if me.CanReadAllGroupMessages {
		token.Detail += "; it hears all that is said in groups, and answers what mentions or answers it"
	}
	updates := adapters.Check{Name: "updates", OK: true}
	info, err := a.webhookInfo(ctx)
	if err != nil {
		updates.OK, updates.Detail = false, err.Error()
		return []adapters.Check{token, updates}
	}
	wrong, notes := a.delivery(info)
	if wrong != "" {
		updates.OK, notes = false, append([]string{wrong}, notes...)
	}
	updates.Detail = a.api.scrub(strings.Join(notes, "; "))
	return []adapters.Check{token, updates}
}

// delivery tells what is wrong with how updates are delivered, with the remedy, and what else is to be known.
func (a *Adapter) delivery(info models.WebhookInfo) (wrong string, notes []string) {
	notes = append(notes, fmt.Sprintf("%d wait to be delivered", info.PendingUpdateCount))
	if a.cfg.Mode == polling {
		if info.URL != "" {
			return "a webhook is registered, so that polling brings nothing: set mode: webhook, or remove it (deleteWebhook)", notes
		}
		return "", append(notes, "polling")
	}
	switch {
	case info.URL == "" && a.cfg.URL != "":
		return "no webhook is registered: start the house, which registers url", notes
	case info.URL == "":
		return "no webhook is registered: set url, or register it yourself with secret (setWebhook), or set mode: polling", notes
	case a.cfg.URL != "" && info.URL != a.cfg.URL:
		return "another address than url is registered: another house has this bot, or this one was not started since", notes
	}
	at := time.Unix(int64(info.LastErrorDate), 0)
	if info.LastErrorDate > 0 && a.deps.Clock().Sub(at) < recent {
		ago := a.deps.Clock().Sub(at).Round(time.Second)
		return fmt.Sprintf("the last delivery that failed, %s ago: %s", ago, info.LastErrorMessage), notes
	}
	if len(info.AllowedUpdates) > 0 { // none: all that matter
		for _, want := range allowed() {
			if !slices.Contains(info.AllowedUpdates, want) {
				all := strings.Join(allowed(), ", ")
				return "the webhook leaves out " + want + ": set url, or register it with allowed_updates " + all, notes
			}
		}
	}
	return "", append(notes, "webhook")
}
