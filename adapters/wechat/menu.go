package wechat

import (
	"context"
	"errors"

	"github.com/silenceper/wechat/v2/officialaccount/menu"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
)

// Paths of the API for menus (api_getmenu, api_createcustommenu), and the code that says that there is none.
const (
	menuPath     = "/cgi-bin/menu/get"
	setMenuPath  = "/cgi-bin/menu/create"
	codeMenuless = 46003
)

// Menu reads the account's menu, as it was made by the API: none is no error. A menu that somebody made in the console does not count,
// because the platform hides that one while messages are pushed to a server. A button of a kind that SetMenu does not make has a label
// alone.
func (a *Adapter) Menu(ctx context.Context) (adapters.Menu, error) {
	if err := a.mayMenu(); err != nil {
		return adapters.Menu{}, err
	}
	var out struct {
		Menu struct {
			Buttons []*menu.Button `json:"button"`
		} `json:"menu"`
	}
	if err := a.api.Call(ctx, menuPath, nil, &out); err != nil {
		if e := (*weixin.Error)(nil); errors.As(err, &e) && e.Code == codeMenuless {
			err = nil
		}
		return adapters.Menu{}, err
	}
	return adapters.Menu{Items: items(out.Menu.Buttons)}, nil
}

func items(buttons []*menu.Button) (all []adapters.MenuItem) {
	for _, b := range buttons {
		i := adapters.MenuItem{Label: b.Name}
		switch {
		case len(b.SubButtons) > 0:
			i.Items = items(b.SubButtons)
		case b.Type == "miniprogram":
			i.URL, i.AppID, i.Page = b.URL, b.AppID, b.PagePath
		case b.Type == "view":
			i.URL = b.URL
		case b.Type == "click":
			i.Key = b.Key
		}
		all = append(all, i)
	}
	return all
}

// SetMenu puts a menu in place of the account's. Phones show it when the person opens the account again, at the latest after a day.
func (a *Adapter) SetMenu(ctx context.Context, m adapters.Menu) error {
	if err := a.mayMenu(); err != nil {
		return err
	}
	if len(m.Items) == 0 {
		return errors.New("the menu has no items: write at least one")
	}
	in := struct {
		Buttons []*menu.Button `json:"button"`
	}{buttons(m.Items)}
	return a.api.Call(ctx, setMenuPath, in, nil)
}

func buttons(items []adapters.MenuItem) (all []*menu.Button) {
	for _, i := range items {
		switch {
		case len(i.Items) > 0:
			all = append(all, menu.NewSubButton(i.Label, buttons(i.Items)))
		case i.Page != "":
			all = append(all, menu.NewMiniprogramButton(i.Label, i.URL, i.AppID, i.Page))
		case i.URL != "":
			all = append(all, menu.NewViewButton(i.Label, i.URL))
		default:
			all = append(all, menu.NewClickButton(i.Label, i.Key))
		}
	}
	return all
}

// mayMenu says what the configuration lacks. Whether the kind of account has menus, the platform tells (48001).
func (a *Adapter) mayMenu() error {
	if a.cfg.AppSecret == "" {
		return errors.New("app_secret is missing: menus are read and set with it")
	}
	return nil
}
