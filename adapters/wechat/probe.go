package wechat

import (
	"context"
	"errors"
	"fmt"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
)

// codeSeatless is the errcode of an account on which 客服 was never enabled.
const codeSeatless = 65400

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

// probeSeats holds that the customer-service API may be used, and tells whether seats are there for 人工.
func (a *Adapter) probeSeats(ctx context.Context) adapters.Check {
	c := adapters.Check{Name: "customer service", OK: true}
	if !a.cfg.Verified {
		c.Detail = "verified: false: passive replies only"
		return c
	}
	var out struct {
		Seats []struct{} `json:"kf_list"`
	}
	if err := a.api.Call(ctx, seatsPath, nil, &out); err != nil {
		// Without seats of its own an account may push all the same.
		e := (*weixin.Error)(nil)
		c.OK, c.Detail = errors.As(err, &e) && e.Code == codeSeatless, a.porch.Scrub(err.Error())
		return c
	}
	c.Detail = fmt.Sprintf("the seat list can be read; seats of the console's own: %d", len(out.Seats))
	return c
}
