package web

import (
	"context"
	"errors"
	"html"
	"net/url"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
)

// maxLink is how many bytes of scene a link carries: as a QR code it can still be read from a poster.
const maxLink = 256

// MaxScene is how many bytes of scene a link of the page carries.
func (a *Adapter) MaxScene() int { return maxLink }

// Link is the page's address with scene, and the widget's tag that says the same when pages of others may hold it. Nobody is asked, and
// until is in scene already.
func (a *Adapter) Link(_ context.Context, scene string, _ time.Time) (adapters.Link, error) {
	if a.cfg.URL == "" {
		return adapters.Link{}, errors.New("url is missing: set the channel's url to where people reach the page, " +
			"such as https://help.example" + a.Path())
	}
	l := adapters.Link{URL: a.cfg.URL + "?scene=" + url.QueryEscape(scene)}
	if len(a.cfg.Origins) > 0 {
		l.Code = `<script src="` + html.EscapeString(a.cfg.URL) + `widget.js" data-scene="` + html.EscapeString(scene) + `" defer></script>`
		l.Note = "pages of " + strings.Join(a.cfg.Origins, ", ") + " may hold the widget with the same scene"
	}
	return l, nil
}
