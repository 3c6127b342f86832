package layout

import "strings"

// flow reads { } or [ ], over as many lines as it has.
func (r *reader) flow(column, depth int) (*node, string, error) {
	f := &flow{r: r, line: r.lines[r.at], i: column}
	n, err := f.value(depth)
	if err != nil {
		return nil, "", err
	}
	rest := strings.TrimSpace(f.line[f.i:])
	r.at++
	if rest != "" && !strings.HasPrefix(rest, "#") {
		return nil, "", ErrLayout
	}
	return n, rest, nil
}

// flow is a reader inside brackets, where lines mean nothing.
type flow struct {
	r    *reader
	line string
	i    int
	said []string // comments since the last entry
}

// space passes over blanks, line ends and comments.
func (f *flow) space() bool {
	for {
		for f.i < len(f.line) && f.line[f.i] == ' ' {
			f.i++
		}
		if f.i < len(f.line) && (f.line[f.i] != '#' || f.i > 0 && f.line[f.i-1] != ' ') {
			return true
		}
		if f.i < len(f.line) {
			f.said = append(f.said, f.line[f.i:])
		}
		f.r.at++
		if f.r.at >= len(f.r.lines) {
			f.r.at--
			return false
		}
		f.line, f.i = f.r.lines[f.r.at], 0
	}
}

func (f *flow) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, ErrLayout
	}
	switch c := f.line[f.i]; c {
	case '{', '[':
		return f.collection(c, depth)
	case '"', '\'':
		end := closing(f.line, f.i+1, c)
		if end < 0 {
			return nil, ErrLayout
		}
		n := &node{kind: scalar, text: []string{f.line[f.i : end+1]}}
		f.i = end + 1
		return n, nil
	case '&', '*', '!', '?', '|', '>', '%', '@', '`':
		return nil, ErrLayout
	}
	from := f.i
	for f.i < len(f.line) && !strings.ContainsRune(",{}[]", rune(f.line[f.i])) {
		if f.line[f.i] == ':' && (f.i+1 == len(f.line) || strings.ContainsRune(" ,{}[]", rune(f.line[f.i+1]))) {
			break
		}
		if f.line[f.i] == '#' && f.i > 0 && f.line[f.i-1] == ' ' {
			break
		}
		f.i++
	}
	text := strings.TrimSpace(f.line[from:f.i])
	if text == "" {
		return &node{}, nil
	}
	if f.i == len(f.line) { // may go on below: only ours that end there are known
		if ok := f.space(); !ok || !strings.ContainsRune(",}]", rune(f.line[f.i])) {
			return nil, ErrLayout
		}
	}
	return &node{kind: scalar, text: []string{text}}, nil
}

func (f *flow) collection(open byte, depth int) (*node, error) {
	n := &node{kind: mapping, flow: true}
	shut := byte('}')
	if open == '[' {
		n.kind, shut = sequence, ']'
	}
	f.i++
	for {
		if !f.space() {
			return nil, ErrLayout
		}
		if f.line[f.i] == shut {
			f.i++
			n.foot, f.said = f.said, nil
			return n, nil
		}
		e := entry{head: f.said}
		f.said = nil
		v, err := f.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if !f.space() {
			return nil, ErrLayout
		}
		switch {
		case f.line[f.i] == ':' && n.kind == mapping && v.kind == scalar && !v.flow:
			e.key = v.text[0]
			f.i++
			if !f.space() {
				return nil, ErrLayout
			}
			if f.line[f.i] == ',' || f.line[f.i] == shut {
				v = &node{}
			} else if v, err = f.value(depth + 1); err != nil {
				return nil, err
			} else if !f.space() {
				return nil, ErrLayout
			}
		case n.kind == mapping || v.kind == nothing:
			return nil, ErrLayout
		}
		e.value = v
		switch f.line[f.i] {
		case ',':
			f.i++
			// A comment behind the comma, on its line, is about the entry before it.
			if rest := strings.TrimLeft(f.line[f.i:], " "); strings.HasPrefix(rest, "#") && f.i < len(f.line) && f.line[f.i] == ' ' {
				e.tail, f.i = rest, len(f.line)
			}
		case shut:
		default:
			return nil, ErrLayout
		}
		n.entries = append(n.entries, e)
	}
}
