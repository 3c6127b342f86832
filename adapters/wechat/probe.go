package wechat

import (
	"context"

	"github.com/xianda-bot/xianda/adapters"
)

// Probe checks credentials and reachability: the access token, and for a verified account the customer-service API.
func (a *Adapter) Probe(ctx context.Context) []adapters.Check {
	mode := a.gate.Probe()
	if a.cfg.AppSecret == "" {
		return []adapters.Check{mode, {Name: "customer service", OK: true, Detail: "verified: false and no app_secret: passive replies only"}}
	}
	token := a.api.Probe(ctx)
	if !token.OK {
		return []adapters.Check{mode, token}
	}
	return []adapters.Check{mode, token, a.probeSeats(ctx)}
}

func (a *Adapter) probeSeats(ctx context.Context) adapters.Check {
	c := adapters.Check{Name: "customer service", OK: true}
	if !a.cfg.Verified {
		c.Detail = "verified: false: passive replies only"
		return c
	}
	if err := a.api.Call(ctx, seatsPath, nil, nil); err != nil {
		c.OK, c.Detail = false, a.porch.Scrub(err.Error())
		return c
	}
	c.Detail = "the seat list can be read"
	return c
}
