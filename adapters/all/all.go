// Package all lists the messengers that are built in: one line each. It is imported by cmd/app, cmd/cli and tests only.
package all

import (
	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/console"
	"github.com/xianda-bot/xianda/adapters/kefu"
	"github.com/xianda-bot/xianda/adapters/miniprogram"
	"github.com/xianda-bot/xianda/adapters/qq"
	"github.com/xianda-bot/xianda/adapters/telegram"
	"github.com/xianda-bot/xianda/adapters/web"
	"github.com/xianda-bot/xianda/adapters/wechat"
)

// Registry returns the kinds of messenger that a configuration may name.
func Registry() adapters.Registry {
	return adapters.Registry{
		"console":     console.Kind(),
		"kefu":        kefu.Kind(),
		"miniprogram": miniprogram.Kind(),
		"qq":          qq.Kind(),
		"telegram":    telegram.Kind(),
		"web":         web.Kind(),
		"wechat":      wechat.Kind(),
	}
}
