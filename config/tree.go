package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// shape is what a node of the file is.
type shape uint8

const (
	nothing shape = iota // null, or a key without a value
	text                 // a quoted scalar, or one that reads as no other kind
	number
	boolean
	list
	table
)

func (s shape) String() string {
	return [...]string{"nothing", "text", "a number", "true or false", "a list", "a mapping"}[s]
}

// node is a part of the file with its place; its scalars are not expanded yet.
type node struct {
	line, col int
	shape     shape
	value     string // of a scalar, as written
	items     []*node
	keys      []pair
}

type pair struct {
	key       string
	line, col int
	value     *node
}

// get returns the value of key, nil when n has none.
func (n *node) get(key string) *node {
	for _, p := range n.keys {
		if p.key == key {
			return p.value
		}
	}
	return nil
}

// maxDepth is how deep a file may nest; ours needs five.
const maxDepth = 32

// parseTree reads YAML and refuses what a configuration has no use for: anchors and aliases (which make bombs), tags, merge keys,
// several documents.
func parseTree(data []byte, name string) (root *node, err error) {
	defer func() {
		if p := recover(); p != nil { // the library's way to answer some damaged files
			root, err = nil, fmt.Errorf("%s: this is not YAML that can be read: %v", name, p)
		}
	}()
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: the file is larger than %d bytes", name, maxFile)
	}
	file, err := parser.ParseBytes(bytes.TrimPrefix(data, []byte("\ufeff")), 0)
	if err != nil {
		return nil, syntaxError(err, name)
	}
	b := builder{name: name}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if root != nil {
			b.fault(doc.Body.GetToken(), "a second document; one file holds one configuration")
			break
		}
		root = b.build(doc.Body, 0)
	}
	if b.problems != nil {
		return nil, b.problems.err()
	}
	if root == nil || root.shape == nothing {
		root = &node{line: 1, col: 1, shape: table}
	}
	return root, nil
}

// syntaxError keeps the library's words and place, and leaves out the excerpt of the file: it could hold a secret.
func syntaxError(err error, name string) error {
	var e yaml.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("%s: this is not YAML that can be read", name)
	}
	p := &problem{name: name, message: e.GetMessage()}
	if strings.Contains(p.message, "'\t'") {
		p.message = "a tab stands here, which YAML does not take: indent with spaces"
	}
	if tk := e.GetToken(); tk != nil && tk.Position != nil {
		p.line, p.col = tk.Position.Line, tk.Position.Column
		if strings.Contains(p.message, "must be specified") && tk.Prev != nil && strings.HasSuffix(tk.Prev.Value, "$") || strings.HasSuffix(tk.Value, "$") {
			p.message = `inside {…} and […] a variable stands in quotes: "${NAME}"`
		}
	}
	return p
}

// builder turns the library's tree into ours.
type builder struct {
	name     string
	problems problems
}

func (b *builder) fault(tk *token.Token, message string) {
	p := &problem{name: b.name, message: message}
	if tk != nil && tk.Position != nil {
		p.line, p.col = tk.Position.Line, tk.Position.Column
	}
	b.problems = append(b.problems, p)
}

func (b *builder) build(n ast.Node, depth int) *node {
	tk := n.GetToken()
	out := &node{}
	if tk != nil && tk.Position != nil {
		out.line, out.col = tk.Position.Line, tk.Position.Column
	}
	if depth > maxDepth {
		b.fault(tk, "this nests too deep")
		return out
	}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.StringNode:
		out.shape, out.value = text, n.Value
	case *ast.LiteralNode:
		out.shape, out.value = text, n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		out.shape, out.value = number, tk.Value
	case *ast.BoolNode:
		out.shape, out.value = boolean, tk.Value
	case *ast.SequenceNode:
		out.shape = list
		for _, item := range n.Values {
			out.items = append(out.items, b.build(item, depth+1))
		}
	case *ast.MappingNode:
		b.table(out, n.Values, depth)
	case *ast.MappingValueNode:
		b.table(out, []*ast.MappingValueNode{n}, depth)
	case *ast.AnchorNode, *ast.AliasNode:
		b.fault(tk, "anchors and aliases (& and *) are not used here; write the value out")
	case *ast.TagNode:
		b.fault(tk, "tags (!…) are not used here; leave it out")
	default:
		b.fault(tk, "this kind of YAML is not used here")
	}
	return out
}

func (b *builder) table(out *node, values []*ast.MappingValueNode, depth int) {
	out.shape = table
	for i, v := range values {
		tk := v.Key.GetToken()
		switch v.Key.(type) {
		case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		case *ast.MergeKeyNode:
			b.fault(tk, "merge keys (<<) are not used here; write the values out")
			continue
		default:
			b.fault(tk, "a key is a plain word")
			continue
		}
		if i == 0 {
			out.line, out.col = tk.Position.Line, tk.Position.Column
		}
		if out.get(tk.Value) != nil {
			b.fault(tk, fmt.Sprintf("key %q stands twice", tk.Value))
			continue
		}
		p := pair{key: tk.Value, line: tk.Position.Line, col: tk.Position.Column, value: b.build(v.Value, depth+1)}
		out.keys = append(out.keys, p)
	}
}
