package web

import (
	"encoding/json"
	"net/http"

	"github.com/xianda-bot/xianda/adapters"
)

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
	errBusy    = wrong{503, "busy", "busy", "", "too many messages of this conversation wait: send it again in a moment"}
	errStore   = wrong{503, "store", "unavailable", "", "the message was not accepted: send it again with the same id"}
)

// route is one call of a browser; openapi.yaml describes the same ones.
type route struct {
	method, path string // below Path
	api          bool   // pages of origins may make it too
	serve        func(w http.ResponseWriter, r *http.Request, in adapters.Inbox)
}

func (a *Adapter) routes() []route {
	all := []route{
		{http.MethodGet, "", false, func(w http.ResponseWriter, r *http.Request, _ adapters.Inbox) { a.page(w, r) }},
		{http.MethodPost, "session", true, func(w http.ResponseWriter, r *http.Request, _ adapters.Inbox) { a.session(w, r) }},
		{http.MethodPost, "messages", true, a.receive},
		{http.MethodGet, "stream", true, a.stream},
	}
	for name := range assets() {
		all = append(all, route{http.MethodGet, name, false, func(w http.ResponseWriter, r *http.Request, _ adapters.Inbox) { a.asset(w, r, name) }})
	}
	return all
}

// Handler answers browsers: the page and the widget (GET), who a person is (POST session), messages (POST) and the stream (GET).
func (a *Adapter) Handler(in adapters.Inbox) http.Handler {
	routes := map[string]route{}
	for _, r := range a.routes() {
		routes[a.Path()+r.path] = r
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		harden(w.Header())
		at, ok := routes[r.URL.Path]
		switch {
		case !ok:
			a.refuse(w, errUnknown)
		case at.api && !a.cross(w, r):
			// answered
		case r.Method != at.method && (at.api || r.Method != http.MethodHead):
			w.Header().Set("Allow", at.method)
			a.refuse(w, errMethod)
		default:
			at.serve(w, r, in)
		}
	})
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

// unavailable says that something behind us does not work now.
func (a *Adapter) unavailable(what string, err error) *wrong {
	if a.notes.First(what) {
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
	if e.Status == http.StatusForbidden && a.notes.First(reason) {
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
