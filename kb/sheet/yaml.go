package sheet

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/xianda-bot/xianda/kb"
)

// ReadYAML reads a list of entries. Days are those of loc (nil: UTC). Every entry of the list is returned, also one with an error
// among the findings, unless the file as a whole cannot be read. It does not panic, whatever the bytes are.
func ReadYAML(name string, data []byte, loc *time.Location) (entries []kb.Entry, findings []Finding) {
	r := newReader(name, loc)
	defer func() { // goccy/go-yaml is given bytes from outside
		if recover() != nil {
			r.add(place{1, 1}, "yaml", "这个文件读不懂", "检查缩进、引号和括号")
			entries, findings = nil, r.findings
		}
	}()
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	switch {
	case len(data) > maxFile:
		r.add(place{1, 1}, "file-size", "文件太大，最多 8 MB", "拆成几个文件")
		return nil, r.findings
	case !utf8.Valid(data):
		r.add(place{1, 1}, "encoding", "文件不是 UTF-8 编码", "用 UTF-8 另存一次")
		return nil, r.findings
	}
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	if r.tabs(data); len(r.findings) > 0 {
		return nil, r.findings
	}
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		r.broken(err)
		return nil, r.findings
	}
	var rows []row
	for i, doc := range f.Docs {
		if doc.Body == nil {
			continue
		}
		if i > 0 && rows != nil {
			r.add(where(doc.Body), "yaml-documents", "一个文件里只能有一份内容，这里又用 --- 开始了一份", "把这一份放到另一个文件里")
			break
		}
		rows = r.rows(doc.Body)
	}
	return r.entries(rows), r.findings
}

// tabs finds tabs that indent: YAML refuses them with words that help nobody.
func (r *reader) tabs(data []byte) {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
		if i := bytes.IndexByte(indent, '\t'); i >= 0 && len(bytes.TrimSpace(line)) > 0 {
			r.add(place{n, i + 1}, "yaml-tab", "缩进里有制表符（Tab），YAML 不允许", "把它换成两个空格")
			return
		}
	}
}

func (r *reader) broken(err error) {
	at := place{1, 1}
	message := err.Error()
	var ye yaml.Error
	if errors.As(err, &ye) {
		message = ye.GetMessage()
		if t := ye.GetToken(); t != nil && t.Position != nil {
			at = place{t.Position.Line, t.Position.Column}
		}
	}
	if strings.Contains(message, "already defined") {
		r.add(at, "yaml-duplicate", "同一条里这个键写了两次", "删掉其中一个")
		return
	}
	r.add(at, "yaml", "这一行不合 YAML 的写法", "检查缩进、英文冒号后的空格、引号和括号")
}

func where(n ast.Node) place {
	if p, ok := n.(*ast.MappingNode); ok && len(p.Values) > 0 && !p.IsFlowStyle {
		n = p.Values[0].Key
	}
	if p, ok := n.(*ast.MappingValueNode); ok {
		n = p.Key
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return place{t.Position.Line, t.Position.Column}
	}
	return place{1, 1}
}

func (r *reader) rows(n ast.Node) []row {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		if r.plain(n) {
			r.add(where(n), "type", "知识要写成一个列表", "每条写成 - id: …")
		}
		return nil
	}
	rows := []row{}
	for _, v := range list.Values {
		if !r.plain(v) {
			continue
		}
		pairs, ok := pairsOf(v)
		if !ok {
			r.add(where(v), "type", "每条知识要写成 名字: 值 的形式", "每条写成 - id: …")
			continue
		}
		w := row{at: where(v), cells: map[string]cell{}}
		for _, p := range pairs {
			r.pair(w, p)
		}
		rows = append(rows, w)
	}
	return rows
}

// plain refuses anchors, references and tags, which could blow a small file up or make it mean something that nobody sees.
func (r *reader) plain(n ast.Node) bool {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		r.add(where(n), "yaml-anchor", "& 和 * 在 YAML 里是引用，这里不能用", "把内容写全，或给文字加引号")
		return false
	case *ast.TagNode, *ast.DirectiveNode:
		r.add(where(n), "yaml-tag", "! 在 YAML 里是类型标记，这里不能用", "去掉它，或给文字加引号")
		return false
	}
	return n != nil
}

func pairsOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func (r *reader) pair(w row, p *ast.MappingValueNode) {
	if !r.plain(p.Key) {
		return
	}
	key := p.Key.GetToken().Value
	at := where(p.Key)
	if p.Start == nil || p.Start.Value != ":" {
		r.add(at, "yaml-comma", "花括号里的英文逗号会开始一个新的键“"+key+"”", "把英文逗号改成中文逗号“，”，或给整句加引号")
		return
	}
	if !slices.Contains(keys, key) {
		r.unknown(at, key, keys)
		return
	}
	c := cell{at: at}
	switch v := p.Value; key {
	case "phrasings", "related", "steps", "image":
		c.list = r.list(v, key, at)
	case "languages":
		c.tags = r.languages(v, at)
	case "channels":
		c.named = r.named(v, at)
	default:
		c.text, c.at = r.text(v, key, at)
	}
	w.cells[key] = c
}

// text is one scalar. What YAML would read as something else than it looks is a finding; at is where to point when there is nothing.
func (r *reader) text(n ast.Node, key string, at place) (string, place) {
	if !r.plain(n) {
		return "", at
	}
	switch v := n.(type) {
	case *ast.NullNode:
		return "", at
	case *ast.LiteralNode:
		return strings.TrimSpace(v.Value.Value), where(n)
	case *ast.BoolNode:
		if key == "reject" || key == "disabled" {
			return v.GetToken().Value, where(n)
		}
		r.add(where(n), "yaml-word", "“"+key+"”要是文字，没加引号的 "+v.GetToken().Value+" 是“是与否”", `写成 "`+v.GetToken().Value+`"`)
		return "", where(n)
	case ast.ScalarNode:
		t := v.GetToken()
		s := strings.TrimSpace(t.Value)
		if plain := t.Type != token.SingleQuoteType && t.Type != token.DoubleQuoteType; plain && slices.Contains([]string{"yes", "no", "on", "off"}, strings.ToLower(s)) {
			r.add(where(n), "yaml-word", "没加引号的 "+s+" 在 YAML 里可能变成是与否", `写成 "`+s+`"`)
		}
		return s, where(n)
	}
	r.add(where(n), "type", "“"+key+"”要是一句文字", "写成 "+key+": 文字；带 { 或 [ 的句子要加引号")
	return "", where(n)
}

// list is a list of texts; one text alone counts as a list of one. Empty items are dropped.
func (r *reader) list(n ast.Node, key string, at place) []string {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		if s, _ := r.text(n, key, at); s != "" {
			return []string{s}
		}
		return nil
	}
	var out []string
	for _, v := range seq.Values {
		if s, _ := r.text(v, key, at); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func (r *reader) named(n ast.Node, at place) map[string]string {
	if !r.plain(n) {
		return nil
	}
	pairs, ok := pairsOf(n)
	if !ok {
		r.add(at, "type", "“channels”要写成 渠道: 答案 的形式", "例如 channels: {wechat: 答案}")
		return nil
	}
	out := map[string]string{}
	for _, p := range pairs {
		if !r.plain(p.Key) {
			continue
		}
		name := strings.TrimSpace(p.Key.GetToken().Value)
		if p.Start == nil || p.Start.Value != ":" {
			r.add(where(p.Key), "yaml-comma", "花括号里的英文逗号会开始一个新的键“"+name+"”", "把英文逗号改成中文逗号“，”，或给整句加引号")
			continue
		}
		out[name], _ = r.text(p.Value, "channels", where(p.Key))
	}
	return out
}

// variantKeys are the fields of one language of an entry, in the order in which they are written.
var variantKeys = []string{"question", "phrasings", "answer", "steps"}

func (r *reader) languages(n ast.Node, at place) map[string]variant {
	if !r.plain(n) {
		return nil
	}
	tags, ok := pairsOf(n)
	if !ok {
		r.add(at, "type", "“languages”要写成 语言: {…} 的形式", "例如 languages: {en: {question: …, answer: …}}")
		return nil
	}
	out := map[string]variant{}
	for _, p := range tags {
		if !r.plain(p.Key) {
			continue
		}
		tag, at := strings.TrimSpace(p.Key.GetToken().Value), where(p.Key)
		fields, ok := pairsOf(p.Value)
		if !ok {
			if r.plain(p.Value) {
				r.add(at, "type", "语言“"+tag+"”要写成 名字: 值 的形式", "例如 "+tag+": {question: …, answer: …}")
			}
			continue
		}
		v := variant{at: at}
		for _, f := range fields {
			r.variantField(&v, f)
		}
		out[tag] = v
	}
	return out
}

func (r *reader) variantField(v *variant, p *ast.MappingValueNode) {
	if !r.plain(p.Key) {
		return
	}
	key, at := p.Key.GetToken().Value, where(p.Key)
	if p.Start == nil || p.Start.Value != ":" {
		r.add(at, "yaml-comma", "花括号里的英文逗号会开始一个新的键“"+key+"”", "把英文逗号改成中文逗号“，”，或给整句加引号")
		return
	}
	switch key {
	case "question":
		v.Question, _ = r.text(p.Value, key, at)
	case "answer":
		v.Answer, _ = r.text(p.Value, key, at)
	case "phrasings":
		v.Phrasings = r.list(p.Value, key, at)
	case "steps":
		v.Steps = r.list(p.Value, key, at)
	default:
		r.unknown(at, key, variantKeys)
	}
}
