package telegram

import "github.com/xianda-bot/xianda/adapters"

// Kind is this messenger as adapters/all lists it.
func Kind() adapters.Kind {
	return adapters.Kind{
		New: New, Title: "Telegram bot", Receives: "long polling, or webhook with a secret",
		Spoken: "Telegram", Sample: sample, Section: Section{},
	}
}

// sample is a channel of this kind in the configuration.
const sample = `# A Telegram bot. In Telegram: @BotFather, /newbot. For groups also /setprivacy: it hears what mentions or answers it.
- name: tg
  kind: telegram
  token: ${TG_TOKEN}
  mode: polling                # polling: no public address is needed | webhook
  # secret: ${TG_SECRET}                # webhook: what the platform proves itself by (openssl rand -hex 32)
  # url: https://your.host/telegram/tg  # webhook: registered at the start; leave it out to register it yourself
  # unknown_send: resend       # a message that may have arrived: resend (may show twice) | drop
`
