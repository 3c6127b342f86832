package script

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat/typo"
)

// quote writes s as a quoted YAML scalar.
func quote(s string) string {
	if !strings.Contains(s, `"`) && !strings.Contains(s, `\`) {
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// mend is the line at which at stands with old replaced by repl at that place, without its indentation; "" when the line is another.
func (p *Page) mend(at Pos, old, repl string) string {
	head, tail, ok := p.cut(at)
	if !ok || !strings.HasPrefix(tail, old) {
		return ""
	}
	return strings.TrimSpace(head + repl + tail[len(old):])
}

// cut splits the line of at before its column.
func (p *Page) cut(at Pos) (head, tail string, ok bool) {
	if at.Line < 1 || at.Line > len(p.lines) {
		return "", "", false
	}
	line := p.lines[at.Line-1]
	for i := range line {
		if utf8.RuneCountInString(line[:i]) == at.Col-1 {
			return line[:i], line[i:], true
		}
	}
	return "", "", false
}

// quoteFrom mends a line by quoting everything from at to its end; otherwise is the remedy when that cannot be done.
func (p *Page) quoteFrom(at Pos, otherwise string) string {
	head, tail, ok := p.cut(at)
	if !ok || strings.ContainsAny(head, "{[") {
		return otherwise
	}
	val, comment := tail, ""
	if i := strings.Index(val, " #"); i >= 0 {
		val, comment = val[:i], " "+strings.TrimLeft(val[i:], " ")
	}
	return strings.TrimSpace(head + quote(strings.TrimRight(val, " ")) + comment)
}

// quoteBraces mends a line whose value is {…} without a key; inside another { } only the braces and what is in them are quoted.
func (p *Page) quoteBraces(at Pos) string {
	const otherwise = "给整句加引号"
	head, tail, ok := p.cut(at)
	if !ok || !strings.ContainsAny(head, "{[") {
		return p.quoteFrom(at, otherwise)
	}
	end := strings.IndexByte(tail, '}')
	if end < 0 {
		return otherwise
	}
	return p.mend(at, tail[:end+1], quote(tail[:end+1]))
}

// fullWidthComma mends the line whose ASCII comma before at began a new key.
func (p *Page) fullWidthComma(at Pos) string {
	head, tail, ok := p.cut(at)
	i := strings.LastIndex(head, ",")
	if !ok || i < 0 || strings.TrimSpace(head[i+1:]) != "" {
		return "把英文逗号改成中文逗号“，”，或给整句加引号"
	}
	return strings.TrimSpace(head[:i] + "，" + tail)
}

// meant is the remedy for an unknown word: the known one that is near, else what is said otherwise.
func meant(word string, known []string, otherwise string) string {
	if near := typo.Nearest(word, known); near != "" {
		return "是不是 " + near + "？"
	}
	return otherwise
}

// indentOf is the indentation that line i should have, going by the line before it: that of its first key, one level deeper behind a colon.
func (p *Page) indentOf(i int) string {
	for i--; i >= 0; i-- {
		line := strings.TrimRight(p.lines[i], " ")
		key := strings.TrimLeft(line, " -")
		if key == "" || strings.HasPrefix(key, "#") || strings.HasPrefix(key, "\t") {
			continue
		}
		n := len(line) - len(key)
		if strings.HasSuffix(line, ":") {
			n += 2
		}
		return strings.Repeat(" ", n)
	}
	return ""
}

// unclosed finds, at line or shortly above it, a line whose brackets stay open, and mends it by closing them at its end.
func (p *Page) unclosed(line int) bool {
	for l := min(line, len(p.lines)); l >= 1 && l > line-4; l-- {
		text, comment := p.lines[l-1], ""
		if i := strings.Index(text, " #"); i >= 0 {
			text, comment = text[:i], text[i:]
		}
		var open []byte
		first := 0
		var quoted byte
		for i := range len(text) {
			switch c := text[i]; {
			case quoted != 0:
				if c == quoted {
					quoted = 0
				}
			case (c == '"' || c == '\'') && i > 0 && strings.IndexByte(" [{,", text[i-1]) >= 0:
				quoted = c
			case c == '[' || c == '{':
				if len(open) == 0 {
					first = i
				}
				open = append(open, c+2) // ] and } stand two behind [ and {
			case (c == ']' || c == '}') && len(open) > 0 && open[len(open)-1] == c:
				open = open[:len(open)-1]
			}
		}
		if len(open) == 0 || quoted != 0 {
			continue
		}
		slices.Reverse(open)
		at := Pos{p.file, l, utf8.RuneCountInString(text[:first]) + 1}
		p.add(at, "yaml-bracket", "括号没有配对", strings.TrimSpace(strings.TrimRight(text, " ")+string(open)+comment))
		return true
	}
	return false
}

// closeQuote mends a line whose text in quotes does not end, by ending it with the line.
func (p *Page) closeQuote(at Pos) string {
	head, tail, ok := p.cut(at)
	if !ok || tail == "" || tail[0] != '"' && tail[0] != '\'' || strings.Contains(head, "{") || strings.Contains(head, "[") {
		return "补上另一半引号"
	}
	return strings.TrimSpace(head + strings.TrimRight(tail, " ") + tail[:1])
}

// short is the beginning of an operator's words, as a message quotes them.
func short(s string) string {
	if r := []rune(s); len(r) > 12 {
		return string(r[:12]) + "…"
	}
	return s
}
