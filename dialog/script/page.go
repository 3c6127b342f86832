package script

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxPage is how large one file may be, in bytes: a release larger than this is loaded from its compiled form.
const maxPage = 8 << 20

// Page is one YAML file of a release with the place of everything in it. It is read strictly: what YAML would quietly read otherwise
// than it looks (an unquoted no, a comma that begins a new key) is a finding. Its readers add their own findings to it.
type Page struct {
	Root     *Node // nil when the file is empty or cannot be read
	Findings []Finding

	file  string
	lines []string
}

// Node is one value of a page.
type Node struct {
	Pos   Pos
	Pairs []Pair  // of a mapping, in the order written
	Items []*Node // of a list

	page  *Page
	shape shape
	value string
	plain bool // unquoted
	block bool // | or >
	flow  bool // { } or [ ]
}

// Pair is one key of a mapping with its value.
type Pair struct {
	Name  string
	Key   *Node
	Value *Node
}

type shape uint8

const (
	empty shape = iota
	scalar
	mapping
	sequence
)

// ReadPage reads src. It does not panic, whatever the bytes are.
func ReadPage(src Source) (p *Page) {
	p = &Page{file: src.Name}
	defer func() { // goccy/go-yaml is given bytes from outside
		if recover() != nil {
			p.Root = nil
			p.add(Pos{src.Name, 1, 1}, "yaml", "这个文件读不懂", "检查缩进、引号和括号")
		}
	}()
	data := bytes.TrimPrefix(src.Data, []byte("\xef\xbb\xbf"))
	switch {
	case len(data) > maxPage:
		p.add(Pos{src.Name, 1, 1}, "file-size", fmt.Sprintf("文件太大，最多 %d MB", maxPage>>20), "拆成几个文件")
		return p
	case !utf8.Valid(data):
		p.add(Pos{src.Name, 1, 1}, "encoding", "文件不是 UTF-8 编码", "用 UTF-8 另存一次")
		return p
	}
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	p.lines = strings.Split(string(data), "\n")
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		p.broken(err)
		return p
	}
	for _, doc := range f.Docs {
		if doc.Body == nil {
			continue
		}
		if p.Root != nil {
			p.add(p.pos(doc.Body), "yaml-documents", "一个文件里只能有一份内容，这里又用 --- 开始了一份", "把这一份放到另一个文件里")
			break
		}
		p.Root = p.node(doc.Body, false, 0)
	}
	return p
}

func (p *Page) add(at Pos, rule, text, edit string) {
	if slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Pos == at && strings.HasPrefix(f.Rule, "yaml-") }) {
		return // what was misread cannot be judged
	}
	p.Findings = append(p.Findings, Finding{Pos: at, Rule: rule, Text: text, Edit: edit})
}

func (p *Page) pos(n ast.Node) Pos {
	t := n.GetToken()
	if t == nil || t.Position == nil {
		return Pos{p.file, 1, 1}
	}
	return Pos{p.file, max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// node takes over one node of the library's tree.
func (p *Page) node(a ast.Node, flow bool, depth int) *Node {
	n := &Node{Pos: p.pos(a), page: p}
	if depth > 20 {
		p.add(n.Pos, "yaml-depth", "这里套得太深", "减少层数")
		return n
	}
	switch a := a.(type) {
	case *ast.NullNode:
		if t := a.GetToken(); t.Value != "null" || t.Origin != " null" { // written, not left out
			n.value, n.plain = t.Value, true
		}
	case *ast.MappingNode:
		n.shape, n.flow = mapping, a.IsFlowStyle
		if len(a.Values) > 0 && !a.IsFlowStyle {
			n.Pos = p.pos(a.Values[0].Key)
		}
		p.pairs(n, a.Values, flow || a.IsFlowStyle, depth)
	case *ast.MappingValueNode:
		n.shape, n.Pos = mapping, p.pos(a.Key)
		p.pairs(n, []*ast.MappingValueNode{a}, flow, depth)
	case *ast.SequenceNode:
		n.shape, n.flow = sequence, a.IsFlowStyle
		for _, v := range a.Values {
			n.Items = append(n.Items, p.node(v, flow || a.IsFlowStyle, depth+1))
		}
	case *ast.LiteralNode:
		n.shape, n.block = scalar, true
		n.value = strings.TrimRight(a.Value.Value, "\n")
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		what := "& 和 * 在 YAML 里是引用，这里不能用"
		p.add(n.Pos, "yaml-anchor", what, p.quoteFrom(n.Pos, "把内容写全，或给文字加引号"))
	case *ast.TagNode:
		p.add(n.Pos, "yaml-tag", "! 在 YAML 里是类型标记，这里不能用", p.quoteFrom(n.Pos, "去掉它，或给文字加引号"))
	case ast.ScalarNode:
		t := a.GetToken()
		n.shape, n.value = scalar, t.Value
		n.plain = t.Type != token.SingleQuoteType && t.Type != token.DoubleQuoteType
		if n.plain {
			n.value = strings.TrimSpace(n.value)
			p.traps(n, flow)
		}
	default:
		p.add(n.Pos, "yaml", "这里的写法不认识", "写成 名字: 值")
	}
	return n
}

func (p *Page) pairs(n *Node, values []*ast.MappingValueNode, flow bool, depth int) {
	bare := 0
	for _, v := range values {
		if v.Start == nil || v.Start.Value != ":" {
			bare++
		}
	}
	if n.flow && bare == len(values) && bare > 0 {
		p.add(n.Pos, "yaml-brace", "值以 { 开头，YAML 会把它当成一组键", p.quoteBraces(n.Pos))
		n.shape = empty // no further findings on what it would have held
		return
	}
	for _, v := range values {
		key := p.node(v.Key, flow, depth+1)
		if v.Start == nil || v.Start.Value != ":" {
			p.add(key.Pos, "yaml-comma", "花括号里的英文逗号会开始一个新的键“"+short(key.value)+"”", p.fullWidthComma(key.Pos))
			continue
		}
		if key.shape != scalar {
			if key.shape != empty || key.value == "" {
				p.add(key.Pos, "yaml-key", "键必须是一个词", "写成 名字: 值")
				continue
			}
		}
		n.Pairs = append(n.Pairs, Pair{Name: key.value, Key: key, Value: p.node(v.Value, flow, depth+1)})
		if last := &n.Pairs[len(n.Pairs)-1]; last.Value.shape == empty {
			last.Value.Pos = key.Pos
		}
	}
}

var (
	trapWord = regexp.MustCompile(`^(?i:yes|no|on|off)$`)
	trapZero = regexp.MustCompile(`^[+-]?0[0-9]+$`)
)

// What an input method writes where YAML wants its own signs: {hold: hold，limit: limit}, title：问好.
var (
	wideComma = regexp.MustCompile(`，\s*([0-9A-Za-z_]+): `)
	wideColon = regexp.MustCompile(`^(\s*(?:- )*\s*[0-9A-Za-z_]+)：\s*`)
)

// traps finds unquoted words that other YAML readers, or this one, take for something else than text.
func (p *Page) traps(n *Node, flow bool) {
	quoted := p.mend(n.Pos, n.value, quote(n.value))
	switch {
	case trapWord.MatchString(n.value):
		p.add(n.Pos, "yaml-word", "没加引号的 "+n.value+" 在 YAML 里可能变成是与否", quoted)
	case trapZero.MatchString(n.value):
		p.add(n.Pos, "yaml-zero", "没加引号的 "+n.value+" 会丢掉前面的 0", quoted)
	case flow && wideComma.MatchString(n.value):
		p.add(n.Pos, "yaml-wide", "花括号里用了中文逗号，分不开几个键", p.mend(n.Pos, n.value, wideComma.ReplaceAllString(n.value, ", $1: ")))
	case flow && (strings.Contains(n.value, ": ") || strings.HasSuffix(n.value, ":")):
		p.add(n.Pos, "yaml-colon", "花括号或方括号里的文字带有英文冒号，会被当成新的键", quoted)
	}
}

// broken explains why the file is no YAML, and mends the line where the mistake is a common one.
func (p *Page) broken(err error) {
	at := Pos{p.file, 1, 1}
	message := err.Error()
	var ye yaml.Error
	if errors.As(err, &ye) {
		message = ye.GetMessage()
		if t := ye.GetToken(); t != nil && t.Position != nil {
			at.Line, at.Col = max(t.Position.Line, 1), max(t.Position.Column, 1)
		}
	}
	found := false
	for i, line := range p.lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if strings.Contains(indent, "\t") && strings.TrimSpace(line) != "" {
			found = true
			p.add(Pos{p.file, i + 1, strings.Index(line, "\t") + 1}, "yaml-tab", "缩进里有制表符（Tab），YAML 不允许", p.indentOf(i)+line[len(indent):])
		}
	}
	if found {
		return
	}
	if m := regexp.MustCompile(`mapping key "(.*)" already defined at \[(\d+):`).FindStringSubmatch(message); m != nil {
		p.add(at, "yaml-duplicate", "“"+m[1]+"”写了两次，上一次在第 "+m[2]+" 行", "删掉其中一个")
		return
	}
	for _, l := range []int{at.Line, at.Line - 1} {
		if l < 1 || l > len(p.lines) {
			continue
		}
		if m := wideColon.FindStringSubmatch(p.lines[l-1]); m != nil {
			p.add(Pos{p.file, l, utf8.RuneCountInString(m[1]) + 1}, "yaml-wide", "键后面用了中文冒号", strings.TrimSpace(wideColon.ReplaceAllString(p.lines[l-1], "$1: ")))
			return
		}
	}
	for _, l := range []int{at.Line, at.Line - 1} {
		if l >= 1 && l <= len(p.lines) && p.brokenLine(l) {
			return
		}
	}
	if p.unclosed(at.Line) {
		return
	}
	switch {
	case strings.Contains(message, "quoted text"):
		p.add(at, "yaml-quote", "引号没有配对", p.closeQuote(at))
	case strings.Contains(message, "end token"):
		p.add(at, "yaml-bracket", "括号没有配对", "补上另一半括号")
	default:
		p.add(at, "yaml", "这一行不合 YAML 的写法", "检查缩进、英文冒号后的空格、引号和括号")
	}
}

// flowText is an unquoted text with a placeholder inside { }: {say: 收到 {slot.x} 了}.
var flowText = regexp.MustCompile(`\{.*: +([^\s"'{}\[\],:][^"'{}\[\],:]*\{[^{}"'\s]+\}[^"'{}\[\],:]*)`)

var keyValue = regexp.MustCompile(`^(\s*(?:- )*\s*[^\s:#"'{\[][^:#"'{\[]*:\s+)(\S.*)$`)

// brokenLine mends `key: value` whose value has to be quoted.
func (p *Page) brokenLine(line int) bool {
	if m := flowText.FindStringSubmatchIndex(p.lines[line-1]); m != nil {
		l := p.lines[line-1]
		at := Pos{p.file, line, utf8.RuneCountInString(l[:m[2]]) + 1}
		p.add(at, "yaml-brace", "花括号里的文字带有 {…}，YAML 会把它当成一组键", p.mend(at, l[m[2]:m[3]], quote(l[m[2]:m[3]])))
		return true
	}
	m := keyValue.FindStringSubmatch(p.lines[line-1])
	if m == nil {
		return false
	}
	val, comment := m[2], ""
	if i := strings.Index(val, " #"); i >= 0 {
		val, comment = strings.TrimRight(val[:i], " "), " "+strings.TrimLeft(val[i:], " ")
	}
	at := Pos{p.file, line, utf8.RuneCountInString(m[1]) + 1}
	fixed := strings.TrimSpace(m[1] + quote(val) + comment)
	switch {
	case strings.HasPrefix(val, "{") && strings.Contains(val, "}") && !strings.HasSuffix(val, "}"),
		strings.HasPrefix(val, "{") && strings.Count(val, "{") > 1 && !strings.Contains(val, ": "):
		p.add(at, "yaml-brace", "值以 { 开头，YAML 会把它当成一组键", fixed)
	case strings.HasPrefix(val, "[") && !strings.HasSuffix(val, "]") && strings.Contains(val, "]"):
		p.add(at, "yaml-brace", "值以 [ 开头，YAML 会把它当成一个列表", fixed)
	case strings.ContainsRune("@`%&*!|>", rune(val[0])):
		p.add(at, "yaml-sign", "值以 "+val[:1]+" 开头，它在 YAML 里有别的意思", fixed)
	case val[0] != '"' && val[0] != '\'' && val[0] != '{' && (strings.Contains(val, ": ") || strings.HasSuffix(val, ":")):
		p.add(at, "yaml-colon", "值里有英文冒号加空格，会被当成新的键", fixed)
	default:
		return false
	}
	return true
}
