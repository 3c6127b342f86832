package script

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Flag returns a scalar as yes or no: true or false, unquoted.
func (n *Node) Flag(what string) (value, ok bool) {
	if n.shape == scalar && n.plain {
		switch strings.ToLower(n.value) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	}
	if !n.page.at(n.Pos) {
		n.page.add(n.Pos, "type", "“"+what+"”要是 true 或 false", "写成 true 或 false，不加引号")
	}
	return false, false
}

// Span returns a scalar as a time span, as "48h", "30m" or "2d".
func (n *Node) Span(what string) (time.Duration, bool) {
	s, ok := n.Text(what)
	if !ok {
		return 0, false
	}
	d, ok := parseSpan(s)
	if !ok {
		n.page.add(n.Pos, "type", "“"+what+"”要是一段时间，“"+s+"”读不懂", "写成 10m、48h 或 3d 这样")
	}
	return d, ok
}

// Whole returns a scalar as a whole number from least on.
func (n *Node) Whole(what string, least int) (int, bool) {
	f, ok := n.Number(what, float64(least))
	if ok && (f != math.Trunc(f) || f > math.MaxInt32) {
		n.page.add(n.Pos, "type", "“"+what+"”要是整数", "例如 "+strconv.Itoa(least+1))
		return 0, false
	}
	return int(f), ok
}

// IsText tells whether the node is a scalar, however it is written.
func (n *Node) IsText() bool { return n.shape == scalar }

// FaultAt adds a finding about a place inside this node.
func (n *Node) FaultAt(at Pos, rule, text, edit string) { n.page.add(at, rule, text, edit) }

// Require reports the keys of a mapping that are missing. What names the mapping.
func (n *Node) Require(what string, keys ...string) { n.require(what, keys...) }

// Data returns a value as JSON would hold it: nil, bool, float64, string, []any or map[string]any.
func (n *Node) Data() any {
	switch n.shape {
	case mapping:
		m := make(map[string]any, len(n.Pairs))
		for _, p := range n.Pairs {
			m[p.Name] = p.Value.Data()
		}
		return m
	case sequence:
		list := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			list = append(list, item.Data())
		}
		return list
	case scalar:
		if !n.plain {
			return n.value
		}
		switch strings.ToLower(n.value) {
		case "true":
			return true
		case "false":
			return false
		}
		if f, ok := asNumber(n.value); ok && len(n.value) <= 15 { // a longer one is a name that happens to be digits
			return f
		}
		return n.value
	}
	return nil
}
