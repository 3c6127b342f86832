package config

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

//go:embed schema.json
var schema []byte

// object is a piece of a JSON Schema.
type object = map[string]any

// Schema is a JSON Schema of the file for editors (`# yaml-language-server: $schema=xianda.schema.json`). sections holds, by kind of
// channel, the zero value of the struct that the kind's owner decodes: editors are offered its keys. A channel's unknown keys pass, for
// their owner checks them.
func Schema(sections map[string]any) ([]byte, error) {
	var root struct {
		Properties struct {
			Channels struct{ Items struct{ Properties object } }
		}
	}
	var whole object
	if err := errors.Join(json.Unmarshal(schema, &whole), json.Unmarshal(schema, &root)); err != nil {
		return nil, err
	}
	known := root.Properties.Channels.Items.Properties
	readers := map[string][]string{}
	for _, kind := range slices.Sorted(maps.Keys(sections)) {
		section := reflect.TypeOf(sections[kind])
		if section == nil || section.Kind() != reflect.Struct {
			return nil, fmt.Errorf("the section of kind %s is no struct", kind)
		}
		for key, described := range properties(section) {
			readers[key] = append(readers[key], kind)
			if known[key] == nil {
				known[key] = described
			}
		}
	}
	for key, kinds := range readers {
		described := known[key].(object)
		of := "kind " + strings.Join(kinds, ", ")
		if words, ok := described["description"].(string); ok {
			of = words + " (" + of + ")"
		}
		described["description"] = of
	}
	if len(sections) > 0 {
		known["kind"].(object)["anyOf"] = []any{object{"enum": slices.Sorted(maps.Keys(sections))}, object{"pattern": `^\$\{`}}
	}
	whole["properties"].(object)["channels"].(object)["items"].(object)["properties"] = known
	return json.MarshalIndent(whole, "", "  ")
}

// properties describes the keys of a struct as a decoder reads them, the `_file` twins of secrets among them.
func properties(t reflect.Type) object {
	out := object{}
	for _, f := range fieldsOf(t) {
		out[f.key] = described(t.FieldByIndex(f.index).Type)
		if f.secret {
			out[f.key+"_file"] = object{"type": "string"}
		}
	}
	return out
}

// described tells what a value of t looks like in the file. Numbers and truths may come from a variable.
func described(t reflect.Type) object {
	variable := object{"type": "string", "pattern": `^\$\{`}
	switch {
	case t.Kind() == reflect.Pointer:
		return described(t.Elem())
	case t == durationType, reflect.PointerTo(t).Implements(textType):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"anyOf": []any{object{"type": "boolean"}, variable}}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{"anyOf": []any{object{"type": "integer"}, variable}}
	case reflect.Float32, reflect.Float64:
		return object{"anyOf": []any{object{"type": "number"}, variable}}
	case reflect.Slice, reflect.Array:
		return object{"type": "array", "items": described(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": described(t.Elem())}
	case reflect.Struct:
		return object{"type": "object", "additionalProperties": false, "properties": properties(t)}
	}
	return object{}
}
