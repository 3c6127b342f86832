// Package calls makes one HTTP request for a messenger and tells of a failure what matters: whether the platform may have got it, and why,
// without the address, which may hold a token or a person's id. It knows no platform and repeats nothing.
package calls

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"

	"github.com/xianda-bot/xianda/chat"
)

// Do sends r. Of an error, sent tells whether r may have reached the platform: not when its context had ended before, or no connection was
// made. The error holds no address. The caller closes the body of res.
func Do(client *http.Client, r *http.Request) (res *http.Response, sent bool, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, false, err
	}
	// Without a trace (a transport that is not net/http's own) it counts as sent: the careful answer.
	var traced, wrote atomic.Bool
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GetConn:      func(string) { traced.Store(true) },
		WroteHeaders: func() { wrote.Store(true) }, // a small body follows in the same write
	})
	if res, err = client.Do(r.WithContext(ctx)); err != nil {
		return nil, wrote.Load() || !traced.Load(), Cause(err)
	}
	return res, true, nil
}

// Cause is what went wrong without the address at which it did.
func Cause(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Scrubbed is err without its address; where its text still holds what scrub takes out, only the text is left of it.
func Scrubbed(err error, scrub func(string) string) error {
	err = Cause(err)
	if s := scrub(err.Error()); s != err.Error() {
		return errors.New(s)
	}
	return err
}

// Open opens what stands at an http or https address that a stranger may have named; outside is Deps.Outside. The caller closes it and
// bounds what it reads. Every error is a *chat.Failure that tells the host, not the address, which may be signed: Temporary where another
// attempt may bring it (no answer, 408, 429, 5xx), else BadMedia.
func Open(ctx context.Context, outside *http.Client, address string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil || r.URL.Scheme != "https" && r.URL.Scheme != "http" || r.URL.Host == "" {
		return nil, &chat.Failure{Kind: chat.BadMedia, Err: errors.New("the medium has no address that can be fetched")}
	}
	res, err := outside.Do(r)
	if err != nil {
		err = fmt.Errorf("the medium at %s cannot be fetched: %w", r.URL.Host, Cause(err))
		return nil, &chat.Failure{Kind: chat.Temporary, Err: err}
	}
	if res.StatusCode == http.StatusOK {
		return res.Body, nil
	}
	_ = res.Body.Close() // nothing is left to do about it
	f := &chat.Failure{Kind: chat.BadMedia, Err: fmt.Errorf("the medium at %s cannot be fetched: HTTP status %d", r.URL.Host, res.StatusCode)}
	switch {
	case res.StatusCode == http.StatusRequestTimeout, res.StatusCode == http.StatusTooManyRequests, res.StatusCode >= 500:
		f.Kind = chat.Temporary
	}
	return nil, f
}
