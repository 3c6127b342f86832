package rehearse

import (
	"slices"
	"strings"
	"sync"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

// Coverage collects what conversations reach of a release. Its zero value is empty; it is safe for concurrent use.
type Coverage struct {
	mu       sync.Mutex // guards all below
	steps    map[string]bool
	edges    map[[3]string]bool // step, its value, the step that came next
	values   map[[2]string]bool // step, value that its switch compared
	patterns map[string]bool
	entries  map[string]bool
}

// add takes over the way of one conversation.
func (c *Coverage) add(ways []dialog.Way) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.steps == nil {
		c.steps, c.edges, c.values, c.patterns = map[string]bool{}, map[[3]string]bool{}, map[[2]string]bool{}, map[string]bool{}
	}
	last := map[string][2]string{} // dialog → its step before, so that a sub dialog or a digression in between does no harm
	for _, w := range ways {
		if w.Pattern != "" {
			c.patterns[w.Dialog+"/"+w.Pattern] = true
			continue
		}
		id := w.Dialog + "/" + w.Step
		c.steps[id] = true
		c.values[[2]string{id, w.Value}] = true
		if before := last[w.Dialog]; before[0] != "" {
			c.edges[[3]string{before[0], before[1], id}] = true
		}
		last[w.Dialog] = [2]string{id, w.Value}
	}
}

// served notes the entries that the bot's words come from.
func (c *Coverage) served(lines []chat.Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range lines {
		if l.From != "bot" {
			continue
		}
		for source := range strings.FieldsSeq(l.Source) {
			if id, ok := strings.CutPrefix(source, "kb:"); ok {
				id, _, _ = strings.Cut(id, "@")
				if c.entries == nil {
					c.entries = map[string]bool{}
				}
				c.entries[id] = true
			}
		}
	}
}

// Part is how much of one kind of thing was reached.
type Part struct {
	Reached int       `json:"reached"`
	Of      int       `json:"of"`
	Missed  []Missing `json:"missed,omitempty"`
}

// Missing is something that no test reaches.
type Missing struct {
	File string `json:"file"`
	Line int    `json:"line"`
	What string `json:"what"` // "redpacket/route → else"

	at script.Pos
}

// Report is the coverage of a release: of each dialog its steps and branches, then the patterns that the release writes, and the
// entries whose answers were given.
type Report struct {
	Dialogs  []DialogReport `json:"dialogs"`
	Steps    Part           `json:"steps"`
	Branches Part           `json:"branches"`
	Patterns Part           `json:"patterns"`
	Answers  Part           `json:"answers"`
}

// DialogReport is the part of one dialog.
type DialogReport struct {
	Dialog   string `json:"dialog"`
	Steps    Part   `json:"steps"`
	Branches Part   `json:"branches"`

	at script.Pos
}

func (p *Part) count(reached bool, at script.Pos, what string) {
	p.Of++
	if reached {
		p.Reached++
		return
	}
	p.Missed = append(p.Missed, Missing{File: at.File, Line: at.Line, What: what, at: at})
}

func (p *Part) add(q Part) {
	p.Reached, p.Of, p.Missed = p.Reached+q.Reached, p.Of+q.Of, append(p.Missed, q.Missed...)
}

// Report tells what was reached of rel.
func (c *Coverage) Report(rel *release.Release) Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	var r Report
	for _, d := range rel.Dialogs {
		one := DialogReport{Dialog: d.ID, at: d.Pos}
		for _, s := range d.Steps {
			id := d.ID + "/" + s.ID
			one.Steps.count(c.steps[id], s.Pos, id)
			branches := d.Branches(s)
			if len(branches) < 2 {
				continue
			}
			for _, b := range branches {
				one.Branches.count(c.took(d, s, b), b.Pos, id+" → "+strings.TrimSpace(b.Name+" "+b.Value))
			}
		}
		for _, p := range d.Patterns {
			r.Patterns.count(c.patterns[d.ID+"/"+p.Name], p.Pos, d.ID+"/"+p.Name)
		}
		r.Steps.add(one.Steps)
		r.Branches.add(one.Branches)
		r.Dialogs = append(r.Dialogs, one)
	}
	for _, p := range rel.Patterns {
		if p.Pos.File != "" { // the built-in ones are tested by the house
			r.Patterns.count(c.patterns["/"+p.Name], p.Pos, p.Name)
		}
	}
	for i := range rel.Entries {
		if e := &rel.Entries[i]; !e.Disabled {
			r.Answers.count(c.entries[e.ID], script.Pos{File: e.File, Line: e.Line, Col: e.Col}, e.ID)
		}
	}
	return r
}

// took tells whether a conversation went this way on from a step.
func (c *Coverage) took(d *script.Dialog, s *script.Step, b script.Branch) bool {
	from := d.ID + "/" + s.ID
	switch b.Name {
	case "case":
		return c.values[[2]string{from, b.Value}]
	case "else":
		for key := range c.values {
			if key[0] == from && !slices.ContainsFunc(s.Cases, func(k script.Case) bool { return k.Value == key[1] }) {
				return true
			}
		}
		return false
	}
	if b.To == "" {
		return c.steps[from]
	}
	value := ""
	if s.Verb == script.Collect && b.Name == "next" {
		value = dialog.Filled
	}
	return c.edges[[3]string{from, value, d.ID + "/" + b.To}]
}

// Untested warns of the steps that no test reaches; of a dialog that none begins, once.
func (r Report) Untested() []script.Finding {
	var out []script.Finding
	warn := func(at script.Pos, rule, text, edit string) {
		out = append(out, script.Finding{Pos: at, Rule: rule, Text: text, Edit: edit, Warning: true})
	}
	for _, d := range r.Dialogs {
		if d.Steps.Reached == 0 && d.Steps.Of > 0 {
			warn(d.at, "dialog-untested", "没有测试走进对话“"+d.Dialog+"”", "在 tests/"+d.Dialog+".yaml 里写一段走完它的对话")
			continue
		}
		for _, m := range d.Steps.Missed {
			warn(m.at, "step-untested", "没有测试走到步骤“"+m.What+"”", "在 tests/ 里写一段走到它的对话")
		}
	}
	return out
}
