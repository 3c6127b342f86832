package admin

import (
	"errors"
	"net/http"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// knownPerson is a user as this API writes them.
type knownPerson struct {
	User          string         `json:"user"`
	Conversations []chat.Address `json:"conversations"`
	Case          *chat.Case     `json:"case,omitempty"` // the one that is open in one of them, whole
}

// showPerson tells which conversations are a user's, and which case is open. A user of whom nothing is known has none.
func (a *api) showPerson(w http.ResponseWriter, r *http.Request) {
	out := knownPerson{User: r.PathValue("user"), Conversations: []chat.Address{}}
	err := userID("user", out.User)
	var all []chat.Address
	if err == nil {
		all, err = a.People.Conversations(r.Context(), out.User)
	}
	for _, at := range all {
		if err != nil {
			break
		}
		out.Conversations = append(out.Conversations, at)
		if out.Case == nil {
			out.Case, err = a.openCase(r, at)
		}
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.answer(w, http.StatusOK, out)
}

// openCase is the case of a conversation that is not closed; nil: there is none.
func (a *api) openCase(r *http.Request, at chat.Address) (*chat.Case, error) {
	v, err := a.Conversations.Look(r.Context(), at)
	if errors.Is(err, session.ErrUnknown) {
		return nil, nil // linked, and never heard of or forgotten after a long silence
	}
	if err != nil {
		return nil, err
	}
	var id string
	switch {
	case v.Hold != nil:
		id = v.Hold.Case
	case v.Session.Waiting != nil:
		id = v.Session.Waiting.Case
	default:
		return nil, nil
	}
	k, err := a.Cases.Case(r.Context(), id)
	if err != nil || k.State == chat.Over {
		return nil, err
	}
	return k, nil
}

// joinConversations makes two conversations one person's, because the operator knows that they are.
func (a *api) joinConversations(w http.ResponseWriter, r *http.Request) {
	var other chat.Address
	err := readBody(r, fields{"channel": &other.Channel, "peer": &other.Peer, "thread": &other.Thread})
	for _, f := range []struct{ field, value string }{{"channel", other.Channel}, {"peer", other.Peer}} {
		if err == nil {
			err = name(f.field, f.value)
		}
	}
	if err == nil && other == addressOf(r) {
		err = badField("peer", "name another conversation than that of the path")
	}
	if err == nil {
		err = a.People.Join(r.Context(), addressOf(r), other, "")
	}
	if errors.Is(err, session.ErrTwoUsers) {
		err = &problem{http.StatusConflict, "two_users", "", "the product has linked them to two users: unlink one first (DELETE /v1/links)"}
	}
	a.done(w, r, err)
}

// partConversation takes a conversation from its person, whoever that is.
func (a *api) partConversation(w http.ResponseWriter, r *http.Request) {
	a.done(w, r, a.People.Unlink(r.Context(), "", addressOf(r)))
}
