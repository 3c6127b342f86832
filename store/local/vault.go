package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Vault keeps small shared values for adapters (adapters.Vault): access tokens, cursors and leases. Its keys are apart from all else.
// It is safe for concurrent use.
type Vault struct{ s *Store }

// Vault returns the vault of the store.
func (s *Store) Vault() *Vault { return &Vault{s} }

// Get returns "" when the key is absent or expired.
func (v *Vault) Get(_ context.Context, key string) (string, error) {
	var value string
	err := v.s.view(func(tx *bolt.Tx) error {
		b, err := v.live(tx, key)
		value = string(b)
		return err
	})
	return value, err
}

// live reads a value that has not expired; nil when there is none.
func (v *Vault) live(tx *bolt.Tx, key string) ([]byte, error) {
	b, err := get(tx.Bucket(bVault), []byte(key))
	if err != nil || len(b) < 8 {
		return nil, err
	}
	if until := int64(binary.BigEndian.Uint64(b)); until != 0 && until <= v.s.now() {
		return nil, nil
	}
	return b[8:], nil
}

// Put keeps a value for ttl; 0 or less: for good. It is on disk when Put returns.
func (v *Vault) Put(ctx context.Context, key, value string, ttl time.Duration) error {
	var until int64
	if ttl > 0 {
		until = v.s.now() + ttl.Milliseconds()
	}
	return v.s.update(ctx, func(tx *bolt.Tx) error {
		if err := v.sweep(tx); err != nil {
			return err
		}
		return put(tx.Bucket(bVault), []byte(key), append(binary.BigEndian.AppendUint64(nil, uint64(until)), value...))
	})
}

// sweep drops what expired: the vault is small and seldom written.
func (v *Vault) sweep(tx *bolt.Tx) error {
	now := v.s.now()
	var old [][]byte
	err := tx.Bucket(bVault).ForEach(func(k, sealed []byte) error {
		b, err := unseal(k, sealed)
		if err != nil || len(b) < 8 {
			return err
		}
		if until := int64(binary.BigEndian.Uint64(b)); until != 0 && until <= now {
			old = append(old, bytes.Clone(k))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range old {
		if err := tx.Bucket(bVault).Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// Drop removes key if it still has this value.
func (v *Vault) Drop(ctx context.Context, key, value string) error {
	return v.s.update(ctx, func(tx *bolt.Tx) error {
		b, err := v.live(tx, key)
		if err != nil || b == nil || string(b) != value {
			return err
		}
		return tx.Bucket(bVault).Delete([]byte(key))
	})
}

// leases are the locks of the vault. They die with the process, which is the only one.
type leases struct {
	mu   sync.Mutex // guards all below
	held map[string]leased
	n    uint64
}

type leased struct {
	n     uint64
	until int64
}

// Lock takes key for at most ttl if nobody has it.
func (v *Vault) Lock(_ context.Context, key string, ttl time.Duration) (unlock func(), ok bool, err error) {
	l, now := &v.s.locks, v.s.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if h, taken := l.held[key]; taken && h.until > now {
		return func() {}, false, nil
	}
	if l.held == nil {
		l.held = map[string]leased{}
	}
	l.n++
	mine := l.n
	l.held[key] = leased{mine, now + ttl.Milliseconds()}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.held[key].n == mine {
			delete(l.held, key)
		}
	}, true, nil
}
