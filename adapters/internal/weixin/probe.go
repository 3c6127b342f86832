package weixin

import (
	"context"

	"github.com/xianda-bot/xianda/adapters"
)

// Probe tells which pushes are accepted.
func (g *Gate) Probe() adapters.Check {
	if len(g.Keys) == 0 {
		return adapters.Check{Name: "encryption", OK: true,
			Detail: "plain pushes: set aes_key and choose 安全模式 in the console, so that a captured request is worth nothing"}
	}
	return adapters.Check{Name: "encryption", OK: true, Detail: "only encrypted pushes are accepted"}
}

// Probe checks the credentials by getting an access token.
func (a *API) Probe(ctx context.Context) adapters.Check {
	if _, err := a.Tokens.Token(ctx); err != nil {
		return adapters.Check{Name: "credentials", Detail: a.scrub(err.Error(), "")}
	}
	return adapters.Check{Name: "credentials", OK: true, Detail: "stable_token gives one"}
}
