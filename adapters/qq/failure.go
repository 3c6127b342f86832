package qq

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// apiError is why a call brought no result. It holds no secret and no id of a person.
type apiError struct {
	op      string // "/v2/users/…/messages"
	code    int    // the platform's; 0 when it did not say
	text    string // the platform's, for people: it may change any day
	trace   string // by which the platform's support finds the call
	status  int    // the HTTP status, when there was an answer
	retry   time.Duration
	garbled bool // the answer was not what the API promises (a proxy's page, say)
	sent    bool // the request may have reached the platform
	cause   error
}

// Error names the path with what came of it: the cause, the platform's code with a remedy, or the HTTP status.
func (e *apiError) Error() string {
	var b strings.Builder
	b.WriteString(e.op)
	switch {
	case e.cause != nil:
		b.WriteString(": " + e.cause.Error())
	case e.code != 0:
		fmt.Fprintf(&b, ": %d %s", e.code, e.text)
		if r := remedy(e.code); r != "" {
			b.WriteString(" (" + r + ")")
		}
	case e.garbled:
		b.WriteString(": an answer that is not the API's")
	default:
		fmt.Fprintf(&b, ": HTTP status %d", e.status)
	}
	if e.trace != "" {
		b.WriteString(" trace " + e.trace)
	}
	return b.String()
}

// Unwrap returns the cause, so that a deadline is recognised.
func (e *apiError) Unwrap() error { return e.cause }

// tokenRefused tells whether a new access token may help.
func (e *apiError) tokenRefused() bool {
	return e.status == http.StatusUnauthorized && e.code == 0 || slices.Contains(tokenCodes, e.code)
}

// Codes of the platform, from openapi error codes and the pages of each call (bot.q.qq.com/wiki).
const (
	codeAudited      = 304023 // a message of ours waits to be looked through
	codeReplyAudited = 304024
	codeRepeated     = 40054005 // msg_id with this msg_seq was shown before: what a retry hopes for
	codeTokenRefused = 11243
)

var (
	tokenCodes = []int{11241, codeTokenRefused, 11244}
	// The text holds an address that the console does not know.
	linkCodes = []int{304003, 40054010}
	// The bot was not invited to send markdown or buttons.
	buttonCodes = []int{304036, 304037, 40034127, 50056}
	// This markdown, or these buttons.
	drawingCodes = []int{304038, 304039, 304040, 305007, 50041, 50055, 40034011, 40034029, 40034124}
)

func hasCode(err error, codes ...int) bool {
	e := (*apiError)(nil)
	return errors.As(err, &e) && slices.Contains(codes, e.code)
}

// kind is what a code means for a message. What is not listed is refused for good.
func kind(code int) chat.FailureKind {
	switch code {
	case 11242, 11252, 11263, 11281, 12003, 50001, 304016, 1100300, 40054006, 50055001, 50055002:
		return chat.Temporary
	case 20028, 50002, 100001, 504004, 610013, 1100100, 1100308, 40034100:
		return chat.Rate
	case 304027, 304103, 40034005, 40034026: // the message or event is too old
		return chat.Window
	case 22009, 304026, 40034024, 40034025, 40034027, 40034128: // replied to often enough, or it permits none
		return chat.Exhausted
	case 40034101, 40054003, 40054004, 40054013, 1100104:
		return chat.Blocked
	case 40054007, 40054018:
		return chat.TooLong
	case 10000, 304010, 304017, 304020, 304021, 304080, 304082, 304083, 850019, 850026, 850027, 850031, 40034004, 40093001, 40093002:
		return chat.BadMedia
	case 10004, 11241, codeTokenRefused, 11244, 11251, 11253, 11254, 11261, 11265, 11273, 11275, 100007, 100016, 40054016:
		return chat.Auth
	case 850018, 40034102, 40034105, 40054002: // muted, or asked to speak unasked
		return chat.NoPush
	}
	return chat.Refused
}

// remedy is for the operator who reads the error.
func remedy(code int) string {
	switch code {
	case 304003, 40054010:
		return "register the address in 开发设置 → 消息URL配置 of q.qq.com"
	case 304036, 304037, 40034127, 50056:
		return "the bot was not invited to send markdown buttons: remove markdown_buttons"
	case 11251, 11261, 11275, 10004, 100007:
		return "app_id is wrong, or the bot was banned or deleted"
	case 100016, 11241, 11243, 11244:
		return "secret or app_id is wrong, or the secret was reset in the console"
	case 11253, 11254:
		return "apply for this ability in the console, or ask the platform why it was taken away"
	case 11265, 40054016:
		return "the platform has banned the bot or taken it off line"
	case 850018, 40054002:
		return "the group's owner has muted the bot"
	}
	return ""
}

// classify turns the error of a call into what the postman acts on.
func classify(err error) *chat.Failure {
	f := &chat.Failure{Kind: chat.Temporary, Err: err}
	e := (*apiError)(nil)
	if !errors.As(err, &e) {
		return f
	}
	switch {
	case e.code != 0:
		f.Kind = kind(e.code)
	case e.status == http.StatusUnauthorized:
		f.Kind = chat.Auth
	case e.status == http.StatusTooManyRequests:
		f.Kind = chat.Rate
	case e.status/100 == 4 && e.cause == nil:
		f.Kind = chat.Refused
	}
	if e.status == http.StatusTooManyRequests && f.Kind != chat.Exhausted {
		f.Kind, f.Retry = chat.Rate, e.retry
	}
	// A server's fault may come after the message was shown.
	f.Unknown = f.Kind == chat.Temporary && e.sent && e.op != tokenPath && (e.code == 0 || e.status >= 500)
	return f
}
