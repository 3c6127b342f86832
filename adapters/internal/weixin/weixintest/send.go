package weixintest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
)

// outgoing is the body of custom/send, read strictly.
type outgoing struct {
	ToUser  string `json:"touser"`
	Msgtype string `json:"msgtype"`
	Text    *struct {
		Content string `json:"content"`
	} `json:"text"`
	Image *struct {
		MediaID string `json:"media_id"`
	} `json:"image"`
	Menu *struct {
		Head string `json:"head_content"`
		List []struct {
			ID      string `json:"id"`
			Content string `json:"content"`
		} `json:"list"`
		Tail string `json:"tail_content"`
	} `json:"msgmenu"`
	Link *struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		URL         string `json:"url"`
		Thumb       string `json:"thumb_url"`
	} `json:"link"`
}

var (
	escaped = regexp.MustCompile(`[^\\](\\\\)*\\u[0-9a-fA-F]{4}`)
	number  = regexp.MustCompile(`^[1-9][0-9]{0,8}$`)
)

// take is custom/send: what it accepts is shown. The caller holds the lock.
func (p *Platform) take(body []byte) (code int) {
	var m outgoing
	switch {
	case !utf8.Valid(body) || escaped.Match(body):
		return 40033
	case json.Unmarshal(body, &m) != nil:
		return 47001
	case p.people[m.ToUser] == "":
		return 40003
	case p.gone[m.ToUser]:
		return 43004
	case !slices.Contains(p.Messages, m.Msgtype):
		return 40008
	}
	s, code := p.show(m)
	if code != 0 {
		return code
	}
	if len(s.Text)+len(strings.Join(s.Choices, "\n")) > weixin.MaxTextBytes {
		return 45002
	}
	if code := p.spend(m.ToUser); code != 0 {
		return code
	}
	if in := p.sessions[m.ToUser]; in != nil && in.seat != "" {
		p.breach("custom/send: %s is with the seat %s", p.people[m.ToUser], in.seat)
	}
	p.sent = append(p.sent, s)
	return 0
}

// show is what a message looks like on a phone.
func (p *Platform) show(m outgoing) (s adapterstest.Shown, code int) {
	s.Peer = p.people[m.ToUser]
	switch {
	case m.Msgtype == "text" && m.Text != nil:
		if s.Text = m.Text.Content; strings.TrimSpace(s.Text) == "" {
			return s, 44004
		}
	case m.Msgtype == "image" && m.Image != nil:
		if !p.has(m.Image.MediaID) {
			return s, 40007
		}
		s.Media = 1
	case m.Msgtype == "link" && m.Link != nil:
		if m.Link.Title == "" || m.Link.Description == "" || m.Link.URL == "" || m.Link.Thumb == "" {
			return s, 44004
		}
		s.Text = strings.Trim(m.Link.Title+"\n"+m.Link.Description+"\n"+m.Link.URL, "\n")
	case m.Msgtype == "msgmenu" && m.Menu != nil:
		if p.NoMenu {
			return s, 40200
		}
		s.Text = strings.Trim(m.Menu.Head+"\n"+m.Menu.Tail, "\n")
		for _, item := range m.Menu.List {
			if !number.MatchString(item.ID) || item.Content == "" {
				return s, 44004
			}
			s.Choices = append(s.Choices, item.Content)
		}
		if len(s.Choices) == 0 {
			return s, 44004
		}
	default:
		return s, 40008
	}
	return s, 0
}
