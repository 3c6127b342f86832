package config_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/adapters/all"
	"github.com/xianda-bot/xianda/config"
)

// channelKeys are what a schema made with sections offers for a channel.
func channelKeys(t *testing.T, sections map[string]any) map[string]map[string]any {
	t.Helper()
	var schema struct {
		Properties struct {
			Channels struct {
				Items struct {
					Properties map[string]map[string]any `json:"properties"`
				} `json:"items"`
			} `json:"channels"`
		} `json:"properties"`
	}
	text, err := config.Schema(sections)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	return schema.Properties.Channels.Items.Properties
}

// TestSchemaKnowsChannels holds that editors are offered every key that a built-in messenger reads, and no other.
func TestSchemaKnowsChannels(t *testing.T) {
	t.Parallel()
	sections := map[string]any{}
	known := []string{"name", "kind", "gather", "native_seats", "path"}
	for kind, k := range all.Registry() {
		sections[kind] = k.Section
		for _, f := range reflect.VisibleFields(reflect.TypeOf(k.Section)) {
			key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if key != "" && key != "-" { // an inlined struct, whose keys come by themselves
				known = append(known, key)
			}
		}
	}
	offered := channelKeys(t, sections)
	for _, key := range known {
		if offered[key] == nil {
			t.Errorf("the schema does not offer %q", key)
		}
	}
	for key := range offered {
		if !slices.Contains(known, strings.TrimSuffix(key, "_file")) {
			t.Errorf("the schema offers %q, which no channel reads", key)
		}
	}
}

// TestSchemaOfSection holds what is offered for each type of key, so that a new messenger needs no words in this package.
func TestSchemaOfSection(t *testing.T) {
	t.Parallel()
	type shared struct {
		Base string `yaml:"base"`
	}
	type section struct {
		shared  `yaml:",inline"`
		APIKey  string            `yaml:"api_key"` // a secret by its name
		Pin     string            `yaml:"pin" secret:"true"`
		On      bool              `yaml:"on"`
		Most    int               `yaml:"most"`
		Wait    time.Duration     `yaml:"wait"`
		Names   []string          `yaml:"names"`
		By      map[string]int    `yaml:"by"`
		Inner   *struct{ A bool } `yaml:"inner"`
		Ignored string            `yaml:"-"`
	}
	variable := map[string]any{"type": "string", "pattern": `^\$\{`}
	text := map[string]any{"type": "string", "description": "kind toy"}
	integer, boolean := []any{map[string]any{"type": "integer"}, variable}, []any{map[string]any{"type": "boolean"}, variable}
	want := map[string]map[string]any{
		"base": text, "api_key": text, "api_key_file": text, "pin": text, "pin_file": text, "wait": text,
		"on":    {"anyOf": boolean, "description": "kind toy"},
		"most":  {"anyOf": integer, "description": "kind toy"},
		"names": {"type": "array", "items": map[string]any{"type": "string"}, "description": "kind toy"},
		"by":    {"type": "object", "additionalProperties": map[string]any{"anyOf": integer}, "description": "kind toy"},
		"inner": {
			"type": "object", "additionalProperties": false, "properties": map[string]any{"a": map[string]any{"anyOf": boolean}},
			"description": "kind toy",
		},
	}
	got := channelKeys(t, map[string]any{"toy": section{}})
	for key := range channelKeys(t, nil) {
		delete(got, key) // what stands in the static schema
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("schema of a section, - want + got:\n%s", d)
	}
	if _, err := config.Schema(map[string]any{"toy": 7}); err == nil {
		t.Error("a section that is no struct passed")
	}
}
