package telegram

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/xianda-bot/xianda/chat"
)

// What a refusal with 400 says, in lower case. The API has no codes below it.
const (
	gone = "chat not found|user not found|peer_id_invalid|group chat was deactivated|chat_write_forbidden|not enough rights|" +
		"have no rights to send|need administrator rights|user_deactivated|chat_restricted"
	tooLong  = "message is too long|message_too_long|caption is too long"
	noTopic  = "message thread not found|topic_closed|topic_deleted|topic_id_invalid"
	badLink  = "button_url_invalid|wrong http url|wrong port number specified in the url"
	sameText = "message is not modified"
	tooOld   = "query is too old|query_id_invalid"
)

// says tells whether err is the API's refusal with one of these phrases.
func says(err error, phrases string) bool {
	e := (*Error)(nil)
	if !errors.As(err, &e) || !e.API {
		return false
	}
	text := strings.ToLower(e.Text)
	for p := range strings.SplitSeq(phrases, "|") {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

// failure turns the error of a call into what the postman acts on. media: the call carried a medium, which is what a refusal for no other
// reason is about.
func (a *Adapter) failure(ctx context.Context, to place, err error, media bool) *chat.Failure {
	if f := (*chat.Failure)(nil); errors.As(err, &f) {
		return f
	}
	f := &chat.Failure{Kind: chat.Temporary, Err: err}
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		return f
	}
	if !e.API || e.Code >= 500 {
		f.Unknown = e.Sent
		return f
	}
	switch {
	case e.Code == http.StatusTooManyRequests:
		f.Kind, f.Retry = chat.Rate, e.Retry
		a.holds.wait(ctx, to.chat, e.Retry)
	case e.Moved != 0:
		moved := to
		moved.chat = e.Moved
		address := moved.address(a.name)
		f.Kind, f.To = chat.Moved, &address
	case e.Code == http.StatusUnauthorized || e.Code == http.StatusNotFound: // a token that is none is "not found"
		f.Kind = chat.Auth
	case e.Code == http.StatusForbidden || says(e, gone):
		f.Kind = chat.Blocked
	case says(e, tooLong):
		f.Kind = chat.TooLong
	case media:
		f.Kind = chat.BadMedia
	default:
		f.Kind = chat.Refused
	}
	return f
}
