package wechat

import "github.com/xianda-bot/xianda/adapters"

// Kind is this messenger as adapters/all lists it.
func Kind() adapters.Kind {
	return adapters.Kind{
		New: New, Title: "WeChat official account (公众号)", Receives: "webhook: plain, compatible, encrypted",
		Spoken: "微信公众号", Sample: sample, Section: Section{},
	}
}

// sample is a channel of this kind in the configuration.
const sample = `# A WeChat official account. In its console: 设置与开发 → 基本配置 → 服务器配置, URL https://your.host/wechat/shop
- name: shop
  kind: wechat
  app_id: wx0123456789abcdef
  app_secret: ${SHOP_SECRET}
  token: ${SHOP_TOKEN}
  # aes_key: ${SHOP_AES_KEY}   # set = only encrypted pushes are accepted
  verified: true               # may call the customer-service API: late answers and seats can push
  menus: numbered              # numbered | links | push
  # open_platform: true        # the account is bound to 微信开放平台: people are known over all accounts of it
  # native_seats: off          # 人工 never goes to the seats of the console's own 客服, though one is online
`
