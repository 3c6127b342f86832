package web

import (
	"context"
	"strings"

	"github.com/xianda-bot/xianda/adapters"
)

// Probe tells what an operator should know of the page: nobody outside needs to be asked.
func (a *Adapter) Probe(context.Context) []adapters.Check {
	widget := adapters.Check{Name: "widget", OK: true, Detail: "no page may hold it: set origins to let one"}
	if len(a.cfg.Origins) > 0 {
		widget.Detail = "pages of " + strings.Join(a.cfg.Origins, ", ") + " may hold it"
	}
	people := adapters.Check{Name: "people", OK: true, Detail: "known again by a secret that all processes share in the store"}
	if a.keys.fixed {
		people.Detail = "known again by the configured secret"
	}
	plain := adapters.Check{Name: "page", OK: true, Detail: "at " + a.Path()}
	return []adapters.Check{plain, widget, people}
}
