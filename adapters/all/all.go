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
		"console": {New: console.New, Title: console.Title, Receives: console.Receives, Sample: console.Sample, Section: console.Section{}},
		"kefu":    {New: kefu.New, Title: kefu.Title, Receives: kefu.Receives, Sample: kefu.Sample, Section: kefu.Section{}},
		"miniprogram": {New: miniprogram.New, Title: miniprogram.Title, Receives: miniprogram.Receives,
			Sample: miniprogram.Sample, Section: miniprogram.Section{}},
		"qq": {New: qq.New, Title: qq.Title, Receives: qq.Receives, Sample: qq.Sample, Section: qq.Section{}},
		"telegram": {New: telegram.New, Title: telegram.Title, Receives: telegram.Receives,
			Sample: telegram.Sample, Section: telegram.Section{}},
		"web":    {New: web.New, Title: web.Title, Receives: web.Receives, Sample: web.Sample, Section: web.Section{}},
		"wechat": {New: wechat.New, Title: wechat.Title, Receives: wechat.Receives, Sample: wechat.Sample, Section: wechat.Section{}},
	}
}
