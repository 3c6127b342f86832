package kefutest

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

// message is what both ways to send share.
type message struct {
	To   string `json:"touser"`
	KF   string `json:"open_kfid"`
	Code string `json:"code"`
	ID   string `json:"msgid"`
	Type string `json:"msgtype"`
	Text *struct {
		Content string `json:"content"`
	} `json:"text"`
	Image *handle `json:"image"`
	Voice *handle `json:"voice"`
	Video *handle `json:"video"`
	File  *handle `json:"file"`
	Menu  *struct {
		Head string `json:"head_content"`
		List []struct {
			Type  string `json:"type"`
			Click *struct {
				ID      string `json:"id"`
				Content string `json:"content"`
			} `json:"click"`
			View *struct {
				URL     string `json:"url"`
				Content string `json:"content"`
			} `json:"view"`
		} `json:"list"`
		Tail string `json:"tail_content"`
	} `json:"msgmenu"`
}

type handle struct {
	ID string `json:"media_id"`
}

var idForm = regexp.MustCompile(`^[0-9a-zA-Z_-]{1,32}$`)

// shown reads a message with the platform's strictness.
func (p *Platform) shown(m *message) (s adapterstest.Shown, bad answer) {
	s.Key = m.ID
	if !idForm.MatchString(m.ID) {
		return s, fail(40058, "msgid must have 1 to 32 bytes of [0-9a-zA-Z_-]")
	}
	switch {
	case m.Type == "text" && m.Text != nil:
		s.Text = m.Text.Content
		if strings.TrimSpace(s.Text) == "" {
			return s, fail(40058, "text.content is empty")
		}
		if len(s.Text) > 2048 {
			return s, fail(45002, "content size out of limit")
		}
		return s, nil
	case m.Type == "msgmenu" && m.Menu != nil:
		return s, menu(m, &s)
	}
	for kind, h := range map[string]*handle{"image": m.Image, "voice": m.Voice, "video": m.Video, "file": m.File} {
		if m.Type == kind && h != nil {
			if s.Media = 1; p.media[h.ID] == nil {
				return s, fail(40007, "invalid media_id")
			}
			return s, nil
		}
	}
	return s, fail(40008, "invalid message type")
}

func menu(m *message, s *adapterstest.Shown) answer {
	s.Text = strings.Trim(m.Menu.Head+"\n"+m.Menu.Tail, "\n")
	if len(m.Menu.Head) > 1024 || len(m.Menu.Tail) > 1024 || len(m.Menu.List) == 0 {
		return fail(40058, "msgmenu")
	}
	if len(m.Menu.List) > 10 {
		return fail(95008, "too many items")
	}
	for _, i := range m.Menu.List {
		switch {
		case i.Type == "click" && i.Click != nil && len(i.Click.ID) <= 64 && len(i.Click.Content) <= 128 && i.Click.Content != "":
			s.Choices = append(s.Choices, i.Click.Content)
		case i.Type == "view" && i.View != nil && i.View.URL != "" && len(i.View.URL) <= 2048 &&
			i.View.Content != "" && len(i.View.Content) <= 1024:
			s.Choices = append(s.Choices, i.View.Content)
		default:
			return fail(95009, "menu item")
		}
	}
	return nil
}

// again refuses an id that was used. One that a person saw and that the sender knows of is a fault of the sender.
func (p *Platform) again(id string) answer {
	lost, used := p.sentIDs[id]
	switch {
	case !used:
		return nil
	case !lost:
		p.breach("msgid %s is sent twice", id)
	}
	return fail(40058, "msgid is not unique")
}

func (p *Platform) send(_ *http.Request, body []byte) answer {
	var m message
	switch {
	case !read(body, &m):
		p.breach("send_msg: a body that is not the API's")
		return fail(47001, "data format error")
	case m.KF != Account || m.Code != "":
		return fail(95004, "open_kfid not found")
	}
	who := p.people[m.To]
	if who == nil {
		p.breach("send_msg to somebody unknown")
		return fail(40003, "invalid userid")
	}
	s, bad := p.shown(&m)
	if bad == nil {
		bad = p.again(m.ID)
	} else if bad["errcode"] != 40007 { // a file that expired is nobody's fault
		p.breach("send_msg: %v", bad["errmsg"])
	}
	if bad != nil {
		return bad
	}
	switch {
	case who.state != stateNew && who.state != stateBot:
		return fail(95018, "invalid session status")
	case time.Since(who.last) > window:
		return fail(95002, "48 h")
	case who.left == 0:
		p.breach("send_msg: a sixth message")
		return fail(95001, "count limit")
	}
	who.left--
	s.Peer = who.name
	p.sent, p.sentIDs[m.ID] = append(p.sent, s), false
	res := ok()
	res["msgid"] = m.ID
	return res
}

func (p *Platform) sendByCode(_ *http.Request, body []byte) answer {
	var m message
	if !read(body, &m) || m.To != "" || m.KF != "" {
		p.breach("send_msg_on_event: a body that is not the API's")
		return fail(47001, "data format error")
	}
	s, bad := p.shown(&m)
	if bad == nil && s.Media > 0 {
		bad = fail(40008, "invalid message type")
	}
	if bad != nil {
		p.breach("send_msg_on_event: %v", bad["errmsg"])
		return bad
	}
	c := p.codes[m.Code]
	switch {
	case c == nil:
		p.breach("send_msg_on_event with a code that is none")
		return fail(40058, "unknown code")
	case c.used:
		return fail(40058, "code was used")
	case time.Now().After(c.until):
		p.breach("send_msg_on_event with a code whose time is over")
		return fail(40058, "code is expired")
	case !c.welcome && c.who.state == stateNew:
		return fail(95018, "the session left the state of the code")
	}
	if bad := p.again(m.ID); bad != nil {
		return bad
	}
	c.used = true
	s.Peer = c.who.name
	p.sent, p.sentIDs[m.ID] = append(p.sent, s), false
	res := ok()
	res["msgid"] = m.ID
	return res
}
