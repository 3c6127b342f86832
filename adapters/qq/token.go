package qq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/pause"
)

const (
	localFor   = time.Minute      // how long a process trusts its own copy
	lockFor    = 10 * time.Second // how long a fetch may take before another process tries
	pollEvery  = 50 * time.Millisecond
	pauseFor   = 10 * time.Second // between two fetches of one process while the endpoint fails
	renewAhead = 50 * time.Second // the platform hands out the next token in the last minute of the old one, which stays valid
)

// tokens keep one bot's access token for all processes. They block on the vault and, one caller at a time over all processes, on the
// platform.
type tokens struct {
	key   string
	vault adapters.Vault
	clock func() time.Time
	fetch func(context.Context) (token string, life time.Duration, err error)

	flight chan struct{} // one caller of this process fetches, or waits for another process
	mu     sync.Mutex    // guards all below
	local  grant
	until  time.Time // when the local copy is looked up again
	failed error     // of the last fetch
	again  time.Time // not before then is it tried again
}

// grant is a token as the vault keeps it.
type grant struct {
	Token string    `json:"token"`
	Renew time.Time `json:"renew"`
	Ends  time.Time `json:"ends"`

	raw string // as kept, for compare-and-delete
}

func newTokens(key string, v adapters.Vault, clock func() time.Time, fetch func(context.Context) (string, time.Duration, error)) *tokens {
	return &tokens{key: key, vault: v, clock: clock, fetch: fetch, flight: make(chan struct{}, 1)}
}

// take returns the token in force, which is never refused: "" or one that the platform did not take.
func (t *tokens) take(ctx context.Context, refused string) (string, error) {
	if token := t.copy(refused); token != "" {
		return token, nil
	}
	select {
	case t.flight <- struct{}{}:
		defer func() { <-t.flight }()
	case <-ctx.Done():
		return "", fmt.Errorf("access token: %w", ctx.Err())
	}
	if token := t.copy(refused); token != "" { // another caller was faster
		return token, nil
	}
	g, err := t.shared(ctx, refused)
	if err != nil {
		return "", fmt.Errorf("access token: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.local, t.until = g, t.clock().Add(localFor)
	if g.Renew.Before(t.until) {
		t.until = g.Renew
	}
	return g.Token, nil
}

func (t *tokens) copy(refused string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.local.Token == refused || !t.clock().Before(t.until) {
		return ""
	}
	return t.local.Token
}

// shared returns the token of all processes, and gets the next one where it is missing, refused or at its end.
func (t *tokens) shared(ctx context.Context, refused string) (grant, error) {
	for {
		g := t.kept(ctx)
		usable := g.Token != "" && g.Token != refused && t.clock().Before(g.Ends)
		if usable && t.clock().Before(g.Renew) {
			return g, nil
		}
		unlock, mine, err := t.vault.Lock(ctx, t.key+"/lock", lockFor)
		if ctx.Err() != nil {
			unlock()
			return grant{}, ctx.Err()
		}
		if err != nil || mine { // without the vault every process asks for itself: it is given the same token
			defer unlock()
			return t.renew(ctx, refused)
		}
		if usable {
			return g, nil // somebody is getting the next one
		}
		if !pause.For(ctx, pollEvery) {
			return grant{}, ctx.Err()
		}
	}
}

// renew looks again under the lock, then fetches. While that fails, a token is used to its end.
func (t *tokens) renew(ctx context.Context, refused string) (grant, error) {
	now := t.clock()
	g := t.kept(ctx)
	usable := g.Token != "" && g.Token != refused && now.Before(g.Ends)
	if usable && now.Before(g.Renew) {
		return g, nil
	}
	next, err := t.ask(ctx, refused)
	switch {
	case err == nil:
		return next, nil
	case usable:
		return g, nil
	}
	if g.Token != "" && g.Token == refused {
		_ = t.vault.Drop(ctx, t.key, g.raw) // kept, it would be refused again: no harm beyond that
	}
	return grant{}, err
}

// ask fetches, and keeps what it got for all processes.
func (t *tokens) ask(ctx context.Context, refused string) (grant, error) {
	now := t.clock()
	t.mu.Lock()
	failed := t.failed
	if now.After(t.again) {
		failed = nil
	}
	t.mu.Unlock()
	if failed != nil {
		return grant{}, failed
	}
	token, life, err := t.fetch(ctx)
	if err == nil && token == refused {
		err = &apiError{op: tokenPath, code: codeTokenRefused, text: "a token that it refuses is handed out again"}
	}
	if err != nil {
		if ctx.Err() == nil {
			t.mu.Lock()
			t.failed, t.again = err, now.Add(pauseFor)
			t.mu.Unlock()
		}
		return grant{}, err
	}
	life = max(life, time.Second)
	g := grant{Token: token, Ends: now.Add(life), Renew: now.Add(life - min(renewAhead, life/2))}
	b, err := json.Marshal(g)
	if err != nil {
		return grant{}, errors.New("a token cannot be written")
	}
	g.raw = string(b)
	_ = t.vault.Put(ctx, t.key, g.raw, life) // without it the others fetch the same one
	return g, nil
}

// kept reads the vault; what is not there or cannot be read is the zero grant, and a vault that fails leaves our own copy.
func (t *tokens) kept(ctx context.Context) grant {
	raw, err := t.vault.Get(ctx, t.key)
	var g grant
	if err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		return t.local
	}
	if json.Unmarshal([]byte(raw), &g) != nil {
		return grant{}
	}
	g.raw = raw
	return g
}
