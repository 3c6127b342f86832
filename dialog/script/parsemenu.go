package script

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Limits of an account's menu, those of WeChat's api_createcustommenu: of the items, of those below one, of labels, keys and addresses in
// bytes. A phone shows less of a label than the platform takes: four Chinese characters, eight below an item.
const (
	maxMenuItems    = 3
	maxMenuBelow    = 5
	maxMenuTop      = 16
	maxMenuLabel    = 60
	maxMenuKey      = 128
	maxMenuURL      = 1024
	shownMenuTop    = 4
	shownMenuLabel  = 8
	maxMenuAccounts = 100
)

// AnyChannel is the name in menu.yaml of the menu that channels without one of their own have.
const AnyChannel = "default"

// Menu is what menu.yaml puts on the accounts: one menu of a channel, or of all that have none of their own.
type Menu struct {
	Channel string // AnyChannel, or a channel's name
	Items   []*MenuItem
	Pos     Pos
}

// MenuItem is one button: it opens Items, or has exactly one of Key, URL and Page; with Page also AppID and URL, for old clients.
type MenuItem struct {
	Label, Key, URL, AppID, Page string
	Items                        []*MenuItem
	Pos                          Pos

	key Pos // of Key
}

// ParseMenus reads menu.yaml. The menus are nil when there is an error among the findings.
func ParseMenus(src Source) ([]*Menu, []Finding) {
	page := ReadPage(src)
	if page.Root == nil || page.Root.shape == empty {
		return nil, page.Findings
	}
	var out []*Menu
	pairs := page.Root.Entries("menu.yaml")
	if len(pairs) > maxMenuAccounts {
		page.add(pairs[maxMenuAccounts].Key.Pos, "file-size", "menu.yaml 里的菜单太多", "合并成 default")
	}
	for _, p := range pairs {
		out = append(out, &Menu{Channel: p.Name, Items: p.Value.menuItems("菜单“"+p.Name+"”", maxMenuItems, true), Pos: p.Key.Pos})
	}
	if Broken(page.Findings) {
		return nil, page.Findings
	}
	return out, page.Findings
}

// menuItems reads a list of buttons; those of the top may have others below.
func (n *Node) menuItems(what string, most int, top bool) (out []*MenuItem) {
	switch {
	case n.shape != sequence:
		if !n.page.at(n.Pos) {
			n.Fault("type", what+"要是一个列表", "每项写成 - {label: 显示的字, key: 编号}")
		}
		return nil
	case len(n.Items) == 0:
		n.Fault("menu-items", what+"一项也没有", "写上 - {label: 显示的字, key: 编号}，或删掉它")
	case len(n.Items) > most:
		n.Items[most].Fault("menu-items", fmt.Sprintf("%s最多 %d 项，这里有 %d 项", what, most, len(n.Items)), "把几项收到一项的 items 里，或删掉几项")
	}
	for _, item := range n.Items {
		out = append(out, item.menuItem(top))
	}
	return out
}

func (n *Node) menuItem(top bool) *MenuItem {
	i := &MenuItem{Pos: n.Pos}
	known := []string{"label", "key", "url", "app_id", "page"}
	if top {
		known = append(known, "items")
	}
	opens := 0
	fields := n.Fields("菜单项", known...)
	for _, p := range fields { // first: what is wrong below names it
		if p.Name == "label" {
			i.Label = p.Value.menuLabel(top)
		}
	}
	for _, p := range fields {
		v := p.Value
		switch p.Name {
		case "key":
			opens++
			i.key = v.Pos
			i.Key, _ = v.Text("key")
			v.atMost("menu-key", "key", i.Key, maxMenuKey)
		case "url":
			i.URL = v.menuURL()
		case "app_id":
			i.AppID, _ = v.Text("app_id")
		case "page":
			opens++
			i.Page, _ = v.Text("page")
			v.atMost("menu-page", "page", i.Page, maxMenuURL)
		case "items":
			opens++
			i.Items = v.menuItems("“"+i.Label+"”下面", maxMenuBelow, false)
		}
	}
	if n.shape != mapping || n.page.at(n.Pos) {
		return i
	}
	n.require("菜单项", "label")
	if i.URL != "" && i.Page == "" {
		opens++
	}
	switch {
	case opens == 0:
		n.Fault("menu-button", "点了“"+i.Label+"”什么也不会发生", "写上 key（发事件）、url（开网页）、page（开小程序）或 items（下级菜单）")
	case opens > 1:
		n.Fault("menu-button", "“"+i.Label+"”只能做一件事", "key、url、page、items 只留一个")
	case i.Page != "" && (i.AppID == "" || i.URL == ""):
		n.Fault("menu-page", "开小程序还要 app_id，以及打不开时去的 url", "写上 app_id: wx… 和 url: https://…")
	case i.Page == "" && i.AppID != "":
		n.Fault("menu-page", "写了 app_id，但没有写开哪一页", "写上 page: pages/index，或删掉 app_id")
	}
	return i
}

// menuLabel reads a label within the platform's limit, and warns when a phone cuts it.
func (n *Node) menuLabel(top bool) string {
	label, _ := n.Text("label")
	most, shown := maxMenuLabel, shownMenuLabel
	if top {
		most, shown = maxMenuTop, shownMenuTop
	}
	if n.atMost("menu-label", "label", label, most) && halfWidths(label) > 2*shown {
		n.page.Findings = append(n.page.Findings, Finding{Pos: n.Pos, Rule: "menu-label", Warning: true,
			Text: fmt.Sprintf("手机上只显示前 %d 个汉字，“%s”会被截断", shown, label), Edit: fmt.Sprintf("缩短到 %d 个汉字", shown)})
	}
	return label
}

// halfWidths is how wide a text is on a phone, a Chinese character being two.
func halfWidths(s string) (n int) {
	for _, r := range s {
		n++
		if r > 0x2E7F {
			n++
		}
	}
	return n
}

// atMost tells whether a text is within a limit in bytes, and adds a finding when it is not.
func (n *Node) atMost(rule, what, s string, most int) bool {
	if len(s) <= most {
		return true
	}
	n.Fault(rule, fmt.Sprintf("%s 最多 %d 字节（汉字一个 3 字节），这里有 %d 字节", what, most, len(s)), "缩短它")
	return false
}

// menuURL reads an address that a phone opens.
func (n *Node) menuURL() string {
	s, ok := n.Text("url")
	if !ok || !n.atMost("menu-url", "url", s, maxMenuURL) {
		return s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(s, " \t\"<>") || !utf8.ValidString(s) {
		n.Fault("menu-url", "“"+s+"”不是网址", "例如 https://shop.example/help")
	}
	return s
}
