package weixin

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// Error is why an API call brought no result. It holds no secret.
type Error struct {
	Op      string // the path: "/cgi-bin/message/custom/send"
	Code    int    // the platform's errcode; 0 when it did not say
	Text    string // the platform's errmsg, with its rid
	Status  int    // the HTTP status, when there was an answer
	Garbled bool   // the answer was not what the API promises (a proxy's page, say)
	Sent    bool   // the request may have reached the platform
	Cause   error  // of no answer
}

// Error names the path with what came of it: the cause, the platform's code, or the HTTP status.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	switch {
	case e.Cause != nil:
		b.WriteString(": " + e.Cause.Error())
	case e.Code != 0:
		fmt.Fprintf(&b, ": %d %s", e.Code, e.Text)
		if r := remedy(e.Code); r != "" {
			b.WriteString(" (" + r + ")")
		}
	case e.Garbled:
		b.WriteString(": " + strings.TrimSpace("an answer that is not the API's "+e.Text))
	case e.Status != 0:
		fmt.Fprintf(&b, ": HTTP status %d", e.Status)
	default:
		b.WriteString(": " + e.Text)
	}
	return b.String()
}

// Unwrap returns the cause, so that a deadline is recognised.
func (e *Error) Unwrap() error { return e.Cause }

// tokenRefused tells whether a new access token may help.
func (e *Error) tokenRefused() bool {
	switch e.Code {
	case 40001, 40014, 41001, 42001:
		return true
	}
	return false
}

func errcode(err error) int {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// kind is what an errcode means for a message. What is not listed is refused for good.
func kind(code int) chat.FailureKind {
	switch code {
	case -1, 40001, 40014, 41001, 42001: // the token codes: after one renewal
		return chat.Temporary
	case 40003, 43004, 45087, 48002, 70000:
		return chat.Blocked
	case 40004, 40005, 40006, 40007, 40009, 45001: // kind, type, size or id of a file
		return chat.BadMedia
	case 40013, 40125, 40164, 40243, 41002, 41004, 61004, 89501, 89503, 89506, 89507,
		48004, 50002: // the account is banned or restricted: keep, and alarm
		return chat.Auth
	case 45002:
		return chat.TooLong
	case 45009, 45011:
		return chat.Rate
	case 45015:
		return chat.Window
	case 45047:
		return chat.Exhausted
	case 48001:
		return chat.NoPush
	}
	return chat.Refused
}

// remedy is for the operator who reads the error.
func remedy(code int) string {
	switch code {
	case 40013:
		return "app_id is wrong"
	case 40125:
		return "app_secret is wrong, or was reset in the console"
	case 40164, 61004:
		return "add this machine's address to the IP white list in the console"
	case 40243:
		return "app_secret is frozen: unfreeze it in the console"
	case 40016, 40023:
		return "a menu has 1 to 3 items, and 1 to 5 below one"
	case 40018, 40025:
		return "a label is too long: 16 bytes, 60 below an item"
	case 40019, 40020, 40026, 40027:
		return "a key has at most 128 bytes, a url 1024"
	case 40166:
		return "the mini-program is not linked to the account: link it in the console"
	case 45009:
		return "a quota is used up: that of a day until midnight, or until clear_quota; that of WeCom for a minute"
	case 48001:
		return "the account may not use this API: have it verified (an official account can do without: verified: false)"
	case 48004, 50002:
		return "the platform has banned or restricted the account"
	case 65400:
		return "the account has no seats: enable 客服 in the console"
	case 65401:
		return "the console has no such seat"
	case 65402:
		return "the seat is not bound to a person: bind it in the console"
	case 89501, 89503:
		return "an administrator must confirm this machine's address"
	case 89506, 89507:
		return "an administrator refused this machine's address: try again later"
	}
	return ""
}

// Classify turns the error of a call into what the postman acts on; a *chat.Failure stays as it is.
func Classify(err error, now time.Time) *chat.Failure {
	f := (*chat.Failure)(nil)
	if errors.As(err, &f) {
		return f
	}
	f = &chat.Failure{Kind: chat.Temporary, Err: err}
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		return f
	}
	if e.Code == 0 {
		f.Unknown = e.Sent && e.Op != stablePath && e.Op != uploadPath // neither shows anything
		return f
	}
	f.Kind = kind(e.Code)
	switch e.Code {
	case 45011: // per-minute limit
		f.Retry = time.Minute
	case 45009: // daily quotas start again at the platform's midnight
		beijing := time.FixedZone("UTC+8", 8*3600)
		y, m, d := now.In(beijing).Date()
		f.Retry = time.Date(y, m, d+1, 0, 0, 0, 0, beijing).Sub(now)
	case 40001, 40014, 41001, 42001:
		f.Retry = pauseFor
	}
	return f
}
