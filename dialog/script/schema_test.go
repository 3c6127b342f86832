package script

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestSchemaTakesWhatTheReaderTakes holds the schema against every dialog of the project that can be read, and against mistakes.
func TestSchemaTakesWhatTheReaderTakes(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(SchemaJSON())
	if err != nil {
		t.Fatal(err)
	}
	var schema any
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, pattern := range []string{"../release/testdata/*/dialogs/*.yaml", "../../cmd/cli/starter/helpdesk/dialogs/*.yaml", "../../cmd/app/rehearse/testdata/*/dialogs/*.yaml", "testdata/schema/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 15 {
		t.Fatalf("%d dialogs, want at least 15", len(files))
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := judge(t, schema, data); len(wrong) > 0 {
			t.Errorf("%s: %q", file, wrong)
		}
	}
	const head = "dialog: x\ntitle: 题\nsteps:\n"
	for _, bad := range []string{
		"title: 题\nsteps: [{id: a, end: resolved}]\n", head + "  - {id: a, sya: 好}\n", head + "  - {id: a, say: 好, goto: b}\n",
		head + "  - {id: a, collect: x}\n", head + "  - {id: a, end: solved}\n", head + "  - {id: a, call: pay, timeout: 2s, on_error: a}\n",
		"dialog: x\ntitle: 题\nslots: {a: {ask: 问, type: nummber}}\nsteps: [{id: a, end: resolved}]\n",
	} {
		if len(judge(t, schema, []byte(bad))) == 0 {
			t.Errorf("the schema takes %q", bad)
		}
	}
}

func judge(t *testing.T, schema any, data []byte) []string {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(asJSON, &v); err != nil {
		t.Fatal(err)
	}
	return violations(schema.(map[string]any), v, "")
}

// violations is as much of a JSON Schema validator as our schema uses.
func violations(s map[string]any, v any, at string) (wrong []string) {
	fail := func(format string, args ...any) { wrong = append(wrong, at+": "+fmt.Sprintf(format, args...)) }
	if want, ok := s["type"]; ok {
		kinds, _ := want.([]any)
		if kinds == nil {
			kinds = []any{want}
		}
		if !slices.ContainsFunc(kinds, func(k any) bool { return isType(k.(string), v) }) {
			fail("%v is no %v", v, want)
			return wrong
		}
	}
	if all, ok := s["enum"].([]any); ok && !slices.Contains(all, v) {
		fail("%v is none of %v", v, all)
	}
	if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(v.(string)) {
		fail("%v does not match %s", v, p)
	}
	if least, ok := s["minimum"].(float64); ok && v.(float64) < least {
		fail("%v is below %v", v, least)
	}
	if most, ok := s["maximum"].(float64); ok && v.(float64) > most {
		fail("%v is above %v", v, most)
	}
	if items, ok := s["items"].(map[string]any); ok {
		for i, item := range v.([]any) {
			wrong = append(wrong, violations(items, item, fmt.Sprintf("%s/%d", at, i))...)
		}
	}
	for _, kind := range []string{"oneOf", "anyOf"} {
		all, ok := s[kind].([]any)
		if !ok {
			continue
		}
		taken := 0
		for _, one := range all {
			if len(violations(one.(map[string]any), v, at)) == 0 {
				taken++
			}
		}
		if taken == 0 || kind == "oneOf" && taken > 1 {
			fail("%d alternatives take %v", taken, v)
		}
	}
	o, ok := v.(map[string]any)
	if !ok {
		return wrong
	}
	required, _ := s["required"].([]any)
	for _, key := range required {
		if _, ok := o[key.(string)]; !ok {
			fail("%v is missing", key)
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for key, value := range o {
		under, known := properties[key].(map[string]any)
		switch more, _ := s["additionalProperties"].(map[string]any); {
		case known:
			wrong = append(wrong, violations(under, value, at+"/"+key)...)
		case more != nil:
			wrong = append(wrong, violations(more, value, at+"/"+key)...)
		case s["additionalProperties"] == false:
			fail("%s is unknown", key)
		}
	}
	return wrong
}

func isType(kind string, v any) bool {
	switch v := v.(type) {
	case string:
		return kind == "string"
	case float64:
		return kind == "number" || kind == "integer" && v == float64(int(v))
	case []any:
		return kind == "array"
	case map[string]any:
		return kind == "object"
	}
	return false
}
