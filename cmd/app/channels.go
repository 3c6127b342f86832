package app

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/outside"
	"github.com/xianda-bot/xianda/config"
)

// channels are the adapters of the house by name, and what the dialog may know of them.
type channels struct {
	order []string
	at    map[string]adapters.Adapter
	kinds map[string]string
}

// platformTimeout bounds one call to a platform; adapters set shorter ones where it matters.
const platformTimeout = 8 * time.Second

// openChannels builds the adapters of cfg; those in same are taken as they are.
func openChannels(cfg *config.Config, registry adapters.Registry, d adapters.Deps, same map[string]adapters.Adapter) (*channels, error) {
	c := &channels{at: map[string]adapters.Adapter{}, kinds: map[string]string{}}
	var errs error
	for _, section := range cfg.Channels {
		if a := same[section.Name]; a != nil {
			c.add(section, a)
			continue
		}
		a, err := registry.Build(section.Kind, section.Name, section.Decode, d)
		if err != nil {
			errs = errors.Join(errs, section.Mistake(err))
			continue
		}
		c.add(section, a)
	}
	return c, errs
}

func (c *channels) add(section config.Channel, a adapters.Adapter) {
	c.order = append(c.order, section.Name)
	c.at[section.Name], c.kinds[section.Name] = a, section.Kind
}

// platformClient is how adapters reach their platforms.
func platformClient() *http.Client {
	return &http.Client{
		Timeout:       platformTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 32, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 4 * time.Second, ForceAttemptHTTP2: true,
		},
	}
}

func (c *channels) adapter(name string) (adapters.Adapter, bool) {
	a, ok := c.at[name]
	return a, ok
}

// Kind is the kind of a channel; "" when there is none of this name.
func (c *channels) Kind(name string) string { return c.kinds[name] }

// Caps of a conversation; nothing can be shown in a channel that is not there any more.
func (c *channels) Caps(a chat.Address) chat.Caps {
	if at, ok := c.at[a.Channel]; ok {
		return at.Caps(a)
	}
	return chat.Caps{}
}

// adapterDeps are the things of the house that every adapter may use.
func adapterDeps(cfg *config.Config, log *slog.Logger, store kept, m *metrics, scene func(channel, raw string) map[string]string,
	shown func(chat.Message)) adapters.Deps {
	return adapters.Deps{
		Log: log, Clock: time.Now, HTTP: platformClient(), Outside: outside.New(outside.Options{Allow: cfg.Media.Allow}),
		Vault: store.Vault(), Feeds: store.Feeds(), Count: m,
		Random: rand.Reader, Scene: scene, Shown: shown,
	}
}
