package script

import (
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/xianda-bot/xianda/kb"
)

// allowed is what a refusal names as the remedy.
const allowed = "只能用名字、文字、数字和 == != < <= > >= in and or not + -"

func (c *compiler) node(n ast.Node) piece {
	switch n := n.(type) {
	case *ast.StringNode:
		return literal(textValue(n.Value))
	case *ast.IntegerNode:
		return literal(numberValue(float64(n.Value)))
	case *ast.FloatNode:
		return literal(numberValue(n.Value))
	case *ast.BoolNode:
		return literal(boolValue(n.Value))
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.IdentifierNode, *ast.MemberNode:
		return c.name(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.CallNode:
		return c.call(n)
	case *ast.BuiltinNode:
		return c.fail(n, "条件里不能用函数 "+n.Name, `函数只有 user.says("…") 和 trace.has("…", "48h")`)
	case *ast.NilNode:
		return c.fail(n, "条件里不能写 nil", `没有值的名字自动算作空，任何比较都不成立`)
	}
	return c.fail(n, "条件里有不认识的写法", allowed)
}

func (c *compiler) name(n ast.Node) piece {
	path := c.path(n)
	if path == nil {
		return c.fail(n, "名字写法不对", "用点号连接，例如 slot.issue、refund.state")
	}
	get, k, problem, remedy := lookup(path)
	if problem != "" {
		return c.fail(first(n), problem, remedy)
	}
	c.names = append(c.names, path)
	c.facts = append(c.facts, strings.Join(path, "."))
	return piece{eval: get, kind: k}
}

// path is the parts of a dotted name; nil when it is something else, such as a[0].
func (c *compiler) path(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return []string{n.Value}
	case *ast.MemberNode:
		p, ok := n.Property.(*ast.StringNode)
		if !ok || n.Optional {
			return nil
		}
		if up := c.path(n.Node); up != nil {
			return append(up, p.Value)
		}
	}
	return nil
}

// first is the node at which a dotted name begins, for its column.
func first(n ast.Node) ast.Node {
	for {
		m, ok := n.(*ast.MemberNode)
		if !ok {
			return n
		}
		n = m.Node
	}
}

func (c *compiler) array(n *ast.ArrayNode) piece {
	items := make([]any, 0, len(n.Nodes))
	for _, item := range n.Nodes {
		switch item := item.(type) {
		case *ast.StringNode:
			items = append(items, item.Value)
		case *ast.IntegerNode:
			items = append(items, float64(item.Value))
		case *ast.FloatNode:
			items = append(items, item.Value)
		default:
			return c.fail(item, "方括号里只能写文字或数字", `例如 slot.issue in ["refund", "lost"]`)
		}
	}
	return literal(value{kind: list, raw: items})
}

func (c *compiler) unary(n *ast.UnaryNode) piece {
	x := c.node(n.Node)
	if c.err != nil {
		return x
	}
	switch n.Operator {
	case "not":
		if x.kind != boolean && x.kind != anything {
			return c.fail(n.Node, "not 后面要是一个条件", "例如 not (slot.issue == \"refund\")")
		}
		return piece{eval: func(s *Scope) value {
			v := x.eval(s)
			if v.kind == fault {
				return v
			}
			return boolValue(!v.isTrue())
		}, kind: boolean, constant: x.constant}
	case "-", "+":
		if x.kind != number && x.kind != anything && x.kind != text {
			return c.fail(n, "正负号后面要是数字", "")
		}
		factor := 1.0
		if n.Operator == "-" {
			factor = -1
		}
		return piece{eval: func(s *Scope) value {
			v := x.eval(s)
			if v.kind == unset || v.kind == fault {
				return v
			}
			f, ok := v.number()
			if !ok {
				return value{kind: fault}
			}
			return numberValue(factor * f)
		}, kind: number, constant: x.constant}
	case "!":
		return c.fail(n, "否定要写 not", "把 ! 改成 not")
	}
	return c.fail(n, "不能用 "+n.Operator, allowed)
}

func (c *compiler) binary(n *ast.BinaryNode) piece {
	switch n.Operator {
	case "&&":
		return c.fail(n, "并且要写 and", "把 && 改成 and")
	case "||":
		return c.fail(n, "或者要写 or", "把 || 改成 or")
	}
	a := c.node(n.Left)
	b := c.node(n.Right)
	if c.err != nil {
		return a
	}
	out := piece{kind: boolean, constant: a.constant && b.constant}
	c.equalities(n)
	switch n.Operator {
	case "and", "or":
		for i, x := range []piece{a, b} {
			if x.kind != boolean && x.kind != anything {
				return c.fail([]ast.Node{n.Left, n.Right}[i], n.Operator+" 两边都要是条件", "例如 slot.issue == \"refund\"")
			}
		}
		if n.Operator == "and" {
			out.eval = func(s *Scope) value {
				if v := a.eval(s); v.kind == fault || !v.isTrue() {
					return falseOr(v)
				}
				v := b.eval(s)
				if v.isTrue() {
					return v
				}
				return falseOr(v)
			}
			return out
		}
		out.eval = func(s *Scope) value {
			v := a.eval(s)
			if v.isTrue() {
				return v
			}
			w := b.eval(s)
			if w.isTrue() {
				return w
			}
			if v.kind == fault {
				return v
			}
			return falseOr(w)
		}
		return out
	case "==", "!=":
		if edit, bad := mismatch(n, a, b, true); bad {
			return c.fail(n, "两边的类型不同，永远不会相等", edit)
		}
		want := n.Operator == "=="
		out.eval = func(s *Scope) value {
			x, y := a.eval(s), b.eval(s)
			if x.kind == unset || y.kind == unset {
				return boolValue(false)
			}
			if x.kind == fault || y.kind == fault || x.kind == list || y.kind == list {
				return value{kind: fault}
			}
			return boolValue(equal(s, x, y) == want)
		}
		return out
	case "<", "<=", ">", ">=":
		if edit, bad := mismatch(n, a, b, false); bad {
			return c.fail(n, "两边不能比大小", edit)
		}
		op := n.Operator
		out.eval = func(s *Scope) value {
			x, y := a.eval(s), b.eval(s)
			if x.kind == unset || y.kind == unset {
				return boolValue(false)
			}
			order, ok := compare(s, x, y)
			if !ok {
				return value{kind: fault}
			}
			switch op {
			case "<":
				return boolValue(order < 0)
			case "<=":
				return boolValue(order <= 0)
			case ">":
				return boolValue(order > 0)
			}
			return boolValue(order >= 0)
		}
		return out
	case "in":
		if b.kind != list && b.kind != anything {
			return c.fail(n.Right, "in 右边要是一个列表", `例如 slot.issue in ["refund", "lost"]，或 "vip" in profile.tags`)
		}
		if a.kind == list || a.kind == boolean {
			return c.fail(n.Left, "in 左边要是文字或数字", "")
		}
		out.eval = func(s *Scope) value {
			x, y := a.eval(s), b.eval(s)
			if x.kind == unset || y.kind == unset {
				return boolValue(false)
			}
			if x.kind == fault || y.kind != list {
				return value{kind: fault}
			}
			for _, item := range y.raw.([]any) {
				if equal(s, x, fromJSON(item)) {
					return boolValue(true)
				}
			}
			return boolValue(false)
		}
		return out
	case "+", "-":
		return c.sum(n, a, b)
	}
	return c.fail(n, "不能用 "+n.Operator, allowed)
}

// equalities notes the words that a slot or a signal of the scene is held against.
func (c *compiler) equalities(n *ast.BinaryNode) {
	if n.Operator != "==" && n.Operator != "!=" && n.Operator != "in" {
		return
	}
	for _, sides := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		path := c.path(sides[0])
		if len(path) != 2 || path[0] != "slot" && path[0] != "scene" {
			continue
		}
		words := []ast.Node{sides[1]}
		if list, ok := sides[1].(*ast.ArrayNode); ok {
			words = list.Nodes
		}
		for _, w := range words {
			if s, ok := w.(*ast.StringNode); ok {
				c.equal = append(c.equal, equality{path[0], path[1], s.Value})
			}
		}
	}
}

func falseOr(v value) value {
	if v.kind == fault {
		return v
	}
	return boolValue(false)
}

func (c *compiler) sum(n *ast.BinaryNode, a, b piece) piece {
	for i, x := range []piece{a, b} {
		side := []ast.Node{n.Left, n.Right}[i]
		bad := x.kind == boolean || x.kind == list || x.kind == span || x.kind == clock
		if s, ok := side.(*ast.StringNode); ok && !bad {
			_, num := asNumber(s.Value)
			bad = !num
		}
		if bad {
			return c.fail(side, "加减的两边都要是数字", "文字不能相加，拼文字请写在 say 里")
		}
	}
	factor := 1.0
	if n.Operator == "-" {
		factor = -1
	}
	return piece{eval: func(s *Scope) value {
		x, y := a.eval(s), b.eval(s)
		if x.kind == unset || y.kind == unset {
			return value{}
		}
		p, okA := x.number()
		q, okB := y.number()
		if !okA || !okB {
			return value{kind: fault}
		}
		return numberValue(p + factor*q)
	}, kind: number, constant: a.constant && b.constant}
}

// mismatch finds comparisons that can never come out true because of their types alone.
func mismatch(n *ast.BinaryNode, a, b piece, equality bool) (edit string, bad bool) {
	for _, p := range [][2]piece{{a, b}, {b, a}} {
		x, y := p[0].kind, p[1].kind
		switch {
		case x == list:
			return `判断是否在列表里用 in，例如 "vip" in profile.tags`, true
		case x == boolean && !equality:
			return "是与否只能用 == 比较", true
		case x == boolean && y == text:
			return `文字要和带引号的文字比，例如 slot.agree == "yes"`, true
		case x == boolean && (y == number || y == span || y == clock):
			return "是与否只能和 true、false 比较", true
		case x == span && y == text && p[1].constant:
			if _, ok := parseSpan(p[1].eval(nil).str); !ok {
				return `时长写成 "10m" 或 "2h"`, true
			}
		case x == number && y == text && p[1].constant:
			if _, ok := asNumber(p[1].eval(nil).str); !ok {
				return "数字要和数字比", true
			}
		}
	}
	return "", false
}

func (c *compiler) call(n *ast.CallNode) piece {
	name := strings.Join(c.path(n.Callee), ".")
	arg := func(i int) (string, bool) {
		s, ok := n.Arguments[i].(*ast.StringNode)
		if !ok {
			return "", false
		}
		return s.Value, strings.TrimSpace(s.Value) != ""
	}
	switch name {
	case "user.says":
		if len(n.Arguments) == 1 {
			if phrase, ok := arg(0); ok {
				c.facts = append(c.facts, "user.says:"+phrase)
				phrase = kb.Fold(phrase)
				if phrase == "" {
					return c.fail(n.Arguments[0], "user.says 里没有可以匹配的字", "写上要找的词")
				}
				return piece{eval: func(s *Scope) value { return boolValue(strings.Contains(s.fold(), phrase)) }, kind: boolean}
			}
		}
		return c.fail(first(n.Callee), "user.says 要一个带引号的词", `例如 user.says("盗刷")`)
	case "trace.has":
		if len(n.Arguments) == 1 || len(n.Arguments) == 2 {
			if event, ok := arg(0); ok {
				c.facts = append(c.facts, "trace.has:"+event)
				if len(n.Arguments) == 1 {
					return piece{eval: func(s *Scope) value { return boolValue(s.happened(event, 0)) }, kind: boolean}
				}
				if age, ok := arg(1); ok {
					if d, ok := parseSpan(age); ok && d > 0 {
						return piece{eval: func(s *Scope) value { return boolValue(s.happened(event, d)) }, kind: boolean}
					}
				}
			}
		}
		return c.fail(first(n.Callee), "trace.has 要事件名和时长", `例如 trace.has("redpacket.expired", "48h")`)
	}
	if name == "" {
		name = "这里"
	}
	return c.fail(first(n.Callee), "不能调用 "+name, `函数只有 user.says("…") 和 trace.has("…", "48h")`)
}

// fold is user.text as it is compared; it is folded once per turn, however many rules ask.
func (s *Scope) fold() string {
	if s.foldedFrom != s.Text {
		s.foldedFrom, s.folded = s.Text, kb.Fold(s.Text)
	}
	return s.folded
}
