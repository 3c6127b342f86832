package app

import (
	"fmt"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/entry"
	"github.com/xianda-bot/xianda/config"
)

const leastLink = 32

// signer signs and reads entries by the secrets of cfg. Without links.secret the admin token signs: it is a secret that every house has
// which is looked after, and the key that is made of it opens nothing else.
//
// A secret of links has at least leastLink bytes: whoever holds one link can try short ones at home.
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
