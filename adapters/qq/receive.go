package qq

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

const (
	// turnTime bounds a turn whose request may end before it: the platform hangs up at a time that it does not tell.
	turnTime = 10 * time.Second
	// ackTime bounds the call that stops the spinner of a tapped button.
	ackTime = 3 * time.Second
	// maxChallenge is how many bytes of an unsigned request are looked at: the address check has about 100.
	maxChallenge = 512
)

// Handler answers the platform: events, and the console's address check.
func (a *Adapter) Handler(in adapters.Inbox) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer a.door.Enter()()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		received := a.deps.Clock()
		body, genuine, no := a.gate.open(w, r)
		if no == nil && !genuine && len(body) > maxChallenge {
			no = &refusal{http.StatusUnauthorized, "signature"}
		}
		if no != nil {
			a.refuse(w, no)
			return
		}
		var e envelope
		err := unmarshal(body, &e)
		switch {
		case err == nil && e.Op == opChallenge:
			a.prove(w, e)
		case !genuine:
			a.refuse(w, &refusal{http.StatusUnauthorized, "signature"})
		case err != nil:
			a.malformed(w, err)
		case e.Op != opEvent:
			a.deps.Count.Count("ignored", a.name, "opcode")
			answer(w, http.StatusOK, true)
		default:
			a.receive(w, r, in, e, received)
		}
	})
}

// prove answers the console's address check.
func (a *Adapter) prove(w http.ResponseWriter, e envelope) {
	var c challenge
	if json.Unmarshal(e.Data, &c) != nil {
		a.refuse(w, &refusal{http.StatusForbidden, "challenge"})
		return
	}
	proof, no := a.gate.prove(c)
	if no != nil {
		a.refuse(w, no)
		return
	}
	body, err := json.Marshal(proof)
	if err != nil {
		return // two strings: it does not happen
	}
	respond(w, http.StatusOK, body)
}

// receive takes one event. It is answered once the house has accepted it; else the platform is told, by status and by word, to bring it
// again.
func (a *Adapter) receive(w http.ResponseWriter, r *http.Request, in adapters.Inbox, e envelope, received time.Time) {
	m, ignored, err := a.message(e, received)
	if err != nil {
		a.malformed(w, err)
		return
	}
	if ignored != "" {
		a.deps.Count.Count("ignored", a.name, ignored)
		answer(w, http.StatusOK, true)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), turnTime)
	defer cancel()
	// Replies never come back: Caps.Passive is 0.
	if _, err := a.door.Ask(ctx, in, m); err != nil && !errors.Is(err, chat.ErrLater) {
		a.door.Unaccepted(err)
		answer(w, http.StatusServiceUnavailable, false)
		return
	}
	answer(w, http.StatusOK, true)
	if strings.HasPrefix(m.ID, interactionPrefix) {
		a.stopSpinner(r.Context(), m)
	}
}

// stopSpinner runs behind the answer, so that the platform does not wait for it.
func (a *Adapter) stopSpinner(ctx context.Context, m chat.Message) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackTime)
	defer cancel()
	if err := a.AckTap(ctx, m, ""); err != nil {
		a.deps.Count.Count("taps_spinning", a.name)
		a.deps.Log.Debug("a tapped button is not released", "channel", a.name, "error", err.Error())
	}
}

// AckTap tells the platform that a tap was taken; else the button spins until it gives up. A note cannot be shown. The handler does it
// for every tap that the house accepts.
func (a *Adapter) AckTap(ctx context.Context, m chat.Message, _ string) error {
	id, ok := strings.CutPrefix(m.ID, interactionPrefix)
	if !ok {
		return nil
	}
	in := struct {
		Code int `json:"code"` // 0: done
	}{}
	if err := a.api.call(ctx, http.MethodPut, "/interactions/"+id, in, nil); err != nil {
		return classify(err)
	}
	return nil
}

// answer is opcode 12: 0 when the event was taken, 1 when it shall come again.
func answer(w http.ResponseWriter, status int, taken bool) {
	body := `{"op":12,"d":1}`
	if taken {
		body = `{"op":12,"d":0}`
	}
	respond(w, status, []byte(body))
}

func respond(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)                      // whoever asked may have gone
	_ = http.NewResponseController(w).Flush() // what cannot be flushed leaves with the end of the handler
}

func (a *Adapter) malformed(w http.ResponseWriter, err error) {
	a.deps.Log.Debug("an event is malformed", "channel", a.name, "error", err.Error())
	a.refuse(w, &refusal{http.StatusBadRequest, "json"})
}

func (a *Adapter) refuse(w http.ResponseWriter, no *refusal) {
	a.door.Refuse(w, no.status, no.reason, remedies(no.reason))
}

// remedies is what an operator can do if the refused requests are the platform's own.
func remedies(reason string) string {
	switch reason {
	case "signature":
		return "if messages stay away: compare secret with the AppSecret of 开发设置"
	case "appid":
		return "if messages stay away: compare app_id with the AppID of 开发设置, and the callback address with this channel's path"
	case "stale":
		return "if messages stay away: set this machine's clock"
	}
	return ""
}
