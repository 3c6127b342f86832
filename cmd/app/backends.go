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
	"strings"
	"time"

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

// backends performs the calls of dialogs: POST <url>/<path> with the conversation and the values, answered with a JSON object.
type backends struct {
	at   map[string]Backend
	http *http.Client
}

var _ dialog.Caller = (*backends)(nil)

func newBackends(at map[string]Backend) *backends {
	return &backends{at: at, http: &http.Client{
		// A redirect would carry the token and the person's values to somebody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 32, Proxy: nil},
	}}
}

// Call makes one attempt. Its errors hold neither token nor values.
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
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(at.URL, "/")+"/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("call %s: backends.%s.url is not an address", c.Name, name)
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
		return nil, fmt.Errorf("call %s: %w", c.Name, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("call %s: reading the answer: %w", c.Name, err)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, fmt.Errorf("call %s: the backend answered with status %d", c.Name, resp.StatusCode)
	case len(answer) > maxAnswer:
		return nil, fmt.Errorf("call %s: the answer is longer than %d bytes", c.Name, maxAnswer)
	}
	return answer, nil
}
