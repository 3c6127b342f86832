package script

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text returns a scalar as text. A mapping, a list or nothing is a finding that names what.
func (n *Node) Text(what string) (string, bool) {
	switch n.shape {
	case scalar:
		if n.plain && (strings.EqualFold(n.value, "true") || strings.EqualFold(n.value, "false")) {
			n.page.add(n.Pos, "yaml-word", "“"+what+"”要是文字，没加引号的 "+n.value+" 是“是与否”", n.page.mend(n.Pos, n.value, quote(n.value)))
			return "", false
		}
		if strings.TrimSpace(n.value) == "" {
			n.page.add(n.Pos, "empty", "“"+what+"”是空的", "写上内容，或删掉这一项")
			return "", false
		}
		return n.value, true
	case mapping, sequence:
		n.page.add(n.Pos, "type", "“"+what+"”要是一句文字", "改成 名字: 文字")
	case empty:
		if n.page.at(n.Pos) {
			break
		}
		if n.value != "" {
			n.page.add(n.Pos, "empty", "“"+what+"”是空的（"+n.value+"）", "给文字加引号："+quote(n.value))
		} else {
			n.page.add(n.Pos, "empty", "“"+what+"”是空的", "写上内容，或删掉这一项")
		}
	}
	return "", false
}

// at tells whether there is a finding about this line already, so that one mistake is told once.
func (p *Page) at(pos Pos) bool {
	return slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Line == pos.Line && !f.Warning })
}

// Number returns a scalar as a number that is at least least.
func (n *Node) Number(what string, least float64) (float64, bool) {
	if n.shape == scalar {
		if f, ok := asNumber(n.value); ok && f >= least {
			return f, true
		}
	}
	n.page.add(n.Pos, "type", "“"+what+"”要是不小于 "+strconv.FormatFloat(least, 'f', -1, 64)+" 的数字", "例如 "+strconv.FormatFloat(least+1, 'f', -1, 64))
	return 0, false
}

// Texts returns a list of texts; one text alone counts as a list of one. The places are those of the texts.
func (n *Node) Texts(what string) ([]string, []Pos) {
	items := n.Items
	switch n.shape {
	case scalar:
		items = []*Node{n}
	case mapping:
		n.page.add(n.Pos, "type", "“"+what+"”要是一个列表", "写成 [一, 二]")
		return nil, nil
	case empty:
		n.Text(what)
		return nil, nil
	}
	texts, places := make([]string, 0, len(items)), make([]Pos, 0, len(items))
	for _, item := range items {
		if s, ok := item.Text(what); ok {
			texts, places = append(texts, s), append(places, item.Pos)
		}
	}
	return texts, places
}

// Lists returns a list of lists of texts.
func (n *Node) Lists(what string) [][]string {
	if n.shape != sequence {
		n.page.add(n.Pos, "type", "“"+what+"”要是一个列表，每行一组", "写成 - [一, 二]")
		return nil
	}
	var rows [][]string
	for _, item := range n.Items {
		if row, _ := item.Texts(what); len(row) > 0 {
			rows = append(rows, row)
		}
	}
	return rows
}

// Fields returns the pairs of a mapping whose keys are known; any other key is a finding with the nearest known one.
// What names the mapping, as in "步骤".
func (n *Node) Fields(what string, known ...string) []Pair {
	if n.shape != mapping {
		if !n.page.at(n.Pos) {
			n.page.add(n.Pos, "type", "“"+what+"”要写成 名字: 值 的形式", "例如 "+known[0]+": …")
		}
		return nil
	}
	out := make([]Pair, 0, len(n.Pairs))
	for _, p := range n.Pairs {
		if slices.Contains(known, p.Name) {
			out = append(out, p)
			continue
		}
		edit := meant(p.Name, known, "可用的键是 "+strings.Join(known, "、"))
		n.page.add(p.Key.Pos, "unknown-key", what+"里没有“"+p.Name+"”这个键", edit)
	}
	return out
}

// Entries returns the pairs of a mapping whose keys are free names.
func (n *Node) Entries(what string) []Pair {
	if n.shape != mapping {
		if !n.page.at(n.Pos) {
			n.page.add(n.Pos, "type", "“"+what+"”要写成 名字: 值 的形式", "例如 {名字: 值}")
		}
		return nil
	}
	return n.Pairs
}

// Template reads a text with placeholders; nil after a finding.
func (n *Node) Template(what string) *Template {
	s, ok := n.Text(what)
	if !ok {
		return nil
	}
	t, err := ParseTemplate(s, n.Pos)
	if err != nil {
		n.fault("placeholder", err)
		return nil
	}
	return t
}

// expr reads a condition or value; nil after a finding.
func (n *Node) expr(what string) *Expr {
	s, ok := n.Text(what)
	if !ok {
		return nil
	}
	e, err := ParseExpr(s, n.Pos)
	if err != nil {
		n.fault("expression", err)
		return nil
	}
	return e
}

// fault reports a *SyntaxError at its place inside the scalar.
func (n *Node) fault(rule string, err error) {
	e, ok := errors.AsType[*SyntaxError](err)
	if !ok {
		e = &SyntaxError{1, "这里读不懂", ""}
	}
	n.page.add(n.within(e.Col), rule, e.Text, e.Edit)
}

// within is the place of a character of the scalar, as far as the way it is written allows to tell.
func (n *Node) within(col int) Pos {
	at := n.Pos
	switch {
	case n.block:
		before := n.value
		if r := []rune(n.value); col-1 <= len(r) {
			before = string(r[:max(col-1, 0)])
		}
		at.Line += 1 + strings.Count(before, "\n")
		at.Col = utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]) + 1
		if at.Line <= len(n.page.lines) {
			line := n.page.lines[at.Line-1]
			at.Col += len(line) - len(strings.TrimLeft(line, " "))
		}
	case n.plain:
		at.Col += col - 1
	default:
		at.Col += col
	}
	return at
}

// Fault adds a finding about this node; it is for readers in other packages.
func (n *Node) Fault(rule, text, edit string) { n.page.add(n.Pos, rule, text, edit) }

// Raw is a scalar as it was written, without judging it; "" of anything else.
func (n *Node) Raw() string {
	if n.shape != scalar {
		return ""
	}
	return n.value
}
