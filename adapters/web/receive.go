package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

const (
	maxBody      = 64 << 10
	acceptWithin = 3 * time.Second // by when a message is accepted or refused
)

var idForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// receive takes one message. Who sends it is checked before what it says is read.
func (a *Adapter) receive(w http.ResponseWriter, r *http.Request, in adapters.Inbox) {
	peer, _, refusal := a.person(w, r, false)
	if refusal == nil && !a.pace.take(peer) {
		refusal = &errPace
	}
	var m incoming
	if refusal == nil {
		m, refusal = read(w, r)
	}
	if refusal != nil {
		a.refuse(w, *refusal)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), acceptWithin)
	defer cancel()
	switch err := a.take(ctx, peer, m, in); {
	case errors.Is(err, chat.ErrBusy): // the person's own limit, nothing of ours is broken
		a.refuse(w, errBusy)
	case err != nil:
		a.refuse(w, *a.unavailable("inbox", err))
	default:
		a.answer(w, http.StatusAccepted, map[string]string{"id": m.ID})
	}
}

// read reads and checks the body.
func read(w http.ResponseWriter, r *http.Request) (m incoming, refusal *wrong) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return m, &errType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return m, &errLarge
	case err != nil:
		return m, &wrong{Status: 400, Code: "bad_json", Message: "the body could not be read"}
	}
	if refusal := m.parse(body); refusal != nil {
		return m, refusal
	}
	bad := func(field, message string) *wrong {
		return &wrong{Status: 400, Code: "bad_field", Field: field, Message: message}
	}
	switch {
	case !idForm.MatchString(m.ID):
		return m, bad("id", "want 1 to 64 letters, digits, - or _, new for every message")
	case m.Choice != "" && (len(m.Choice) > 128 || strings.ContainsFunc(m.Choice, unicode.IsControl)):
		return m, bad("choice", "want the id of a choice that was shown")
	case m.Choice == "" && !readable(m.Text):
		return m, bad("text", "there is nothing to read in it")
	case len(m.Text) > chat.MaxText:
		return m, bad("text", "want at most 8192 bytes")
	}
	return m, nil
}

// readable tells whether a text has something that a person could have meant.
func readable(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool {
		return !unicode.IsSpace(c) && !unicode.IsControl(c) && !unicode.Is(unicode.Cf, c) && !unicode.Is(unicode.M, c)
	})
}

// take shows the person's own words on all their pages and gives them to the house. They are shown first, so that no answer comes before
// them; what the house surely did not accept is taken back. After any other error it may have, and the page sends them again.
func (a *Adapter) take(ctx context.Context, peer string, m incoming, in adapters.Inbox) error {
	now, to := a.deps.Clock(), a.address(peer)
	c := chat.Message{ID: "web:" + m.ID, Kind: chat.Said, From: to, Text: m.Text, Choice: m.Choice, At: now}
	if m.Choice != "" {
		label, err := a.label(ctx, to, m.Choice)
		if err != nil {
			return err
		}
		// With the label, a choice of an older offer still says what was meant.
		c.Kind, c.Text = chat.Chose, label
	}
	key, fresh := ownKey(m.ID), false
	if c.Text != "" {
		body, err := json.Marshal(bubble{ID: m.ID, From: fromPerson, Text: c.Text, Choices: []choice{}, Media: []media{}, At: now})
		if err != nil {
			return err
		}
		if fresh, err = a.deps.Feeds.Append(ctx, to, chat.Post{Key: key, Body: body, At: now}); err != nil {
			return err
		}
	}
	_, err := a.asks.Ask(ctx, in, c)
	if err == nil || errors.Is(err, chat.ErrLater) {
		return nil
	}
	if fresh && errors.Is(err, chat.ErrBusy) {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptWithin)
		defer cancel()
		if fault := a.deps.Feeds.Withdraw(undo, to, key); fault != nil {
			err = errors.Join(err, fault)
		}
	}
	return err
}

// ownKey is the post's key of the person's own words; no reply's key begins so.
func ownKey(id string) string { return "me-" + id }

// label is what a choice is called in what was shown last; "" when it is not there any more.
func (a *Adapter) label(ctx context.Context, to chat.Address, id string) (string, error) {
	posts, _, err := a.deps.Feeds.Read(ctx, to, "", chat.MaxPosts)
	for i := len(posts) - 1; i >= 0; i-- {
		var b bubble
		if json.Unmarshal(posts[i].Body, &b) != nil {
			continue
		}
		for _, c := range b.Choices {
			if c.ID == id && c.URL == "" {
				return c.Label, err
			}
		}
	}
	return "", err
}
