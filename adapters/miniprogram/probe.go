package miniprogram

import (
	"context"

	"github.com/xianda-bot/xianda/adapters"
)

// Probe checks credentials and reachability.
func (a *Adapter) Probe(ctx context.Context) []adapters.Check {
	return []adapters.Check{a.gate.Probe(), a.api.Probe(ctx)}
}
