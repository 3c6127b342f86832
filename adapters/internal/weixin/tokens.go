package weixin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/pause"
)

const (
	localFor   = 60 * time.Second // how long a process trusts its own copy
	lockFor    = 10 * time.Second // how long a fetch may take before another process tries
	pollEvery  = 50 * time.Millisecond
	pauseFor   = 10 * time.Second // between two fetches while the endpoint fails
	renewAhead = 5 * time.Minute  // stable_token hands out the next token this long before the old one ends
	// forceGap and forcesADay keep below stable_token's own limits: 30 s apart, 20 a day (api_getstableaccesstoken).
	forceGap   = 31 * time.Second
	forcesADay = 18
)

// Fetch asks the platform for an access token and how long it lives. force asks for a new one although the old one seems good.
type Fetch func(ctx context.Context, force bool) (token string, life time.Duration, err error)

// Tokens keeps one account's access token for all processes. Its methods may be called concurrently; they block on the vault and, one
// caller at a time over all processes, on the platform.
type Tokens struct {
	key   string
	vault adapters.Vault
	clock func() time.Time
	fetch Fetch

	flight chan struct{} // one caller of this process fetches or waits for another process
	mu     sync.Mutex    // guards local, until
	local  grant
	until  time.Time
}

// grant is a token as the vault keeps it.
type grant struct {
	Token string    `json:"token"`
	Renew time.Time `json:"renew"` // try for the next one from here
	Ends  time.Time `json:"ends"`

	raw string // as kept, for compare-and-delete
}

// NewTokens returns the tokens of the account that key names: "wechat/token/wx0123".
func NewTokens(key string, v adapters.Vault, clock func() time.Time, fetch Fetch) *Tokens {
	return &Tokens{key: key, vault: v, clock: clock, fetch: fetch, flight: make(chan struct{}, 1)}
}

// Token returns the access token in force.
func (t *Tokens) Token(ctx context.Context) (string, error) { return t.take(ctx, "") }

// Refused returns the token to use instead of one that the platform refused. Whoever comes first fetches; the others get what that one
// fetched. The refused one is never returned: when the platform insists on it, and force_refresh is used up, that is an error.
func (t *Tokens) Refused(ctx context.Context, token string) (string, error) {
	return t.take(ctx, token)
}

func (t *Tokens) take(ctx context.Context, refused string) (string, error) {
	if g, ok := t.copy(refused); ok {
		return g.Token, nil
	}
	select {
	case t.flight <- struct{}{}:
		defer func() { <-t.flight }()
	case <-ctx.Done():
		return "", fmt.Errorf("access token: %w", ctx.Err())
	}
	if g, ok := t.copy(refused); ok { // another caller was faster
		return g.Token, nil
	}
	g, err := t.shared(ctx, refused)
	if err != nil {
		return "", fmt.Errorf("access token: %w", err)
	}
	return g.Token, nil
}

// copy returns this process's own copy while it is young and not the refused one.
func (t *Tokens) copy(refused string) (grant, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ok := t.local.Token != "" && t.local.Token != refused && t.clock().Before(t.until)
	return t.local, ok
}

// keep makes g this process's copy.
func (t *Tokens) keep(g grant) grant {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.local, t.until = g, t.clock().Add(localFor)
	if g.Ends.Before(t.until) {
		t.until = g.Ends
	}
	return g
}

// shared returns the token of all processes, and gets a new one if it is missing, refused or due for renewal.
func (t *Tokens) shared(ctx context.Context, refused string) (grant, error) {
	for {
		g, err := t.kept(ctx)
		if err != nil {
			return t.last(refused, err)
		}
		usable := g.Token != "" && g.Token != refused && t.clock().Before(g.Ends)
		if usable && t.clock().Before(g.Renew) {
			return t.keep(g), nil
		}
		unlock, mine, err := t.vault.Lock(ctx, t.key+"/lock", lockFor)
		if err != nil {
			return t.last(refused, err)
		}
		if mine {
			defer unlock()
			return t.renew(ctx, refused)
		}
		if usable { // somebody is getting the next one
			return t.keep(g), nil
		}
		if !pause.For(ctx, pollEvery) {
			return grant{}, ctx.Err()
		}
	}
}

// renew runs under the lock: look again, then fetch.
func (t *Tokens) renew(ctx context.Context, refused string) (grant, error) {
	g, err := t.kept(ctx)
	if err != nil {
		return t.last(refused, err)
	}
	usable := g.Token != "" && g.Token != refused && t.clock().Before(g.Ends)
	if usable && t.clock().Before(g.Renew) {
		return t.keep(g), nil
	}
	if kept, err := t.vault.Get(ctx, t.key+"/pause"); err == nil && kept != "" {
		if usable {
			return t.keep(g), nil
		}
		return grant{}, paused(kept)
	}
	if g.Token != "" && g.Token == refused {
		if err := t.vault.Drop(ctx, t.key, g.raw); err != nil {
			return grant{}, err
		}
	}
	next, err := t.ask(ctx, refused)
	if err == nil {
		return next, nil
	}
	if ctx.Err() == nil {
		// Without it the next caller asks too early, no more.
		_ = t.vault.Put(ctx, t.key+"/pause", strconv.Itoa(errcode(err))+" "+err.Error(), pauseFor)
	}
	if usable {
		return t.keep(g), nil
	}
	return grant{}, err
}

// ask fetches, without force first, with force if the platform hands out the refused token again, and keeps the result.
func (t *Tokens) ask(ctx context.Context, refused string) (grant, error) {
	token, life, err := t.fetch(ctx, false)
	if err == nil && token == refused && refused != "" {
		if err = t.mayForce(ctx); err == nil {
			token, life, err = t.fetch(ctx, true)
		}
	}
	switch {
	case err != nil:
		return grant{}, err
	case token == "":
		return grant{}, errors.New("the platform's answer holds no token")
	case token == refused:
		return grant{}, stuck("a token that it refuses is handed out again")
	}
	now := t.clock()
	life = max(life, time.Minute)
	g := grant{Token: token, Ends: now.Add(life), Renew: now.Add(life - min(renewAhead, life/5))}
	b, err := json.Marshal(g)
	if err != nil {
		return grant{}, err
	}
	g.raw = string(b)
	// If the vault fails, the others fetch for themselves: stable_token gives them the same.
	_ = t.vault.Put(ctx, t.key, g.raw, life)
	return t.keep(g), nil
}

// mayForce notes a forced refresh, or says that there were enough.
func (t *Tokens) mayForce(ctx context.Context) error {
	raw, err := t.vault.Get(ctx, t.key+"/forced")
	if err != nil {
		return err
	}
	var all, times []time.Time
	if raw != "" && json.Unmarshal([]byte(raw), &all) != nil {
		all = nil
	}
	now := t.clock()
	for _, at := range all {
		if now.Sub(at) < 24*time.Hour {
			times = append(times, at)
		}
	}
	if n := len(times); n >= forcesADay || n > 0 && now.Sub(times[n-1]) < forceGap {
		return stuck("a token that it refuses is handed out again, and force_refresh is used up for now")
	}
	b, err := json.Marshal(append(times, now))
	if err != nil {
		return err
	}
	return t.vault.Put(ctx, t.key+"/forced", string(b), 24*time.Hour)
}

// kept reads the vault.
func (t *Tokens) kept(ctx context.Context) (grant, error) {
	raw, err := t.vault.Get(ctx, t.key)
	if err != nil {
		return grant{}, err
	}
	return parseGrant(raw), nil
}

// parseGrant reads a grant as kept. What cannot be read counts as absent.
func parseGrant(raw string) grant {
	var g grant
	if json.Unmarshal([]byte(raw), &g) != nil {
		return grant{}
	}
	g.raw = raw
	return g
}

// last is the way out when the vault fails: our own copy, for as long as it lives.
func (t *Tokens) last(refused string, err error) (grant, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.local.Token != "" && t.local.Token != refused && t.clock().Before(t.local.Ends) {
		return t.local, nil
	}
	return grant{}, err
}

// stuck is the error of a platform that insists on a refused token: 40001, as if the call had failed again.
func stuck(text string) error { return &Error{Op: "the platform", Code: 40001, Text: text} }

// paused is the error of a fetch that failed a moment ago, read back from the vault.
func paused(kept string) error {
	number, why, _ := strings.Cut(kept, " ")
	code, err := strconv.Atoi(number)
	if err != nil {
		code = 0
	}
	return &Error{Op: "paused for " + pauseFor.String(), Code: code, Text: why}
}
