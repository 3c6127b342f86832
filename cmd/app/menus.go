package app

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/config"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

// menuWithin bounds how long a platform may take over a menu.
const menuWithin = 15 * time.Second

// Menus is a channel's menu, on its platform and in the release.
type Menus struct {
	Channel  string        `json:"channel"`
	Platform adapters.Menu `json:"platform"`
	Release  adapters.Menu `json:"release"` // empty: the release has none for the channel
	Same     bool          `json:"same"`
}

// ReadMenus asks the platform of a channel for its menu, and finds that of the release.
func ReadMenus(ctx context.Context, cfg *config.Config, channel string, rel *release.Release) (Menus, error) {
	keeper, err := menuKeeper(cfg, channel)
	if err != nil {
		return Menus{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, menuWithin)
	defer cancel()
	m := Menus{Channel: channel}
	if m.Platform, err = keeper.Menu(ctx); err != nil {
		return Menus{}, fmt.Errorf("channel %s: %w", channel, err)
	}
	if own := rel.Menu(channel); own != nil {
		m.Release.Items = menuItems(own.Items)
	}
	m.Same = reflect.DeepEqual(m.Platform, m.Release)
	return m, nil
}

// PushMenu puts the release's menu on the platform of its channel.
func PushMenu(ctx context.Context, cfg *config.Config, m Menus) error {
	keeper, err := menuKeeper(cfg, m.Channel)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, menuWithin)
	defer cancel()
	if err := keeper.SetMenu(ctx, m.Release); err != nil {
		return fmt.Errorf("channel %s: %w", m.Channel, err)
	}
	return nil
}

func menuItems(items []*script.MenuItem) (all []adapters.MenuItem) {
	for _, i := range items {
		all = append(all, adapters.MenuItem{Label: i.Label, Key: i.Key, URL: i.URL, AppID: i.AppID, Page: i.Page, Items: menuItems(i.Items)})
	}
	return all
}

func menuKeeper(cfg *config.Config, channel string) (adapters.MenuKeeper, error) {
	a, kind, err := openOne(cfg, channel)
	if err != nil {
		return nil, err
	}
	keeper, ok := a.(adapters.MenuKeeper)
	if !ok {
		return nil, fmt.Errorf("channel %s: a channel of kind %s has no menu", channel, kind)
	}
	return keeper, nil
}

// openOne builds the adapter of one channel to be asked; only that channel's section is read.
func openOne(cfg *config.Config, channel string) (a adapters.Adapter, kind string, err error) {
	var names []string
	for _, section := range cfg.Channels {
		if names = append(names, section.Name); section.Name == channel {
			a, err = builtIn().Build(section.Kind, section.Name, section.Decode, bareDeps())
			if err != nil {
				return nil, section.Kind, section.Mistake(err)
			}
			return a, section.Kind, nil
		}
	}
	return nil, "", fmt.Errorf("no channel is called %q: the configuration has %s", channel, strings.Join(names, ", "))
}
