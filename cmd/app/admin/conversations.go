package admin

import (
	"errors"
	"net/http"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// conversation is session.View as this API writes it.
type conversation struct {
	Conversation chat.Address      `json:"conversation"`
	Session      session.Session   `json:"session"`
	Lines        []chat.Line       `json:"lines"`
	Owed         []owed            `json:"owed"`
	Rights       []chat.ReplyRight `json:"rights"`
	Hold         *session.Hold     `json:"hold,omitempty"`
	Mailbox      int               `json:"mailbox"`
}

// owed is a debt without its body, whose words stand in the lines.
type owed struct {
	ID    string        `json:"id"`
	Kind  chat.DebtKind `json:"kind"`
	Tries int           `json:"tries"`
	Due   time.Time     `json:"due,omitzero"`
	Park  bool          `json:"park"` // waits for the person's next message
	Lent  bool          `json:"lent"` // is being sent, or waits for a delay
}

// addressOf is the conversation that a path names; ?thread= names one inside it.
func addressOf(r *http.Request) chat.Address {
	return chat.Address{Channel: r.PathValue("channel"), Peer: r.PathValue("peer"), Thread: r.URL.Query().Get("thread")}
}

func (a *api) showConversation(w http.ResponseWriter, r *http.Request) {
	at := addressOf(r)
	v, err := a.Conversations.Look(r.Context(), at)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	out := conversation{
		Conversation: at, Session: v.Session, Lines: append([]chat.Line{}, v.Lines...), Owed: []owed{},
		Rights: append([]chat.ReplyRight{}, v.Rights...), Hold: v.Hold, Mailbox: v.Mailbox,
	}
	for _, d := range v.Owed {
		out.Owed = append(out.Owed, owed{ID: d.ID, Kind: d.Kind, Tries: d.Tries, Due: d.Due, Park: d.Park, Lent: d.Lent})
	}
	a.answer(w, http.StatusOK, out)
}

// forgetConversation may be repeated: what is forgotten already is forgotten.
func (a *api) forgetConversation(w http.ResponseWriter, r *http.Request) {
	at := addressOf(r)
	if err := a.Conversations.Forget(r.Context(), at); err != nil && !errors.Is(err, session.ErrUnknown) {
		a.fail(w, r, err)
		return
	}
	a.Log.Info("a conversation was forgotten", "channel", at.Channel)
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) listDead(w http.ResponseWriter, r *http.Request) {
	n, err := limit(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	found, err := a.Dead.Deads(r.Context(), n)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.answer(w, http.StatusOK, map[string][]chat.Dead{"dead": append([]chat.Dead{}, found...)})
}

func (a *api) replayDead(w http.ResponseWriter, r *http.Request) {
	to, err := a.Dead.Replay(r.Context(), r.PathValue("id"))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.Wake(to)
	a.answer(w, http.StatusAccepted, map[string]chat.Address{"conversation": to})
}

func (a *api) buryDead(w http.ResponseWriter, r *http.Request) {
	if err := a.Dead.Bury(r.Context(), r.PathValue("id")); err != nil {
		a.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
