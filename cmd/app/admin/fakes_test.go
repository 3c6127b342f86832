package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/media"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

var (
	noon    = time.Date(2026, 1, 28, 12, 0, 0, 0, time.UTC)
	someone = chat.Address{Channel: "shop", Peer: "o6/person"}
)

// house is everything that the API works on: it notes what it is asked to do, and knows one case (c1), one conversation and one letter.
type house struct {
	did   []string
	fresh map[string]bool
	err   error // of every call
	log   bytes.Buffer
}

var _ handoff.Queue = (*house)(nil)

func (h *house) do(words ...string) error {
	h.did = append(h.did, strings.Join(words, " "))
	return h.err
}

func (h *house) found(id string) (*chat.Case, error) {
	if h.err != nil {
		return nil, h.err
	}
	switch id {
	case "c1":
		return &chat.Case{ID: "c1", Conversation: someone, Queue: "支付", State: chat.Held, Seat: "alice", Raised: noon, QuotaLeft: 4}, nil
	case "bobs":
		return nil, &handoff.OwnedError{Seat: "bob"}
	case "over":
		return nil, handoff.ErrClosed
	}
	return nil, handoff.ErrUnknown
}

func (h *house) Cases(_ context.Context, f handoff.Filter) ([]chat.Case, error) {
	c, _ := h.found("c1")
	if f.State == chat.Over || c == nil {
		return nil, h.do("cases")
	}
	return []chat.Case{*c}, h.do("cases", string(f.State), f.Queue)
}
func (h *house) Open(context.Context, string) (chat.Media, io.ReadCloser, error) {
	if h.err != nil {
		return chat.Media{}, nil, h.err
	}
	return chat.Media{}, nil, media.ErrUnknown
}
func (h *house) Case(_ context.Context, id string) (*chat.Case, error) { return h.found(id) }
func (h *house) Claim(_ context.Context, id, seat string) (*chat.Case, error) {
	_ = h.do("claim", id, seat)
	return h.found(id)
}
func (h *house) Reply(_ context.Context, id, seat, text, key string) (chat.Address, error) {
	_ = h.do("reply", id, seat, text, key)
	c, err := h.found(id)
	if err != nil {
		return chat.Address{}, err
	}
	return c.Conversation, nil
}
func (h *house) Transfer(_ context.Context, id, queue, seat string) (*chat.Case, error) {
	_ = h.do("transfer", id, "queue="+queue, "seat="+seat)
	return h.found(id)
}
func (h *house) Note(_ context.Context, id, seat, text string) error {
	_ = h.do("note", id, seat, text)
	_, err := h.found(id)
	return err
}
func (h *house) Close(_ context.Context, id, reason string) (*chat.Case, error) {
	_ = h.do("close", id, reason)
	return h.found(id)
}
func (h *house) Seen(_ context.Context, seat string, queues ...string) error {
	return h.do("seen", seat, strings.Join(queues, ","))
}
func (h *house) Standing(context.Context) (map[string]handoff.Standing, error) { return nil, h.err }

func (h *house) Look(_ context.Context, a chat.Address) (*session.View, error) {
	if a != someone {
		return nil, session.ErrUnknown
	}
	return &session.View{
		Session: session.Session{Layout: 1, Turn: 2},
		Lines:   []chat.Line{{At: noon, From: "person", Text: "退款"}},
		Owed:    []session.Unpaid{{Debt: chat.Debt{ID: "r1", Kind: chat.ReplyDebt, To: someone, Body: []byte(`{"text":"hidden"}`), Tries: 1}, Lent: true}},
	}, h.do("look")
}
func (h *house) Forget(_ context.Context, a chat.Address) error {
	_ = h.do("forget", a.String())
	if h.err == nil && a != someone {
		return session.ErrUnknown
	}
	return h.err
}
func (h *house) Deads(context.Context, int) ([]chat.Dead, error) {
	return []chat.Dead{{ID: "d1", Message: chat.Message{ID: "m1", Kind: chat.Said, From: someone}, Tries: 3, At: noon}}, h.do("deads")
}
func (h *house) Replay(_ context.Context, id string) (chat.Address, error) {
	if id != "d1" {
		return chat.Address{}, session.ErrUnknown
	}
	return someone, h.do("replay", id)
}
func (h *house) Bury(_ context.Context, id string) error {
	if id != "d1" {
		return session.ErrUnknown
	}
	return h.do("bury", id)
}

// The house knows the channels shop and tg; user "full" has all the conversations that may be, user "known" has told everything before.
func (h *house) SetProfile(_ context.Context, user string, p session.Profile) error {
	text, _ := json.Marshal(p)
	return h.do("profile", user, string(text))
}
func (h *house) Link(_ context.Context, user string, a chat.Address) error {
	switch {
	case a.Channel == "nowhere":
		return session.ErrUnknown
	case user == "full":
		return session.ErrFull
	}
	return h.do("link", user, a.String())
}
func (h *house) Unlink(_ context.Context, user string, a chat.Address) error {
	return h.do("unlink", user, a.String())
}
func (h *house) Conversations(_ context.Context, user string) ([]chat.Address, error) {
	if user == "nobody" {
		return nil, h.err
	}
	return []chat.Address{{Channel: "tg", Peer: "never seen"}, someone}, h.err
}
func (h *house) Join(_ context.Context, a, b chat.Address, by string) error {
	switch {
	case a.Channel == "nowhere":
		return session.ErrUnknown
	case b.Peer == "another user's":
		return session.ErrTwoUsers
	case b.Peer == "full":
		return session.ErrFull
	}
	return h.do("join", a.String(), b.String(), by)
}
func (h *house) Happened(_ context.Context, user, id string, m chat.Message) (bool, error) {
	return user != "known", h.do("happened", user, id, m.ID, m.Event, m.From.String(), string(m.Data))
}

func (h *house) post(_ context.Context, m chat.Message) (bool, error) {
	if m.From.Channel == "nowhere" {
		return false, session.ErrUnknown
	}
	_ = h.do("post", m.ID, string(m.Kind), m.Event, m.From.String(), m.At.UTC().Format(time.RFC3339), string(m.Data))
	known := h.fresh[m.ID]
	h.fresh[m.ID] = true
	return !known, h.err
}

var errSecret = errors.New("dial redis://:canary@db: refused")

func newHouse() (*house, http.Handler) {
	h := &house{fresh: map[string]bool{}}
	return h, New(Deps{
		Cases: h, Conversations: h, Dead: h, People: h, Media: h,
		Wake:    func(a chat.Address) { h.did = append(h.did, "wake "+a.String()) },
		Post:    h.post,
		Ready:   func() error { return h.err },
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("xianda_turns_total 1\n")) }),
		Token:   "t0ken", Clock: func() time.Time { return noon },
		Log: slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
}

// call makes one call with the token unless head says otherwise.
func call(t *testing.T, api http.Handler, line, body string, head map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer t0ken")
	for k, v := range head {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return w
}
