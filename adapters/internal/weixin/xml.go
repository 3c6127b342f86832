package weixin

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
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
func ParseXML(b []byte) (*Element, error) {
	if !utf8.Valid(b) {
		return nil, errors.New("not UTF-8")
	}
	replaced := bytes.ContainsRune(b, utf8.RuneError)
	var (
		d     = xml.NewDecoder(bytes.NewReader(b))
		root  *Element
		stack []*Element
		count int
	)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.New("not well-formed") // the parser's own words may quote what a person wrote
		}
		switch t := token.(type) {
		case xml.StartElement:
			if count++; count > maxElements || len(stack) == maxDepth {
				return nil, errors.New("too many elements")
			}
			e := &Element{Name: t.Name.Local}
			if t.Name.Space != "" || len(t.Attr) > 0 {
				return nil, errors.New("an element has a namespace or attributes")
			}
			if len(stack) > 0 {
				err = stack[len(stack)-1].add(e)
			} else {
				root, err = e, oneRoot(root, e)
			}
			if err != nil {
				return nil, err
			}
			stack = append(stack, e)
		case xml.EndElement:
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if len(e.Kids) > 0 && strings.TrimSpace(e.Text) != "" {
				return nil, errors.New("text beside elements")
			} else if len(e.Kids) > 0 {
				e.Text = ""
			}
			if !replaced && strings.ContainsRune(e.Text, utf8.RuneError) {
				return nil, errors.New("a reference to no character")
			}
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].Text += string(t)
			} else if len(bytes.TrimSpace(t)) > 0 {
				return nil, errors.New("text around the root")
			}
		default: // comment, processing instruction, directive
			return nil, errors.New("a DTD, comment or instruction")
		}
	}
	if root == nil {
		return nil, errors.New("no root")
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
