package miniprogram

// Title and Receives describe the messenger in the table of messengers.
const (
	Title    = "WeChat mini-program (小程序)"
	Receives = "webhook: JSON or XML, plain or encrypted"
)

// Sample is a channel of this kind in the configuration.
const Sample = `# A WeChat mini-program. In its console: 开发管理 → 消息推送, URL https://your.host/miniprogram/mini, any format, 安全模式
- name: mini
  kind: miniprogram
  app_id: wx0123456789abcdef
  app_secret: ${MINI_SECRET}
  token: ${MINI_TOKEN}
  # aes_key: ${MINI_AES_KEY}   # set = only encrypted pushes are accepted
  # card_image: https://shop.example/card.png   # set = a reply with one link is shown as a card with this picture
`
