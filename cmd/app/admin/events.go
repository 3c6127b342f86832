package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

const (
	maxEvents = 100     // in one call
	maxData   = 8 << 10 // bytes of one event's data

	ahead = 10 * time.Minute // how far a backend's clock may be before ours; later would count as recent for ever
)

var eventKind = regexp.MustCompile(`^[0-9A-Za-z_.-]{1,64}$`)

// postEvents puts what the product's backend reports into conversations, as messages. All events are checked before the first is
// posted; a call that failed half-way is sent again whole, because each event is taken once by its id.
func (a *api) postEvents(w http.ResponseWriter, r *http.Request) {
	var raw []json.RawMessage
	err := readBody(r, fields{"events": &raw})
	if err == nil && (len(raw) == 0 || len(raw) > maxEvents) {
		err = badField("events", fmt.Sprintf("want 1 to %d events", maxEvents))
	}
	events := make([]event, len(raw))
	for i := range raw {
		if err == nil {
			events[i], err = a.event(raw[i], fmt.Sprintf("events[%d]", i))
		}
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	var out struct {
		Accepted   int `json:"accepted"`
		Duplicates int `json:"duplicates"`
	}
	woken := map[chat.Address]bool{}
	defer func() {
		for to := range woken {
			a.Wake(to)
		}
	}()
	for i, e := range events {
		var fresh bool
		var err error
		if e.user != "" {
			fresh, err = a.People.Happened(r.Context(), e.user, e.id, e.m)
		} else {
			fresh, err = a.Post(r.Context(), e.m)
		}
		if errors.Is(err, session.ErrUnknown) {
			err = badField(fmt.Sprintf("events[%d].conversation.channel", i), "there is no channel of this name")
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		switch {
		case !fresh:
			out.Duplicates++
			continue
		case e.user == "":
			woken[e.m.From] = true
		}
		out.Accepted++
	}
	a.answer(w, http.StatusAccepted, out)
}

// event is what happened to one conversation, or to a user and so to all of theirs.
type event struct {
	id, user string
	m        chat.Message // without an address when user is set
}

// event reads one event. Its id gets a prefix, so that it cannot be mistaken for a delivery of the platform.
func (a *api) event(raw json.RawMessage, path string) (event, error) {
	var id, user, kind string
	var conversation, data json.RawMessage
	at := a.Clock()
	if err := object(raw, path, fields{"id": &id, "at": &at, "user": &user, "conversation": &conversation, "kind": &kind, "data": &data}); err != nil {
		return event{}, err
	}
	if err := name(path+".id", id); err != nil {
		return event{}, err
	}
	var to chat.Address
	var err error
	switch {
	case !eventKind.MatchString(kind):
		err = badField(path+".kind", "want at most 64 letters, digits, dots, - or _, such as redpacket.held")
	case at.After(a.Clock().Add(ahead)):
		err = badField(path+".at", "this lies in the future")
	case len(data) > maxData:
		err = badField(path+".data", fmt.Sprintf("want at most %d bytes", maxData))
	case user != "" && conversation != nil, user == "" && conversation == nil:
		err = badField(path+".conversation", "give exactly one of conversation and user")
	case user != "":
		err = userID(path+".user", user)
	default:
		to, err = address(conversation, path+".conversation")
	}
	return event{id, user, chat.Message{ID: "event:" + id, Kind: chat.Event, From: to, Event: kind, Data: data, At: at}}, err
}

func address(raw json.RawMessage, path string) (chat.Address, error) {
	var to chat.Address
	if err := object(raw, path, fields{"channel": &to.Channel, "peer": &to.Peer, "thread": &to.Thread}); err != nil {
		return to, err
	}
	return to, first(name(path+".channel", to.Channel), func() error { return name(path+".peer", to.Peer) })
}
