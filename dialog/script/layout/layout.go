// Package layout gives the files of a release one canonical layout: order of keys, indentation, spaces, blank lines, with every comment
// kept. It changes no meaning and mends no mistake.
package layout

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/dialog/script"
)

// ErrBroken says that a file has mistakes that the checker tells of; it is left as it is.
var ErrBroken = errors.New("the file has mistakes: mend what \"xianda dialog check\" tells of first")

// ErrLayout says that a file is written in a way that this package does not know; it is left as it is.
var ErrLayout = errors.New("this way of writing YAML is not known here, so the file is left as it is")

// Format returns the file in its canonical layout. What it returns reads as src does, and formatting it again changes nothing; it is an
// error rather than a change of meaning.
func Format(src script.Source) ([]byte, error) {
	text := strings.ReplaceAll(string(bytes.TrimPrefix(src.Data, []byte("\xef\xbb\xbf"))), "\r\n", "\n")
	if at := strings.IndexFunc(text, func(r rune) bool {
		return r != '\n' && r != '\t' && unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError
	}); at >= 0 {
		return nil, fmt.Errorf("%s:%d: a control character: %w", src.Name, 1+strings.Count(text[:at], "\n"), ErrLayout)
	}
	var out []string
	for i, doc := range documents(text) {
		page := script.ReadPage(script.Source{Name: src.Name, Data: []byte(doc)})
		if script.Broken(page.Findings) {
			return nil, fmt.Errorf("%s: %w", src.Name, ErrBroken)
		}
		formatted, err := formatOne(src.Name, doc)
		if err != nil {
			return nil, err
		}
		again := script.ReadPage(script.Source{Name: src.Name, Data: []byte(formatted)})
		if script.Broken(again.Findings) || !same(page.Root, again.Root, place{file: kindOf(src.Name)}) {
			return nil, fmt.Errorf("%s: %w", src.Name, ErrLayout)
		}
		if i > 0 {
			out = append(out, "---\n")
		}
		out = append(out, formatted)
	}
	return []byte(strings.Join(out, "")), nil
}

// documents cuts a file at its --- lines; only tests have more than one. An empty one in front of the first is no document.
func documents(text string) []string {
	var docs []string
	var doc strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimRight(line, " \n") != "---" {
			doc.WriteString(line)
			continue
		}
		if len(docs) > 0 || strings.TrimSpace(doc.String()) != "" {
			docs = append(docs, doc.String())
		}
		doc.Reset()
	}
	if len(docs) == 0 || strings.TrimSpace(doc.String()) != "" {
		docs = append(docs, doc.String())
	}
	return docs
}

func formatOne(name, doc string) (string, error) {
	r := &reader{}
	for line := range strings.SplitSeq(strings.TrimRight(doc, "\n"), "\n") {
		r.lines = append(r.lines, strings.TrimRight(line, " "))
	}
	root, err := r.document()
	if err != nil {
		return "", fmt.Errorf("%s:%d: %w", name, r.at+1, err)
	}
	w := &writer{}
	w.document(root, place{file: kindOf(name)})
	return w.String(), nil
}

// same tells whether two pages hold the same: equal values in equal order, but for the order of keys that has a canon.
func same(a, b *script.Node, at place) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.IsText() != b.IsText() || a.Raw() != b.Raw() || len(a.Pairs) != len(b.Pairs) || len(a.Items) != len(b.Items) {
		return false
	}
	if a.IsText() {
		return fmt.Sprint(a.Data()) == fmt.Sprint(b.Data())
	}
	for i := range a.Items {
		if !same(a.Items[i], b.Items[i], at.item()) {
			return false
		}
	}
	x, y := inOrder(a.Pairs, at), inOrder(b.Pairs, at)
	for i := range x {
		if x[i].Name != y[i].Name || !same(x[i].Value, y[i].Value, at.under(x[i].Name)) {
			return false
		}
	}
	return true
}

func inOrder(pairs []script.Pair, at place) []script.Pair {
	names := make([]string, 0, len(pairs))
	for _, p := range pairs {
		names = append(names, p.Name)
	}
	rank := at.order(names)
	pairs = slices.Clone(pairs)
	slices.SortStableFunc(pairs, func(a, b script.Pair) int { return rank(a.Name) - rank(b.Name) })
	return pairs
}
