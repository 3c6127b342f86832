package telegramtest

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf16"
)

// content reads what is to be shown.
func (p *Platform) content(method string, in form, s *Sent) (answer, bool) {
	if a, ok := p.keyboard(in, s); !ok {
		return a, false
	}
	if method == "sendMessage" {
		s.Text = strings.TrimSpace(in.values.Get("text"))
		return p.checkText(s.Text, in)
	}
	s.Kind = strings.ToLower(strings.TrimPrefix(method, "send"))
	if f, ok := in.files[s.Kind]; ok {
		s.File, s.Bytes = f.name, len(f.body)
		if s.Kind == "photo" && len(f.body) > maxPhoto {
			p.breach("a photo of %d bytes", len(f.body))
			return bad("file is too big"), false
		}
		if s.Kind == "photo" && !strings.HasPrefix(http.DetectContentType(f.body), "image/") {
			return bad("IMAGE_PROCESS_FAILED"), false
		}
		p.files[handle(s)] = File{Body: f.body}
		return answer{}, true
	}
	s.File = in.values.Get(s.Kind)
	if strings.HasPrefix(s.File, "http") && !p.web[s.File] {
		return bad("failed to get HTTP URL content"), false
	}
	if !strings.HasPrefix(s.File, "http") && !strings.HasPrefix(s.File, "file-") {
		return bad("wrong file identifier/HTTP URL specified"), false
	}
	return answer{}, true
}

func (p *Platform) checkText(text string, in form) (answer, bool) {
	switch n := len(utf16.Encode([]rune(text))); {
	case in.values.Get("parse_mode") != "":
		p.breach("parse_mode: texts are plain")
		return bad("can't parse entities"), false
	case n == 0:
		return bad("message text is empty"), false
	case n > maxText:
		p.breach("a text of %d units", n)
		return bad("message is too long"), false
	}
	return answer{}, true
}

func (p *Platform) keyboard(in form, s *Sent) (answer, bool) {
	var k struct {
		Rows [][]Button `json:"inline_keyboard"`
	}
	if err := in.into("reply_markup", &k); err != nil {
		return bad("can't parse inline keyboard"), false
	}
	n := 0
	for _, row := range k.Rows {
		for _, b := range row {
			n++
			u, err := url.Parse(b.URL)
			switch {
			case strings.TrimSpace(b.Text) == "":
				return bad("button text must be non-empty"), false
			case b.URL != "" && (err != nil || !strings.Contains(u.Host, ".") || strings.HasSuffix(u.Host, ".invalid")):
				return bad("BUTTON_URL_INVALID"), false
			case (b.Data == "") == (b.URL == ""):
				p.breach("the button %q is both, or neither", b.Text)
				return bad("BUTTON_TYPE_INVALID"), false
			case len(b.Data) > maxData:
				p.breach("callback_data of %d bytes", len(b.Data))
				return bad("BUTTON_DATA_INVALID"), false
			}
		}
	}
	if n > maxButtons {
		p.breach("%d buttons", n)
		return bad("reply markup is too long"), false
	}
	s.Buttons = k.Rows
	return answer{}, true
}
