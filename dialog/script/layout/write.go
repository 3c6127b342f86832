package layout

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// wide is how wide a line with { } or [ ] may become, in columns, before it is written over several lines.
const wide = 160

// margin is the column at which a comment behind a value begins, where there is room.
const margin = 38

// writer writes a document.
type writer struct{ strings.Builder }

func (w *writer) document(d document, at place) {
	head := tidy(d.head)
	w.comments(head, 0)
	if d.root == nil {
		return
	}
	if n := len(d.head); len(head) > 0 && n > 0 && d.head[n-1] == "" { // the blank line below the head of a file
		w.WriteString("\n")
	}
	if !d.root.flow || w.broken(d.root, 0, at) {
		w.entries(d.root, 0, at, false)
		return
	}
	w.WriteString(inline(d.root, at) + "\n")
	w.comments(footOf(d.root), 0)
}

// tidy leaves one blank line where there are several, none at the beginning and the end.
func tidy(lines []string) []string {
	var out []string
	for _, l := range lines {
		if l != "" || len(out) > 0 && out[len(out)-1] != "" {
			out = append(out, l)
		}
	}
	return trimBlank(out)
}

func trimBlank(lines []string) []string {
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func (w *writer) comments(lines []string, indent int) {
	for _, l := range lines {
		if l == "" {
			w.WriteString("\n")
		} else {
			w.WriteString(strings.Repeat(" ", indent) + comment(l) + "\n")
		}
	}
}

// comment has a blank behind its #, unless it is a rule of signs.
func comment(s string) string {
	if len(s) > 1 && s[0] == '#' && s[1] != ' ' && s[1] != '#' && s[1] != '!' {
		return "# " + s[1:]
	}
	return s
}

// entries writes a mapping or sequence line by line. begun: the first entry stands behind a dash that is written already.
func (w *writer) entries(n *node, indent int, at place, begun bool) {
	all := n.entries
	if n.kind == mapping {
		all = sorted(all, at)
	}
	for i, e := range all {
		if !begun || i > 0 { // else the comments of an item's first pair stand over the item
			w.comments(headOf(e, i == 0), indent)
			w.comments(lifted(e, at.item()), indent)
			w.WriteString(strings.Repeat(" ", indent))
		}
		if n.kind == mapping {
			w.pair(e, indent, at.under(e.name()))
		} else {
			w.item(e, indent, at.item())
		}
	}
	w.comments(footOf(n), indent)
}

// headOf are the comments over an entry: a single blank line between entries is kept.
func headOf(e entry, first bool) []string {
	var out []string
	for _, l := range e.head {
		if l == "" && (first && len(out) == 0 || len(out) > 0 && out[len(out)-1] == "") {
			continue
		}
		out = append(out, l)
	}
	return out
}

// footOf are the comments behind the last entry; a blank line before the first of them is kept.
func footOf(n *node) []string {
	out := tidy(n.foot)
	if len(out) > 0 && n.foot[0] == "" && len(n.entries) > 0 {
		return append([]string{""}, out...)
	}
	return out
}

// sorted puts pairs into their canonical order; the blank lines in front of them stay where they are only if nothing moves.
func sorted(entries []entry, at place) []entry {
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.name())
	}
	rank := at.order(names)
	out := slices.Clone(entries)
	slices.SortStableFunc(out, func(a, b entry) int { return rank(a.name()) - rank(b.name()) })
	return out
}

func (w *writer) pair(e entry, indent int, at place) {
	w.WriteString(e.key + ":")
	w.behind(e, indent, at, width(e.key)+1)
}

func (w *writer) item(e entry, indent int, at place) {
	w.WriteString("-")
	v := e.value
	if v.flow && w.broken(v, indent+2, at) {
		flat := *v
		flat.flow = false
		v, e.value = &flat, &flat
	}
	if (v.kind == mapping || v.kind == sequence) && !v.flow && e.tail == "" {
		w.WriteString(" ")
		w.entries(v, indent+2, at, true)
		return
	}
	w.behind(e, indent, at, 1)
}

// lifted are the comments over the first entry of an item that is written behind its dash: they stand over the dash.
func lifted(e entry, at place) []string {
	v := e.value
	if e.key != "" || v.kind != mapping && v.kind != sequence || e.tail != "" || len(v.entries) == 0 || v.flow && !commented(v) {
		return nil
	}
	first := v.entries[0]
	if v.kind == mapping {
		first = sorted(v.entries, at)[0]
	}
	out := slices.DeleteFunc(headOf(first, true), func(l string) bool { return l == "" })
	if first.key == "" {
		out = append(out, lifted(first, at.item())...)
	}
	return out
}

// behind writes what stands behind a key or dash that is written already.
func (w *writer) behind(e entry, indent int, at place, used int) {
	v := e.value
	if v.flow && w.broken(v, indent+used+1, at) {
		flat := *v
		flat.flow = false
		v = &flat
	}
	switch {
	case v.kind == nothing:
		w.tail(e, indent+used)
		w.comments(footOf(v), indent+2)
	case v.kind == scalar:
		w.WriteString(" ")
		w.scalar(v, indent+2)
		if last := len(v.text) - 1; last > 0 {
			w.tail(e, indent+2+width(v.text[last]))
		} else {
			w.tail(e, indent+used+1+width(v.text[0]))
		}
		w.comments(footOf(v), indent+2)
	case v.kind == literal:
		w.WriteString(" " + v.text[0])
		w.tail(e, indent+used+1+len(v.text[0]))
		for _, l := range v.text[1:] {
			if l != "" {
				w.WriteString(strings.Repeat(" ", indent+2) + l)
			}
			w.WriteString("\n")
		}
	case v.flow:
		w.WriteString(" " + inline(v, at))
		w.tail(e, indent+used+1+width(inline(v, at)))
	default:
		w.tail(e, indent+used)
		w.entries(v, indent+2, at, false)
	}
}

// tail ends a line that is written up to this column, with the comment behind it.
func (w *writer) tail(e entry, column int) {
	if e.tail != "" {
		w.WriteString(strings.Repeat(" ", max(2, margin-column)) + comment(e.tail))
	}
	w.WriteString("\n")
}

func (w *writer) scalar(n *node, indent int) {
	w.WriteString(n.text[0])
	for _, l := range n.text[1:] {
		w.WriteString("\n" + strings.Repeat(" ", indent) + l)
	}
}

// broken tells whether a flow collection is written over several lines: it holds comments, or would be too wide.
func (w *writer) broken(n *node, column int, at place) bool {
	return len(n.entries) > 0 && (commented(n) || column+width(inline(n, at)) > wide)
}

func commented(n *node) bool {
	if len(n.foot) > 0 {
		return true
	}
	for _, e := range n.entries {
		if len(e.head) > 0 || e.tail != "" || commented(e.value) {
			return true
		}
	}
	return false
}

// inline writes a flow collection on one line.
func inline(n *node, at place) string {
	switch n.kind {
	case nothing:
		return ""
	case scalar:
		return n.text[0]
	}
	all := n.entries
	if n.kind == mapping {
		all = sorted(all, at)
	}
	parts := make([]string, 0, len(all))
	for _, e := range all {
		if n.kind == sequence {
			parts = append(parts, inline(e.value, at.item()))
		} else {
			parts = append(parts, strings.TrimRight(e.key+": "+inline(e.value, at.under(e.name())), " "))
		}
	}
	if n.kind == sequence {
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// width is how many columns a text takes: Chinese characters take two.
func width(s string) int {
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff || r >= 0x20000 && r <= 0x3fffd) {
			n++
		}
	}
	return n
}
