package weixin

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// errNotJSON says no more, because the place could quote what a person wrote.
var errNotJSON = errors.New("not well-formed JSON")

// keyForm is what every name in a push of the platform looks like.
var keyForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// isJSON tells whether a push is JSON by its first character, because its Content-Type says nothing reliable.
func isJSON(b []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{"))
}

// ParseJSON reads one JSON object into the same form as ParseXML, so that nobody else need know which it was: members are elements,
// numbers keep the digits that were sent (a MsgId is beyond 2^53), null is an empty text, an array's members are named item. It refuses
// what no push of the platform contains and what parsers disagree about: repeated names, be it in another case, lone surrogates, the
// characters that XML forbids, anything behind the object, and more than maxElements or maxDepth.
func ParseJSON(b []byte) (*Element, error) {
	if !utf8.Valid(b) {
		return nil, errors.New("not UTF-8")
	}
	if !isJSON(b) {
		return nil, errors.New("not a JSON object")
	}
	left := maxElements
	root := &Element{Name: "xml"}
	if err := root.fill(b, 1, &left); err != nil {
		return nil, err
	}
	return root, nil
}

// fill reads value, which is whole, into e. left is how many elements may follow.
func (e *Element) fill(value []byte, depth int, left *int) error {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return errNotJSON
	}
	if value[0] != '{' && value[0] != '[' {
		return e.leaf(value)
	}
	if depth == maxDepth {
		return errors.New("too many elements")
	}
	d := json.NewDecoder(bytes.NewReader(value))
	if _, err := d.Token(); err != nil {
		return errNotJSON
	}
	for d.More() {
		kid := &Element{Name: "item"}
		if value[0] == '{' {
			name, err := d.Token()
			s, ok := name.(string)
			if err != nil || !ok {
				return errNotJSON
			}
			if !keyForm.MatchString(s) {
				return errors.New("a malformed name")
			}
			kid.Name = s
		}
		var inner json.RawMessage
		if d.Decode(&inner) != nil {
			return errNotJSON
		}
		if *left--; *left <= 0 {
			return errors.New("too many elements")
		}
		if value[0] == '{' && e.hasAlike(kid.Name) {
			return errors.New("a repeated element")
		}
		e.Kids = append(e.Kids, kid)
		if err := kid.fill(inner, depth+1, left); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return errNotJSON
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text around the root")
	}
	return nil
}

// hasAlike tells whether e has a kid whose name differs in case at most: encoding/json would take one for the other.
func (e *Element) hasAlike(name string) bool {
	for _, k := range e.Kids {
		if strings.EqualFold(k.Name, name) {
			return true
		}
	}
	return false
}

// leaf reads a string, a number, true, false or null.
func (e *Element) leaf(value []byte) error {
	switch {
	case value[0] != '"':
		if !json.Valid(value) {
			return errNotJSON
		}
		if e.Text = string(value); e.Text == "null" {
			e.Text = ""
		}
		return nil
	case !paired(value):
		return errors.New("a lone surrogate")
	case json.Unmarshal(value, &e.Text) != nil:
		return errNotJSON
	case !legal(e.Text):
		return errors.New("a control character")
	}
	e.Text = newlines(e.Text)
	return nil
}

// paired tells whether every escaped surrogate of the string literal has its other half; encoding/json would make U+FFFD of one that has
// not.
func paired(literal []byte) bool {
	for i := 0; i < len(literal); i++ {
		if literal[i] != '\\' {
			continue
		}
		unit := escapedUnit(literal[i:])
		switch {
		case unit < 0:
			i++
		case unit >= 0xDC00 && unit <= 0xDFFF:
			return false
		case unit >= 0xD800 && unit <= 0xDBFF:
			if low := escapedUnit(literal[i+6:]); low < 0xDC00 || low > 0xDFFF {
				return false
			}
			i += 11
		default:
			i += 5
		}
	}
	return true
}

// escapedUnit is the UTF-16 code unit of \uXXXX at the beginning of b, -1 if there is none.
func escapedUnit(b []byte) int {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return int(n)
}
