// Package claims reads what a person's client says of a medium: its name, its type, its address. It bounds and cleans that for showing and
// believes none of it: what a file is, its content says.
package claims

import (
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"

	"github.com/xianda-bot/xianda/chat"
)

// Limits in bytes; ours.
const (
	maxLabel   = 200
	maxType    = 100
	maxAddress = 2048
)

// Label is s on one line, cut at 200 bytes, without what could move a cursor or turn the direction of writing, which hides an ending.
func Label(s string) string {
	return chat.Cut(cleaned(s), maxLabel)
}

// Name is the last part of a file's name, as Label; "" where nothing is left that could be one.
func Name(s string) string {
	s = path.Base(strings.ReplaceAll(cleaned(s), `\`, "/"))
	if s == "." || s == ".." || s == "/" {
		return ""
	}
	return chat.Cut(s, maxLabel)
}

func cleaned(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

var typeForm = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+_-]*/[0-9A-Za-z][0-9A-Za-z.+_-]*$`)

// Type is a media type such as image/jpeg, in small letters and without parameters; "" when s is none.
func Type(s string) string {
	s, _, _ = strings.Cut(s, ";")
	if s = strings.TrimSpace(s); len(s) > maxType || !typeForm.MatchString(s) {
		return ""
	}
	return strings.ToLower(s)
}

// Address is an http or https address of at most 2048 bytes without a user's name; "" when s is none.
func Address(s string) string {
	if len(s) > maxAddress {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return s
}
