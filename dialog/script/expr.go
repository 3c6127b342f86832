package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// Limits of one expression.
const (
	maxExpr      = 1 << 10 // bytes
	maxExprNodes = 200
)

// ErrUncomparable is the fault of a condition that compares or adds what cannot be compared, such as a list with a number.
var ErrUncomparable = errors.New("the values cannot be compared")

// Expr is a compiled condition or value of a dialog. It is immutable and may be shared.
type Expr struct {
	Source string
	Pos    Pos

	eval  func(*Scope) value
	kind  kind
	names [][]string // dotted names that it reads, in order of appearance
	facts []string   // those, and the events it asks for, in order of appearance
	equal []equality // slots and signals held against words
	never bool       // can never be true
}

// SyntaxError is what is wrong with an expression or a template.
type SyntaxError struct {
	Col  int    // from 1, in characters of the expression
	Text string // one sentence in Chinese
	Edit string // the remedy; may be empty
}

// Error names the column, the mistake and the remedy.
func (e *SyntaxError) Error() string {
	s := fmt.Sprintf("第 %d 个字符：%s", e.Col, e.Text)
	if e.Edit != "" {
		s += "；" + e.Edit
	}
	return s
}

// ParseExpr compiles src; the error is a *SyntaxError, which names the column and the remedy. The grammar is that of expr-lang/expr
// cut down to names, literals, == != < <= > >= in and or not + −, user.says and trace.has. It is run by closures of our own, not by
// that library's machine: so an unset name can mean "false" instead of a fault, and no expression can loop or allocate without bound.
func ParseExpr(src string, pos Pos) (*Expr, error) {
	if strings.TrimSpace(src) == "" {
		return nil, &SyntaxError{1, "条件是空的", "写上条件，或删掉这一项"}
	}
	if len(src) > maxExpr {
		return nil, &SyntaxError{1, fmt.Sprintf("条件太长，最多 %d 字节", maxExpr), "拆成几步 switch"}
	}
	config := conf.CreateNew()
	config.MaxNodes = maxExprNodes
	config.DisableIfOperator = true
	for name := range config.Builtins { // then a call of one is an ordinary call, which the compiler refuses by name
		config.Disabled[name] = true
	}
	tree, err := parser.ParseWithConfig(src, config)
	if err != nil {
		return nil, parseFault(src, err)
	}
	c := &compiler{}
	n := c.node(tree.Node)
	if c.err != nil {
		return nil, c.err
	}
	return &Expr{Source: src, Pos: pos, eval: n.eval, kind: n.kind, names: c.names, facts: c.facts, equal: c.equal, never: n.constant && !n.eval(&Scope{}).isTrue()}, nil
}

// Bool evaluates a condition. An unset name is empty and every comparison with it is false; a fault while running is false too.
func (e *Expr) Bool(s *Scope) bool {
	if e == nil || e.eval == nil {
		return false
	}
	return e.eval(s).isTrue()
}

// Try is Bool that also tells of a fault, ErrUncomparable, so that the caller may count it.
func (e *Expr) Try(s *Scope) (bool, error) {
	if e == nil || e.eval == nil {
		return false, nil
	}
	v := e.eval(s)
	if v.kind == fault {
		return false, fmt.Errorf("%s:%d: %s: %w", e.Pos.File, e.Pos.Line, e.Source, ErrUncomparable)
	}
	return v.isTrue(), nil
}

// Value evaluates to text, as switch compares it: a number without needless digits, true or false; "" when unset or at a fault.
func (e *Expr) Value(s *Scope) string {
	if e == nil || e.eval == nil {
		return ""
	}
	return e.eval(s).text(s)
}

// Names are the dotted names that the expression reads, as "slot.issue", in order of appearance; an event that it asks for is
// "trace.has:redpacket.held", a word of the person "user.says:盗刷". nil has none.
func (e *Expr) Names() []string {
	if e == nil {
		return nil
	}
	return slices.Clone(e.facts)
}

// isCondition tells whether the expression yields yes or no.
func (e *Expr) isCondition() bool { return e.kind == boolean || e.kind == anything }

// parseFault says in Chinese what the parser did not understand, with the commonest mistakes by name.
func parseFault(src string, err error) *SyntaxError {
	e := &SyntaxError{Col: 1, Text: "条件写得不完整或不合语法", Edit: `例如 slot.issue == "refund" and turn.number > 2`}
	var fe *file.Error
	if errors.As(err, &fe) {
		e.Col = fe.Column + 1
		if strings.Contains(fe.Message, "maximum allowed nodes") {
			e.Text, e.Edit = "条件太复杂", "拆成几步 switch"
			return e
		}
	}
	for _, r := range []struct{ bad, good, name string }{{"“", `"`, "中文引号"}, {"”", `"`, "中文引号"}, {"‘", `"`, "中文引号"}, {"’", `"`, "中文引号"}, {"，", ",", "中文逗号"}, {"（", "(", "中文括号"}, {"）", ")", "中文括号"}, {"＝", "=", "全角等号"}} {
		if i := strings.Index(src, r.bad); i >= 0 && !insideQuotes(src, i) {
			e.Col = len([]rune(src[:i])) + 1
			e.Text, e.Edit = "条件里用了"+r.name, "改成英文的 "+r.good
			return e
		}
	}
	for i := range len(src) {
		if src[i] == '=' && (i == 0 || !strings.ContainsRune("=!<>", rune(src[i-1]))) && (i+1 == len(src) || src[i+1] != '=') && !insideQuotes(src, i) {
			e.Col = len([]rune(src[:i])) + 1
			e.Text, e.Edit = "比较要用两个等号", "把 = 改成 =="
			return e
		}
	}
	return e
}

// insideQuotes tells whether byte i of src stands between ASCII quotes.
func insideQuotes(src string, i int) bool {
	var open byte
	for j := range i {
		switch c := src[j]; {
		case open == 0 && (c == '"' || c == '\''):
			open = c
		case c == open:
			open = 0
		}
	}
	return open != 0
}

// piece is a compiled node.
type piece struct {
	eval     func(*Scope) value
	kind     kind
	constant bool // reads no name
}

func literal(v value) piece {
	return piece{eval: func(*Scope) value { return v }, kind: v.kind, constant: true}
}

// equality is a slot, or a signal of the scene, held against a word by ==, != or in: of "slot" or "scene", its name, the word.
type equality struct{ of, name, word string }

// compiler walks the parsed tree once; the first mistake stops it.
type compiler struct {
	names [][]string
	facts []string
	equal []equality
	err   *SyntaxError
}

func (c *compiler) fail(n ast.Node, text, edit string) piece {
	if c.err == nil {
		col := 1
		if n != nil {
			col = n.Location().From + 1
		}
		c.err = &SyntaxError{col, text, edit}
	}
	return literal(value{})
}
