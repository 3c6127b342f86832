package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// problem is an answer that says no: {"error":{"code":…,"field":…,"message":…}}.
type problem struct {
	status  int
	code    string
	field   string // of the body or query, "events[2].kind"; "" when none is at fault
	message string
}

func (p *problem) Error() string { return p.message }

func badField(field, message string) *problem {
	return &problem{http.StatusBadRequest, "bad_field", field, message}
}

func (a *api) refuse(w http.ResponseWriter, p *problem) {
	type body struct {
		Code    string `json:"code"`
		Field   string `json:"field,omitempty"`
		Message string `json:"message"`
	}
	a.answer(w, p.status, map[string]body{"error": {p.code, p.field, p.message}})
}

func (a *api) answer(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil {
		a.Log.Error("an answer of the admin API cannot be written as JSON", "error", err)
		status, data = http.StatusServiceUnavailable, []byte(`{"error":{"code":"unavailable","message":"the answer cannot be written"}}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if _, err := w.Write(append(data, '\n')); err != nil {
		a.Log.Debug("the caller of the admin API hung up", "error", err)
	}
}

// fail answers for an error of what lies below. Callers learn what they can act on; the rest goes into the log.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	var owned *handoff.OwnedError
	switch {
	case errors.As(err, &p):
	case mediaProblem(err) != nil:
		p = mediaProblem(err)
	case errors.As(err, &owned):
		p = &problem{http.StatusConflict, "owned", "", owned.Error()}
	case errors.Is(err, handoff.ErrOwned), errors.Is(err, session.ErrOwned):
		p = &problem{http.StatusConflict, "owned", "", handoff.ErrOwned.Error()}
	case errors.Is(err, handoff.ErrClosed):
		p = &problem{http.StatusConflict, "closed", "", handoff.ErrClosed.Error()}
	case errors.Is(err, handoff.ErrUnknown), errors.Is(err, session.ErrUnknown):
		p = &problem{http.StatusNotFound, "not_found", "", "there is no such thing, or it was forgotten"}
	case errors.Is(err, session.ErrFull):
		p = &problem{http.StatusConflict, "full", "", fmt.Sprintf("a user has at most %d linked conversations: unlink one first", session.MaxLinks)}
	case errors.Is(err, chat.ErrBusy):
		p = &problem{http.StatusServiceUnavailable, "busy", "", chat.ErrBusy.Error() + "; try again later"}
	default:
		a.Log.Error("a call of the admin API failed", "method", r.Method, "call", r.Pattern, "error", err)
		p = &problem{http.StatusServiceUnavailable, "unavailable", "", "this cannot be done now; try again, the log says why"}
	}
	a.refuse(w, p)
}
