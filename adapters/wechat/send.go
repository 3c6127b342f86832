package wechat

import (
	"context"
	"errors"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// Send pushes one reply by the customer-service API, or hands the person to the platform's seats. The platform gives its messages no id,
// so id is always "". A reply is one call but for two cases: an image with a text, and a text that leaves a msgmenu no room.
func (a *Adapter) Send(ctx context.Context, to chat.Address, r chat.Reply, _ *chat.ReplyRight) (string, error) {
	if !a.mayPush() {
		return "", &chat.Failure{Kind: chat.NoPush, Err: errors.New("the account is not verified: it can only answer what it is sent")}
	}
	if r.Native != "" {
		if err := a.seats.HandOver(ctx, to.Peer, r.Native); err != nil {
			return "", weixin.Classify(err, a.deps.Clock()) // a 48001 here is not about pushing messages
		}
		return "", nil
	}
	shown, err := a.media.ShowImages(ctx, to.Peer, r.Media)
	if err != nil {
		return "", a.failure(err)
	}
	menu := a.Caps(to).Choices == chat.Full
	all := messages(to.Peer, r, menu)
	if shown && len(all) == 0 {
		return "", nil
	}
	err = a.api.SendAll(ctx, all)
	if menu && refusesMenu(err) {
		a.noMenu.Store(true)
		a.deps.Log.Warn("the account takes no msgmenu: choices become numbered lines", "channel", a.name, "error", err.Error())
		err = a.api.SendAll(ctx, messages(to.Peer, r, false))
	}
	if err == nil {
		return "", nil
	}
	return "", a.failure(err)
}

// Typing shows 对方正在输入 for about 15 s. The platform wants to have heard from the person within 30 s.
func (a *Adapter) Typing(ctx context.Context, to chat.Address) error {
	if !a.mayPush() {
		return nil
	}
	if err := a.api.Typing(ctx, to.Peer); err != nil {
		return a.failure(err)
	}
	return nil
}

// messages are the API's messages for the text and the choices of one reply.
func messages(to string, r chat.Reply, menu bool) (out []*message.CustomerMessage) {
	text := weixin.Plain(r)
	labels, tail := weixin.Split(r.Choices)
	if !menu || len(labels) == 0 {
		for _, t := range weixin.Texts(text, labels, tail) {
			out = append(out, message.NewCustomerTextMessage(to, t))
		}
		return out
	}
	size := len(text) + len(tail)
	for _, l := range labels {
		size += len(l) + len("\n")
	}
	if size > weixin.MaxTextBytes {
		out = append(out, message.NewCustomerTextMessage(to, text))
		text = ""
	}
	return append(out, menuMessage(to, text, tail, labels))
}

// refusesMenu tells whether err means that the account or its type takes no msgmenu.
func refusesMenu(err error) bool {
	e := (*weixin.Error)(nil)
	return errors.As(err, &e) && (e.Code == 40200 || e.Code == 48008)
}

// failure classifies err, and remembers an account that turns out to be unverified.
func (a *Adapter) failure(err error) *chat.Failure {
	f := weixin.Classify(err, a.deps.Clock())
	if f.Kind == chat.NoPush {
		a.demoted.Store(a.deps.Clock().Add(demotedFor).Unix())
		a.deps.Log.Error("the account may not push: its answers wait for the person's next message", "channel", a.name,
			"error", f.Err.Error(), "remedy", "set verified: false, or have the account verified")
	}
	return f
}
