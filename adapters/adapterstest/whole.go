package adapterstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat"
)

// Limits in bytes of what a message may bring, whoever sent it.
const (
	maxID      = 200
	maxChoice  = 200
	maxAddress = 2048
)

// Whole tells what is wrong with a message that an adapter made of bytes that anybody may have sent; nil: the house can take it. For fuzz
// tests, which know no more of it.
func Whole(m chat.Message) error {
	var all []error
	wrong := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	if m.ID == "" || len(m.ID) > maxID {
		wrong("ID %q is empty or longer than %d bytes", m.ID, maxID)
	}
	if m.Kind == "" || m.From.Channel == "" || m.From.Peer == "" || m.At.IsZero() {
		wrong("kind, channel, peer or time is missing")
	}
	if len(m.Text) > chat.MaxText || len(m.Choice) > maxChoice || m.Kind == chat.Chose && m.Choice == "" {
		wrong("a text of %d bytes, a choice of %d", len(m.Text), len(m.Choice))
	}
	said := m.ID + m.From.Peer + m.From.Thread + m.Name + m.Text + m.Choice + m.Of + m.Event + m.Union
	for key, value := range m.Scene {
		said += key + value
	}
	for _, x := range m.Media {
		said += x.Kind + x.Ref + x.URL + x.Name + x.MIME
		u, err := url.Parse(x.URL)
		if x.URL != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(x.URL) > maxAddress) {
			wrong("the address of a medium is %q", x.URL)
		}
		if x.Kind == "" || x.Size < 0 || len(x.Name) > chat.MaxText || len(x.Ref) > chat.MaxText {
			wrong("a medium is %+v", x)
		}
	}
	if !utf8.ValidString(said) {
		wrong("it is not UTF-8")
	}
	if _, err := json.Marshal(m); err != nil {
		wrong("it cannot be kept: %w", err)
	}
	return errors.Join(all...)
}
