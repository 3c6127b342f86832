package qq

import (
	"context"
	"net/http"

	"github.com/xianda-bot/xianda/adapters"
)

// Probe checks the credentials with the token endpoint, and that the API knows the bot.
func (a *Adapter) Probe(ctx context.Context) []adapters.Check {
	token := adapters.Check{Name: "credentials", OK: true, Detail: "getAppAccessToken gives one"}
	if _, err := a.api.tokens.take(ctx, ""); err != nil {
		token.OK, token.Detail = false, err.Error()
		return []adapters.Check{token}
	}
	bot := adapters.Check{Name: "bot", OK: true}
	var me struct {
		Name string `json:"username"`
	}
	if err := a.api.call(ctx, http.MethodGet, mePath, nil, &me); err != nil {
		bot.OK, bot.Detail = false, err.Error()
		return []adapters.Check{token, bot}
	}
	bot.Detail = "the API knows it as " + oneLine(clean(me.Name))
	if a.cfg.Sandbox {
		bot.Detail += "; sandbox: only the test groups and people of 沙箱配置 reach it"
	}
	return []adapters.Check{token, bot}
}
