package telegram

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// self is who the bot is. Its id is in the token; its name is asked for once.
type self struct {
	id int64

	mu    sync.Mutex // guards all below, and lets one ask at a time
	name  string     // "shop_bot"; "" while it is not known
	fault error      // of the last asking
	again time.Time  // not asked before
}

// askAgain keeps many who wait for the name from asking one after the other while the platform is away.
const askAgain = 2 * time.Second

func newSelf(token string) *self {
	id, _, _ := strings.Cut(token, ":")
	n, _ := strconv.ParseInt(id, 10, 64) // its form is checked; beyond int64 nobody is it
	return &self{id: n}
}

// username is the bot's name without @.
func (a *Adapter) username(ctx context.Context) (string, error) {
	a.self.mu.Lock()
	defer a.self.mu.Unlock()
	if a.self.name != "" {
		return a.self.name, nil
	}
	if a.self.fault != nil && a.deps.Clock().Before(a.self.again) {
		return "", a.self.fault
	}
	me, err := a.me(ctx)
	a.self.name, a.self.fault = me.Username, err
	a.self.again = a.deps.Clock().Add(askAgain)
	return me.Username, err
}

// me asks the platform who the bot is.
func (a *Adapter) me(ctx context.Context) (models.User, error) {
	raw, err := a.api.call(ctx, "getMe", func(ctx context.Context, b *bot.Bot) error { _, err := b.GetMe(ctx); return err })
	if err != nil {
		return models.User{}, err
	}
	var u models.User
	if err := json.Unmarshal(raw, &u); err != nil || u.Username == "" {
		return models.User{}, &Error{Op: "getMe", Sent: true}
	}
	return u, nil
}

// introduce asks for the name until it is known, so that the first message of a group does not wait for it.
func (a *Adapter) introduce(ctx context.Context) {
	a.until(ctx, "getMe", "the platform does not say who the bot is", func(ctx context.Context) error {
		_, err := a.username(ctx)
		return err
	})
}
