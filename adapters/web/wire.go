package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// bubble is one thing in a conversation, as it is kept and as the page reads it: data of the events message and said.
type bubble struct {
	ID      string    `json:"id"` // of a reply its key, of the person's own words the id that the page gave them
	From    string    `json:"from"`
	Text    string    `json:"text"`
	Choices []choice  `json:"choices"`
	Media   []media   `json:"media"`
	At      time.Time `json:"at"`
}

// Who speaks in a bubble.
const (
	fromPerson = "person"
	fromBot    = "bot"
	fromSeat   = "seat"
)

type choice struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	URL   string `json:"url,omitempty"`
}

type media struct {
	Kind string `json:"kind"`
	URL  string `json:"url"`
	Name string `json:"name,omitempty"`
	MIME string `json:"mime,omitempty"`
}

// state is data of the event state.
type state struct {
	Peer      string `json:"peer"`                // with the channel's name the conversation's address, for POST /v1/events
	Seat      bool   `json:"seat"`                // a person speaks for us, not the bot
	Ready     bool   `json:"ready,omitempty"`     // what was kept has been shown: from here on it is new
	Reset     bool   `json:"reset,omitempty"`     // what the page shows is not what is kept: it begins anew
	Elsewhere bool   `json:"elsewhere,omitempty"` // the stream ends because the person opened too many others
}

// incoming is the body of a message.
type incoming struct{ ID, Text, Choice string }

// wrong is an answer other than success.
type wrong struct {
	Status  int    `json:"-"`
	Reason  string `json:"-"` // the fixed word under which it is counted; "" is Code
	Code    string `json:"code"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// parse reads a body strictly: an object with these keys only, each once and a text. encoding/json alone takes keys in another case and
// the last of two equal ones.
func (m *incoming) parse(body []byte) *wrong {
	malformed := func(field, format string, args ...any) *wrong {
		return &wrong{Status: 400, Code: "bad_field", Field: field, Message: fmt.Sprintf(format, args...)}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return &wrong{Status: 400, Code: "bad_json", Message: "want one JSON object"}
	}
	into := map[string]*string{"id": &m.ID, "text": &m.Text, "choice": &m.Choice}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		key, _ := t.(string)
		if err != nil {
			return &wrong{Status: 400, Code: "bad_json", Message: "the body is no JSON"}
		}
		switch {
		case into[key] == nil:
			return malformed(chat.Cut(key, 64), "there is no such field: want id, and text or choice")
		case seen[key]:
			return malformed(key, "this field stands there twice")
		}
		seen[key] = true
		v, err := d.Token()
		value, ok := v.(string)
		if err != nil || !ok {
			return malformed(key, "want a text")
		}
		*into[key] = value
	}
	if _, err := d.Token(); err != nil {
		return &wrong{Status: 400, Code: "bad_json", Message: "the body ends too early"}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &wrong{Status: 400, Code: "bad_json", Message: "something follows the object"}
	}
	if seen["text"] == seen["choice"] {
		return malformed("text", "give exactly one of text and choice")
	}
	return nil
}

// shown is the bubble of a reply. BadMedia: it has a medium that a browser cannot fetch.
func shown(r chat.Reply, at time.Time) (bubble, error) {
	b := bubble{ID: r.Key, From: fromBot, Text: r.Text, Choices: []choice{}, Media: []media{}, At: at}
	if r.From != "" {
		b.From = fromSeat // not the seat's account, which is none of the person's business
	}
	for _, c := range r.Choices {
		if c.URL != "" && !webAddress(c.URL) {
			b.Text += "\n" + c.Label + " " + c.URL // as text: a link may lead to the web only
			continue
		}
		b.Choices = append(b.Choices, choice(c))
	}
	for _, m := range r.Media {
		if !webAddress(m.URL) {
			return b, errors.New("a medium has no address that a browser may open")
		}
		b.Media = append(b.Media, media{Kind: m.Kind, URL: m.URL, Name: m.Name, MIME: m.MIME})
	}
	return b, nil
}

// webAddress tells whether s is an address that a page may link to.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}
