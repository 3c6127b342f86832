package web

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

// slowVault is a vault whose Get waits, or fails.
type slowVault struct {
	adapters.Vault
	gone chan struct{} // Get waits until it is closed; nil: it does not wait
	err  error
	gets atomic.Int32
}

func (v *slowVault) Get(ctx context.Context, key string) (string, error) {
	v.gets.Add(1)
	if v.gone != nil {
		select {
		case <-v.gone:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	if v.err != nil {
		return "", v.err
	}
	return v.Vault.Get(ctx, key)
}

func newSlowVault() (*slowVault, *keys) {
	d, _ := adapterstest.NewDeps()
	v := &slowVault{Vault: d.Vault}
	d.Vault, d.Clock = v, time.Now
	return v, newKeys("site", "", "", d)
}

// TestSlowVault: all wait for one look, nobody longer than they want to, and it goes on when the first has left.
func TestSlowVault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, k := newSlowVault()
		v.gone = make(chan struct{})
		peer := strings.Repeat("p", 22)
		hasty, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := k.sign(hasty, asCookie, peer); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("sign with a vault that does not answer = %v, want the caller's deadline", err)
		}
		signed := make(chan string)
		for range 3 {
			go func() {
				s, err := k.sign(t.Context(), asCookie, peer)
				if err != nil {
					t.Error(err)
				}
				signed <- s
			}()
		}
		synctest.Wait()
		if n := v.gets.Load(); n != 1 {
			t.Errorf("the vault was asked %d times at once, want once", n)
		}
		close(v.gone)
		if a, b, c := <-signed, <-signed, <-signed; a == "" || a != b || b != c {
			t.Errorf("signed %q, %q and %q, want the same", a, b, c)
		}
	})
}

// TestVaultFailure: a vault that fails is not asked by every request, and is asked again soon.
func TestVaultFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, k := newSlowVault()
		v.err = errors.New("redis is not available")
		for range 3 {
			if _, err := k.sign(t.Context(), asCookie, "p"); !errors.Is(err, v.err) {
				t.Errorf("sign = %v, want %v", err, v.err)
			}
		}
		if n := v.gets.Load(); n != 1 {
			t.Errorf("a vault that fails was asked %d times at once, want once", n)
		}
		v.err = nil
		time.Sleep(failedFor)
		if _, err := k.sign(t.Context(), asCookie, "p"); err != nil {
			t.Errorf("sign after the vault came back = %v", err)
		}
	})
}

// TestKnownKeysGoOn: while one looks whether the secret was lost, nobody else waits.
func TestKnownKeysGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, k := newSlowVault()
		peer := strings.Repeat("p", 22)
		signed, err := k.sign(t.Context(), asCookie, peer)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(lookAgain)
		v.gone = make(chan struct{})
		looked := make(chan error)
		go func() {
			_, err := k.verify(t.Context(), asCookie, peer+".forged")
			looked <- err
		}()
		synctest.Wait()
		for value, want := range map[string]string{signed: peer, peer + ".forged": ""} {
			if got, err := k.verify(t.Context(), asCookie, value); got != want || err != nil {
				t.Errorf("verify while another looks = %q, %v, want %q", got, err, want)
			}
		}
		select {
		case err := <-looked:
			t.Errorf("the look ended with %v before the vault answered", err)
		default:
		}
		close(v.gone)
		if err := <-looked; err != nil {
			t.Errorf("the look ended with %v", err)
		}
	})
}
