package weixin

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	maxDepth    = 5  // <xml><SendPicsInfo><PicList><item><PicMd5Sum>
	maxElements = 64 // nine photos are 23; a message has about ten
)

// Element is one element of a push.
type Element struct {
	Name string
	Text string     // of a leaf; "" where there are Kids
	Kids []*Element // in order
}

// ParseXML reads one <xml> document. It refuses what no push of the platform contains and what parsers disagree about: DTDs, processing
// instructions, comments, attributes, namespaces, repeated elements, text beside elements, anything around the root, characters that
// XML forbids, and more than maxElements or maxDepth.
//
// The dialect is so small that a scanner of our own reads it: encoding/xml took a seventh of a whole turn. The tests hold the two
// against each other.
func ParseXML(b []byte) (*Element, error) {
	if !utf8.Valid(b) {
		return nil, errors.New("not UTF-8")
	}
	var (
		s     = scanner{rest: string(b)}
		root  *Element
		stack = make([]*Element, 0, maxDepth)
		count int
	)
	for s.rest != "" {
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		switch {
		case t.kind == opening || t.kind == empty:
			if count++; count > maxElements || len(stack) == maxDepth {
				return nil, errors.New("too many elements")
			}
			e := &Element{Name: t.text}
			if len(stack) > 0 {
				err = stack[len(stack)-1].add(e)
			} else {
				err = oneRoot(root, e)
				root = e
			}
			if err != nil {
				return nil, err
			}
			if t.kind == opening {
				stack = append(stack, e)
			}
		case t.kind == closing:
			if len(stack) == 0 || stack[len(stack)-1].Name != t.text {
				return nil, errNotWellFormed
			}
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if len(e.Kids) > 0 {
				if strings.TrimSpace(e.Text) != "" {
					return nil, errors.New("text beside elements")
				}
				e.Text = ""
			}
		case len(stack) > 0:
			stack[len(stack)-1].Text += t.text
		case strings.TrimSpace(t.text) != "" || t.kind == section:
			return nil, errors.New("text around the root")
		}
	}
	if root == nil {
		return nil, errors.New("no root")
	}
	if len(stack) > 0 {
		return nil, errNotWellFormed
	}
	return root, nil
}

func oneRoot(had, e *Element) error {
	if had != nil {
		return errors.New("two roots")
	}
	if e.Name != "xml" {
		return errors.New("the root is not <xml>")
	}
	return nil
}

// add puts kid into e. Only the lists of the platform repeat a name: <item> of PicList, <List> of the subscription events.
func (e *Element) add(kid *Element) error {
	if kid.Name != "item" && kid.Name != "List" && e.Kid(kid.Name) != nil {
		return errors.New("a repeated element")
	}
	e.Kids = append(e.Kids, kid)
	return nil
}

// Kid returns the first element of that name directly in e, or nil. e may be nil.
func (e *Element) Kid(name string) *Element {
	if e == nil {
		return nil
	}
	for _, k := range e.Kids {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// Leaf returns the text of the element of that name directly in e, "" when it is absent. e may be nil.
func (e *Element) Leaf(name string) string {
	if k := e.Kid(name); k != nil {
		return k.Text
	}
	return ""
}

// Flat refuses elements inside the named ones: tags smuggled into a text.
func (e *Element) Flat(names ...string) error {
	for _, n := range names {
		if k := e.Kid(n); k != nil && len(k.Kids) > 0 {
			return fmt.Errorf("elements in %s", n)
		}
	}
	return nil
}

// CDATA quotes s for XML. What ends a section early is split over two; characters that XML forbids are dropped, because one of them
// makes the platform show its fault text.
func CDATA(s string) string {
	return "<![CDATA[" + strings.ReplaceAll(Clean(s), "]]>", "]]]]><![CDATA[>") + "]]>"
}

// Clean returns s without the characters that XML 1.0 forbids, without broken UTF-8, and with the line separators U+2028 and U+2029 as
// line feeds: the API refuses them in the escaped form that encoding/json gives them (40033).
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 0x2028 || r == 0x2029:
			return '\n'
		case r == '\t' || r == '\n' || r == '\r':
			return r
		case r < 0x20 || r == 0xFFFE || r == 0xFFFF || r >= 0xD800 && r <= 0xDFFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
