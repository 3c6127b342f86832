package telegram

import (
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"github.com/xianda-bot/xianda/chat"
)

// Prefixes of delivery ids. A message has its number in the chat, because an edit names its message so and knows no update.
const (
	ofMessage = "m"
	ofUpdate  = "u"
	ofTap     = "t" // and then the id by which the tap is acknowledged
)

var langForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[0-9A-Za-z]{2,8}){0,3}$`)

// message is the chat.Message of an update, or the fixed word under which an update that is none is counted. An error means that it cannot
// be told yet.
func (a *Adapter) message(ctx context.Context, u *update) (m chat.Message, ignored string, err error) {
	switch {
	case u.Message != nil:
		return a.said(ctx, u.Message)
	case u.Edited != nil:
		switch m, ignored, err = a.said(ctx, u.Edited); {
		case ignored != "" || err != nil:
		case m.Kind != chat.Said: // into /start: nobody arrives twice by one message
			ignored = "edited command"
		default:
			m.Kind, m.Of, m.ID = chat.Edited, m.ID, ofUpdate+strconv.FormatInt(u.ID, 10)
		}
		return m, ignored, err
	case u.Tap != nil:
		m, ignored = a.tapped(u.Tap)
		return m, ignored, nil
	case u.Member != nil:
		m, ignored = a.member(u.ID, u.Member)
		return m, ignored, nil
	}
	return m, "unknown update", nil
}

// said is a message that a person wrote.
func (a *Adapter) said(ctx context.Context, in *message) (m chat.Message, ignored string, err error) {
	if ignored := a.noPerson(in); ignored != "" {
		return m, ignored, nil
	}
	where := in.place()
	m = chat.Message{
		ID: ofMessage + strconv.Itoa(in.ID), Kind: chat.Said, From: where.address(a.name), Name: fullName(in.From),
		Text: in.Text + in.Caption, At: a.at(in.Date), // never both
	}
	m.Media = attached(in, &m)
	if m.Text == "" && len(m.Media) == 0 {
		return m, "service message", nil
	}
	command, addressee, payload := splitCommand(m.Text)
	if where.group() {
		called := in.ReplyTo != nil && in.ReplyTo.From != nil && in.ReplyTo.From.ID == a.self.id
		// Only the name that the platform knows decides; it is asked for no oftener than once.
		if strings.Contains(m.Text, "@") {
			name, err := a.username(ctx)
			if err != nil {
				return m, "", err
			}
			called = called || strings.EqualFold(addressee, name)
			if rest, ok := withoutMention(m.Text, name); ok {
				m.Text, called = rest, true
			}
		}
		if !called {
			return m, "not for us", nil
		}
		m.Right = &chat.ReplyRight{Pool: "message", Data: json.RawMessage(strconv.Itoa(in.ID)), Left: -1}
	}
	switch {
	case command == "/start":
		m.Kind, m.Text, m.Scene = chat.Arrived, "", a.scene(payload, in.From)
	case addressee != "":
		m.Text = strings.TrimSpace(command + " " + payload)
	}
	m.Text = chat.Cut(strings.ToValidUTF8(m.Text, "\uFFFD"), chat.MaxText)
	return m, "", nil
}

// noPerson is the word for a message that no person wrote to us, or "". Our own words come back when somebody forwards them: answering
// them would be talking to ourselves.
func (a *Adapter) noPerson(in *message) string {
	switch {
	case in.Chat.ID == 0 || in.ID == 0:
		return "nameless"
	case in.Chat.Type == models.ChatTypeChannel:
		return "channel post"
	case in.From == nil || in.From.ID == 0 || in.As != nil:
		return "no person"
	case in.From.IsBot, in.Via != nil && in.Via.ID == a.self.id,
		in.Forwarded != nil && in.Forwarded.Sender != nil && in.Forwarded.Sender.ID == a.self.id:
		return "bot"
	}
	return ""
}

func (in *message) place() place {
	p := place{person: in.From.ID, chat: in.Chat.ID}
	if in.InTopic {
		p.topic = in.Topic
	}
	if in.Chat.Type == models.ChatTypePrivate {
		p.chat, p.topic = in.From.ID, 0
	}
	return p
}

// scene is what a deep link carried (t.me/bot?start=payload), and the language of the person's client.
func (a *Adapter) scene(payload string, from *models.User) map[string]string {
	scene := map[string]string{}
	if payload != "" {
		for k, v := range a.deps.Scene(a.name, payload) {
			scene[k] = v
		}
	}
	if langForm.MatchString(from.LanguageCode) {
		scene["lang"] = from.LanguageCode
	}
	if len(scene) == 0 {
		return nil
	}
	return scene
}

// tapped is a tap on a button. With the label, a choice of an older offer still says what was meant.
func (a *Adapter) tapped(in *tap) (m chat.Message, ignored string) {
	switch {
	case in.From == nil || in.From.ID == 0 || in.ID == "" || len(in.ID) > 100:
		return m, "no person"
	case in.From.IsBot:
		return m, "bot"
	case in.Data == "" || in.Message == nil || in.Message.Chat.ID == 0:
		return m, "unknown tap" // a game, or a button of an inline message
	}
	at := *in.Message
	at.From = in.From
	m = chat.Message{
		ID: ofTap + in.ID, Kind: chat.Chose, From: at.place().address(a.name), Name: fullName(in.From),
		Choice: chat.Cut(in.Data, maxData), At: a.deps.Clock(), // the platform does not say when
	}
	if in.Message.Keyboard != nil {
		for _, row := range in.Message.Keyboard.Rows {
			for _, b := range row {
				if b.Data == in.Data {
					m.Text = chat.Cut(b.Text, chat.MaxText)
				}
			}
		}
	}
	return m, ""
}

// member tells that a person blocked the bot. One who lets it in again writes /start next.
func (a *Adapter) member(id int64, in *membership) (m chat.Message, ignored string) {
	if in.Chat.Type != models.ChatTypePrivate || in.New.Status != "kicked" || in.Chat.ID == 0 {
		return m, "membership"
	}
	return chat.Message{
		ID: ofUpdate + strconv.FormatInt(id, 10), Kind: chat.Left, At: a.at(in.Date),
		From: place{person: in.Chat.ID, chat: in.Chat.ID}.address(a.name), Name: fullName(in.From),
	}, ""
}

// at is the platform's time, or our own if it says none.
func (a *Adapter) at(seconds int64) time.Time {
	if seconds <= 0 || seconds >= 1<<40 {
		return a.deps.Clock()
	}
	return time.Unix(seconds, 0)
}

func fullName(u *models.User) string {
	if u == nil {
		return ""
	}
	return chat.Cut(strings.Join(strings.Fields(u.FirstName+" "+u.LastName), " "), 200)
}

var commandForm = regexp.MustCompile(`^(/[0-9A-Za-z_]{1,32})(?:@([0-9A-Za-z_]{3,32}))?(?:\s+([\s\S]*))?$`)

// splitCommand reads "/start@shop_bot payload"; command is "" when the text is none.
func splitCommand(text string) (command, addressee, payload string) {
	p := commandForm.FindStringSubmatch(text)
	if p == nil {
		return "", "", ""
	}
	return strings.ToLower(p[1]), p[2], strings.TrimSpace(p[3])
}

// withoutMention takes "@name" out of a text, and tells whether it was there as a word of its own.
func withoutMention(text, name string) (rest string, found bool) {
	lower, at := strings.ToLower(text), "@"+strings.ToLower(name)
	if len(lower) != len(text) {
		lower = text // a letter whose small form is longer: only the exact name is found
	}
	for from := 0; ; {
		i := strings.Index(lower[from:], at)
		if i < 0 {
			return text, false
		}
		i += from
		end := i + len(at)
		if (i == 0 || !wordByte(text[i-1])) && (end == len(text) || !wordByte(text[end])) {
			before, after := strings.TrimRight(text[:i], " "), strings.TrimLeft(text[end:], " ,，:：")
			return strings.TrimSpace(before + " " + after), true
		}
		from = end
	}
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
