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

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	switch {
	case e.Cause != nil:
		b.WriteString(": " + e.Cause.Error())
	case e.Code != 0:
		fmt.Fprintf(&b, ": %d %s", e.Code, e.Text)
		if r := remedies[e.Code]; r != "" {
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

// kinds is what each errcode means for a message. What is not listed is refused for good.
var kinds = map[int]chat.FailureKind{
	-1:    chat.Temporary,
	40001: chat.Temporary, 40014: chat.Temporary, 41001: chat.Temporary, 42001: chat.Temporary, // after one renewal
	40003: chat.Blocked, 43004: chat.Blocked, 45087: chat.Blocked, 48002: chat.Blocked, 70000: chat.Blocked,
	40007: chat.BadMedia,
	40013: chat.Auth, 40125: chat.Auth, 40164: chat.Auth, 40243: chat.Auth, 41002: chat.Auth, 41004: chat.Auth,
	61004: chat.Auth, 89501: chat.Auth, 89503: chat.Auth, 89506: chat.Auth, 89507: chat.Auth,
	48004: chat.Auth, 50002: chat.Auth, // the account is banned or restricted: keep, and alarm
	45002: chat.TooLong,
	45009: chat.Rate, 45011: chat.Rate,
	45015: chat.Window,
	45047: chat.Exhausted,
	48001: chat.NoPush,
}

// remedies are for the operator who reads the error.
var remedies = map[int]string{
	40013: "app_id is wrong",
	40125: "app_secret is wrong, or was reset in the console",
	40164: "add this machine's address to the IP white list in the console",
	40243: "app_secret is frozen: unfreeze it in the console",
	45009: "daily quota: it starts again at midnight, or clear it with clear_quota",
	48001: "the account is not verified: set verified: false, or have it verified",
	48004: "the platform has banned this API for the account",
	50002: "the platform has restricted the account",
	61004: "add this machine's address to the IP white list in the console",
	89501: "an administrator must confirm this machine's address",
	89503: "an administrator must confirm this machine's address",
	89506: "an administrator refused this machine's address: try again in 24 hours",
	89507: "an administrator refused this machine's address: try again in an hour",
}

// beijing is the platform's time zone: daily quotas start again at its midnight.
var beijing = time.FixedZone("UTC+8", 8*3600)

// Classify turns the error of a call into what the postman acts on.
func Classify(err error, now time.Time) *chat.Failure {
	f := &chat.Failure{Kind: chat.Temporary, Err: err}
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		return f
	}
	switch {
	case e.Code == 0:
		f.Unknown = e.Sent && e.Op != "/cgi-bin/stable_token"
		return f
	case kinds[e.Code] == "":
		f.Kind = chat.Refused
	default:
		f.Kind = kinds[e.Code]
	}
	switch e.Code {
	case 45011: // per-minute limit
		f.Retry = time.Minute
	case 45009:
		y, m, d := now.In(beijing).Date()
		f.Retry = time.Date(y, m, d+1, 0, 0, 0, 0, beijing).Sub(now)
	case 40001, 40014, 41001, 42001:
		f.Retry = pauseFor
	}
	return f
}
