package weixin

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

// issuer plays stable_token: the same token until it is revoked, expires or is forced.
type issuer struct {
	mu     sync.Mutex // guards all below
	n      int        // the number of the current token
	dead   bool       // the current one was revoked
	stuck  bool       // revoked, but still handed out without force
	down   error
	delay  time.Duration
	asked  []time.Time
	forced int
}

func (i *issuer) fetch(ctx context.Context, force bool) (string, time.Duration, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked = append(i.asked, time.Now())
	if i.delay > 0 {
		time.Sleep(i.delay)
	}
	switch {
	case i.down != nil:
		return "", 0, i.down
	case force:
		i.forced++
		i.n, i.dead, i.stuck = i.n+1, false, false
	case i.n == 0 || i.dead && !i.stuck:
		i.n, i.dead = i.n+1, false
	}
	return fmt.Sprintf("token-%d", i.n), 2 * time.Hour, nil
}

func (i *issuer) calls() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.asked)
}

func process(i *issuer, v adapters.Vault) *Tokens {
	return NewTokens("token/wx1", v, time.Now, i.fetch)
}

func mustToken(t *testing.T, k *Tokens, want string) {
	t.Helper()
	if got, err := k.Token(t.Context()); err != nil || got != want {
		t.Errorf("Token() = %q, %v, want %q", got, err, want)
	}
}

func TestTokensAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i, v := &issuer{delay: 200 * time.Millisecond}, adapterstest.NewVault(time.Now)
		var group sync.WaitGroup
		for range 2 {
			p := process(i, v)
			for range 50 {
				group.Go(func() { mustToken(t, p, "token-1") })
			}
		}
		group.Wait()
		if n := i.calls(); n != 1 {
			t.Errorf("100 callers in two processes fetched %d times, want once", n)
		}
	})
}

// P21: a revoked token, 200 callers in two processes: one refresh, and everybody gets the new one.
func TestTokenStorm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i, v := &issuer{delay: 100 * time.Millisecond}, adapterstest.NewVault(time.Now)
		processes := []*Tokens{process(i, v), process(i, v)}
		for _, p := range processes {
			mustToken(t, p, "token-1")
		}
		for round := 2; round < 5; round++ {
			i.mu.Lock()
			i.dead = true
			i.mu.Unlock()
			old := fmt.Sprintf("token-%d", round-1)
			var group sync.WaitGroup
			for n := range 200 {
				group.Go(func() {
					time.Sleep(time.Duration(n) * 3 * time.Millisecond) // some hear of it later than others
					if got, err := processes[n%2].Refused(t.Context(), old); err != nil || got != fmt.Sprintf("token-%d", round) {
						t.Errorf("Refused(%s) = %q, %v, want token-%d", old, got, err, round)
					}
				})
			}
			group.Wait()
			if n := i.calls(); n != round {
				t.Errorf("after %d revocations %d fetches, want %d", round-1, n, round)
			}
		}
		if i.forced != 0 {
			t.Errorf("%d forced refreshes, want none", i.forced)
		}
	})
}

func TestTokenForce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i, v := &issuer{}, adapterstest.NewVault(time.Now)
		p := process(i, v)
		mustToken(t, p, "token-1")
		stick := func() { i.mu.Lock(); i.dead, i.stuck = true, true; i.mu.Unlock() }
		stick()
		if got, err := p.Refused(t.Context(), "token-1"); err != nil || got != "token-2" || i.forced != 1 {
			t.Errorf("Refused(token-1) = %q, %v with %d forced, want token-2 by one forced refresh", got, err, i.forced)
		}
		stick()
		if got, err := p.Refused(t.Context(), "token-2"); err == nil || i.forced != 1 {
			t.Errorf("a second forced refresh at once: %q, %d forced; want an error and still 1", got, i.forced)
		}
		time.Sleep(forceGap)
		if got, err := p.Refused(t.Context(), "token-2"); err != nil || got != "token-3" {
			t.Errorf("Refused(token-2) %v later = %q, %v, want token-3", forceGap, got, err)
		}
		for n := range 40 { // a whole day of trouble keeps below the quota
			time.Sleep(forceGap)
			stick()
			_, _ = p.Refused(t.Context(), fmt.Sprintf("token-%d", 3+n))
		}
		if i.forced > forcesADay {
			t.Errorf("%d forced refreshes in a day, want at most %d", i.forced, forcesADay)
		}
	})
}

// P21: the endpoint is down: the old token is used until it expires, and the endpoint is asked every 10 s at most.
func TestTokenEndpointDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i, v := &issuer{}, adapterstest.NewVault(time.Now)
		p, q := process(i, v), process(i, v)
		mustToken(t, p, "token-1")
		time.Sleep(2*time.Hour - 4*time.Minute) // due for renewal
		i.mu.Lock()
		i.down = &Error{Op: stablePath, Status: 502}
		i.mu.Unlock()
		before := i.calls()
		start := time.Now()
		for time.Since(start) < 3*time.Minute {
			mustToken(t, p, "token-1")
			mustToken(t, q, "token-1")
			time.Sleep(time.Second)
		}
		if n := i.calls() - before; n < 2 || n > 19 {
			t.Errorf("%d fetches in 3 minutes, want some and at most one each 10 s", n)
		}
		time.Sleep(2 * time.Minute)
		if got, err := p.Token(t.Context()); err == nil {
			t.Errorf("Token() after the old one expired = %q, want an error", got)
		}
		i.mu.Lock()
		i.down, i.dead = nil, true
		i.mu.Unlock()
		time.Sleep(pauseFor)
		mustToken(t, q, "token-2")
		mustToken(t, p, "token-2")
	})
}

func TestTokenPauseKeepsTheReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{down: &Error{Op: stablePath, Status: 200, Code: 40164, Text: "invalid ip 1.2.3.4"}}
		p := process(i, adapterstest.NewVault(time.Now))
		for n := range 3 {
			_, err := p.Token(t.Context())
			if f := Classify(err, time.Now()); f.Kind != "auth" {
				t.Errorf("attempt %d: Classify(%v) = %s, want auth", n, err, f.Kind)
			}
		}
		if n := i.calls(); n != 1 {
			t.Errorf("%d fetches, want one in 10 s", n)
		}
	})
}

func TestTokenVaultDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := &brokenVault{Vault: adapterstest.NewVault(time.Now)}
		p := process(&issuer{}, v)
		mustToken(t, p, "token-1")
		v.err = errors.New("connection refused")
		time.Sleep(10 * time.Minute)
		mustToken(t, p, "token-1")
		if _, err := p.Refused(t.Context(), "token-1"); err == nil {
			t.Error("Refused(token-1) without a vault = nil, want an error")
		}
	})
}

func TestTokenContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := adapterstest.NewVault(time.Now)
		if _, ok, err := v.Lock(t.Context(), "token/wx1/lock", time.Hour); !ok || err != nil {
			t.Fatal("the lock is not free")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := process(&issuer{}, v).Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Token() while another process fetches = %v, want the deadline", err)
		}
	})
}

type brokenVault struct {
	*adapterstest.Vault
	err error
}

func (v *brokenVault) Get(ctx context.Context, key string) (string, error) {
	if v.err != nil {
		return "", v.err
	}
	return v.Vault.Get(ctx, key)
}
