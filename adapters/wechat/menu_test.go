package wechat

import (
	"reflect"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/adapters"
)

// F5: a menu comes back from the platform as it was set.
func TestMenu(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, true, numbered))
	if got, err := h.Menu(t.Context()); err != nil || len(got.Items) != 0 {
		t.Errorf("before there is one: %+v, %v, want none", got, err)
	}
	want := adapters.Menu{Items: []adapters.MenuItem{
		{Label: "红包", Key: "HELP_REDPACKET"},
		{Label: "服务", Items: []adapters.MenuItem{
			{Label: "官网", URL: "https://shop.example/?a=1&b=<2>"},
			{Label: "小程序", URL: "https://shop.example/", AppID: "wx1", Page: "pages/help"},
		}},
	}}
	for range 2 {
		if err := h.SetMenu(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if got, err := h.Menu(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Menu = %+v, %v, want %+v", got, err, want)
		}
	}
	h.platform.ForeignMenu()
	if got, err := h.Menu(t.Context()); err != nil || !reflect.DeepEqual(got.Items, []adapters.MenuItem{{Label: "海报"}}) {
		t.Errorf("a button of another kind: %+v, %v, want its label", got, err)
	}
}

func TestMenuRefusals(t *testing.T) {
	t.Parallel()
	one := []adapters.MenuItem{{Label: "a", Key: "A"}}
	for _, c := range []struct {
		name                 string
		noSecret, unverified bool
		menu                 []adapters.MenuItem
		want                 string
	}{
		{"no secret", true, false, one, "app_secret is missing"},
		{"nothing", false, false, nil, "at least one"},
		{"a long label", false, false, []adapters.MenuItem{{Label: "一二三四五六", Key: "A"}}, "16 bytes"},
		{"an account without menus", false, true, one, "48001"},
	} {
		s := section(true, true, numbered)
		if c.noSecret {
			s.AppSecret, s.Verified = "", false
		}
		h := newHall(t, s)
		h.platform.Unverified = c.unverified
		if err := h.SetMenu(t.Context(), adapters.Menu{Items: c.menu}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: SetMenu = %v, want it refused with %q", c.name, err, c.want)
		}
	}
}
