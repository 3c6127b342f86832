package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/xianda-bot/xianda/dialog"
)

// Backend is one service of the product that dialogs may call.
type Backend struct {
	URL   string        // without the path of the call
	Token string        // sent as a bearer token; empty: none
	Most  time.Duration // a call may take, whatever its step says; 0: what the step says
}

// maxAnswer is how much of a backend's answer is read: it becomes part of the session.
const maxAnswer = 64 << 10

// backends performs the calls of dialogs: POST <url>/<path> with the conversation and the values, answered with a JSON object. A failure
// that may pass is tried again as often as the step allows, and a backend that only fails is left alone for a while (breaker.go).
type backends struct {
	at    map[string]*backend
	http  *http.Client
	count func(metric string, labels ...string)
	pause time.Duration // before the second attempt; it doubles
}

type backend struct {
	Backend
	breaker *breaker
}

var _ dialog.Caller = (*backends)(nil)

// watcher hears of what backends do.
type watcher interface {
	Count(metric string, labels ...string)
	Set(metric string, value float64, labels ...string)
}

func newBackends(at map[string]Backend, w watcher) *backends {
	b := &backends{at: map[string]*backend{}, count: w.Count, pause: 100 * time.Millisecond, http: &http.Client{
		// A redirect would carry the token and the person's values to somebody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10, Proxy: nil},
	}}
	for name, one := range at {
		b.at[name] = &backend{one, newBreaker(name, w)}
	}
	return b
}

// failure is an attempt that did not succeed.
type failure struct {
	err    error
	passes bool          // it may go well another time: no connection, no answer in time, 429, 5xx
	after  time.Duration // the backend wants to be left alone for so long; 0: it did not say
	ours   bool          // nobody waits for the answer any more: it tells nothing of the backend
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// Call makes as many attempts as c allows. Its errors hold neither token nor values.
func (b *backends) Call(ctx context.Context, c dialog.Call) (json.RawMessage, error) {
	name, path, _ := strings.Cut(c.Name, ".")
	at, ok := b.at[name]
	if !ok {
		return nil, fmt.Errorf("call %s: no such backend: add backends.%s to the configuration", c.Name, name)
	}
	if at.Most > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, at.Most)
		defer cancel()
	}
	type conversation struct {
		Channel string `json:"channel"`
		Peer    string `json:"peer"`
	}
	body, err := json.Marshal(struct {
		Conversation conversation      `json:"conversation"`
		User         string            `json:"user,omitempty"`
		With         map[string]string `json:"with"`
	}{conversation{c.Conversation.Channel, c.Conversation.Peer}, c.User, c.With})
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", c.Name, err)
	}
	var last error
	answer, err := backoff.Retry(ctx, func() (json.RawMessage, error) {
		answer, err := at.breaker.do(func() (json.RawMessage, error) { return b.attempt(ctx, c, at, path, body) })
		b.count("call_attempts", name, attemptEnd(err))
		last = err
		var f *failure
		switch {
		case err == nil:
			return answer, nil
		case !errors.As(err, &f) || !f.passes || f.after > dialog.RetryPause:
			return nil, backoff.Permanent(err)
		case f.after > 0:
			return nil, errors.Join(err, &backoff.RetryAfterError{Duration: f.after})
		}
		return nil, err
	}, backoff.WithBackOff(&backoff.ExponentialBackOff{
		InitialInterval: b.pause, RandomizationFactor: backoff.DefaultRandomizationFactor, Multiplier: 2, MaxInterval: dialog.RetryPause / 2,
	}), backoff.WithMaxTries(uint(1+max(0, c.Retry))), backoff.WithMaxElapsedTime(0))
	if err != nil {
		if last != nil && ctx.Err() == nil {
			err = last
		}
		return nil, fmt.Errorf("call %s: %w", c.Name, err)
	}
	return answer, nil
}

// attempt asks once. Its error is a *failure.
func (b *backends) attempt(ctx context.Context, c dialog.Call, at *backend, path string, body []byte) (json.RawMessage, error) {
	once := ctx
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		once, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	req, err := http.NewRequestWithContext(once, http.MethodPost, strings.TrimSuffix(at.URL, "/")+"/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, &failure{err: errors.New("the backend's url is not an address")}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", c.Key)
	if at.Token != "" {
		req.Header.Set("Authorization", "Bearer "+at.Token)
	}
	resp, err := b.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address, which may hold a secret
		}
		return nil, &failure{err: err, passes: true, ours: errors.Is(ctx.Err(), context.Canceled)}
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch status := resp.StatusCode; {
	case err != nil:
		return nil, &failure{err: fmt.Errorf("reading the answer: %w", err), passes: true, ours: errors.Is(ctx.Err(), context.Canceled)}
	case status < 200 || status > 299:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return nil, &failure{
			err:    fmt.Errorf("the backend answered with status %d", status),
			passes: status == http.StatusTooManyRequests || status >= 500, after: time.Duration(min(max(0, seconds), 3600)) * time.Second,
		}
	case len(answer) > maxAnswer:
		return nil, &failure{err: fmt.Errorf("the answer is longer than %d bytes", maxAnswer)}
	case !json.Valid(answer) || bytes.TrimSpace(answer)[0] != '{':
		return nil, &failure{err: errors.New("the backend did not answer with a JSON object")}
	}
	return answer, nil
}

// attemptEnd is how an attempt ended, for the counter.
func attemptEnd(err error) string {
	var f *failure
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, errBreaker):
		return "open"
	case errors.As(err, &f) && f.ours:
		return "given_up"
	case errors.As(err, &f) && f.passes:
		return "failed"
	}
	return "refused"
}
