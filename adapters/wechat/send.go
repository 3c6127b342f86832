package wechat

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// Send pushes one reply by the customer-service API. The platform gives its messages no id, so id is always "". A reply is one call but
// for two cases: an image with a text, and a text that leaves a msgmenu no room.
func (a *Adapter) Send(ctx context.Context, to chat.Address, r chat.Reply, _ *chat.ReplyRight) (string, error) {
	if !a.mayPush() {
		return "", &chat.Failure{Kind: chat.NoPush, Err: errors.New("the account is not verified: it can only answer what it is sent")}
	}
	menu := a.Caps(to).Choices == chat.Full
	err := a.sendAll(ctx, a.messages(to.Peer, r, menu))
	if menu && refusesMenu(err) {
		a.noMenu.Store(true)
		a.deps.Log.Warn("the account takes no msgmenu: choices become numbered lines", "channel", a.name, "error", err.Error())
		err = a.sendAll(ctx, a.messages(to.Peer, r, false))
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
	if err := a.api.Call(ctx, typingPath, typing{to.Peer, "Typing"}, nil); err != nil {
		return a.failure(err)
	}
	return nil
}

func (a *Adapter) sendAll(ctx context.Context, all []*message.CustomerMessage) error {
	if len(all) == 0 {
		return &chat.Failure{Kind: chat.Refused, Err: errors.New("the reply holds nothing that can be shown")}
	}
	for _, m := range all {
		if err := a.api.Call(ctx, sendPath, m, nil); err != nil {
			return err
		}
	}
	return nil
}

// messages are the API's messages for one reply, images first: when one is refused, the postman sends the text alone.
func (a *Adapter) messages(to string, r chat.Reply, menu bool) (out []*message.CustomerMessage) {
	for _, m := range r.Media {
		if m.Kind == "image" && m.Ref != "" {
			out = append(out, message.NewCustomerImgMessage(to, m.Ref))
		}
	}
	text := strings.TrimRight(weixin.Clean(r.Text), " \t\r\n")
	labels, tail := split(r.Choices)
	switch {
	case menu && len(labels) > 0:
		size := len(text) + len(tail)
		for _, l := range labels {
			size += len(l) + len("\n")
		}
		if size > weixin.MaxTextBytes {
			out = append(out, message.NewCustomerTextMessage(to, text))
			text = ""
		}
		return append(out, menuMessage(to, text, tail, labels))
	case len(labels) > 0:
		lines := lined(labels, tail)
		if len(text)+len("\n")+len(lines) > weixin.MaxTextBytes {
			out = append(out, message.NewCustomerTextMessage(to, text))
			text = ""
		}
		text = strings.TrimLeft(text+"\n"+lines, "\n")
	case tail != "":
		text = strings.TrimLeft(text+"\n"+tail, "\n")
	}
	if strings.TrimSpace(text) != "" {
		out = append(out, message.NewCustomerTextMessage(to, text))
	}
	return out
}

// split parts choices into the labels that can be tapped and the lines of links, which a menu shows below.
func split(choices []chat.Choice) (labels []string, tail string) {
	var lines []string
	for _, c := range choices {
		label := strings.Join(strings.Fields(weixin.Clean(c.Label)), " ")
		switch {
		case c.URL != "":
			lines = append(lines, link(label, c.URL))
		case label == "":
			labels = append(labels, "选项 "+strconv.Itoa(len(labels)+1)) // an empty item is refused (44004)
		default:
			labels = append(labels, label)
		}
	}
	return labels, strings.Join(lines, "\n")
}

// link is a clickable line. What could break out of the tag stays plain text.
func link(label, address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(address, "\"'<> \t\r\n") {
		return strings.TrimSpace(label + " " + weixin.Clean(address))
	}
	if label == "" || strings.ContainsAny(label, "<>") {
		return strings.TrimSpace(label + " " + address)
	}
	return `<a href="` + address + `">` + label + `</a>`
}

func lined(labels []string, tail string) string {
	var lines []string
	for i, l := range labels {
		lines = append(lines, strconv.Itoa(i+1)+". "+l)
	}
	if tail != "" {
		lines = append(lines, tail)
	}
	return strings.Join(lines, "\n")
}

// refusesMenu tells whether err means that the account or its type takes no msgmenu.
func refusesMenu(err error) bool {
	e := (*weixin.Error)(nil)
	return errors.As(err, &e) && (e.Code == 40200 || e.Code == 48008)
}

// failure classifies err, and remembers an account that turns out to be unverified.
func (a *Adapter) failure(err error) *chat.Failure {
	f := (*chat.Failure)(nil)
	if !errors.As(err, &f) {
		f = weixin.Classify(err, a.deps.Clock())
	}
	if f.Kind == chat.NoPush {
		a.demoted.Store(a.deps.Clock().Add(demotedFor).Unix())
		a.deps.Log.Error("the account may not push: its answers wait for the person's next message", "channel", a.name,
			"error", f.Err.Error(), "remedy", "set verified: false, or have the account verified")
	}
	return f
}
