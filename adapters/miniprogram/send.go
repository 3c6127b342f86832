package miniprogram

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// Send pushes one reply by the customer-service API, or hands the person to the platform's seats. The platform gives its messages no id,
// so id is always "". A fitted reply is one call, but for a text whose choices leave it no room.
func (a *Adapter) Send(ctx context.Context, to chat.Address, r chat.Reply, _ *chat.ReplyRight) (string, error) {
	var err error
	if r.Native != "" {
		err = a.seats.HandOver(ctx, to.Peer, r.Native)
	} else {
		err = a.send(ctx, to.Peer, r)
	}
	if err == nil {
		return "", nil
	}
	f := (*chat.Failure)(nil)
	if !errors.As(err, &f) {
		f = weixin.Classify(err, a.deps.Clock())
	}
	return "", f
}

// send shows a reply, which may be a link card here.
func (a *Adapter) send(ctx context.Context, openID string, r chat.Reply) error {
	shown, err := a.media.ShowImages(ctx, openID, r.Media)
	if err != nil {
		return err
	}
	text := weixin.Plain(r)
	if c, ok := a.card(text, r.Choices); ok {
		return a.api.Call(ctx, weixin.SendPath, linkMessage{ToUser: openID, Msgtype: message.MsgType("link"), Link: c}, nil)
	}
	labels, links := lines(r.Choices)
	for _, t := range weixin.Texts(text, labels, links) {
		shown = true
		if err := a.api.Call(ctx, weixin.SendPath, message.NewCustomerTextMessage(openID, t), nil); err != nil {
			return err
		}
	}
	if !shown {
		return &chat.Failure{Kind: chat.Refused, Err: errors.New("the reply holds nothing that can be shown")}
	}
	return nil
}

// Limits of a card, so that a phone shows all of it: it cuts a title after a line, and a description after two. They are ours.
const (
	maxTitle       = 20 // characters
	maxDescription = 40
)

// card is the link card that shows a short text and its one link. The platform wants every field of it.
func (a *Adapter) card(text string, choices []chat.Choice) (c link, ok bool) {
	if a.cfg.CardImage == "" || len(choices) != 1 {
		return c, false
	}
	label := oneLine(choices[0].Label)
	u, err := url.Parse(choices[0].URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return c, false
	}
	short := label != "" && utf8.RuneCountInString(label) <= maxTitle &&
		strings.TrimSpace(text) != "" && utf8.RuneCountInString(text) <= maxDescription && !strings.Contains(text, "\n")
	return link{Title: label, Description: text, URL: u.String(), ThumbURL: a.cfg.CardImage}, short
}

// lines parts choices into labels to be numbered, and lines of bare addresses, which the chat of a mini-program makes clickable by itself.
func lines(choices []chat.Choice) (labels []string, links string) {
	var addresses []string
	for _, c := range choices {
		if c.URL != "" {
			addresses = append(addresses, strings.TrimSpace(oneLine(c.Label)+" "+oneLine(c.URL)))
		} else {
			labels = append(labels, oneLine(c.Label))
		}
	}
	return labels, strings.Join(addresses, "\n")
}

func oneLine(s string) string { return strings.Join(strings.Fields(weixin.Clean(s)), " ") }

// Typing shows 对方正在输入 for about 15 s. The platform wants to have heard from the person within 30 s.
func (a *Adapter) Typing(ctx context.Context, to chat.Address) error {
	if err := a.api.Typing(ctx, to.Peer); err != nil {
		return weixin.Classify(err, a.deps.Clock())
	}
	return nil
}

// Open opens an image that a person sent. Reading fails beyond weixin.MaxMedia; the caller closes it. Other media have no file.
func (a *Adapter) Open(ctx context.Context, m chat.Media) (io.ReadCloser, error) {
	if m.Kind != "image" {
		return nil, &chat.Failure{Kind: chat.BadMedia, Err: errors.New("a " + m.Kind + " has no file that can be opened")}
	}
	return a.media.Open(ctx, m)
}
