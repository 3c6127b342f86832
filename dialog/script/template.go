package script

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxTemplate is how long a text may be, in bytes.
const maxTemplate = 16 << 10

// Template is a text with placeholders {name} or {name.part|filter}. It is immutable and may be shared.
type Template struct {
	Source string
	Pos    Pos

	parts []part
	fixed int // bytes of the literal parts
}

// part is a literal, or a placeholder when get is set.
type part struct {
	literal string
	get     getter
	show    func(*Scope, value) (string, bool) // the filter; nil: as it stands
	name    string                             // dotted, without filter
	path    []string
	filter  string
	col     int // of the brace, from 1, in characters
}

// ParseTemplate compiles src; the error is a *SyntaxError, which names the column and the remedy. {{ and }} are literal braces.
func ParseTemplate(src string, pos Pos) (*Template, error) {
	if len(src) > maxTemplate {
		return nil, &SyntaxError{1, fmt.Sprintf("文字太长，最多 %d 字节", maxTemplate), "拆成几步 say"}
	}
	t := &Template{Source: src, Pos: pos}
	var lit strings.Builder
	flush := func() {
		if lit.Len() > 0 {
			t.parts = append(t.parts, part{literal: lit.String()})
			t.fixed += lit.Len()
			lit.Reset()
		}
	}
	for i := 0; i < len(src); {
		j := strings.IndexAny(src[i:], "{}")
		if j < 0 {
			lit.WriteString(src[i:])
			break
		}
		lit.WriteString(src[i : i+j])
		i += j
		if i+1 < len(src) && src[i+1] == src[i] {
			lit.WriteByte(src[i])
			i += 2
			continue
		}
		col := utf8.RuneCountInString(src[:i]) + 1
		if src[i] == '}' {
			return nil, &SyntaxError{col, "多了一个 }", "要显示花括号本身就写 }}"}
		}
		end := strings.IndexAny(src[i+1:], "{}\n")
		if end < 0 || src[i+1+end] != '}' {
			return nil, &SyntaxError{col, "花括号没有配对", "补上 }；要显示花括号本身就写 {{"}
		}
		p, err := placeholder(src[i+1:i+1+end], col)
		if err != nil {
			return nil, err
		}
		flush()
		t.parts = append(t.parts, p)
		i += end + 2
	}
	flush()
	return t, nil
}

// placeholder compiles what stands between braces.
func placeholder(src string, col int) (part, error) {
	name, filter, piped := strings.Cut(src, "|")
	name, filter = strings.TrimSpace(name), strings.TrimSpace(filter)
	p := part{name: name, filter: filter, col: col, path: strings.Split(name, ".")}
	if name == "" {
		return p, &SyntaxError{col, "花括号里没有名字", "写成 {slot.order_no}；要显示花括号本身就写 {{ 和 }}"}
	}
	for _, s := range p.path {
		if !plainName(s) {
			return p, &SyntaxError{col, "占位“{" + src + "}”的写法不对", "只能是 {名字} 或 {名字.部分|过滤器}；要显示花括号本身就写 {{ 和 }}"}
		}
	}
	if piped {
		if p.show = filterNamed(filter); p.show == nil {
			return p, &SyntaxError{col, "没有过滤器“" + filter + "”", meant(filter, []string{"date", "time", "money", "mask"}, "可用的是 date、time、money、mask")}
		}
	}
	if name == "len" {
		p.get = func(s *Scope) value { return numberValue(float64(s.Len)) }
		return p, nil
	}
	get, k, problem, remedy := lookup(p.path)
	if problem != "" {
		return p, &SyntaxError{col, problem, remedy}
	}
	p.get = get
	if p.path[0] == "slot" && p.show == nil { // people read the label of a choice, expressions its key
		slot := p.path[1]
		p.get = func(s *Scope) value {
			if label, ok := s.Labels[slot]; ok && label != "" {
				return textValue(label)
			}
			return get(s)
		}
	}
	if filter != "" && !filterTakes(filter, k) {
		return p, &SyntaxError{col, "“" + name + "”不能用过滤器 " + filter, "去掉 |" + filter}
	}
	return p, nil
}

// plainName tells whether s can be a part of a name: letters of any script, digits, underscore, hyphen.
func plainName(s string) bool {
	if s == "" || len(s) > 100 {
		return false
	}
	for _, r := range s {
		if r <= ' ' || strings.ContainsRune("{}|.,:;!?\"'`()[]<>=+*/\\&%$#@^~，。：；！？“”‘’（）【】《》、", r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// UnsetError says which placeholder had no value, so that a text was not said.
type UnsetError struct {
	Name string // "refund.paid_at"
	Pos  Pos    // of the text
	Bad  bool   // it has a value that its filter cannot show
}

// Error names the placeholder and its place.
func (e *UnsetError) Error() string {
	what := "is unset"
	if e.Bad {
		what = "cannot be shown by its filter"
	}
	return fmt.Sprintf("%s:%d:%d: {%s} %s", e.Pos.File, e.Pos.Line, e.Pos.Col, e.Name, what)
}

// Render fills the placeholders. What one yields is data: it is never parsed again. An unset name is an *UnsetError that names it.
func (t *Template) Render(s *Scope) (string, error) {
	switch {
	case t == nil:
		return "", nil
	case len(t.parts) == 0:
		return t.Source, nil
	case len(t.parts) == 1 && t.parts[0].get == nil:
		return t.parts[0].literal, nil
	}
	var b strings.Builder
	b.Grow(t.fixed + 32)
	for i := range t.parts {
		p := &t.parts[i]
		if p.get == nil {
			b.WriteString(p.literal)
			continue
		}
		v := p.get(s)
		if v.kind == unset {
			return "", &UnsetError{Name: p.name, Pos: t.Pos}
		}
		if p.show == nil {
			b.WriteString(v.text(s))
			continue
		}
		shown, ok := p.show(s, v)
		if !ok {
			return "", &UnsetError{Name: p.name, Pos: t.Pos, Bad: true}
		}
		b.WriteString(shown)
	}
	return b.String(), nil
}

// Names are the names of the placeholders, as "slot.order_no", without filters, in order of appearance.
func (t *Template) Names() []string {
	if t == nil {
		return nil
	}
	var names []string
	for _, p := range t.parts {
		if p.get != nil {
			names = append(names, p.name)
		}
	}
	return names
}

// literal is the text with its placeholders left out: what is certain to be said.
func (t *Template) literal() string {
	var b strings.Builder
	for _, p := range t.parts {
		b.WriteString(p.literal)
	}
	return b.String()
}
