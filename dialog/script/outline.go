package script

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/kb"
)

// Outline is a dialog as an operator reads it: how it begins, what it asks for, and step by step what happens and where it goes on.
type Outline struct {
	ID, Title string
	Pos       Pos
	Begins    []string // how it is begun, a line each
	Steps     []OutlineStep
}

// OutlineStep is one step in words.
type OutlineStep struct {
	ID   string
	Verb Verb
	What string // "number: 请发 6 位单号。"
	Ways []Way  // where it goes on, when that is not simply the next step
}

// Way is one way on: "on_fail" to "human".
type Way struct{ Name, To string }

// Outline tells a dialog in words. entry finds what an answer step answers; it may return nil.
func (d *Dialog) Outline(entry func(id string) *kb.Entry) Outline {
	o := Outline{ID: d.ID, Title: d.Title, Pos: d.Pos}
	if len(d.Triggers.Ask) > 0 {
		o.Begins = append(o.Begins, "asked: "+strings.Join(d.Triggers.Ask, "、"))
	}
	if len(d.Triggers.Events) > 0 {
		o.Begins = append(o.Begins, "event: "+strings.Join(d.Triggers.Events, ", "))
	}
	for _, l := range d.Likely {
		when := "always"
		if l.When != nil {
			when = l.When.Source
		}
		line := fmt.Sprintf("likely: %s, when %s (%.2f)", l.Say, when, l.Score)
		if l.Goto != "" {
			line += " → " + l.Goto
		}
		o.Begins = append(o.Begins, line)
	}
	for _, s := range d.Steps {
		step := OutlineStep{ID: s.ID, Verb: s.Verb, What: d.inWords(s, entry)}
		for _, b := range d.Branches(s) {
			to := b.To
			switch {
			case b.Name == "next" && (to != "" || s.Verb == Say || s.Verb == Answer):
				continue // the step below
			case b.Name == "next":
				to = "the end"
			}
			name := b.Name
			if b.Name == "case" {
				name = d.caseLabel(s, b.Value)
			}
			step.Ways = append(step.Ways, Way{name, to})
		}
		o.Steps = append(o.Steps, step)
	}
	return o
}

// caseLabel is the value of a case, with the words that the person chose by.
func (d *Dialog) caseLabel(s *Step, value string) string {
	name, ok := strings.CutPrefix(strings.TrimSpace(s.Switch.Source), "slot.")
	if slot := d.Slot(name); ok && slot != nil {
		if label := slot.Label(value); label != value {
			return value + " " + label
		}
	}
	return value
}

// inWords is what a step does, without its verb.
func (d *Dialog) inWords(s *Step, entry func(string) *kb.Entry) string {
	switch s.Verb {
	case Say:
		return s.Say.Source + shown(s.Images, s.Link)
	case Answer:
		if e := entry(s.Answer); e != nil {
			return "kb." + s.Answer + ": " + e.Question + shown(append(slices.Clone(e.Images), s.Images...), cmp.Or(s.Link, e.Link))
		}
		return "kb." + s.Answer + shown(s.Images, s.Link)
	case Collect:
		slot := d.Slot(s.Collect)
		if slot == nil || slot.Ask == nil {
			return s.Collect
		}
		text := s.Collect + ": " + slot.Ask.Source
		if len(slot.Choices) > 0 {
			labels := make([]string, 0, len(slot.Choices))
			for _, c := range slot.Choices {
				labels = append(labels, c.Label)
			}
			text += " [" + strings.Join(labels, " | ") + "]"
		}
		return text
	case Switch:
		return s.Switch.Source
	case Call:
		text := s.Call + "(" + names(s.With) + "), at most " + s.Timeout.String()
		if s.Retry > 0 {
			text += fmt.Sprintf(", tried again %d×", s.Retry)
		}
		if s.Save != "" {
			text += ", kept as " + s.Save
		}
		return text
	case Set:
		parts := make([]string, 0, len(s.Set))
		for _, f := range s.Set {
			parts = append(parts, f.Name+" = "+f.Value.Source)
		}
		return strings.Join(parts, ", ")
	case Sub:
		return s.Sub
	case Handoff:
		text := s.Handoff
		if s.UrgentIf != nil {
			text += ", urgent if " + s.UrgentIf.Source
		}
		if len(s.Carry) > 0 {
			text += ", with " + strings.Join(s.Carry, ", ")
		}
		return text
	case End:
		return string(s.End)
	}
	return ""
}

// shown are the pictures and the page that go with words.
func shown(images []string, link string) string {
	text := ""
	for _, i := range images {
		text += " [image " + i + "]"
	}
	if link != "" {
		text += " [link " + link + "]"
	}
	return text
}

func names(fields []Field) string {
	var all []string
	for _, f := range fields {
		if !slices.Contains(all, f.Name) {
			all = append(all, f.Name)
		}
	}
	return strings.Join(all, ", ")
}
