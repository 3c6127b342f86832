package script

import (
	"maps"
	"strings"
)

// edge is one way from a step to another, with the names that are certainly set on it.
type edge struct {
	to   int
	sets []string
}

// edges returns the ways on from step i, and whether it falls off the end of the dialog.
func edges(d *Dialog, i int) (out []edge, falls bool) {
	s := d.Steps[i]
	index := func(id string) int { _, at := d.Step(id); return at }
	go_ := func(id string, sets ...string) {
		if to := index(id); to >= 0 {
			out = append(out, edge{to, sets})
		}
	}
	next := func(sets ...string) {
		if i+1 < len(d.Steps) {
			out = append(out, edge{i + 1, sets})
		} else {
			falls = true
		}
	}
	switch s.Verb {
	case Say, Answer:
		if s.Then == nil {
			next()
			return out, falls
		}
		go_(s.Then.Solved)
		go_(s.Then.Unsolved)
	case Collect:
		next("slot." + s.Collect)
		if slot := d.Slot(s.Collect); slot != nil && len(slot.SkipWords) > 0 && s.OnSkip == "" {
			next()
		}
		go_(s.OnSkip)
		go_(s.OnFail)
	case Switch:
		for _, c := range s.Cases {
			go_(c.Goto)
		}
		if s.Else != "" {
			go_(s.Else)
		}
	case Call:
		if s.Save != "" {
			next(s.Save)
		} else {
			next()
		}
		go_(s.OnError)
	case Set:
		next(setNames(d, s)...)
	case Goto:
		go_(s.Goto)
	case Sub:
		next()
	}
	return out, falls
}

// setNames are the names that a set step fills: a slot's when the dialog has it, else a kept one.
func setNames(d *Dialog, s *Step) []string {
	names := make([]string, 0, len(s.Set))
	for _, f := range s.Set {
		if d.Slot(f.Name) != nil {
			names = append(names, "slot."+f.Name)
		} else {
			names = append(names, f.Name)
		}
	}
	return names
}

// waits tells whether a step waits for the person (a sub dialog may).
func (s *Step) waits() bool { return s.Verb == Collect || s.Verb == Sub || s.Then != nil }

// flow checks reachability, ends and loops.
func (k *checker) flow(d *Dialog) {
	if len(d.Steps) == 0 {
		return
	}
	reached := make([]bool, len(d.Steps))
	var walk func(int)
	walk = func(i int) {
		if reached[i] {
			return
		}
		reached[i] = true
		out, falls := edges(d, i)
		if falls {
			k.add(d.Steps[i].place("id"), "no-end", "走到步骤“"+d.Steps[i].ID+"”之后就没有了", "后面加上 - {id: "+freeID(d, "end")+", end: resolved}，或转人工")
		}
		for _, e := range out {
			walk(e.to)
		}
	}
	walk(0)
	for _, b := range k.starts[d.ID] {
		if _, at := d.Step(b.step); at >= 0 {
			walk(at)
		} else {
			k.jump(d, b.at, b.step)
		}
	}
	first := map[string]bool{}
	for i, s := range d.Steps {
		if !reached[i] && !first[s.ID] {
			k.add(s.place("id"), "unreachable", "没有任何一步会走到“"+s.ID+"”", "让某一步跳到它，或删掉它")
		}
		first[s.ID] = true
	}
	k.loops(d, reached)
}

// loops finds a circle in which nobody waits for the person: it would turn for ever.
func (k *checker) loops(d *Dialog, reached []bool) {
	const (
		white = iota
		grey
		black
	)
	colour := make([]int, len(d.Steps))
	var stack []int
	var visit func(int) bool
	visit = func(i int) bool {
		colour[i] = grey
		stack = append(stack, i)
		defer func() { stack = stack[:len(stack)-1]; colour[i] = black }()
		if d.Steps[i].waits() {
			return false
		}
		out, _ := edges(d, i)
		for _, e := range out {
			switch colour[e.to] {
			case grey:
				if d.Steps[e.to].waits() {
					continue
				}
				var ids []string
				for j := len(stack) - 1; j >= 0; j-- {
					ids = append([]string{d.Steps[stack[j]].ID}, ids...)
					if stack[j] == e.to {
						break
					}
				}
				k.add(d.Steps[e.to].place("id"), "loop", "步骤 "+strings.Join(append(ids, d.Steps[e.to].ID), " → ")+" 会一直转下去", "圈里加一步 collect，或跳到别处")
				return true
			case white:
				if visit(e.to) {
					return true
				}
			}
		}
		return false
	}
	for i := range d.Steps {
		if reached[i] && colour[i] == white && visit(i) {
			return
		}
	}
}

// subLoops finds dialogs that call each other in a circle.
func (k *checker) subLoops() {
	done, onWay := map[string]bool{}, map[string]bool{}
	var visit func(d *Dialog)
	visit = func(d *Dialog) {
		if done[d.ID] {
			return
		}
		onWay[d.ID] = true
		for _, s := range d.Steps {
			next := k.dialogs[s.Sub]
			if s.Verb != Sub || next == nil || next == d {
				continue
			}
			if onWay[next.ID] {
				k.add(s.place("sub"), "sub-loop", "对话“"+d.ID+"”和“"+next.ID+"”互相当作子对话", "去掉其中一个 sub")
				continue
			}
			visit(next)
		}
		delete(onWay, d.ID)
		done[d.ID] = true
	}
	for _, d := range k.Dialogs {
		visit(d)
	}
}

// certain computes, for every step, the names that are set on every way to it from the step first; nil for a step that is never reached.
func certain(d *Dialog, first int) []map[string]bool {
	in := make([]map[string]bool, len(d.Steps))
	if len(d.Steps) == 0 {
		return in
	}
	var work []int
	enter := func(i int, have map[string]bool) {
		if in[i] == nil {
			in[i] = maps.Clone(have)
			work = append(work, i)
			return
		}
		before := len(in[i])
		maps.DeleteFunc(in[i], func(name string, _ bool) bool { return !have[name] })
		if len(in[i]) != before {
			work = append(work, i)
		}
	}
	enter(first, map[string]bool{})
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		out, _ := edges(d, i)
		for _, e := range out {
			have := maps.Clone(in[i])
			for _, name := range e.sets {
				have[name] = true
			}
			enter(e.to, have)
		}
	}
	return in
}
