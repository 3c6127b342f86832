package redis

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/redis/go-redis/v9"
)

// Vault keeps small shared values for adapters. All methods may be called concurrently.
type Vault struct{ s *Store }

// Vault is the store's view for adapters.
func (s *Store) Vault() *Vault { return &Vault{s} }

// Get returns "" when the key is absent or expired.
func (v *Vault) Get(ctx context.Context, key string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	value, err := v.s.db.Get(ctx, v.s.k.vault(key)).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	if err != nil {
		return "", classify("vault", err)
	}
	return value, nil
}

// Put keeps value for ttl; 0 keeps it for good.
func (v *Vault) Put(ctx context.Context, key, value string, ttl time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if err := v.s.db.Set(ctx, v.s.k.vault(key), value, max(0, ttl)).Err(); err != nil {
		return classify("vault", err)
	}
	return nil
}

// Drop removes key if it still has this value.
func (v *Vault) Drop(ctx context.Context, key, value string) error {
	return v.s.unset(ctx, v.s.k.vault(key), value)
}

// Lock takes key for at most ttl if nobody has it.
func (v *Vault) Lock(ctx context.Context, key string, ttl time.Duration) (unlock func(), ok bool, err error) {
	nothing := func() {}
	var b [16]byte
	if _, err := io.ReadFull(v.s.random, b[:]); err != nil {
		return nothing, false, fmt.Errorf("redis: lock: %w", err)
	}
	mine, name := hex.EncodeToString(b[:]), v.s.k.lock(key)
	short, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	ok, err = v.s.db.SetNX(short, name, mine, ttl).Result()
	if err != nil {
		return nothing, false, classify("lock", err)
	}
	if !ok {
		return nothing, false, nil
	}
	after := context.WithoutCancel(ctx)
	return func() {
		if err := v.s.unset(after, name, mine); err != nil {
			v.s.log.Warn("a lock was not given back; it ends by itself", "ttl", ttl, "err", err)
		}
	}, true, nil
}

// unset removes a key if it has this value.
func (s *Store) unset(ctx context.Context, key, value string) error {
	_, err := s.call(ctx, s.sc.unset, []any{"evalsha", s.sc.unset.sha, 1, key, value})
	return err
}
