package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/xianda-bot/xianda/chat"
)

// oneColumn is up to how many buttons stand each in a line of its own.
const oneColumn = 8

// Send shows one reply: each medium and the text as a message of its own, so one for what Fit makes. id is the platform's number of the
// last one. A refusal that names what to leave out (a topic that is gone, an address that can be no button) is followed by one call without
// it.
func (a *Adapter) Send(ctx context.Context, to chat.Address, r chat.Reply, right *chat.ReplyRight) (id string, err error) {
	where, err := parse(to)
	if err != nil {
		return "", &chat.Failure{Kind: chat.Refused, Err: err}
	}
	if strings.TrimSpace(r.Text) == "" && len(r.Media) == 0 {
		return "", &chat.Failure{Kind: chat.Refused, Err: errors.New("the reply holds nothing that can be shown")}
	}
	leave, err := a.holds.enter(ctx, where)
	if err != nil {
		return "", err
	}
	defer leave()
	l := letter{place: where, answers: answers(where, right)}
	for _, m := range r.Media {
		if id, err = a.sendMedia(ctx, l, m); err != nil {
			return "", err
		}
	}
	if strings.TrimSpace(r.Text) == "" {
		return id, nil
	}
	id, err = a.sendText(ctx, l, r.Text, r.Choices)
	if says(err, badLink) {
		id, err = a.sendText(ctx, l, withLinks(r.Text, r.Choices, anyLink), without(r.Choices, anyLink))
	}
	if err != nil {
		return "", a.failure(ctx, where, err, false)
	}
	return id, nil
}

// letter is where a message goes, and which message it answers (0: none).
type letter struct {
	place
	answers int
}

// answers is the person's message that a group is to see answered.
func answers(where place, right *chat.ReplyRight) (id int) {
	if !where.group() || right == nil || json.Unmarshal(right.Data, &id) != nil || id < 0 {
		return 0
	}
	return id
}

func (l letter) reply() *models.ReplyParameters {
	if l.answers == 0 {
		return nil
	}
	return &models.ReplyParameters{MessageID: l.answers, AllowSendingWithoutReply: true}
}

func (a *Adapter) sendText(ctx context.Context, l letter, text string, choices []chat.Choice) (string, error) {
	p := &bot.SendMessageParams{
		Text: withLinks(text, choices, badAddress), LinkPreviewOptions: noPreview(), ReplyParameters: l.reply(),
		ReplyMarkup: keyboard(without(choices, badAddress)),
	}
	raw, err := a.send(ctx, l.place, "sendMessage", func(ctx context.Context, b *bot.Bot, to place) error {
		p.ChatID, p.MessageThreadID = to.chat, to.topic
		_, err := b.SendMessage(ctx, p)
		return err
	})
	if err != nil {
		return "", err
	}
	return shown(raw).id(), nil
}

// send makes one call that shows something in a chat, and one more outside of the topic when that is gone.
func (a *Adapter) send(
	ctx context.Context, to place, op string, do func(ctx context.Context, b *bot.Bot, to place) error,
) (json.RawMessage, error) {
	if to.topic == generalTopic {
		to.topic = 0
	}
	one := func(ctx context.Context, b *bot.Bot) error { return do(ctx, b, to) }
	raw, err := a.api.call(ctx, op, one)
	if to.topic != 0 && says(err, noTopic) {
		to.topic = 0
		raw, err = a.api.call(ctx, op, one)
	}
	return raw, err
}

// noPreview keeps the platform from opening addresses in a text: one that works once would be used up.
func noPreview() *models.LinkPreviewOptions {
	yes := true
	return &models.LinkPreviewOptions{IsDisabled: &yes}
}

// button has exactly one of Data and URL. The library's own carries an empty copy_text besides.
type button struct {
	Text string `json:"text"`
	Data string `json:"callback_data,omitempty"`
	URL  string `json:"url,omitempty"`
}

type markup struct {
	Rows [][]button `json:"inline_keyboard"`
}

// keyboard are the buttons below a message; nil for none.
func keyboard(choices []chat.Choice) models.ReplyMarkup {
	if len(choices) == 0 {
		return nil
	}
	columns := 1
	if len(choices) > oneColumn {
		columns = 2
	}
	var m markup
	for i, c := range choices {
		b := button{Text: strings.Join(strings.Fields(c.Label), " "), Data: c.ID}
		if c.URL != "" {
			b = button{Text: b.Text, URL: c.URL}
		}
		if i%columns == 0 {
			m.Rows = append(m.Rows, nil)
		}
		m.Rows[len(m.Rows)-1] = append(m.Rows[len(m.Rows)-1], b)
	}
	return m
}

// anyLink and badAddress choose among choices with an address: all, and those of which the platform makes no button.
func anyLink(c chat.Choice) bool { return c.URL != "" }

func badAddress(c chat.Choice) bool {
	if c.URL == "" {
		return false
	}
	u, err := url.Parse(c.URL)
	return err != nil || u.Scheme != "https" && u.Scheme != "http" || !strings.Contains(u.Hostname(), ".")
}

// withLinks puts the chosen choices below the text as lines; without is what remains.
func withLinks(text string, choices []chat.Choice, chosen func(chat.Choice) bool) string {
	for _, c := range choices {
		if chosen(c) {
			text += "\n" + strings.TrimSpace(strings.Join(strings.Fields(c.Label), " ")+" "+c.URL)
		}
	}
	return text
}

func without(choices []chat.Choice, chosen func(chat.Choice) bool) (rest []chat.Choice) {
	for _, c := range choices {
		if !chosen(c) {
			rest = append(rest, c)
		}
	}
	return rest
}

// Typing shows "typing…" for 5 s, or until the next message.
func (a *Adapter) Typing(ctx context.Context, to chat.Address) error {
	where, err := parse(to)
	if err != nil {
		return &chat.Failure{Kind: chat.Refused, Err: err}
	}
	if err := tooSoon(a.holds.everywhere(ctx, where.chat)); err != nil {
		return err
	}
	p := &bot.SendChatActionParams{ChatID: where.chat, MessageThreadID: where.topic, Action: models.ChatActionTyping}
	_, err = a.api.call(ctx, "sendChatAction", func(ctx context.Context, b *bot.Bot) error {
		_, err := b.SendChatAction(ctx, p)
		return err
	})
	if err != nil {
		return a.failure(ctx, where, err, false)
	}
	return nil
}

// Edit replaces the text and the buttons of a message that Send showed. One that is so already is no error. In a group it counts as a
// message.
func (a *Adapter) Edit(ctx context.Context, to chat.Address, id string, r chat.Reply) error {
	where, err := parse(to)
	if err != nil {
		return &chat.Failure{Kind: chat.Refused, Err: err}
	}
	number, err := strconv.Atoi(id)
	if err != nil || number <= 0 {
		return &chat.Failure{Kind: chat.Refused, Err: errors.New("the message has no number of the platform's")}
	}
	p := &bot.EditMessageTextParams{
		ChatID: where.chat, MessageID: number, Text: withLinks(r.Text, r.Choices, badAddress), LinkPreviewOptions: noPreview(),
		ReplyMarkup: keyboard(without(r.Choices, badAddress)),
	}
	leave, err := a.holds.enter(ctx, where)
	if err != nil {
		return err
	}
	defer leave()
	_, err = a.api.call(ctx, "editMessageText", func(ctx context.Context, b *bot.Bot) error {
		_, err := b.EditMessageText(ctx, p)
		return err
	})
	if err == nil || says(err, sameText) {
		return nil
	}
	return a.failure(ctx, where, err, false)
}
