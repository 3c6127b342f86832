package script

import (
	"regexp"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/chat/typo"
)

// names checks every name that texts and expressions use: that it exists, and, in texts, that it is set on every way there.
func (k *checker) names(d *Dialog) {
	saved := map[string]bool{}
	set := map[string]bool{}
	for _, s := range d.Steps {
		if s.Save != "" {
			saved[s.Save] = true
		}
		for _, name := range setNames(d, s) {
			set[name] = true
			if isSaved(rootOf(name)) {
				saved[name] = true
			}
		}
		if s.Verb == Collect {
			set["slot."+s.Collect] = true
		}
	}
	in := certain(d, 0)
	if slices.ContainsFunc(d.Steps, func(s *Step) bool { return s.Verb == Collect && d.Slot(s.Collect) == nil }) {
		in = make([]map[string]bool, len(d.Steps)) // a slot is misspelled where it is asked: everything behind would be unset
	}
	text := func(t *Template, have map[string]bool, invalid bool) {
		if t == nil {
			return
		}
		for _, p := range t.parts {
			if p.get == nil || (p.name == "len" && invalid) {
				continue
			}
			if p.name == "len" {
				k.add(t.Pos, "placeholder-unknown", "{len} 只能用在 invalid 里", "去掉它")
				continue
			}
			if k.known(d, saved, t.Pos, p.path, "placeholder-unknown") && have != nil && !settled(p.path, have) {
				k.add(t.Pos, "slot-unset", "“{"+p.name+"}”在有的路上还没有值，那时这句话说不出来", "先 collect 或 call，或让那条路绕开这一步")
			}
			k.unsafe(d, t, p)
		}
	}
	expr := func(e *Expr, what string) {
		if e == nil {
			return
		}
		k.equalities(d, e)
		never := len(e.names) > 0
		for _, path := range e.names {
			if !k.known(d, saved, e.Pos, path, "name-unknown") {
				never = false
				continue
			}
			if path[0] != "slot" || set["slot."+path[1]] {
				never = false
			}
		}
		if never && what == "urgent_if" && e.kind == boolean && !strings.Contains(e.Source, "user.says") && !strings.Contains(e.Source, "trace.has") && !strings.Contains(e.Source, "not ") {
			k.add(e.Pos, "urgent-never", "urgent_if 用到的槽位从来没有问过，永远不会成立", "改写条件，或先 collect")
		} else if never && what == "switch" {
			k.add(e.Pos, "slot-never-set", "“"+e.Source+"”用到的槽位从来没有问过", "先 collect 它")
		}
	}
	for i, s := range d.Steps {
		have := in[i] // nil: never reached, which is told already
		text(s.Say, have, false)
		text(s.NoSeat, have, false)
		text(s.Notice, have, false)
		for _, f := range s.With {
			text(f.Value, have, false)
		}
		for _, f := range s.Set {
			text(f.Value, have, false)
		}
		if slot := d.Slot(s.Collect); s.Verb == Collect && slot != nil {
			text(slot.Ask, have, false)
			text(slot.Invalid, have, true)
		}
		expr(s.Switch, "switch")
		expr(s.UrgentIf, "urgent_if")
		for _, name := range s.Carry {
			k.carried(d, saved, s, name)
		}
	}
	for i := range d.Likely {
		k.condition(&d.Likely[i])
	}
	for _, p := range d.Patterns {
		for _, t := range []*Template{p.Say, p.Notice, p.NoSeat} {
			text(t, nil, false)
		}
	}
}

// equalities finds words that a slot of a closed list can never be.
func (k *checker) equalities(d *Dialog, e *Expr) {
	for _, q := range e.equal {
		slot := d.Slot(q.name)
		if slot == nil || q.of != "slot" {
			continue
		}
		if known := slot.domain(); known != nil && !slices.Contains(known, q.word) {
			edit := meant(q.word, known, "可能的值有 "+strings.Join(known, "、"))
			k.add(e.Pos, "value-unknown", "“"+q.word+"”不是“slot."+q.name+"”会有的值", edit)
		}
	}
}

// unused warns of slots that nothing asks for, fills or reads.
func (k *checker) unused(d *Dialog) {
	used := map[string]bool{}
	read := func(names []string) {
		for _, n := range names {
			used[strings.TrimPrefix(n, "slot.")] = true
		}
	}
	for _, s := range d.Steps {
		used[s.Collect] = true
		read(s.Carry)
		read(s.Switch.Names())
		read(s.UrgentIf.Names())
		for _, f := range s.Set {
			used[strings.TrimPrefix(f.Name, "slot.")] = true
		}
		for _, t := range s.texts(d) {
			read(t.Names())
		}
	}
	for _, s := range d.Slots {
		if !used[s.Name] {
			k.warn(s.Pos, "slot-unused", "槽位“"+s.Name+"”没有哪一步用到", "写一步 collect: "+s.Name+"，或删掉它")
		}
	}
}

// carried checks a name that a handoff hands to the seat: a slot, or what was saved.
func (k *checker) carried(d *Dialog, saved map[string]bool, s *Step, name string) {
	root := rootOf(name)
	if d.Slot(strings.TrimPrefix(name, "slot.")) != nil || isSaved(root) && saved[root] {
		return
	}
	known := slotNames(d)
	for n := range saved {
		known = append(known, n)
	}
	slices.Sort(known)
	edit := meant(name, known, "可以带的有 "+strings.Join(known, "、"))
	k.add(s.place("carry"), "carry-unknown", "没有“"+name+"”可以带给客服", edit)
}

func rootOf(name string) string {
	root, _, _ := strings.Cut(name, ".")
	return root
}

// settled tells whether a name has a value on every way: what the house gives always has, and scene and profile are the operator's
// own business.
func settled(path []string, have map[string]bool) bool {
	if path[0] == "slot" {
		return have["slot."+path[1]]
	}
	return !isSaved(path[0]) || have[path[0]]
}

// known tells whether a name exists in a dialog; if not, it is a finding.
func (k *checker) known(d *Dialog, saved map[string]bool, at Pos, path []string, rule string) bool {
	full := strings.Join(path, ".")
	if path[0] == "slot" {
		if len(path) == 2 && d.Slot(path[1]) != nil {
			return true
		}
		edit := "在 slots 里加上它"
		if n := typo.Nearest(path[len(path)-1], slotNames(d)); n != "" {
			edit = "是不是 slot." + n + "？"
		}
		k.add(at, rule, "没有槽位“"+path[len(path)-1]+"”", edit)
		return false
	}
	if !isSaved(path[0]) || saved[path[0]] {
		return true
	}
	edit := "先用 call 的 save 或 set 记下它"
	if len(path) == 1 && d.Slot(path[0]) != nil {
		edit = "是不是 slot." + path[0] + "？"
	} else {
		known := []string{"slot", "user", "scene", "profile", "turn", "queue", "hours", "channel"}
		for name := range saved {
			known = append(known, name)
		}
		if n := typo.Nearest(path[0], known); n != "" {
			edit = "是不是 " + strings.Join(append([]string{n}, path[1:]...), ".") + "？"
		}
	}
	k.add(at, rule, "没有“"+full+"”这个名字", edit)
	return false
}

var openLink = regexp.MustCompile(`(?i)https?://[^\s，。；、）)】」"”]*$`)

// unsafe finds a person's own words inside a link: they could lead anywhere.
func (k *checker) unsafe(d *Dialog, t *Template, p part) {
	free := p.name == "user.text"
	if p.path[0] == "slot" && len(p.path) == 2 {
		s := d.Slot(p.path[1])
		free = s != nil && s.Type == Text
	}
	if !free {
		return
	}
	before := ""
	for _, q := range t.parts {
		if q.col == p.col && q.get != nil {
			break
		}
		before += q.literal
	}
	if openLink.MatchString(before) {
		k.add(t.Pos, "placeholder-link", "链接里放了用户自己写的“{"+p.name+"}”，可能通向任何地方", "链接里只放订单号这样有固定格式的值")
	}
}
