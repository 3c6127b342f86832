package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/pause"
)

// keys sign and verify who a person is. Without a configured secret they share one in the vault, made by whoever needs it first.
type keys struct {
	name  string
	fixed bool
	deps  adapters.Deps

	mu     sync.Mutex // guards all below
	all    [][]byte   // the first signs
	looked time.Time  // at the vault
	under  *look      // the one under way; nil: nobody looks
	failed time.Time  // when a look did
	fault  error      // why
}

// look is one look at the vault, for all who wait for it.
type look struct {
	over chan struct{} // closed when the two below stand
	all  [][]byte
	err  error
}

const (
	lookAgain   = 5 * time.Second // at the vault, because of a signature that is not ours
	secretTries = 20              // while another process makes the secret
	failedFor   = time.Second     // a look that failed is not tried again
)

func newKeys(name, secret, previous string, d adapters.Deps) *keys {
	k := &keys{name: name, fixed: secret != "", deps: d}
	for _, s := range []string{secret, previous} {
		if s != "" {
			k.all = append(k.all, []byte(s))
		}
	}
	return k
}

// signing returns the keys that are in force.
func (k *keys) signing(ctx context.Context) ([][]byte, error) {
	k.mu.Lock()
	if len(k.all) > 0 {
		defer k.mu.Unlock()
		return k.all, nil
	}
	if k.fault != nil && k.deps.Clock().Sub(k.failed) < failedFor {
		defer k.mu.Unlock()
		return nil, k.fault
	}
	l := k.look(ctx)
	k.mu.Unlock()
	return l.wait(ctx)
}

// look returns the look that is under way, and begins one when there is none. It does not end with whoever asked first. mu is held.
func (k *keys) look(ctx context.Context) *look {
	if k.under != nil {
		return k.under
	}
	l := &look{over: make(chan struct{})}
	k.under = l
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptWithin)
		defer cancel()
		secret, err := k.shared(ctx)
		k.mu.Lock()
		defer k.mu.Unlock()
		if l.err = err; err == nil {
			l.all = [][]byte{secret}
			k.all, k.looked = l.all, k.deps.Clock()
		} else {
			k.failed = k.deps.Clock()
		}
		k.fault, k.under = err, nil
		close(l.over)
	}()
	return l
}

// wait returns what the look found, unless ctx ends before.
func (l *look) wait(ctx context.Context) ([][]byte, error) {
	select {
	case <-l.over:
		return l.all, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// shared reads the secret of all processes, and makes it when there is none.
func (k *keys) shared(ctx context.Context) ([]byte, error) {
	key := "web/" + k.name + "/secret"
	for range secretTries {
		value, err := k.deps.Vault.Get(ctx, key)
		if err != nil || value != "" {
			secret, bad := hex.DecodeString(value)
			return secret, errors.Join(err, bad)
		}
		unlock, ok, err := k.deps.Vault.Lock(ctx, key, 5*time.Second)
		if err != nil {
			return nil, err
		}
		if ok {
			secret := make([]byte, 32)
			if _, err = io.ReadFull(k.deps.Random, secret); err == nil {
				if value, err = k.deps.Vault.Get(ctx, key); err == nil && value != "" {
					secret, err = hex.DecodeString(value) // made while we waited for the lock
				} else if err == nil {
					err = k.deps.Vault.Put(ctx, key, hex.EncodeToString(secret), 0)
				}
			}
			unlock()
			return secret, err
		}
		if !pause.For(ctx, 50*time.Millisecond) {
			return nil, ctx.Err()
		}
	}
	return nil, errors.New("another process makes the secret of this page and does not end")
}

// sign returns "peer.signature".
func (k *keys) sign(ctx context.Context, kind, peer string) (string, error) {
	all, err := k.signing(ctx)
	if err != nil {
		return "", err
	}
	return peer + "." + k.mac(all[0], kind, peer), nil
}

func (k *keys) mac(key []byte, kind, peer string) string {
	m := hmac.New(sha256.New, key)
	_, _ = io.WriteString(m, "xianda web "+kind+"\x00"+k.name+"\x00"+peer) // a hash never fails
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// verify returns whom a signed value speaks for; "" when nobody signed it.
func (k *keys) verify(ctx context.Context, kind, value string) (peer string, err error) {
	peer, given, ok := strings.Cut(value, ".")
	if !ok || !peerForm.MatchString(peer) {
		return "", nil
	}
	all, err := k.signing(ctx)
	if err != nil {
		return "", err
	}
	if k.matches(all, kind, peer, given) {
		return peer, nil
	}
	// The store may have lost the secret, and another process made a new one.
	if all, err = k.renewed(ctx); err != nil || !k.matches(all, kind, peer, given) {
		return "", err
	}
	return peer, nil
}

func (k *keys) matches(all [][]byte, kind, peer, given string) bool {
	ok := false
	for _, key := range all {
		ok = hmac.Equal([]byte(k.mac(key, kind, peer)), []byte(given)) || ok
	}
	return ok
}

// renewed looks at the vault again, but not for every forged value; meanwhile others go on with the keys that are known.
func (k *keys) renewed(ctx context.Context) ([][]byte, error) {
	k.mu.Lock()
	all, now := k.all, k.deps.Clock()
	if k.fixed || k.under != nil || now.Sub(k.looked) < lookAgain {
		k.mu.Unlock()
		return all, nil
	}
	k.looked = now
	l := k.look(ctx)
	k.mu.Unlock()
	return l.wait(ctx)
}
