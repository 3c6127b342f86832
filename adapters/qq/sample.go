package qq

import "github.com/xianda-bot/xianda/adapters"

// Kind is this messenger as adapters/all lists it.
func Kind() adapters.Kind {
	return adapters.Kind{
		New: New, Title: "QQ official bot (QQ 官方机器人)", Receives: "webhook: private chats, groups that mention it",
		Spoken: "QQ", Sample: sample, Section: Section{},
	}
}

// sample is a channel of this kind in the configuration.
const sample = `# A QQ official bot. In q.qq.com: 开发 → 回调配置, address https://your.host/qq/qq
- name: qq
  kind: qq
  app_id: "102012345"
  secret: ${QQ_SECRET}
  # sandbox: true              # only test groups and people of 沙箱配置
  # markdown_buttons: true     # the bot was invited to send markdown with buttons (内邀); else choices are a numbered list
`
