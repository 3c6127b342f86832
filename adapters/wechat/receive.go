package wechat

import (
	"context"
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
	return weixin.Visit{Message: m, Ignored: ignored, Reply: func(ctx context.Context, replies []chat.Reply, now time.Time) ([]byte, bool) {
		if native := weixin.HandOverOf(replies); native != "" {
			return a.transfer(ctx, x, native, now)
		}
		text := joined(replies)
		if text == "" { // an empty Content makes the platform show its fault text
			return nil, false
		}
		return textReply(m.From.Peer, x.Leaf("ToUserName"), text, now), false
	}}, nil
}

// transfer is the response that gives the person to the platform's seats; done when no response could, and the API did.
func (a *Adapter) transfer(ctx context.Context, push *weixin.Element, native string, now time.Time) (body []byte, done bool) {
	seat, ok, done := a.seats.Passive(ctx, push, native)
	if !ok {
		return nil, done
	}
	body, err := weixin.TransferXML(push, seat, now)
	if err != nil {
		a.deps.Log.Error("a transfer cannot be written", "channel", a.name, "error", err.Error())
		return nil, false
	}
	return body, false
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
