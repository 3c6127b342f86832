package config_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/adapters/web"
	"github.com/xianda-bot/xianda/adapters/wechat"
	"github.com/xianda-bot/xianda/config"
)

// TestSchemaKnowsChannels holds that editors are offered every key that a built-in messenger reads. It may know them; config may not.
func TestSchemaKnowsChannels(t *testing.T) {
	t.Parallel()
	var schema struct {
		Properties struct {
			Channels struct {
				Items struct {
					Properties map[string]any `json:"properties"`
				} `json:"items"`
			} `json:"channels"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(config.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	known := []string{"name", "kind", "gather", "native_seats"}
	for kind, section := range map[string]reflect.Type{"web": reflect.TypeFor[web.Section](), "wechat": reflect.TypeFor[wechat.Section]()} {
		for _, f := range reflect.VisibleFields(section) {
			key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			known = append(known, key)
			if schema.Properties.Channels.Items.Properties[key] == nil {
				t.Errorf("schema.json does not offer %q, which a channel of kind %s reads", key, kind)
			}
		}
	}
	for key := range schema.Properties.Channels.Items.Properties {
		if !slices.Contains(known, strings.TrimSuffix(key, "_file")) {
			t.Errorf("schema.json offers %q, which no channel reads", key)
		}
	}
}
