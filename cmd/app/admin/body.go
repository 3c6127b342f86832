package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/dialog/session"
)

// fields are the keys that an object may have, and where their values go.
type fields map[string]any

// readBody decodes the body of a call, which must be one JSON object of these fields and nothing else.
func readBody(r *http.Request, into fields) error {
	data, err := io.ReadAll(r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return &problem{http.StatusRequestEntityTooLarge, "too_large", "", fmt.Sprintf("a body has at most %d bytes", tooLarge.Limit)}
	}
	if err != nil {
		return badJSON("the body broke off")
	}
	if !utf8.Valid(data) {
		return badJSON("the body is not UTF-8")
	}
	if !json.Valid(data) {
		return badJSON("the body is not JSON")
	}
	return object(data, "", into)
}

func badJSON(message string) *problem {
	return &problem{http.StatusBadRequest, "bad_json", "", message}
}

// object decodes valid JSON strictly: encoding/json alone takes keys of another case, and the last of two equal ones.
func object(data []byte, path string, into fields) error {
	return members(data, path, func(key, path string, value json.RawMessage) error {
		target, known := into[key]
		if !known {
			return badField(path, "unknown field; known here: "+strings.Join(slices.Sorted(maps.Keys(into)), ", "))
		}
		if err := decode(value, target); err != nil {
			return badField(path, err.Error())
		}
		return nil
	})
}

// members calls each for every member of an object, in order; a key that stands twice is refused.
func members(data []byte, path string, each func(key, path string, value json.RawMessage) error) error {
	if path != "" {
		path += "."
	}
	data = bytes.TrimSpace(data)
	if len(data) == 0 || data[0] != '{' {
		return badField(strings.TrimSuffix(path, "."), "want an object")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil {
		return badJSON("the body is not JSON")
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return badJSON("the body is not JSON")
		}
		key, _ := token.(string)
		twice := seen[key]
		seen[key] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return badJSON("the body is not JSON")
		}
		if twice {
			return badField(path+key, "this field stands twice")
		}
		if err := each(key, path+key, value); err != nil {
			return err
		}
	}
	return nil
}

func decode(value json.RawMessage, target any) error {
	if string(value) == "null" {
		return errors.New("want a value, not null")
	}
	if json.Unmarshal(value, target) == nil {
		return nil
	}
	switch target.(type) {
	case *string:
		return errors.New("want text")
	case *time.Time:
		return errors.New("want a time such as 2026-01-28T20:00:00+08:00")
	case *[]string:
		return errors.New("want a list of texts")
	case *[]json.RawMessage:
		return errors.New("want a list")
	}
	return errors.New("want another kind of value")
}

// name checks what names a seat, a queue or an id: short, one line, visible.
func name(field, s string) error {
	switch {
	case s == "":
		return badField(field, "this is missing")
	case len(s) > 128:
		return badField(field, "want at most 128 bytes")
	case strings.TrimSpace(s) != s || strings.ContainsFunc(s, unicode.IsControl):
		return badField(field, "want visible characters without spaces around them")
	}
	return nil
}

// userID checks the product's id of a user.
func userID(field, s string) error {
	if err := name(field, s); err != nil {
		return err
	}
	if strings.HasPrefix(s, session.OwnUser) {
		return badField(field, "ids that begin with "+session.OwnUser+" are the house's own")
	}
	return nil
}

// words checks what a person or a seat will read.
func words(field, s string, most int) error {
	switch {
	case strings.TrimSpace(s) == "":
		return badField(field, "this is missing")
	case len(s) > most:
		return badField(field, fmt.Sprintf("want at most %d bytes", most))
	}
	return nil
}
