package admin

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/chat"
)

// TestOpenAPI holds that openapi.yaml describes exactly the calls that there are, and the fields of what they return.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Paths      map[string]map[string]any `yaml:"paths"`
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `yaml:"properties"`
			} `yaml:"schemas"`
		} `yaml:"components"`
	}
	if err := yaml.Unmarshal(data, &described); err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for path, calls := range described.Paths {
		for method, call := range calls {
			if method == "parameters" {
				continue
			}
			open, _ := call.(map[string]any)["security"].([]any)
			line := strings.ToUpper(method) + " " + path
			if open != nil {
				line += " (open)"
			}
			got = append(got, line)
		}
	}
	for _, r := range (&api{}).routes() {
		line := r.method + " " + r.path
		if r.open {
			line += " (open)"
		}
		want = append(want, line)
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("openapi.yaml, - program + description:\n%s", d)
	}

	for name, typ := range map[string]reflect.Type{
		"Case": reflect.TypeFor[chat.Case](), "Line": reflect.TypeFor[chat.Line](), "Address": reflect.TypeFor[chat.Address](),
	} {
		var has, wants []string
		for key := range described.Components.Schemas[name].Properties {
			has = append(has, key)
		}
		for _, f := range reflect.VisibleFields(typ) {
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			wants = append(wants, key)
		}
		slices.Sort(has)
		slices.Sort(wants)
		if d := cmp.Diff(wants, has); d != "" {
			t.Errorf("openapi.yaml's schema of %s, - program + description:\n%s", name, d)
		}
	}
}
