// Package admin is the HTTP API of the admin listener (openapi.yaml): health, users and events of the product's backend, cases,
// conversations, their media and dead letters. It checks and translates only: what a call does is done by the interfaces of Deps.
package admin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// Conversations shows and forgets. session.Store is one.
type Conversations interface {
	Look(ctx context.Context, a chat.Address) (*session.View, error)
	Forget(ctx context.Context, a chat.Address) error
}

// Dead are the letters of messages that killed their turn. session.Store is one.
type Dead interface {
	Deads(ctx context.Context, n int) ([]chat.Dead, error)
	Replay(ctx context.Context, id string) (chat.Address, error)
	Bury(ctx context.Context, id string) error
}

// People are the product's users. A call that failed is made again whole: it completes what was begun.
type People interface {
	// SetProfile replaces what is known of user, and tells their conversations.
	SetProfile(ctx context.Context, user string, p session.Profile) error
	// Link makes a conversation the user's, and tells it. session.ErrUnknown: there is no such channel. session.ErrFull.
	Link(ctx context.Context, user string, a chat.Address) error
	// Unlink takes a conversation from user, and tells it.
	Unlink(ctx context.Context, user string, a chat.Address) error
	// Conversations are those of user.
	Conversations(ctx context.Context, user string) ([]chat.Address, error)
	// Join makes two conversations one person's, and tells them. by is empty. session.ErrUnknown: there is no such channel.
	// session.ErrTwoUsers, session.ErrFull.
	Join(ctx context.Context, a, b chat.Address, by string) error
	// Happened keeps an operation of user and puts it into each of their conversations; m has no address yet. fresh is false when its id
	// was everywhere within the last 24 hours. chat.ErrBusy: a limit is reached, of the user or of a conversation.
	Happened(ctx context.Context, user, id string, m chat.Message) (fresh bool, err error)
}

// Deps is what the API works on. Log, Clock and Metrics may be left out.
type Deps struct {
	Cases         handoff.Queue
	Conversations Conversations
	Dead          Dead
	People        People
	Media         Media // nil: the house keeps none
	// Queues are those of the configuration; nil: any name is taken.
	Queues func() []string
	// Wake lets the house judge this conversation now, because something was posted to it. It does not wait for the turn.
	Wake func(chat.Address)
	// Post puts an event into a conversation's mailbox, durably; fresh is false when its id was there within the last 24 hours.
	// session.ErrUnknown: there is no such channel. chat.ErrBusy: the mailbox is full.
	Post func(ctx context.Context, m chat.Message) (fresh bool, err error)
	// Ready is nil when the house should get traffic. Its error is shown without a token: it must hold no secret.
	Ready func() error
	// Metrics is the page for Prometheus; nil: there is none.
	Metrics http.Handler
	// Token is what callers show. Never empty.
	Token string
	Log   *slog.Logger     // default: discards
	Clock func() time.Time // default: time.Now
}

// api answers the calls. It is safe for concurrent use.
type api struct {
	Deps
	token [sha256.Size]byte
}

// maxBody is the largest body of a call, in bytes.
const maxBody = 256 << 10

// New returns the API. It panics without a token, because the house must not start so: an open API shows every conversation.
// Time limits belong to the server.
func New(d Deps) http.Handler {
	if d.Token == "" {
		panic("admin: no token: the API would be open to anybody")
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Clock == nil {
		d.Clock = time.Now
	}
	a := &api{Deps: d, token: sha256.Sum256([]byte(d.Token))}
	mux := http.NewServeMux()
	for _, r := range a.routes() {
		handler := r.handler
		if !r.open {
			handler = a.authorized(handler)
		}
		mux.Handle(r.method+" "+r.path, handler)
	}
	mux.Handle("/", a.authorized(func(w http.ResponseWriter, r *http.Request) {
		a.refuse(w, &problem{http.StatusNotFound, "not_found", "", "there is no call " + r.Method + " " + r.URL.Path})
	}))
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		a.refuse(w, &problem{http.StatusForbidden, "cross_origin", "", "a web page of another origin may not call this"})
	}))
	return a.guarded(cross.Handler(mux))
}

type route struct {
	method, path string
	open         bool // needs no token
	handler      http.HandlerFunc
}

// routes are all calls; openapi.yaml describes the same ones.
func (a *api) routes() []route {
	return []route{
		{"GET", "/healthz", true, func(w http.ResponseWriter, _ *http.Request) {
			a.answer(w, http.StatusOK, map[string]string{"status": "ok"})
		}},
		{"GET", "/readyz", true, a.ready},
		{"GET", "/metrics", true, a.metrics},
		{"POST", "/v1/events", false, a.postEvents},
		{"PUT", "/v1/profiles/{user}", false, a.putProfile},
		{"POST", "/v1/links", false, a.postLink},
		{"DELETE", "/v1/links", false, a.deleteLink},
		{"GET", "/v1/people/{user}", false, a.showPerson},
		{"GET", "/v1/cases", false, a.listCases},
		{"GET", "/v1/cases/{id}", false, a.showCase},
		{"POST", "/v1/cases/{id}/claim", false, a.claimCase},
		{"POST", "/v1/cases/{id}/reply", false, a.replyCase},
		{"POST", "/v1/cases/{id}/transfer", false, a.transferCase},
		{"POST", "/v1/cases/{id}/note", false, a.noteCase},
		{"POST", "/v1/cases/{id}/close", false, a.closeCase},
		{"GET", "/v1/conversations/{channel}/{peer}", false, a.showConversation},
		{"DELETE", "/v1/conversations/{channel}/{peer}", false, a.forgetConversation},
		{"GET", "/v1/media/{id}", false, a.showMedia},
		{"POST", "/v1/conversations/{channel}/{peer}/person", false, a.joinConversations},
		{"DELETE", "/v1/conversations/{channel}/{peer}/person", false, a.partConversation},
		{"GET", "/v1/dead", false, a.listDead},
		{"POST", "/v1/dead/{id}/replay", false, a.replayDead},
		{"DELETE", "/v1/dead/{id}", false, a.buryDead},
	}
}

// authorized lets only callers with the token in. Hashes of one length are compared, so that the time tells nothing of the token.
func (a *api) authorized(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		kind, shown, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		sum := sha256.Sum256([]byte(shown))
		if !strings.EqualFold(kind, "Bearer") || subtle.ConstantTimeCompare(sum[:], a.token[:]) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			a.refuse(w, &problem{http.StatusUnauthorized, "unauthorized", "", "show the token of admin.token: Authorization: Bearer …"})
			return
		}
		next(w, r)
	}
}

// guarded bounds what a call may send, and answers for one that panics.
func (a *api) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			a.fail(w, r, fmt.Errorf("panic: %v", p))
		}()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

func (a *api) ready(w http.ResponseWriter, _ *http.Request) {
	if err := a.Ready(); err != nil {
		a.refuse(w, &problem{http.StatusServiceUnavailable, "not_ready", "", err.Error()})
		return
	}
	a.answer(w, http.StatusOK, map[string]string{"status": "ready"})
}

func (a *api) metrics(w http.ResponseWriter, r *http.Request) {
	if a.Metrics == nil {
		a.refuse(w, &problem{http.StatusNotFound, "not_found", "", "this house counts nothing"})
		return
	}
	a.Metrics.ServeHTTP(w, r)
}
