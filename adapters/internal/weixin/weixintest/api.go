package weixintest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/weixin"
)

const tokenPath = "/cgi-bin/stable_token"

// ServeHTTP is api.weixin.qq.com.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever asked has gone
	}
	p.mu.Lock()
	p.calls = append(p.calls, r.URL.Path)
	if r.URL.Path == tokenPath {
		defer p.mu.Unlock()
		p.token(w, r, body)
		return
	}
	if r.URL.Path == weixin.SendPath && len(p.faults) > 0 {
		fault := p.faults[0]
		p.faults = p.faults[1:]
		p.mu.Unlock()
		fault(w, r, func() { p.mu.Lock(); defer p.mu.Unlock(); p.take(body) })
		return
	}
	defer p.mu.Unlock()
	if token := r.URL.Query().Get("access_token"); token != p.access() || p.revoked[token] {
		Answer(w, 40001, errmsg[40001])
		return
	}
	if p.Unverified {
		Answer(w, 48001, "api unauthorized")
		return
	}
	p.route(w, r, body)
}

// token is the endpoint that hands out access tokens: the same one while it is good, unless another is asked for by force. The secret
// travels in the body, never in the address.
func (p *Platform) token(w io.Writer, r *http.Request, body []byte) {
	if !bytes.Contains(body, []byte(p.Account.Secret)) || r.URL.RawQuery != "" {
		Answer(w, 40125, "invalid appsecret")
		return
	}
	var in struct {
		Force bool `json:"force_refresh"`
	}
	if p.tokens == 0 || p.revoked[p.access()] || json.Unmarshal(body, &in) == nil && in.Force {
		p.tokens++
	}
	_, _ = fmt.Fprintf(w, `{"access_token":%q,"expires_in":7200}`, p.access())
}

func (p *Platform) route(w http.ResponseWriter, r *http.Request, body []byte) {
	var out any
	code := 0
	switch path := r.URL.Path; {
	case path == weixin.SendPath:
		if code = p.take(body); code != 0 {
			p.breach("custom/send: %d", code)
		}
	case path == weixin.TypingPath:
	case p.Routes[path] != nil:
		out, code = p.Routes[path](r, body)
	case strings.HasPrefix(path, "/cgi-bin/media/"):
		p.mediaCall(w, r, body)
		return
	default:
		out, code = p.seatCall(r, body)
	}
	if code != 0 || out == nil {
		Answer(w, code, errmsg[code])
		return
	}
	_ = json.NewEncoder(w).Encode(out) // whoever asked may have gone
}

// errmsg are the platform's words for what it refuses most.
var errmsg = map[int]string{
	0: "ok", 40001: "invalid credential, access_token is invalid or not latest", 40003: "invalid openid", 40007: "invalid media_id",
	40008: "invalid message type", 40033: "invalid charset", 40066: "invalid url", 40200: "invalid account type",
	43004: "require subscribe", 44004: "empty content", 45002: "content size out of limit",
	45015: "response out of time limit or subscription is canceled",
	45047: "out of response count limit", 47001: "data format error", 65400: "seats are not enabled",
	65401: "invalid custom service", 65413: "session not exist",
	65414: "customer is served by another", 65415: "custom service is offline",
}

// Answer is an answer of the API that holds nothing else.
func Answer(w io.Writer, code int, text string) {
	_, _ = fmt.Fprintf(w, `{"errcode":%d,"errmsg":"%s rid: 1-2-3"}`, code, text)
}

// Break makes the next call of custom/send fail as fault says; accept shows the message all the same. nil takes all such faults back.
func (p *Platform) Break(fault Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if fault == nil {
		p.faults = nil
		return
	}
	p.faults = append(p.faults, fault)
}

// Fail makes the next n calls of custom/send fail. how is "502" (a proxy's page), "page" (one with status 200), "timeout" (nothing is
// taken), "timeout-after-send" (the message is shown, its answer never comes), "token" (the access token is revoked: a new one helps),
// "busy" (-1), or an errcode.
func (p *Platform) Fail(n int, how string) {
	for range n {
		p.Break(p.fails(how))
	}
}

// hold is how long a call that fails by a timeout is held, unless whoever asked goes earlier.
const hold = 20 * time.Second

func (p *Platform) fails(how string) Fault {
	wait := func(r *http.Request) {
		t := time.NewTimer(hold)
		defer t.Stop()
		select {
		case <-r.Context().Done():
		case <-t.C:
		}
	}
	switch how {
	case "502":
		return func(w http.ResponseWriter, _ *http.Request, _ func()) { http.Error(w, "<html>", http.StatusBadGateway) }
	case "page":
		return func(w http.ResponseWriter, _ *http.Request, _ func()) { _, _ = io.WriteString(w, "<html>") }
	case "timeout":
		return func(_ http.ResponseWriter, r *http.Request, _ func()) { wait(r) }
	case "timeout-after-send":
		return func(_ http.ResponseWriter, r *http.Request, accept func()) { accept(); wait(r) }
	case "token":
		return func(w http.ResponseWriter, _ *http.Request, _ func()) { p.Revoke(); Answer(w, 40001, errmsg[40001]) }
	case "busy":
		how = "-1"
	}
	code, err := strconv.Atoi(how)
	if err != nil {
		panic("weixintest: no way to fail is called " + how)
	}
	return func(w http.ResponseWriter, r *http.Request, _ func()) { Answer(w, code, "refused "+r.URL.RawQuery) }
}
