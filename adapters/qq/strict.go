package qq

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep an event may be: a button's data is at 4.
const maxDepth = 16

var errJSON = errors.New("not one unambiguous JSON object")

// unmarshal reads b as one JSON object that every parser reads alike: UTF-8, no key twice in one object whatever its case (encoding/json
// takes the last of them, others the first), not deeper than maxDepth, nothing behind it.
func unmarshal(b []byte, into any) error {
	if !utf8.Valid(b) {
		return errJSON
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := walk(d); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errJSON
	}
	if err := json.Unmarshal(b, into); err != nil {
		return errJSON // its own text repeats what a person wrote
	}
	return nil
}

// walk reads one object off d.
func walk(d *json.Decoder) error {
	var open []map[string]bool // keys of each object around, nil for an array
	for key := false; ; {
		t, err := d.Token()
		if err != nil {
			return errJSON
		}
		inside := len(open) > 0 && open[len(open)-1] != nil
		if name, ok := t.(string); ok && inside && key {
			folded := strings.ToLower(strings.ToUpper(name)) // as encoding/json folds: ſ is s
			if open[len(open)-1][folded] {
				return errJSON
			}
			open[len(open)-1][folded] = true
			key = false
			continue
		}
		switch t {
		case json.Delim('{'):
			open = append(open, map[string]bool{})
		case json.Delim('['):
			open = append(open, nil)
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		if len(open) == 0 {
			if t != json.Delim('}') {
				return errJSON // a lone value, or an array
			}
			return nil
		}
		if len(open) > maxDepth {
			return errJSON
		}
		key = open[len(open)-1] != nil
	}
}
