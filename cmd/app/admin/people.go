package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Limits of a profile: each conversation of the user carries it.
const (
	maxTags       = 50
	maxAttributes = 50
	maxTag        = 64  // bytes of a tag, and of an attribute's name
	maxAttribute  = 512 // bytes of an attribute's value
)

// attributeName is what expressions can write behind "profile.".
var attributeName = regexp.MustCompile(`^[A-Za-z_][0-9A-Za-z_]*$`)

func (a *api) putProfile(w http.ResponseWriter, r *http.Request) {
	user := r.PathValue("user")
	p := session.Profile{}
	var attributes json.RawMessage
	err := first(userID("user", user), func() error {
		return readBody(r, fields{"tags": &p.Tags, "attributes": &attributes})
	})
	if err == nil {
		err = first(tags(p.Tags), func() (err error) {
			p.Attributes, err = readAttributes(attributes)
			return err
		})
	}
	if err == nil {
		err = a.People.SetProfile(r.Context(), user, p)
	}
	a.done(w, r, err)
}

func tags(all []string) error {
	if len(all) > maxTags {
		return badField("tags", fmt.Sprintf("want at most %d tags", maxTags))
	}
	for i, t := range all {
		at := fmt.Sprintf("tags[%d]", i)
		if len(t) > maxTag {
			return badField(at, fmt.Sprintf("want at most %d bytes", maxTag))
		}
		if err := name(at, t); err != nil {
			return err
		}
	}
	return nil
}

func readAttributes(raw json.RawMessage) (map[string]json.RawMessage, error) {
	if raw == nil {
		return nil, nil
	}
	all := map[string]json.RawMessage{}
	err := members(raw, "attributes", func(key, path string, value json.RawMessage) error {
		var v any
		switch {
		case !attributeName.MatchString(key) || len(key) > maxTag:
			return badField(path, fmt.Sprintf("want a name of at most %d letters, digits and _, such as level", maxTag))
		case key == "tags":
			return badField(path, "profile.tags is the list of tags: take another name")
		case value[0] == '{' || value[0] == '[' || json.Unmarshal(value, &v) != nil || v == nil: // 1e999 is no number here
			return badField(path, "want text, a number, true or false")
		case len(value) > maxAttribute:
			return badField(path, fmt.Sprintf("want at most %d bytes", maxAttribute))
		case len(all) == maxAttributes:
			return badField("attributes", fmt.Sprintf("want at most %d attributes", maxAttributes))
		}
		all[key] = value
		return nil
	})
	return all, err
}

func (a *api) postLink(w http.ResponseWriter, r *http.Request) {
	user, to, err := readLink(r)
	if err == nil {
		err = a.People.Link(r.Context(), user, to)
	}
	if errors.Is(err, session.ErrUnknown) {
		err = badField("channel", "there is no channel of this name")
	}
	a.done(w, r, err)
}

// deleteLink may be repeated: what is unlinked already is unlinked.
func (a *api) deleteLink(w http.ResponseWriter, r *http.Request) {
	user, to, err := readLink(r)
	if err == nil {
		err = a.People.Unlink(r.Context(), user, to)
	}
	a.done(w, r, err)
}

func readLink(r *http.Request) (user string, to chat.Address, err error) {
	err = readBody(r, fields{"user": &user, "channel": &to.Channel, "peer": &to.Peer, "thread": &to.Thread})
	if err == nil {
		err = userID("user", user)
	}
	for _, f := range []struct{ field, value string }{{"channel", to.Channel}, {"peer", to.Peer}} {
		if err == nil {
			err = name(f.field, f.value)
		}
	}
	return user, to, err
}

// done answers a call that returns nothing.
func (a *api) done(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		a.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
