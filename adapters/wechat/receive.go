package wechat

import (
	"net/http"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// Handler answers the platform: the console's verification (GET) and pushes (POST).
func (a *Adapter) Handler(in adapters.Inbox) http.Handler {
	return a.porch.Handler(in, a.read)
}

// read reads one push.
func (a *Adapter) read(p *weixin.Push, received time.Time) (weixin.Visit, error) {
	x, err := readPush(p.Message)
	if err != nil {
		return weixin.Visit{}, err
	}
	m, ignored := a.message(x, received)
	return weixin.Visit{Message: m, Ignored: ignored, Reply: func(replies []chat.Reply, now time.Time) []byte {
		text := joined(replies)
		if text == "" { // an empty Content makes the platform show its fault text
			return nil
		}
		return textReply(m.From.Peer, x.Leaf("ToUserName"), text, now)
	}}, nil
}

// joined is the text of replies as one message.
func joined(replies []chat.Reply) string {
	var texts []string
	for _, r := range replies {
		if t := weixin.Clean(r.Text); strings.TrimSpace(t) != "" {
			texts = append(texts, t)
		}
	}
	return strings.Join(texts, "\n")
}
