package script

import (
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/chat/typo"
)

// exits finds steps from which no end can be reached, whatever the person does.
func (k *checker) exits(d *Dialog) {
	n := len(d.Steps)
	open := make([]bool, n) // an end can be reached
	back := make([][]int, n)
	var work []int
	for i, s := range d.Steps {
		out, falls := edges(d, i)
		for _, e := range out {
			back[e.to] = append(back[e.to], i)
		}
		// A step that leads nowhere is told elsewhere, and so is one that falls off the end.
		if s.Verb == End || s.Verb == Handoff || falls || len(out) == 0 {
			open[i], work = true, append(work, i)
		}
	}
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		for _, from := range back[i] {
			if !open[from] {
				open[from], work = true, append(work, from)
			}
		}
	}
	told := slices.ContainsFunc(k.findings, func(f Finding) bool { return f.File == d.Pos.File && f.Rule == "loop" })
	reached := certain0(d)
	for i, s := range d.Steps {
		if !open[i] && reached[i] && !told {
			k.add(s.place("id"), "no-exit", "从步骤“"+s.ID+"”起，怎么走都到不了结局", "让其中一步跳到 end 或 handoff")
			return
		}
	}
}

// certain0 tells which steps can be reached from the first.
func certain0(d *Dialog) []bool {
	out := make([]bool, len(d.Steps))
	if len(d.Steps) == 0 {
		return out
	}
	for i, have := range certain(d, 0) {
		out[i] = have != nil
	}
	return out
}

// silences finds answers of the person that are followed by the end of the dialog without a word. A dialog that another calls may be
// silent: the other goes on.
func (k *checker) silences(d *Dialog) {
	for _, other := range k.Dialogs {
		if slices.ContainsFunc(other.Steps, func(s *Step) bool { return s.Verb == Sub && s.Sub == d.ID }) {
			return
		}
	}
	for _, s := range d.Steps {
		if !s.waits() || s.Verb == Sub {
			continue
		}
		for _, b := range d.Branches(s) {
			if b.Name == "on_fail" { // the house says a word of its own
				continue
			}
			end := k.silent(d, b.To, map[string]bool{})
			if end == nil || s.Then != nil && end.End == Resolved { // and here it thanks
				continue
			}
			at := b.Pos
			if b.Name == "next" {
				at = s.place("id")
			}
			k.warn(at, "silent-end", "用户回答“"+s.ID+"”以后，走到“"+end.ID+"”就结束了，一句话也没有", "在“"+end.ID+"”前面加一步 say")
			break
		}
	}
}

// silent is the end that a step leads to without a word; nil when something is said, asked or done on every way.
func (k *checker) silent(d *Dialog, id string, seen map[string]bool) *Step {
	s, at := d.Step(id)
	if s == nil || seen[id] {
		return nil
	}
	seen[id] = true
	switch s.Verb {
	case End:
		return s
	case Switch, Set, Goto, Call:
		out, _ := edges(d, at)
		for _, e := range out {
			if end := k.silent(d, d.Steps[e.to].ID, seen); end != nil {
				return end
			}
		}
	}
	return nil
}

// then checks where 已解决 and 没解决 lead.
func (k *checker) then(d *Dialog, s *Step) {
	if s.Then == nil {
		return
	}
	if s.Then.Solved == s.Then.Unsolved {
		k.warn(s.place("unsolved"), "then-same", "已解决和没解决都去“"+s.Then.Solved+"”，问了也没有用", "给没解决另一个去处，或删掉 then")
		return
	}
	if to, _ := d.Step(s.Then.Unsolved); to != nil && to.Verb == End && to.End == Resolved {
		k.warn(s.place("unsolved"), "unsolved-resolved", "选了没解决，却以 resolved 结束", "改到转人工的那一步，或 end: unresolved")
	}
	if to, _ := d.Step(s.Then.Solved); to != nil && to.Verb == Handoff {
		k.warn(s.place("solved"), "solved-handoff", "选了已解决，却转人工", "改到 end: resolved 的那一步")
	}
}

// values checks what a set step writes into slots of a closed list.
func (k *checker) values(d *Dialog, s *Step) {
	for _, f := range s.Set {
		slot := d.Slot(strings.TrimPrefix(f.Name, "slot."))
		if slot == nil || f.Value == nil || len(f.Value.Names()) > 0 {
			continue
		}
		known := slot.domain()
		if v := f.Value.literal(); known != nil && v != "" && !slices.Contains(known, v) {
			edit := meant(v, known, "可能的值有 "+strings.Join(known, "、"))
			k.add(f.Value.Pos, "set-value", "槽位“"+slot.Name+"”不会是“"+v+"”", edit)
		}
	}
}

// backend checks that the backend of a call is configured.
func (k *checker) backend(s *Step) {
	name, _, _ := strings.Cut(s.Call, ".")
	if k.Backends == nil || name == "" || slices.Contains(k.Backends, name) {
		return
	}
	edit := "在配置的 backends 里加上 " + name
	if near := typo.Nearest(name, k.Backends); near != "" {
		edit = "是不是 " + near + "？"
	}
	k.add(s.place("call"), "backend-unknown", "配置里没有后端“"+name+"”", edit)
}
