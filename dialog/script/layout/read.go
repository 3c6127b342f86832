package layout

import (
	"strings"
)

// maxDepth is deeper than any file of a release goes.
const maxDepth = 20

// reader reads the lines of one document. It knows the YAML that releases are written in: no anchors, no tags, no complex keys.
type reader struct {
	lines []string
	at    int
}

// document is a root with the comments that stand over it.
type document struct {
	head []string
	root *node
}

func (r *reader) document() (document, error) {
	var d document
	d.head = r.comments()
	if r.at >= len(r.lines) {
		return d, nil
	}
	var err error
	if d.root, err = r.block(indentOf(r.lines[r.at]), 0); err != nil {
		return d, err
	}
	if d.root.kind != mapping && d.root.kind != sequence {
		return d, ErrLayout // no file of a release is a text
	}
	d.root.foot = append(d.root.foot, r.comments()...)
	if r.at < len(r.lines) {
		return d, ErrLayout
	}
	return d, nil
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func isComment(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), "#") }

// comments takes the comments and blank lines from here on.
func (r *reader) comments() []string {
	var out []string
	for ; r.at < len(r.lines) && (r.lines[r.at] == "" || isComment(r.lines[r.at])); r.at++ {
		out = append(out, strings.TrimSpace(r.lines[r.at]))
	}
	return out
}

// block reads the value that begins on this line at this column.
func (r *reader) block(indent, depth int) (*node, error) {
	line := r.lines[r.at]
	switch {
	case depth > maxDepth || strings.Contains(line, "\t"):
		return nil, ErrLayout
	case isItem(line[indent:]):
		return r.sequence(indent, depth)
	}
	if _, _, ok := cutKey(line[indent:]); ok {
		return r.mapping(indent, depth)
	}
	n, tail, err := r.value(indent, indent-1, depth)
	if err == nil && tail != "" {
		n.foot = append(n.foot, tail)
	}
	return n, err
}

func isItem(rest string) bool { return rest == "-" || strings.HasPrefix(rest, "- ") }

// next tells whether the block at this column has another entry, and takes the comments in front of it. Comments behind the last entry are
// its foot if they stand at its column or deeper, else they belong to what follows.
func (r *reader) next(indent int, foot *[]string) (head []string, ok bool) {
	from := r.at
	head = r.comments()
	if r.at < len(r.lines) && indentOf(r.lines[r.at]) == indent {
		return head, true
	}
	r.at = from
	for r.at < len(r.lines) {
		at := r.at
		for at < len(r.lines) && r.lines[at] == "" {
			at++
		}
		if at == len(r.lines) || !isComment(r.lines[at]) || indentOf(r.lines[at]) < indent || indent == 0 {
			break
		}
		for ; r.at <= at; r.at++ {
			*foot = append(*foot, strings.TrimSpace(r.lines[r.at]))
		}
	}
	return nil, false
}

func (r *reader) sequence(indent, depth int) (*node, error) {
	n := &node{kind: sequence}
	for {
		head, ok := r.next(indent, &n.foot)
		if !ok {
			return n, nil
		}
		if !isItem(r.lines[r.at][indent:]) {
			r.at -= len(head) // the mapping around it goes on
			return n, nil
		}
		line := r.lines[r.at]
		rest := strings.TrimLeft(line[indent+1:], " ")
		e := entry{head: head}
		var err error
		if rest == "" || strings.HasPrefix(rest, "#") {
			e.tail = rest
			r.at++
			e.value, err = r.child(indent, indent, depth)
		} else {
			column := len(line) - len(rest)
			r.lines[r.at] = strings.Repeat(" ", column) + rest
			if _, _, key := cutKey(rest); key || isItem(rest) {
				e.value, err = r.block(column, depth+1)
			} else {
				e.value, e.tail, err = r.value(column, indent, depth+1)
			}
		}
		if err != nil {
			return nil, err
		}
		n.entries = append(n.entries, e)
	}
}

func (r *reader) mapping(indent, depth int) (*node, error) {
	n := &node{kind: mapping}
	for {
		head, ok := r.next(indent, &n.foot)
		if !ok {
			return n, nil
		}
		key, column, ok := cutKey(r.lines[r.at][indent:])
		if !ok {
			return nil, ErrLayout
		}
		e := entry{head: head, key: key}
		line := r.lines[r.at]
		rest := line[indent+column:]
		var err error
		if rest == "" || strings.HasPrefix(rest, "#") {
			e.tail = rest
			r.at++
			e.value, err = r.child(indent, indent-1, depth)
		} else {
			e.value, e.tail, err = r.value(indent+column, indent, depth+1)
		}
		if err != nil {
			return nil, err
		}
		n.entries = append(n.entries, e)
	}
}

// child reads the value on the lines below a key or dash: deeper than it, or, for the items below a key, at its column.
func (r *reader) child(indent, items, depth int) (*node, error) {
	from := r.at
	head := r.comments()
	if r.at == len(r.lines) {
		r.at = from
		return &node{}, nil
	}
	at := indentOf(r.lines[r.at])
	if at <= indent && (at <= items || !isItem(r.lines[r.at][at:])) {
		r.at = from
		return &node{}, nil
	}
	n, err := r.block(at, depth+1)
	if err == nil && len(n.entries) > 0 {
		n.entries[0].head = append(head, n.entries[0].head...)
	} else if err == nil && len(head) > 0 {
		n.foot = append(head, n.foot...)
	}
	return n, err
}

// value reads a scalar or flow collection that begins at this column and goes on as long as lines are deeper than indent.
func (r *reader) value(column, indent, depth int) (n *node, tail string, err error) {
	rest := r.lines[r.at][column:]
	switch rest[0] {
	case '|', '>':
		return r.literal(rest, indent)
	case '{', '[':
		return r.flow(column, depth)
	case '&', '*', '!', '?', '%', '@', '`':
		return nil, "", ErrLayout
	case '"', '\'':
		return r.quoted(column)
	}
	n = &node{kind: scalar}
	text, tail := cutComment(rest)
	n.text = []string{text}
	r.at++
	for tail == "" && r.at < len(r.lines) {
		line := r.lines[r.at]
		if line == "" || isComment(line) || indentOf(line) <= indent {
			break
		}
		text, tail = cutComment(strings.TrimSpace(line))
		n.text = append(n.text, text)
		r.at++
	}
	if tail != "" || r.at >= len(r.lines) || r.lines[r.at] != "" || len(n.text) == 1 {
		return n, tail, nil
	}
	// A blank line inside a text is a line break of it.
	at := r.at
	for at < len(r.lines) && r.lines[at] == "" {
		at++
	}
	if at < len(r.lines) && indentOf(r.lines[at]) > indent && !isComment(r.lines[at]) {
		return nil, "", ErrLayout
	}
	return n, tail, nil
}

// literal reads | and > texts: their lines from their own edge on.
func (r *reader) literal(header string, indent int) (*node, string, error) {
	header, tail := cutComment(header)
	if strings.ContainsAny(header, "123456789") {
		return nil, "", ErrLayout
	}
	n := &node{kind: literal, text: []string{header}}
	edge := -1
	for r.at++; r.at < len(r.lines); r.at++ {
		line := r.lines[r.at]
		if line == "" {
			n.text = append(n.text, "")
			continue
		}
		at := indentOf(line)
		if edge < 0 {
			edge = at
		}
		if at <= indent {
			break
		}
		if at < edge {
			return nil, "", ErrLayout
		}
		n.text = append(n.text, line[edge:])
	}
	for len(n.text) > 1 && n.text[len(n.text)-1] == "" && !strings.Contains(header, "+") { // blank lines behind it are no part of it
		n.text = n.text[:len(n.text)-1]
		r.at--
	}
	return n, tail, nil
}

// quoted reads a text in quotes, over as many lines as it has.
func (r *reader) quoted(column int) (*node, string, error) {
	n := &node{kind: scalar}
	line := r.lines[r.at][column:]
	quote := line[0]
	from := 1
	for {
		if end := closing(line, from, quote); end >= 0 {
			n.text = append(n.text, line[:end+1])
			r.at++
			rest := strings.TrimSpace(line[end+1:])
			if rest != "" && !strings.HasPrefix(rest, "#") {
				return nil, "", ErrLayout
			}
			return n, rest, nil
		}
		if strings.HasSuffix(line, "\\") && quote == '"' {
			return nil, "", ErrLayout // a line break that is none
		}
		n.text = append(n.text, line)
		if r.at++; r.at >= len(r.lines) || r.lines[r.at] == "" {
			return nil, "", ErrLayout
		}
		line, from = strings.TrimSpace(r.lines[r.at]), 0
	}
}

// closing is the index of the quote that ends a text; -1 when it goes on.
func closing(s string, from int, quote byte) int {
	for i := from; i < len(s); i++ {
		switch {
		case quote == '"' && s[i] == '\\':
			i++
		case s[i] == quote && quote == '\'' && i+1 < len(s) && s[i+1] == '\'':
			i++
		case s[i] == quote:
			return i
		}
	}
	return -1
}

// cutComment splits a plain text from the comment behind it.
func cutComment(s string) (text, comment string) {
	if i := strings.Index(s, " #"); i >= 0 {
		return strings.TrimRight(s[:i], " "), s[i+1:]
	}
	return s, ""
}

// cutKey splits "key: rest": the key as written, and the column at which the rest begins.
func cutKey(s string) (key string, column int, ok bool) {
	if s == "" || strings.ContainsRune("#{[&*!|>%@`", rune(s[0])) {
		return "", 0, false
	}
	var end int
	if s[0] == '"' || s[0] == '\'' {
		if end = closing(s, 1, s[0]); end < 0 {
			return "", 0, false
		}
		end++
		if end >= len(s) || s[end] != ':' {
			return "", 0, false
		}
	} else {
		text, _ := cutComment(s)
		for end = strings.IndexByte(text, ':'); end >= 0 && end+1 < len(text) && text[end+1] != ' '; {
			more := strings.IndexByte(text[end+1:], ':')
			if more < 0 {
				return "", 0, false
			}
			end += 1 + more
		}
		if end <= 0 {
			return "", 0, false
		}
	}
	if end+1 < len(s) && s[end+1] != ' ' {
		return "", 0, false
	}
	rest := strings.TrimLeft(s[end+1:], " ")
	return strings.TrimRight(s[:end], " "), len(s) - len(rest), true
}
