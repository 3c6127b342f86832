package web

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

// TestOpenAPI holds that openapi.yaml describes exactly the calls that there are, and the fields of what they bring.
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
		for method := range calls {
			got = append(got, strings.ToUpper(method)+" "+path)
		}
	}
	d, _ := adapterstest.NewDeps()
	for _, r := range mustNew(t, section(), d).routes() {
		want = append(want, r.method+" /"+r.path)
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("openapi.yaml, - program + description:\n%s", d)
	}
	for name, typ := range map[string]reflect.Type{"Message": reflect.TypeFor[bubble](), "State": reflect.TypeFor[state]()} {
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
