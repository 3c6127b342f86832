package qqtest

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

// message is what may be posted.
type message struct {
	Type     *int   `json:"msg_type"`
	Content  string `json:"content"`
	Markdown *struct {
		Content string `json:"content"`
	} `json:"markdown"`
	Keyboard *struct {
		Content struct {
			Rows []struct {
				Buttons []button `json:"buttons"`
			} `json:"rows"`
		} `json:"content"`
	} `json:"keyboard"`
	Media *struct {
		Info string `json:"file_info"`
	} `json:"media"`
	MsgID   string `json:"msg_id"`
	EventID string `json:"event_id"`
	Seq     uint32 `json:"msg_seq"`
}

type button struct {
	ID     string `json:"id"`
	Render struct {
		Label   string `json:"label"`
		Visited string `json:"visited_label"`
		Style   int    `json:"style"`
	} `json:"render_data"`
	Action struct {
		Type       int `json:"type"`
		Permission struct {
			Type int `json:"type"`
		} `json:"permission"`
		Data string `json:"data"`
		Tips string `json:"unsupport_tips"`
	} `json:"action"`
}

var link = regexp.MustCompile(`https?://([^/\s]+)`)

// judge finds what a person would see, or the code of the refusal. What a correct product never sends is a breach.
func (p *Platform) judge(place string, body []byte) (s adapterstest.Shown, seq uint32, a *anchor, code int, text string) {
	fault := func(code int, text string) (adapterstest.Shown, uint32, *anchor, int, string) {
		p.breach("%d %s", code, text)
		return s, seq, a, code, text
	}
	var m message
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if !utf8.Valid(body) || d.Decode(&m) != nil || m.Type == nil {
		return fault(12002, "request invalid")
	}
	a, seq = p.anchors[m.MsgID+m.EventID], m.Seq
	switch {
	case m.MsgID == "" && m.EventID == "":
		return fault(40034105, "no permission to send unasked")
	case m.MsgID != "" && m.EventID != "":
		return fault(50048, "msg_id and event_id")
	case a == nil || a.event != (m.EventID != "") || a.place != place:
		return fault(40034024, "msg_id is not of this conversation")
	case seq == 0:
		return fault(12002, "msg_seq")
	case a.used[seq] && !a.excused[seq]:
		return fault(40054005, "shown before")
	case a.used[seq]:
		return s, seq, a, 40054005, "shown before"
	case !time.Now().Before(a.expires):
		return fault(40034005, "msg_id is too old")
	case a.left <= 0:
		return fault(40034128, "replied to too often")
	}
	s = adapterstest.Shown{Peer: a.peer}
	switch {
	case *m.Type == 0 && m.Markdown == nil && m.Keyboard == nil && m.Media == nil:
		s.Text = m.Content
	case *m.Type == 2 && m.Markdown != nil && m.Content == "" && m.Media == nil:
		if !p.Buttons {
			return fault(304036, "no permission for markdown")
		}
		s.Text = read(m.Markdown.Content)
	case *m.Type == 7 && m.Media != nil && m.Content == " " && m.Markdown == nil && m.Keyboard == nil:
		if kind, _, _ := strings.Cut(place, "/"); p.files[m.Media.Info] != kind {
			return s, seq, a, 304080, "file_info is invalid"
		}
		s.Media = 1
		return s, seq, a, 0, ""
	default:
		return fault(22006, "msg_type does not fit the content")
	}
	if strings.TrimSpace(s.Text) == "" {
		return fault(50006, "empty message")
	}
	if utf8.RuneCountInString(s.Text) > 1000 {
		return fault(40054007, "too long")
	}
	for _, l := range link.FindAllStringSubmatch(s.Text, -1) {
		if !slices.Contains(p.known, l[1]) {
			return s, seq, a, 304003, "url not allowed"
		}
	}
	if m.Keyboard != nil {
		labels, wrong := labels(m)
		if wrong != "" {
			return fault(305007, wrong)
		}
		s.Choices = labels
	}
	return s, seq, a, 0, ""
}

// labels are those of a keyboard, or what is wrong with it.
func labels(m message) (out []string, wrong string) {
	rows, ids := m.Keyboard.Content.Rows, map[string]bool{}
	if len(rows) < 1 || len(rows) > 5 {
		return nil, "1 to 5 rows"
	}
	for _, r := range rows {
		if len(r.Buttons) < 1 || len(r.Buttons) > 5 {
			return nil, "1 to 5 buttons in a row"
		}
		for _, b := range r.Buttons {
			n := utf8.RuneCountInString(b.Render.Label)
			switch {
			case n < 1 || n > 10 || b.Render.Visited == "":
				return nil, "a label has 1 to 10 characters"
			case b.ID == "" || ids[b.ID]:
				return nil, "button ids are unique"
			case b.Action.Type != 0 && b.Action.Type != 1 || b.Action.Data == "" || b.Action.Permission.Type != 2 || b.Action.Tips == "":
				return nil, "malformed action"
			}
			ids[b.ID] = true
			out = append(out, b.Render.Label)
		}
	}
	return out, ""
}

var (
	mark    = regexp.MustCompile("[*_~`\\[\\]<>|]")
	escaped = regexp.MustCompile(`\\([!-/:-@\[-\x60{-~])`)
	heading = regexp.MustCompile(`(?m)^\s*(#{1,6}\s|[-+]\s|\d+[.)]\s|>)`)
)

const stashed = "\x00" // stands for a character that was escaped

// read is what a person sees of markdown: escapes are undone, and what is not escaped is a mark, which is lost.
func read(s string) string {
	var kept []string
	s = escaped.ReplaceAllStringFunc(strings.ReplaceAll(s, stashed, ""), func(m string) string {
		kept = append(kept, m[1:])
		return stashed
	})
	s = heading.ReplaceAllString(mark.ReplaceAllString(s, ""), "")
	for _, k := range kept {
		s = strings.Replace(s, stashed, k, 1)
	}
	return s
}
