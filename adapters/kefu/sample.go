package kefu

import "github.com/xianda-bot/xianda/adapters"

// Kind is this messenger as adapters/all lists it.
func Kind() adapters.Kind {
	return adapters.Kind{
		New: New, Title: "WeChat Kefu (微信客服)", Receives: "callback that rings, then pulled",
		Spoken: "微信客服", Sample: sample, Section: Section{},
	}
}

// sample is a channel of this kind in the configuration.
const sample = `# WeChat Kefu. In the WeCom console: an app of your own, listed under 微信客服 → 可调用接口的应用, with the callback (接收消息)
# https://your.host/kefu/help; the account: 微信客服 → 客服账号 → 通过API管理
- name: help
  kind: kefu
  corp_id: ww0123456789abcdef
  secret: ${KEFU_SECRET}       # of that app
  token: ${KEFU_TOKEN}         # of its callback, as is aes_key
  aes_key: 0123456789abcdefghijABCDEFGHIJ0123456789abc   # EncodingAESKey: put yours here
  open_kfid: wk0123456789abcdef
  # seats: pool                # pool | none | the userid of one seat: who of WeCom takes over when nobody of the house is there
`
