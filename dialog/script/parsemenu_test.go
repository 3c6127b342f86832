package script

import (
	"fmt"
	"strings"
	"testing"
)

const goodMenu = `
default:
  - {label: 红包, key: HELP_REDPACKET}
  - label: 更多服务
    items:
      - {label: 官方网站, url: "https://shop.example/?a=1&b=2"}
      - {label: 打开小程序, app_id: wx0123456789abcdef, page: pages/help, url: https://shop.example/help}
shop: [{label: 人工, key: HUMAN}]
`

func TestParseMenus(t *testing.T) {
	t.Parallel()
	got, findings := ParseMenus(Source{Name: "menu.yaml", Data: []byte(goodMenu)})
	if len(got) != 2 || len(findings) > 0 {
		t.Fatalf("ParseMenus = %d menus, %s", len(got), told(findings))
	}
	any, shop := got[0], got[1]
	if any.Channel != AnyChannel || len(any.Items) != 2 || any.Items[0].Key != "HELP_REDPACKET" || any.Items[0].key != (Pos{"menu.yaml", 3, 22}) {
		t.Errorf("default = %+v", any)
	}
	if below := any.Items[1].Items; len(below) != 2 || below[0].URL != "https://shop.example/?a=1&b=2" || below[1].Page != "pages/help" || below[1].AppID == "" || below[1].URL == "" {
		t.Errorf("below = %+v", below)
	}
	if shop.Channel != "shop" || shop.Pos != (Pos{"menu.yaml", 8, 1}) || shop.Items[0].Label != "人工" {
		t.Errorf("shop = %+v", shop)
	}
	if none, findings := ParseMenus(Source{Name: "menu.yaml", Data: []byte("# nothing yet\n")}); len(none) != 0 || len(findings) > 0 {
		t.Errorf("an empty file = %v, %s", none, told(findings))
	}
}

// F5: what the platform would refuse is told before it is asked, with the place.
func TestParseMenusRefuse(t *testing.T) {
	t.Parallel()
	item := func(s string) string { return "default:\n  - " + s + "\n" }
	for _, c := range []struct{ src, want string }{
		{"- {label: 红包, key: A}\n", "1:1 type: “menu.yaml”要写成 名字: 值 的形式 | 例如 {名字: 值}"},
		{"default: {label: 红包, key: A}\n", "1:10 type: 菜单“default”要是一个列表 | 每项写成 - {label: 显示的字, key: 编号}"},
		{"default: []\n", "1:10 menu-items: 菜单“default”一项也没有 | 写上 - {label: 显示的字, key: 编号}，或删掉它"},
		{"default:\n" + strings.Repeat("  - {label: 红包, key: A}\n", 4), "5:5 menu-items: 菜单“default”最多 3 项，这里有 4 项 | 把几项收到一项的 items 里，或删掉几项"},
		{item("{label: 更多, items: [" + strings.Repeat("{label: 红包, key: A}, ", 5) + "{label: 退款, key: B}]}"), "2:130 menu-items: “更多”下面最多 5 项，这里有 6 项 | 把几项收到一项的 items 里，或删掉几项"},
		{item("{label: 更多, items: [{label: 红包, items: []}]}"), "2:37 unknown-key: 菜单项里没有“items”这个键 | 可用的键是 label、key、url、app_id、page"},
		{item("{key: A}"), "2:5 missing-key: 菜单项缺少 label | 写上 label: …"},
		{item("{label: 红包}"), "2:5 menu-button: 点了“红包”什么也不会发生 | 写上 key（发事件）、url（开网页）、page（开小程序）或 items（下级菜单）"},
		{item("{label: 红包, key: A, url: https://x.example}"), "2:5 menu-button: “红包”只能做一件事 | key、url、page、items 只留一个"},
		{item("{label: 一二三四五六, key: A}"), "2:13 menu-label: label 最多 16 字节（汉字一个 3 字节），这里有 18 字节 | 缩短它"},
		{item("{label: 一二三四五, key: A}"), "2:13 menu-label?: 手机上只显示前 4 个汉字，“一二三四五”会被截断 | 缩短到 4 个汉字"},
		{item("{label: 红包, key: " + strings.Repeat("A", 129) + "}"), "2:22 menu-key: key 最多 128 字节（汉字一个 3 字节），这里有 129 字节 | 缩短它"},
		{item("{label: 官网, url: 'ftp://x'}"), "2:22 menu-url: “ftp://x”不是网址 | 例如 https://shop.example/help"},
		{item("{label: 官网, url: 'https://x.example/" + strings.Repeat("a", 1024) + "'}"), "2:22 menu-url: url 最多 1024 字节（汉字一个 3 字节），这里有 1042 字节 | 缩短它"},
		{item("{label: 程序, page: pages/x}"), "2:5 menu-page: 开小程序还要 app_id，以及打不开时去的 url | 写上 app_id: wx… 和 url: https://…"},
		{item("{label: 官网, url: https://x.example, app_id: wx1}"), "2:5 menu-page: 写了 app_id，但没有写开哪一页 | 写上 page: pages/index，或删掉 app_id"},
		{item("{label: 红包, kee: A}"), "2:17 unknown-key: 菜单项里没有“kee”这个键 | 是不是 key？"},
	} {
		_, findings := ParseMenus(Source{Name: "menu.yaml", Data: []byte(c.src)})
		if got := told(findings); got != c.want {
			t.Errorf("%s\n%s\nwant\n%s", c.src, got, c.want)
		}
	}
}

// A key that nothing uses leads to the greeting and no further: that is worth a word, and no more. Whatever way a key is used counts.
func TestMenuKeys(t *testing.T) {
	t.Parallel()
	d, findings := ParseDialog(Source{Name: "dialogs/x.yaml", Data: []byte(`dialog: x
title: 题
triggers: {events: [menu.BEGINS]}
likely:
  - {when: 'scene.menu in ["LISTED", "LISTED2"] and hours.open', say: 退款}
steps:
  - {id: way, switch: scene.menu, cases: {CASE: done}, else: done}
  - {id: done, end: resolved}
`)})
	if d == nil {
		t.Fatal(told(findings))
	}
	openers, _ := ParseOpeners(Source{Name: "likely.yaml", Data: []byte(`- {when: '"LIKELY" == scene.menu or scene.page == "PAGE"', goto: dialog.x, score: 0.5}`)})
	for key, want := range map[string]bool{
		"BEGINS": true, "LISTED": true, "LISTED2": true, "CASE": true, "LIKELY": true, "PAGE": false, "begins": false, "OTHER": false,
	} {
		menus, found := ParseMenus(Source{Name: "menu.yaml", Data: fmt.Appendf(nil, "default: [{label: 红包, key: %s}]\n", key)})
		if len(menus) == 0 {
			t.Fatal(told(found))
		}
		used := true
		for _, f := range Check(Checkable{Dialogs: []*Dialog{d}, Openers: openers, Menus: menus, Patterns: Merge(nil)}) {
			if f.Rule == "menu-key-unused" {
				used = false
				if !f.Warning || f.Pos != (Pos{"menu.yaml", 1, 28}) || !strings.Contains(f.Edit, "menu."+key) {
					t.Errorf("%s: %+v", key, f)
				}
			}
		}
		if used != want {
			t.Errorf("%s counts as used: %t, want %t", key, used, want)
		}
	}
}

func TestMenuChannel(t *testing.T) {
	t.Parallel()
	menus, _ := ParseMenus(Source{Name: "menu.yaml", Data: []byte("shpo: [{label: 官网, url: https://x.example}]\n")})
	for _, c := range []struct {
		channels []Channel
		want     string
	}{
		{nil, ""},
		{[]Channel{{Name: "shop"}, {Name: "site"}}, "1:1 menu-channel: 没有渠道“shpo” | 是不是 shop？"},
		{[]Channel{{Name: "mini"}, {Name: "site"}}, "1:1 menu-channel: 没有渠道“shpo” | 配置里的渠道有 mini、site，其余的用 default"},
	} {
		if got := told(Check(Checkable{Menus: menus, Channels: c.channels, Patterns: Merge(nil)})); got != c.want {
			t.Errorf("%v: %s, want %s", c.channels, got, c.want)
		}
	}
}

func FuzzParseMenus(f *testing.F) {
	f.Add([]byte(goodMenu))
	f.Add([]byte("default: [{label: 一, items: [{label: 二, items: [{}]}]}]\n"))
	f.Add([]byte("default: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		menus, findings := ParseMenus(Source{Name: "menu.yaml", Data: data})
		if menus != nil && Broken(findings) {
			t.Fatalf("ParseMenus = %v with errors %s", menus, told(findings))
		}
		for _, x := range findings {
			if x.Line < 1 || x.Col < 1 || x.Rule == "" || x.Text == "" {
				t.Fatalf("finding without a place or words: %+v", x)
			}
		}
		for _, m := range menus {
			if len(m.Items) == 0 || len(m.Items) > maxMenuItems {
				t.Fatalf("a menu with %d items", len(m.Items))
			}
			for _, i := range m.Items {
				if len(i.Label) > maxMenuTop || len(i.Items) > maxMenuBelow || i.Key == "" && i.URL == "" && len(i.Items) == 0 {
					t.Fatalf("item %+v", i)
				}
			}
		}
		Check(Checkable{Menus: menus, Patterns: Merge(nil)})
	})
}
