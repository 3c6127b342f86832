package miniprogram

import "github.com/xianda-bot/xianda/adapters"

// Kind is this messenger as adapters/all lists it.
func Kind() adapters.Kind {
	return adapters.Kind{
		New: New, Title: "WeChat mini-program (小程序)", Receives: "webhook: JSON or XML, plain or encrypted",
		Spoken: "微信小程序", Sample: sample, Section: Section{},
	}
}

// sample is a channel of this kind in the configuration.
const sample = `# A WeChat mini-program. In its console: 开发管理 → 消息推送, URL https://your.host/miniprogram/mini, any format, 安全模式
- name: mini
  kind: miniprogram
  app_id: wx0123456789abcdef
  app_secret: ${MINI_SECRET}
  token: ${MINI_TOKEN}
  # aes_key: ${MINI_AES_KEY}   # set = only encrypted pushes are accepted
  # card_image: https://shop.example/card.png   # set = a reply with one link is shown as a card with this picture
`
