package config

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSchema holds that the schema for editors knows exactly the keys that the program knows.
func TestSchema(t *testing.T) {
	t.Parallel()
	var root map[string]any
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	var compare func(path string, typ reflect.Type, s map[string]any)
	compare = func(path string, typ reflect.Type, s map[string]any) {
		switch {
		case typ == channelType: // its owner's
		case typ.Kind() == reflect.Struct:
			properties, _ := s["properties"].(map[string]any)
			var want []string
			for _, f := range fieldsOf(typ) {
				want = append(want, f.key)
				if f.secret {
					want = append(want, f.key+"_file")
				}
				inner, _ := properties[f.key].(map[string]any)
				compare(path+"."+f.key, typ.FieldByIndex(f.index).Type, inner)
			}
			slices.Sort(want)
			if d := cmp.Diff(want, slices.Sorted(maps.Keys(properties))); d != "" {
				t.Errorf("schema of %s, - program + schema:\n%s", strings.TrimPrefix(path, "."), d)
			}
			if s["additionalProperties"] != false {
				t.Errorf("schema of %s lets unknown keys pass", path)
			}
		case typ.Kind() == reflect.Map:
			inner, _ := s["additionalProperties"].(map[string]any)
			compare(path+".*", typ.Elem(), inner)
		}
	}
	compare("", reflect.TypeFor[Config](), root)
}
