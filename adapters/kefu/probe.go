package kefu

import (
	"context"
	"fmt"

	"github.com/xianda-bot/xianda/adapters"
)

// Probe checks the secret, the account and its seats.
func (a *Adapter) Probe(ctx context.Context) []adapters.Check {
	token := adapters.Check{Name: "credentials", OK: true, Detail: "gettoken gives one"}
	if _, err := a.api.Tokens.Token(ctx); err != nil {
		return []adapters.Check{a.failed(token, err)}
	}
	return []adapters.Check{token, a.probeAccount(ctx), a.probeSeats(ctx)}
}

func (a *Adapter) failed(c adapters.Check, err error) adapters.Check {
	c.OK, c.Detail = false, a.porch.Scrub(explained(err).Error())
	return c
}

const accountsAtOnce = 100

func (a *Adapter) probeAccount(ctx context.Context) adapters.Check {
	c := adapters.Check{Name: "account", OK: true}
	for offset := 0; ; offset += accountsAtOnce {
		in := struct {
			Offset int `json:"offset"`
			Limit  int `json:"limit"`
		}{offset, accountsAtOnce}
		var out struct {
			List []struct {
				ID     string `json:"open_kfid"`
				Name   string `json:"name"`
				Manage *bool  `json:"manage_privilege"`
			} `json:"account_list"`
		}
		if err := a.api.Call(ctx, accountsPath, in, &out); err != nil {
			return a.failed(c, err)
		}
		for _, k := range out.List {
			if k.ID != a.cfg.OpenKFID {
				continue
			}
			c.Detail = fmt.Sprintf("open_kfid is %q", k.Name)
			if k.Manage != nil && !*k.Manage {
				c.OK, c.Detail = false, c.Detail+", but the app may not manage it: 微信客服 → 客服账号 → 通过API管理"
			}
			return c
		}
		if len(out.List) < accountsAtOnce {
			c.OK, c.Detail = false, "open_kfid is none of the accounts that the app sees: copy it from the console, and give the app the account"
			return c
		}
	}
}

func (a *Adapter) probeSeats(ctx context.Context) adapters.Check {
	c := adapters.Check{Name: "seats", OK: true}
	if a.cfg.Seats == none {
		c.Detail = "seats: none, the platform's seats are not used"
		return c
	}
	now, all, err := a.receiving(ctx)
	if err != nil {
		return a.failed(c, err)
	}
	c.Detail = fmt.Sprintf("%d of %d receive now (departments tell nothing: list people)", len(now), all)
	return c
}
