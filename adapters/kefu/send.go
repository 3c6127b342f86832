package kefu

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// Send shows one reply, by the code of right if it is one. A reply is one call, as adapters.Fit makes them. The id is that
// of the last message. A message that the platform took before, though nobody heard of it, counts as shown now.
func (a *Adapter) Send(ctx context.Context, to chat.Address, r chat.Reply, right *chat.ReplyRight) (string, error) {
	if r.Native != "" {
		if err := a.handOver(ctx, to, r.Native); err != nil {
			return "", a.failure(err)
		}
		return "", nil
	}
	last, kept := a.sessions.behind(to.Peer)
	if kept {
		return "", &chat.Failure{Kind: chat.Refused, Err: errors.New("the platform's queue has the conversation, and does not give it back")}
	}
	path, all := sendPath, a.messages(to, r)
	if c := cmp.Or(codeOf(right), last); c != "" {
		path, all = codePath, byCode(c, r)
	}
	if len(all) == 0 {
		return "", &chat.Failure{Kind: chat.Refused, Err: errors.New("the reply holds nothing that can be shown here")}
	}
	id, err := "", error(nil)
	for n := 0; n < len(all) && err == nil; n++ {
		id = a.msgID(ctx, to.Peer, r.Key, n)
		all[n].ID = id
		err = a.show(ctx, path, all[n])
	}
	if code(err) == 95018 {
		err = a.closed(ctx, to, err)
	}
	if err != nil {
		return "", a.failure(err)
	}
	return id, nil
}

// show sends one message, of a medium once the platform has it.
func (a *Adapter) show(ctx context.Context, path string, m outgoing) error {
	if m.medium == nil {
		return a.send(ctx, path, m)
	}
	return a.media.Use(ctx, m.Type, *m.medium, func(id string) error {
		switch h := (&handle{id}); m.Type {
		case "image":
			m.Image = h
		case "video":
			m.Video = h
		default:
			m.File = h
		}
		return a.send(ctx, path, m)
	})
}

// send makes one call. What nobody answered is remembered, so that the next attempt understands the platform.
func (a *Adapter) send(ctx context.Context, path string, m outgoing) error {
	err := a.api.Call(ctx, path, m, nil)
	switch {
	case err == nil:
		a.doubt.drop(m.ID)
		return nil
	case a.taken(err, m.ID):
		a.doubt.drop(m.ID)
		a.deps.Count.Count("kefu_taken_before", a.name)
		return nil
	case classify(err, a.deps.Clock()).Unknown:
		a.doubt.add(m.ID)
	}
	return err
}

// closed says what 95018 means for a reply: a seat has the conversation, and the bot's words are dropped; or the session is over, and
// they wait for the person's next message (path 94698).
func (a *Adapter) closed(ctx context.Context, to chat.Address, refused error) error {
	a.sessions.drop(to.Peer)
	s, err := a.state(ctx, to)
	if err != nil {
		f := a.failure(err)
		f.Unknown = false // the message itself was refused
		return f
	}
	if s.State == inPool || s.State == withSeat {
		return &chat.Failure{Kind: chat.Refused, Err: errors.New("a seat of the platform has the conversation: " + refused.Error())}
	}
	return &chat.Failure{Kind: chat.Window, Err: refused}
}

// failure classifies err without the account's secrets.
func (a *Adapter) failure(err error) *chat.Failure { return classify(err, a.deps.Clock()) }

// codeOf is the code that a right is; "" when it is none.
func codeOf(right *chat.ReplyRight) (c string) {
	if right == nil || right.Pool != "welcome" && right.Pool != "end" || json.Unmarshal(right.Data, &c) != nil {
		return ""
	}
	return c
}

// byCode is the one message that a code permits. It can be no picture: a reply that is nothing else is left out, so that the words behind
// it have the code.
func byCode(c string, r chat.Reply) []outgoing {
	list, links := items(r.Choices)
	text := below(weixin.Plain(r), links)
	switch {
	case len(list) > 0:
		head, tail := cutHead(text)
		return []outgoing{{Code: c, Type: "msgmenu", Menu: &menu{head, list, tail}}}
	case strings.TrimSpace(text) != "":
		return []outgoing{{Code: c, Type: "text", Text: &content{text}}}
	}
	return nil
}

// messages are the API's messages for one reply: media first, because when one is refused the postman sends the text alone; then the text
// with its menu, which comes behind it when the text leaves it no room.
func (a *Adapter) messages(to chat.Address, r chat.Reply) (all []outgoing) {
	blank := outgoing{To: to.Peer, Account: a.cfg.OpenKFID}
	for _, medium := range r.Media {
		switch medium.Kind {
		case "image", "video", "file":
			m := blank
			m.Type, m.medium = medium.Kind, &medium
			all = append(all, m)
		}
	}
	list, links := items(r.Choices)
	text := below(weixin.Plain(r), links)
	said, offer := blank, blank
	said.Type, said.Text = "text", &content{text}
	offer.Type, offer.Menu = "msgmenu", &menu{List: list}
	if len(list) > 0 && len(text) <= maxHead {
		offer.Menu.Head, text = text, ""
	}
	if strings.TrimSpace(text) != "" {
		all = append(all, said)
	}
	if len(list) > 0 {
		all = append(all, offer)
	}
	return all
}

func below(text, lines string) string {
	if lines == "" {
		return text
	}
	return strings.TrimLeft(text+"\n"+lines, "\n")
}

// items are the choices of a menu, links among them as items that open a page. links are lines of those that no item can open.
func items(choices []chat.Choice) (list []menuItem, links string) {
	for i, c := range choices {
		label := chat.Cut(weixin.Label(c), maxLabel)
		if label == "" {
			label = "选项 " + strconv.Itoa(i+1) // an empty item is refused
		}
		switch u, err := url.Parse(c.URL); {
		case c.URL == "":
			list = append(list, menuItem{Type: "click", Click: &click{c.ID, label}})
		case err == nil && (u.Scheme == "https" || u.Scheme == "http") && len(c.URL) <= maxURL:
			list = append(list, menuItem{Type: "view", View: &view{c.URL, label}})
		default:
			links = below(links, label+" "+weixin.Clean(c.URL))
		}
	}
	return list, links
}

// cutHead parts a text into what goes above a menu and what goes below, at a line or a sentence if it can.
func cutHead(text string) (head, tail string) {
	if len(text) <= maxHead {
		return text, ""
	}
	n := maxHead
	for !utf8.RuneStart(text[n]) {
		n--
	}
	for _, mark := range []string{"\n", "。", "！", "？", ". "} {
		if i := strings.LastIndex(text[:n], mark); i > n/2 {
			n = i + len(mark)
			break
		}
	}
	return strings.TrimRight(text[:n], " \n"), strings.TrimLeft(text[n:], " \n")
}
