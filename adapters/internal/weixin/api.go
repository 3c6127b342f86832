package weixin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/calls"
)

const stablePath = "/cgi-bin/stable_token"

// maxAnswer is how much of an API answer is read.
const maxAnswer = 1 << 20

// API calls the platform for one account. It may be shared once Tokens is set; a call blocks until the platform answers or ctx ends.
type API struct {
	Tokens *Tokens // where Call gets its access token

	base    string
	http    *http.Client
	secrets []string
}

// NewAPI returns the API at base ("https://api.weixin.qq.com"). secrets never show in an error, wherever the platform repeats them.
func NewAPI(base string, client *http.Client, secrets ...string) *API {
	return &API{base: strings.TrimRight(base, "/"), http: client, secrets: secrets}
}

// Call makes one call: a POST with in as JSON, or a GET when in is nil. out may be nil. path may have a query of its own. When the access
// token is refused, the call is repeated with another one, twice at most; nothing else is repeated. Every error is an *Error or comes from
// getting a token.
func (a *API) Call(ctx context.Context, path string, in, out any) error {
	return a.authorised(ctx, func(token string) error { return a.call(ctx, path, token, in, out) })
}

// renewals is how often another access token is tried in one call: what another process got in the meantime may be refused as well.
const renewals = 2

// authorised runs call with the access token, and again with another one when the platform refuses that.
func (a *API) authorised(ctx context.Context, call func(token string) error) error {
	token, err := a.Tokens.Token(ctx)
	if err != nil {
		return err
	}
	for range renewals {
		err = call(token)
		if e := (*Error)(nil); !errors.As(err, &e) || !e.tokenRefused() {
			return err
		}
		if token, err = a.Tokens.Refused(ctx, token); err != nil {
			return err
		}
	}
	return call(token)
}

// StableToken is the Fetch of official accounts and mini-programs. The secret travels in the body, never in the address.
func (a *API) StableToken(appID, secret string) Fetch {
	return func(ctx context.Context, force bool) (string, time.Duration, error) {
		in := struct {
			Grant  string `json:"grant_type"`
			AppID  string `json:"appid"`
			Secret string `json:"secret"`
			Force  bool   `json:"force_refresh"`
		}{"client_credential", appID, secret, force}
		var out struct {
			Token string `json:"access_token"`
			Life  int64  `json:"expires_in"`
		}
		if err := a.call(ctx, stablePath, "", in, &out); err != nil {
			return "", 0, err
		}
		if out.Token == "" || out.Life <= 0 {
			return "", 0, &Error{Op: stablePath, Text: "(it holds no token)", Garbled: true}
		}
		return out.Token, time.Duration(min(out.Life, 24*3600)) * time.Second, nil
	}
}

func (a *API) call(ctx context.Context, path, token string, in, out any) error {
	body, status, err := a.exchange(ctx, path, token, in)
	if err != nil {
		return err
	}
	return a.answer(path, token, status, body, out)
}

// answer reads an answer of the API into out, which may be nil.
func (a *API) answer(path, token string, status int, body []byte, out any) error {
	fail := &Error{Op: op(path), Status: status, Sent: true}
	if status != http.StatusOK {
		return fail
	}
	var head struct {
		Code *int   `json:"errcode"`
		Text string `json:"errmsg"`
	}
	if json.Unmarshal(body, &head) != nil {
		fail.Garbled = true
		return fail
	}
	if head.Code != nil && *head.Code != 0 {
		fail.Code, fail.Text = *head.Code, a.scrub(head.Text, token)
		return fail
	}
	if out != nil && json.Unmarshal(body, out) != nil {
		fail.Garbled = true
		return fail
	}
	return nil
}

// exchange makes one HTTP request and reads the answer.
func (a *API) exchange(ctx context.Context, path, token string, in any) (body []byte, status int, err error) {
	res, err := a.open(ctx, path, token, in)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = res.Body.Close() }() // nothing is left to do about it
	if body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return nil, 0, &Error{Op: op(path), Cause: a.scrubbed(err, token), Sent: true}
	}
	return body, res.StatusCode, nil
}

// form is a body that is not JSON.
type form struct {
	contentType string
	body        []byte
}

// payload is what is posted for in, nil for a GET.
func payload(in any) (*form, error) {
	switch in := in.(type) {
	case nil:
		return nil, nil
	case *form:
		return in, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // the platform shows \u003c as it is
	if err := enc.Encode(in); err != nil {
		return nil, err
	}
	return &form{"application/json; charset=utf-8", b.Bytes()}, nil
}

// open makes one HTTP request; the caller closes the answer's body. Its errors name the path, never the address.
func (a *API) open(ctx context.Context, path, token string, in any) (*http.Response, error) {
	post, err := payload(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op(path), err)
	}
	method, body := http.MethodGet, io.Reader(nil)
	if post != nil {
		method, body = http.MethodPost, bytes.NewReader(post.body)
	}
	address := a.base + path
	if token != "" {
		mark := "?"
		if strings.Contains(path, mark) {
			mark = "&"
		}
		address += mark + "access_token=" + url.QueryEscape(token)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, &Error{Op: op(path), Cause: calls.Cause(err)}
	}
	if post != nil {
		r.Header.Set("Content-Type", post.contentType)
	}
	res, sent, err := calls.Do(a.http, r)
	if err != nil {
		return nil, &Error{Op: op(path), Cause: a.scrubbed(err, token), Sent: sent}
	}
	return res, nil
}

// op is a path without its query, which may hold a secret.
func op(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}

// scrubbed is err without what must not show.
func (a *API) scrubbed(err error, token string) error {
	return calls.Scrubbed(err, func(s string) string { return a.scrub(s, token) })
}

func (a *API) scrub(s, token string) string {
	return Scrub(s, append([]string{token, url.QueryEscape(token)}, a.secrets...)...)
}
