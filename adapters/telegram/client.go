package telegram

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

	"github.com/go-telegram/bot"

	"github.com/xianda-bot/xianda/adapters/internal/calls"
)

// maxAnswer is how much of an answer is read: a hundred updates, generously.
const maxAnswer = 16 << 20

// client calls the Bot API for one bot. The library gives parameters their form; what became of a call is read here, because the library
// reads answers without a bound, loses their codes in texts, and puts what a proxy answered into its errors. It may be shared.
type client struct {
	base, token string
	http        *http.Client // for calls
	patient     *http.Client // for long polls and files: only the context bounds it
	bot         *bot.Bot
}

func newClient(base, token string, h *http.Client) (*client, error) {
	patient := *h
	patient.Timeout = 0
	c := &client{base: strings.TrimRight(base, "/"), token: token, http: h, patient: &patient}
	var err error
	c.bot, err = bot.New(token, bot.WithSkipGetMe(), bot.WithServerURL(c.base), bot.WithHTTPClient(pollFor, c),
		bot.WithErrorsHandler(func(error) {})) // closing a pipe that is closed
	if err != nil {
		return nil, errors.New("token is not one that the library takes")
	}
	return c, nil
}

// outcome is what became of one call.
type outcome struct {
	op     string
	sent   bool // the request may have reached the platform
	status int  // of HTTP; 0: no answer
	cause  error
	answer envelope
	whole  bool // the answer is the API's
}

// envelope is what every answer of the API is in.
type envelope struct {
	OK     bool            `json:"ok"`
	Result json.RawMessage `json:"result"`
	Code   int             `json:"error_code"`
	Text   string          `json:"description"`
	More   struct {
		Retry int   `json:"retry_after"`
		Moved int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

type outcomeKey struct{}

// call makes one call by the library and returns its result as it came. Every error is an *Error.
func (c *client) call(ctx context.Context, op string, do func(ctx context.Context, b *bot.Bot) error) (json.RawMessage, error) {
	o := &outcome{op: op}
	err := do(context.WithValue(ctx, outcomeKey{}, o), c.bot)
	switch {
	case o.whole && o.answer.OK:
		return o.answer.Result, nil // though the library may not know all that is in it
	case o.status == 0 && o.cause == nil:
		o.cause = errors.New(c.scrub(err.Error())) // the parameters have no form
	}
	return nil, c.fault(o)
}

// Do is the library's HTTP client. The body is sent whole, with its length, so that a call of which nothing was written yet is made on
// another connection when the platform has closed this one.
func (c *client) Do(r *http.Request) (*http.Response, error) {
	o, ok := r.Context().Value(outcomeKey{}).(*outcome)
	if !ok {
		return nil, errors.New("a call outside of client.call")
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close() // a pipe
	if err != nil {
		o.cause = errors.New(c.scrub(err.Error()))
		return nil, o.cause
	}
	kind := r.Header.Get("Content-Type")
	if len(body) == 0 {
		kind = "" // a form without a part is none
	}
	answer, err := c.exchange(r.Context(), c.http, o, r.URL.String(), kind, body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: o.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(answer)), Request: r}, nil
}

// post makes one call that the library has no method for, and waits as long as ctx. Every error is an *Error.
func (c *client) post(ctx context.Context, op string, in any) (json.RawMessage, error) {
	o := &outcome{op: op}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, &Error{Op: op, Cause: err}
	}
	_, err = c.exchange(ctx, c.patient, o, c.base+"/bot"+c.token+"/"+op, "application/json", body)
	if err == nil && o.whole && o.answer.OK {
		return o.answer.Result, nil
	}
	return nil, c.fault(o)
}

// exchange makes one HTTP request and notes in o what became of it. Its errors hold no address: the token is part of it.
func (c *client) exchange(ctx context.Context, h *http.Client, o *outcome, address, kind string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		o.cause = errors.New("api_base is no address")
		return nil, o.cause
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	res, sent, err := calls.Do(h, r)
	o.sent = sent
	if err != nil {
		o.cause = c.scrubbed(err)
		return nil, o.cause
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		o.cause = c.scrubbed(err)
		return nil, o.cause
	}
	o.status = res.StatusCode
	o.whole = json.Unmarshal(answer, &o.answer) == nil && (o.answer.OK || o.answer.Code != 0)
	return answer, nil
}

// scrubbed is err without what must not show.
func (c *client) scrubbed(err error) error { return calls.Scrubbed(err, c.scrub) }

// scrub returns s without the token, whole or its secret part.
func (c *client) scrub(s string) string {
	s = strings.NewReplacer(c.token, "<token>", url.QueryEscape(c.token), "<token>").Replace(s)
	if _, secret, ok := strings.Cut(c.token, ":"); ok {
		s = strings.ReplaceAll(s, secret, "<token>")
	}
	return s
}

// Error is why a call brought no result. It holds no token.
type Error struct {
	Op    string        // the method: "sendMessage"
	Code  int           // the API's error_code, or the HTTP status of an answer that is not the API's; 0: no answer
	Text  string        // the API's description
	Retry time.Duration // with 429: not before
	Moved int64         // the group has this id now; 0: it has not moved
	API   bool          // the API itself said so: it did not do it, but for codes from 500 on
	Sent  bool          // the request may have reached the platform
	Cause error         // of no answer
}

// Error names the method with what came of it.
func (e *Error) Error() string {
	switch {
	case e.Cause != nil:
		return e.Op + ": " + e.Cause.Error()
	case e.API:
		return fmt.Sprintf("%s: %d %s", e.Op, e.Code, e.Text)
	}
	return fmt.Sprintf("%s: HTTP status %d, an answer that is not the API's", e.Op, e.Code)
}

// Unwrap returns the cause, so that a deadline is recognised.
func (e *Error) Unwrap() error { return e.Cause }

func (c *client) fault(o *outcome) *Error {
	e := &Error{Op: o.op, Sent: o.sent, Cause: o.cause, Code: o.status}
	if o.cause == nil && o.whole {
		e.API, e.Code, e.Text, e.Moved = true, o.answer.Code, c.scrub(o.answer.Text), o.answer.More.Moved
		if e.Code == http.StatusTooManyRequests {
			e.Retry = time.Duration(min(max(o.answer.More.Retry, 1), 24*3600)) * time.Second
		}
	}
	return e
}
