package adapters_test

import (
	"errors"
	"testing"

	"github.com/xianda-bot/xianda/adapters"
)

func TestRegistryBuild(t *testing.T) {
	t.Parallel()
	broken := errors.New("app_id is missing: copy it from the console")
	r := adapters.Registry{
		"console": {New: func(string, func(any) error, adapters.Deps) (adapters.Adapter, error) { return nil, nil }},
		"wechat":  {New: func(string, func(any) error, adapters.Deps) (adapters.Adapter, error) { return nil, broken }},
	}
	tests := []struct{ kind, want string }{
		{"console", ""},
		{"wechat", "app_id is missing: copy it from the console"},
		{"wechta", `kind "wechta" is not built in: did you mean "wechat"? (kinds: console, wechat)`},
		{"WeChat", `kind "WeChat" is not built in: did you mean "wechat"? (kinds: console, wechat)`},
		{"consle", `kind "consle" is not built in: did you mean "console"? (kinds: console, wechat)`},
		{"telegram", `kind "telegram" is not built in (kinds: console, wechat)`},
		{"", `kind is missing (kinds: console, wechat)`},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			t.Parallel()
			_, err := r.Build(tt.kind, "shop", nil, adapters.Deps{})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("Build(%q) = %q, want %q", tt.kind, got, tt.want)
			}
		})
	}
}
