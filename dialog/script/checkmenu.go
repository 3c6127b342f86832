package script

import (
	"slices"
	"strings"
)

// menuKey is the name under which a tapped key comes in, and menuEvent what an event of it begins with.
const (
	menuKey   = "menu"
	menuEvent = menuKey + "."
)

// menus checks menu.yaml against the configuration and the rest of the release.
func (k *checker) menus() {
	var used map[string]bool
	for _, m := range k.Menus {
		names := []string{AnyChannel}
		for _, c := range k.Channels {
			names = append(names, c.Name)
		}
		if k.Channels != nil && !slices.Contains(names, m.Channel) {
			k.add(m.Pos, "menu-channel", "没有渠道“"+m.Channel+"”", meant(m.Channel, names, "配置里的渠道有 "+strings.Join(names[1:], "、")+"，其余的用 default"))
		}
		if used == nil {
			used = k.menuKeys()
		}
		for _, i := range m.Items {
			for _, b := range append([]*MenuItem{i}, i.Items...) {
				if b.Key != "" && !used[b.Key] {
					k.warn(b.key, "menu-key-unused", "点了“"+b.Label+"”（"+b.Key+"）没有什么会特别处理",
						"在对话里写 triggers: {events: [menu."+b.Key+"]}，或在 likely.yaml 写 when: 'scene.menu == \""+b.Key+"\"'")
				}
			}
		}
	}
}

// menuKeys are the keys that begin a dialog or decide in a rule.
func (k *checker) menuKeys() map[string]bool {
	used := map[string]bool{}
	read := func(e *Expr) {
		if e == nil {
			return
		}
		for _, q := range e.equal {
			if q.of == "scene" && q.name == menuKey {
				used[q.word] = true
			}
		}
	}
	for _, o := range k.Openers {
		read(o.When)
	}
	for _, d := range k.Dialogs {
		for _, e := range d.Triggers.Events {
			if key, ok := strings.CutPrefix(e, menuEvent); ok {
				used[key] = true
			}
		}
		for _, l := range d.Likely {
			read(l.When)
		}
		for _, s := range d.Steps {
			read(s.Switch)
			read(s.UrgentIf)
			if s.Switch != nil && strings.TrimSpace(s.Switch.Source) == "scene."+menuKey {
				for _, c := range s.Cases {
					used[c.Value] = true
				}
			}
		}
	}
	return used
}
