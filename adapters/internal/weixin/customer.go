package weixin

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/silenceper/wechat/v2/officialaccount/message"

	"github.com/xianda-bot/xianda/chat"
)

// Paths of the customer-service API, which official accounts and mini-programs share.
const (
	SendPath   = "/cgi-bin/message/custom/send"
	TypingPath = "/cgi-bin/message/custom/typing"
)

// SendAll sends messages in order and stops at the first that is refused. With none it is a refusal: a reply that holds nothing that can
// be shown.
func (a *API) SendAll(ctx context.Context, all []*message.CustomerMessage) error {
	if len(all) == 0 {
		return &chat.Failure{Kind: chat.Refused, Err: errors.New("the reply holds nothing that can be shown")}
	}
	for _, m := range all {
		if err := a.Call(ctx, SendPath, m, nil); err != nil {
			return err
		}
	}
	return nil
}

// ShowImages shows the images among media, before the text: when one is refused, the postman sends the text alone. shown tells whether
// there was one. Errors are those of Use.
func (m *Media) ShowImages(ctx context.Context, openID string, media []chat.Media) (shown bool, err error) {
	for _, image := range media {
		if image.Kind != "image" {
			continue
		}
		err := m.Use(ctx, "image", image, func(id string) error {
			return m.api.Call(ctx, SendPath, message.NewCustomerImgMessage(openID, id), nil)
		})
		if err != nil {
			return shown, err
		}
		shown = true
	}
	return shown, nil
}

// Typing shows 对方正在输入 for about 15 s. The platform wants to have heard from the person within 30 s (api_typing).
func (a *API) Typing(ctx context.Context, openID string) error {
	in := struct {
		ToUser  string `json:"touser"`
		Command string `json:"command"` // or CancelTyping
	}{openID, "Typing"}
	return a.Call(ctx, TypingPath, in, nil)
}

// Plain is a reply's text as the platform takes it.
func Plain(r chat.Reply) string { return strings.TrimRight(Clean(r.Text), " \t\r\n") }

// Texts are the texts of a reply whose choices are numbered lines; labels and tail are Split's. They are two where one would be too long,
// and none when there is nothing to show.
func Texts(text string, labels []string, tail string) (out []string) {
	lines := Numbered(labels)
	if tail != "" {
		lines = append(lines, tail)
	}
	list := strings.Join(lines, "\n")
	if list != "" && len(text)+len("\n")+len(list) > MaxTextBytes {
		out, text = append(out, text), ""
	}
	if list != "" {
		text = strings.TrimLeft(text+"\n"+list, "\n")
	}
	if strings.TrimSpace(text) != "" {
		out = append(out, text)
	}
	return out
}

// Numbered writes labels as "1. 标签".
func Numbered(labels []string) (lines []string) {
	for i, l := range labels {
		lines = append(lines, strconv.Itoa(i+1)+". "+l)
	}
	return lines
}

// Split parts choices into the labels that can be tapped or picked and the lines of links below them.
func Split(choices []chat.Choice) (labels []string, tail string) {
	var lines []string
	for _, c := range choices {
		label := Label(c)
		switch {
		case c.URL != "":
			lines = append(lines, Link(label, c.URL))
		case label == "":
			labels = append(labels, "选项 "+strconv.Itoa(len(labels)+1)) // an empty item is refused (44004)
		default:
			labels = append(labels, label)
		}
	}
	return labels, strings.Join(lines, "\n")
}

// Label is a choice's label as the platform takes it, on one line; "" when there is nothing to read in it.
func Label(c chat.Choice) string { return strings.Join(strings.Fields(Clean(c.Label)), " ") }

// Link is a clickable line. What could break out of the tag stays plain text.
func Link(label, address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(address, "\"'<> \t\r\n") {
		return strings.TrimSpace(label + " " + Clean(address))
	}
	if label == "" || strings.ContainsAny(label, "<>") {
		return strings.TrimSpace(label + " " + address)
	}
	return `<a href="` + address + `">` + label + `</a>`
}
