package qq

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/calls"
	"github.com/xianda-bot/xianda/chat"
)

const (
	tokenPath = "/app/getAppAccessToken"
	mePath    = "/users/@me"
	linkPath  = "/v2/generate_url_link"
)

// maxAnswer is how much of an answer is read.
const maxAnswer = 1 << 20

// api calls the platform for one bot. A call blocks until the platform answers or ctx ends.
type api struct {
	appID, secret string
	base, auth    string // without a slash at the end
	http          *http.Client
	clock         func() time.Time
	tokens        *tokens
}

func newAPI(s Section, d adapters.Deps) *api {
	a := &api{
		appID: s.AppID, secret: s.Secret, base: strings.TrimRight(s.APIBase, "/"), auth: strings.TrimRight(s.TokenBase, "/"),
		http: d.HTTP, clock: d.Clock,
	}
	a.tokens = newTokens("qq/token/"+s.AppID, d.Vault, d.Clock, a.fetchToken)
	return a
}

// place is where messages and files of a conversation go.
func place(to chat.Address) string {
	if to.Thread != "" {
		return "/v2/groups/" + url.PathEscape(to.Thread)
	}
	return "/v2/users/" + url.PathEscape(to.Peer)
}

// call makes one call with in as JSON, nil for none. out may be nil. A refused access token is renewed once and the call repeated once;
// nothing else is. Every error is an *apiError or comes from getting a token.
func (a *api) call(ctx context.Context, method, path string, in, out any) error {
	token, err := a.tokens.take(ctx, "")
	if err != nil {
		return err
	}
	err = a.exchange(ctx, method, a.base+path, token, in, out)
	if e := (*apiError)(nil); !errors.As(err, &e) || !e.tokenRefused() {
		return err
	}
	if token, err = a.tokens.take(ctx, token); err != nil {
		return err
	}
	return a.exchange(ctx, method, a.base+path, token, in, out)
}

// fetchToken gets an access token. expires_in is documented as a number and comes as a string.
func (a *api) fetchToken(ctx context.Context) (string, time.Duration, error) {
	in := struct {
		AppID  string `json:"appId"`
		Secret string `json:"clientSecret"`
	}{a.appID, a.secret}
	var out struct {
		Token string      `json:"access_token"`
		Life  json.Number `json:"expires_in"`
	}
	if err := a.exchange(ctx, http.MethodPost, a.auth+tokenPath, "", in, &out); err != nil {
		return "", 0, err
	}
	life, err := strconv.ParseInt(string(out.Life), 10, 64)
	if err != nil || out.Token == "" || life <= 0 {
		return "", 0, &apiError{op: tokenPath, garbled: true}
	}
	return out.Token, time.Duration(min(life, 24*3600)) * time.Second, nil
}

// exchange makes one HTTP request. Its errors name the path without ids, never the address.
func (a *api) exchange(ctx context.Context, method, address, token string, in, out any) error {
	fail := &apiError{op: operation(address)}
	var payload io.Reader
	if in != nil {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(in); err != nil {
			return fmt.Errorf("%s: %w", fail.op, err)
		}
		payload = &b
	}
	r, err := http.NewRequestWithContext(ctx, method, address, payload)
	if err != nil {
		fail.cause = calls.Cause(err)
		return fail
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	if token != "" {
		r.Header.Set("Authorization", "QQBot "+token)
		r.Header.Set("X-Union-Appid", a.appID)
	}
	res, sent, err := calls.Do(a.http, r)
	fail.sent = sent
	if err != nil {
		fail.cause = a.scrubbed(err, token)
		return fail
	}
	defer func() { _ = res.Body.Close() }() // nothing is left to do about it
	fail.status = res.StatusCode
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		fail.cause = a.scrubbed(err, token)
		return fail
	}
	return a.read(fail, res, body, token, out)
}

var traceForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// read judges an answer. Its code counts, whatever the status: the token endpoint refuses with 200. 201 and 202 are no refusals though
// they bear a code: the message waits to be looked through.
func (a *api) read(fail *apiError, res *http.Response, body []byte, token string, out any) error {
	var head struct {
		Code    int    `json:"code"`
		ErrCode int    `json:"err_code"` // what the documents of 2026 call it
		RetCode int    `json:"retcode"`  // of generate_url_link
		Text    string `json:"message"`
		Trace   string `json:"trace_id"`
	}
	parsed := len(body) == 0 && res.StatusCode/100 == 2 || json.Unmarshal(body, &head) == nil
	code := cmp.Or(head.Code, head.ErrCode, head.RetCode)
	if res.StatusCode == http.StatusCreated || res.StatusCode == http.StatusAccepted || code == codeAudited || code == codeReplyAudited {
		return nil
	}
	if parsed {
		fail.code, fail.text = code, a.scrub(chat.Cut(oneLine(head.Text), 200), token)
	}
	if traceForm.MatchString(head.Trace) {
		fail.trace = head.Trace
	}
	if res.StatusCode == http.StatusTooManyRequests {
		if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 {
			fail.retry = time.Duration(min(n, 3600)) * time.Second
		}
	}
	switch {
	case res.StatusCode/100 != 2 || code != 0:
		return fail
	case !parsed || out != nil && json.Unmarshal(body, out) != nil:
		fail.garbled = true
		return fail
	}
	return nil
}

// operation is the path of an address without ids of people.
func operation(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the platform"
	}
	parts := strings.Split(u.Path, "/")
	for i, p := range parts {
		if i > 0 && (parts[i-1] == "users" && p != "@me" || parts[i-1] == "groups" || parts[i-1] == "interactions") {
			parts[i] = "…"
		}
	}
	return strings.Join(parts, "/")
}

// scrubbed is err without what must not show.
func (a *api) scrubbed(err error, token string) error {
	return calls.Scrubbed(err, func(s string) string { return a.scrub(s, token) })
}

func (a *api) scrub(s, token string) string {
	s = strings.ReplaceAll(s, a.secret, "<secret>")
	if token != "" {
		s = strings.ReplaceAll(s, token, "<secret>")
	}
	return s
}
