package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
	"unicode"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

const (
	maxBody      = 64 << 10
	acceptWithin = 3 * time.Second // by when a message is accepted or refused
)

var idForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// What the answers to refused requests say.
var (
	errOrigin  = wrong{403, "origin", "origin", "", "this page may not speak to this channel: add its origin to origins"}
	errPerson  = wrong{401, "person", "no_person", "", "nobody signed who this is: open the page or the stream again"}
	errMethod  = wrong{405, "method", "bad_method", "", "this address does not take this method"}
	errUnknown = wrong{404, "path", "not_found", "", "there is nothing at this address"}
	errType    = wrong{400, "type", "bad_type", "", "want Content-Type: application/json"}
	errLarge   = wrong{413, "large", "too_large", "", "the body is larger than 64 KB"}
	errPace    = wrong{503, "pace", "too_fast", "", "too many messages at once: wait a moment"}
	errCrowd   = wrong{503, "crowd", "too_many", "", "too many new people at once: wait a moment"}
	errStore   = wrong{503, "store", "unavailable", "", "the message was not accepted: send it again with the same id"}
)

// Handler answers browsers: the page and the widget (GET), who a person is (POST session), messages (POST) and the stream (GET).
func (a *Adapter) Handler(in adapters.Inbox) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, below := strings.CutPrefix(r.URL.Path, a.Path())
		if !below {
			a.refuse(w, errUnknown)
			return
		}
		harden(w.Header())
		switch {
		case rest == "":
			a.only(w, r, a.page, http.MethodGet, http.MethodHead)
		case assets[rest] != "":
			a.only(w, r, func(w http.ResponseWriter, r *http.Request) { a.asset(w, r, rest) }, http.MethodGet, http.MethodHead)
		case rest != "session" && rest != "messages" && rest != "stream":
			a.refuse(w, errUnknown)
		case !a.cross(w, r):
			// answered
		case rest == "session":
			a.only(w, r, a.session, http.MethodPost)
		case rest == "messages":
			a.only(w, r, func(w http.ResponseWriter, r *http.Request) { a.receive(w, r, in) }, http.MethodPost)
		default:
			a.only(w, r, func(w http.ResponseWriter, r *http.Request) { a.stream(w, r, in) }, http.MethodGet)
		}
	})
}

func (a *Adapter) only(w http.ResponseWriter, r *http.Request, f http.HandlerFunc, methods ...string) {
	for _, m := range methods {
		if r.Method == m {
			f(w, r)
			return
		}
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	a.refuse(w, errMethod)
}

// foreign tells whether another site's page makes the request. Unlike the guard alone it asks for reading too: a stream that is opened
// is an arrival.
func (a *Adapter) foreign(r *http.Request) bool {
	writing := r.WithContext(r.Context())
	writing.Method = http.MethodPost
	return a.guard.Check(writing) != nil
}

// cross lets the pages of origins speak to us across sites, by token only, and nobody else. false: the request is answered already.
func (a *Adapter) cross(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Add("Vary", "Origin")
	if !a.foreign(r) {
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" || !a.allowed(origin) {
		a.refuse(w, errOrigin)
		return false
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	if r.Method != http.MethodOptions {
		return true
	}
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID")
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return false
}

// person tells who makes the request. Our own pages show a cookie, others a token; whoever shows nothing was never here. A signature
// that is not ours is refused, or with renew taken for none.
func (a *Adapter) person(w http.ResponseWriter, r *http.Request, renew bool) (peer string, refusal *wrong) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if bearer {
		peer, err := a.keys.verify(r.Context(), asToken, token)
		if err != nil {
			return "", a.unavailable("vault", err)
		}
		if peer == "" {
			return "", &errPerson
		}
		return peer, nil
	}
	if a.foreign(r) {
		return "", &errPerson
	}
	cookie, err := r.Cookie(a.cookieName())
	if err == nil {
		peer, err := a.keys.verify(r.Context(), asCookie, cookie.Value)
		if err != nil {
			return "", a.unavailable("vault", err)
		}
		if peer == "" && !renew {
			return "", &errPerson
		}
		if peer != "" {
			if renew {
				a.setCookie(w, r, cookie.Value)
			}
			return peer, nil
		}
	}
	peer, signed, refusal := a.newcomer(r.Context(), asCookie)
	if refusal == nil {
		a.setCookie(w, r, signed)
	}
	return peer, refusal
}

// newcomer makes a person, unless too many come at once.
func (a *Adapter) newcomer(ctx context.Context, kind string) (peer, signed string, refusal *wrong) {
	if !a.news.take("") {
		return "", "", &errCrowd
	}
	peer, err := a.mint()
	if err == nil {
		signed, err = a.keys.sign(ctx, kind, peer)
	}
	if err != nil {
		return "", "", a.unavailable("vault", err)
	}
	return peer, signed, nil
}

// session gives a page of another site, or a widget's frame, a token: a new one, or the one that it shows if that is good.
func (a *Adapter) session(w http.ResponseWriter, r *http.Request) {
	if token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); bearer {
		if peer, err := a.keys.verify(r.Context(), asToken, token); err == nil && peer != "" {
			a.answer(w, http.StatusOK, map[string]string{"token": token, "peer": peer})
			return
		}
	}
	peer, token, refusal := a.newcomer(r.Context(), asToken)
	if refusal != nil {
		a.refuse(w, *refusal)
		return
	}
	a.answer(w, http.StatusOK, map[string]string{"token": token, "peer": peer})
}

// receive takes one message. Who sends it is checked before what it says is read.
func (a *Adapter) receive(w http.ResponseWriter, r *http.Request, in adapters.Inbox) {
	peer, refusal := a.person(w, r, false)
	if refusal == nil && !a.pace.take(peer) {
		refusal = &errPace
	}
	var m incoming
	if refusal == nil {
		m, refusal = read(w, r)
	}
	if refusal != nil {
		a.refuse(w, *refusal)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), acceptWithin)
	defer cancel()
	if err := a.take(ctx, peer, m, in); err != nil {
		a.refuse(w, *a.unavailable("inbox", err))
		return
	}
	a.answer(w, http.StatusAccepted, map[string]string{"id": m.ID})
}

// read reads and checks the body.
func read(w http.ResponseWriter, r *http.Request) (m incoming, refusal *wrong) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return m, &errType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return m, &errLarge
	case err != nil:
		return m, &wrong{Status: 400, Code: "bad_json", Message: "the body could not be read"}
	}
	if refusal := m.parse(body); refusal != nil {
		return m, refusal
	}
	bad := func(field, message string) *wrong {
		return &wrong{Status: 400, Code: "bad_field", Field: field, Message: message}
	}
	switch {
	case !idForm.MatchString(m.ID):
		return m, bad("id", "want 1 to 64 letters, digits, - or _, new for every message")
	case m.Choice != "" && (len(m.Choice) > 128 || strings.ContainsFunc(m.Choice, unicode.IsControl)):
		return m, bad("choice", "want the id of a choice that was shown")
	case m.Choice == "" && !readable(m.Text):
		return m, bad("text", "there is nothing to read in it")
	case len(m.Text) > chat.MaxText:
		return m, bad("text", "want at most 8192 bytes")
	}
	return m, nil
}

// readable tells whether a text has something that a person could have meant.
func readable(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool {
		return !unicode.IsSpace(c) && !unicode.IsControl(c) && !unicode.Is(unicode.Cf, c) && !unicode.Is(unicode.M, c)
	})
}

// take shows the person's own words on all their pages and gives them to the house. They are shown first, so that no answer comes before
// them; what the house does not accept is taken back.
func (a *Adapter) take(ctx context.Context, peer string, m incoming, in adapters.Inbox) error {
	now, to := a.deps.Clock(), a.address(peer)
	c := chat.Message{ID: "web:" + m.ID, Kind: chat.Said, From: to, Text: m.Text, Choice: m.Choice, At: now}
	if m.Choice != "" {
		label, err := a.label(ctx, to, m.Choice)
		if err != nil {
			return err
		}
		// With the label, a choice of an older offer still says what was meant.
		c.Kind, c.Text = chat.Chose, label
	}
	key, fresh := ownKey(m.ID), false
	if c.Text != "" {
		body, err := json.Marshal(bubble{ID: m.ID, From: fromPerson, Text: c.Text, Choices: []choice{}, Media: []media{}, At: now})
		if err != nil {
			return err
		}
		if fresh, err = a.deps.Feeds.Append(ctx, to, chat.Post{Key: key, Body: body, At: now}); err != nil {
			return err
		}
	}
	_, err := a.ask(ctx, in, c)
	if err == nil || errors.Is(err, chat.ErrLater) {
		return nil
	}
	if fresh {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptWithin)
		defer cancel()
		if fault := a.deps.Feeds.Withdraw(undo, to, key); fault != nil {
			err = errors.Join(err, fault)
		}
	}
	return err
}

// ownKey is the post's key of the person's own words; no reply's key begins so.
func ownKey(id string) string { return "me-" + id }

// label is what a choice is called in what was shown last; "" when it is not there any more.
func (a *Adapter) label(ctx context.Context, to chat.Address, id string) (string, error) {
	posts, _, err := a.deps.Feeds.Read(ctx, to, "", chat.MaxPosts)
	for i := len(posts) - 1; i >= 0; i-- {
		var b bubble
		if json.Unmarshal(posts[i].Body, &b) != nil {
			continue
		}
		for _, c := range b.Choices {
			if c.ID == id && c.URL == "" {
				return c.Label, err
			}
		}
	}
	return "", err
}

// ask gives m to the house. A panic behind the door is an error like any other: the message is not acknowledged.
func (a *Adapter) ask(ctx context.Context, in adapters.Inbox, m chat.Message) (replies []chat.Reply, err error) {
	defer func() {
		if recover() != nil {
			a.deps.Log.Error("a turn panicked", "channel", a.name, "stack", string(debug.Stack()))
			replies, err = nil, errors.New("the turn panicked")
		}
	}()
	return in(ctx, m)
}

// unavailable says that something behind us does not work now.
func (a *Adapter) unavailable(what string, err error) *wrong {
	if a.notes.first(what) {
		a.deps.Log.Error("requests of the page are refused for now; browsers send again (said once a minute)", "channel", a.name, "part", what, "error", err)
	}
	a.deps.Count.Count("unaccepted", a.name)
	return &errStore
}

// refuse answers a request that is not let in.
func (a *Adapter) refuse(w http.ResponseWriter, e wrong) {
	reason := e.Reason
	if reason == "" {
		reason = e.Code
	}
	a.deps.Count.Count("rejected", a.name, reason)
	if e.Status == http.StatusForbidden && a.notes.first(reason) {
		a.deps.Log.Warn("a request of another site was turned away (said once a minute)", "channel", a.name, "remedy", "if the widget is to be there: add that site to origins")
	}
	if e.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	a.answer(w, e.Status, map[string]wrong{"error": e})
}

func (a *Adapter) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		a.deps.Log.Debug("an answer was not written", "channel", a.name, "error", err)
	}
}
