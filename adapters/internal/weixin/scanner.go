package weixin

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// errNotWellFormed says no more, because the place could quote what a person wrote.
var errNotWellFormed = errors.New("not well-formed")

// scanner cuts a document of the platform's dialect into tokens.
type scanner struct{ rest string }

// token is a tag with its name, or text with its references resolved.
type token struct {
	kind tokenKind
	text string
}

type tokenKind uint8

const (
	opening tokenKind = iota
	closing
	empty   // <Name/>
	text    // characters
	section // <![CDATA[…]]>
)

// next reads one token; rest must not be empty.
func (s *scanner) next() (token, error) {
	switch {
	case s.rest[0] != '<':
		return s.text()
	case strings.HasPrefix(s.rest, "<![CDATA["):
		inside, after, ok := strings.Cut(s.rest[len("<![CDATA["):], "]]>")
		if !ok || !legal(inside) {
			return token{}, errNotWellFormed
		}
		s.rest = after
		return token{section, newlines(inside)}, nil
	case strings.HasPrefix(s.rest, "<!"), strings.HasPrefix(s.rest, "<?"):
		return token{}, errors.New("a DTD, comment or instruction")
	}
	return s.tag()
}

// tag reads <Name>, </Name> or <Name/>; white space may stand behind the name.
func (s *scanner) tag() (token, error) {
	inside, after, ok := strings.Cut(s.rest[1:], ">")
	if !ok {
		return token{}, errNotWellFormed
	}
	kind := opening
	if strings.HasPrefix(inside, "/") {
		kind, inside = closing, inside[1:]
	} else if strings.HasSuffix(inside, "/") {
		kind, inside = empty, inside[:len(inside)-1]
	}
	name := strings.TrimRight(inside, " \t\r\n")
	if name == "" {
		return token{}, errNotWellFormed
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.'):
		case c == ':' || strings.IndexByte(" \t\r\n=", c) >= 0:
			return token{}, errors.New("an element has a namespace or attributes")
		default:
			return token{}, errNotWellFormed
		}
	}
	s.rest = after
	return token{kind, name}, nil
}

// text reads characters up to the next tag.
func (s *scanner) text() (token, error) {
	end := strings.IndexByte(s.rest, '<')
	if end < 0 {
		end = len(s.rest)
	}
	raw := s.rest[:end]
	s.rest = s.rest[end:]
	if !legal(raw) || strings.Contains(raw, "]]>") {
		return token{}, errNotWellFormed
	}
	raw = newlines(raw)
	if strings.IndexByte(raw, '&') < 0 {
		return token{text, raw}, nil
	}
	var b strings.Builder
	for raw != "" {
		before, after, found := strings.Cut(raw, "&")
		b.WriteString(before)
		if !found {
			break
		}
		name, behind, ok := strings.Cut(after, ";")
		r := reference(name)
		if !ok || r < 0 {
			return token{}, errNotWellFormed
		}
		b.WriteRune(r)
		raw = behind
	}
	return token{text, b.String()}, nil
}

// reference is the character that &name; stands for; -1: none that XML allows.
func reference(name string) rune {
	switch name {
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "amp":
		return '&'
	case "apos":
		return '\''
	case "quot":
		return '"'
	}
	digits, ok := strings.CutPrefix(name, "#")
	base := 10
	if hex, isHex := strings.CutPrefix(digits, "x"); ok && isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if !ok || err != nil || n > utf8.MaxRune || !allowed(rune(n)) {
		return -1
	}
	return rune(n)
}

// legal tells whether XML 1.0 allows every character of s.
func legal(s string) bool {
	for _, r := range s {
		if !allowed(r) {
			return false
		}
	}
	return true
}

func allowed(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// newlines writes line ends as XML says: CR LF and CR are LF.
func newlines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}
