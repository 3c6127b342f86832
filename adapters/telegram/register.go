package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/xianda-bot/xianda/adapters/internal/pause"
)

// registeredFor is how long it is remembered that we registered a webhook ourselves.
const registeredFor = 365 * 24 * time.Hour

// atOnce is how many updates the platform may deliver at the same time; those of one chat never are.
const atOnce = 40

func (a *Adapter) registeredKey() string { return fmt.Sprintf("telegram/webhook/%d", a.self.id) }

// register tells the platform the webhook's public address and secret, until it has taken them. Every process does, and says the same.
func (h *hooked) register(ctx context.Context) {
	params := &bot.SetWebhookParams{URL: h.cfg.URL, SecretToken: h.cfg.Secret, AllowedUpdates: allowed(), MaxConnections: atOnce}
	h.until(ctx, "setWebhook", "the webhook is not registered", func(ctx context.Context) error {
		// Noted first: when the switch back to polling comes, it is known whose webhook it is.
		if err := h.deps.Vault.Put(ctx, h.registeredKey(), h.cfg.URL, registeredFor); err != nil {
			return err
		}
		_, err := h.api.call(ctx, "setWebhook", func(ctx context.Context, b *bot.Bot) error {
			_, err := b.SetWebhook(ctx, params)
			return err
		})
		return err
	})
}

// unregister removes a webhook that this house registered before its mode was changed. One that somebody else registered stays: taking it
// away would silence another program.
func (p *puller) unregister(ctx context.Context) {
	trouble := "it is not known whether a webhook of ours is registered"
	p.until(ctx, "deleteWebhook", trouble, func(ctx context.Context) error {
		ours, err := p.deps.Vault.Get(ctx, p.registeredKey())
		if err != nil || ours == "" {
			return err
		}
		info, err := p.webhookInfo(ctx)
		if err != nil {
			return err
		}
		if info.URL == ours {
			_, err = p.api.call(ctx, "deleteWebhook", func(ctx context.Context, b *bot.Bot) error {
				_, err := b.DeleteWebhook(ctx, &bot.DeleteWebhookParams{})
				return err
			})
			if err != nil {
				return err
			}
			p.deps.Log.Info("the webhook that we registered before is removed: mode is polling now", "channel", p.name)
		}
		return p.deps.Vault.Drop(ctx, p.registeredKey(), ours)
	})
}

// until does something until it succeeds or ctx ends. trouble is what is wrong as long as it does not.
func (a *Adapter) until(ctx context.Context, reason, trouble string, do func(ctx context.Context) error) {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		once, cancel := context.WithTimeout(ctx, callWithin)
		err := do(once)
		cancel()
		if err == nil || ctx.Err() != nil {
			return
		}
		if a.notes.First(reason) {
			a.deps.Log.Error("the platform does not do what is asked at the start; tried again (said once a minute)",
				"channel", a.name, "trouble", trouble, "error", err)
		}
		if !pause.For(ctx, wait) {
			return
		}
	}
}

func (a *Adapter) webhookInfo(ctx context.Context) (models.WebhookInfo, error) {
	var info models.WebhookInfo
	raw, err := a.api.call(ctx, "getWebhookInfo", func(ctx context.Context, b *bot.Bot) error {
		_, err := b.GetWebhookInfo(ctx)
		return err
	})
	if err != nil {
		return info, err
	}
	if err := json.Unmarshal(raw, &info); err != nil {
		return info, &Error{Op: "getWebhookInfo", Sent: true}
	}
	return info, nil
}
