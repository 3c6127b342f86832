package app

import (
	"context"
	"fmt"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/entry"
	"github.com/xianda-bot/xianda/config"
)

const (
	// leastLink is how many bytes a secret of links has at least: whoever holds one link can try short ones at home.
	leastLink = 32
	// linkWithin bounds how long a platform may take to make a link.
	linkWithin = 15 * time.Second
)

// signer signs and reads entries by the secrets of cfg. Without links.secret the admin token signs: it is a secret that every house has
// which is looked after, and the key that is made of it opens nothing else.
func signer(cfg *config.Config, clock func() time.Time, count adapters.Counter) (*entry.Signer, error) {
	first := cfg.Links.Secret
	if n := len(first); n > 0 && n < leastLink {
		return nil, fmt.Errorf("links.secret: want at least %d characters; make one with: openssl rand -hex 32", leastLink)
	}
	if first == "" {
		first = cfg.Admin.Token
	}
	return entry.New([]string{string(first), string(cfg.Links.SecretPrevious)}, clock, count)
}

// LinkOptions say which entry is wanted.
type LinkOptions struct {
	Channel string
	Scene   map[string]string // "page": "pay", "error": "RP_HOLD"
	Until   time.Time
	Clock   func() time.Time
}

// Link is an entry link that was made.
type Link struct {
	Channel string            `json:"channel"`
	Scene   map[string]string `json:"scene"`
	Until   time.Time         `json:"until"`
	Signed  string            `json:"signed"` // the scene as it is carried
	URL     string            `json:"url,omitempty"`
	QR      string            `json:"qr,omitempty"`   // the platform's own picture of the code
	Code    string            `json:"code,omitempty"` // a snippet to paste
	Note    string            `json:"note,omitempty"`
}

// MakeLink signs a scene and has its channel make a link of it; only that channel's section is read.
func MakeLink(ctx context.Context, cfg *config.Config, o LinkOptions) (Link, error) {
	a, kind, err := openOne(cfg, o.Channel)
	if err != nil {
		return Link{}, err
	}
	linker, ok := a.(adapters.Linker)
	if !ok {
		return Link{}, fmt.Errorf("channel %s: nothing leads into a channel of kind %s with a scene; "+
			"\"xianda channel kinds\" tells which kinds have entry links", o.Channel, kind)
	}
	l, err := makeLink(ctx, cfg, linker, o)
	if err != nil {
		return Link{}, fmt.Errorf("channel %s: %w", o.Channel, err)
	}
	return l, nil
}

func makeLink(ctx context.Context, cfg *config.Config, linker adapters.Linker, o LinkOptions) (Link, error) {
	s, err := signer(cfg, o.Clock, newMetrics())
	if err != nil {
		return Link{}, err
	}
	until := o.Until.Truncate(time.Second)
	token, err := s.Sign(o.Channel, o.Scene, until, linker.MaxScene())
	if err != nil {
		return Link{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, linkWithin)
	defer cancel()
	made, err := linker.Link(ctx, token, until)
	if err != nil {
		return Link{}, err
	}
	return Link{
		Channel: o.Channel, Scene: o.Scene, Until: until, Signed: token,
		URL: made.URL, QR: made.QR, Code: made.Code, Note: made.Note,
	}, nil
}
