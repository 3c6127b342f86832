package app

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// memoryVault keeps values of adapters that are only looked at, as long as the command lasts.
type memoryVault struct {
	mu  sync.Mutex // guards all
	all map[string]vaultValue
}

type vaultValue struct {
	value string
	until time.Time
}

var _ adapters.Vault = (*memoryVault)(nil)

// Get returns "" when the key is absent or expired.
func (v *memoryVault) Get(_ context.Context, key string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if got := v.all[key]; time.Now().Before(got.until) {
		return got.value, nil
	}
	return "", nil
}

// Put keeps a value for ttl.
func (v *memoryVault) Put(_ context.Context, key, value string, ttl time.Duration) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all == nil {
		v.all = map[string]vaultValue{}
	}
	v.all[key] = vaultValue{value, time.Now().Add(ttl)}
	return nil
}

// Drop removes key if it still has this value.
func (v *memoryVault) Drop(_ context.Context, key, value string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all[key].value == value {
		delete(v.all, key)
	}
	return nil
}

// Lock takes key if nobody has it.
func (v *memoryVault) Lock(_ context.Context, key string, ttl time.Duration) (func(), bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key = "lock:" + key
	if time.Now().Before(v.all[key].until) {
		return func() {}, false, nil
	}
	if v.all == nil {
		v.all = map[string]vaultValue{}
	}
	v.all[key] = vaultValue{"locked", time.Now().Add(ttl)}
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.all, key)
	}, true, nil
}

// noFeeds keeps nothing: nobody writes to channels that are only looked at.
type noFeeds struct{}

var _ adapters.Feeds = noFeeds{}

var errNoFeeds = errors.New("this command keeps nothing that is shown")

// Append refuses.
func (noFeeds) Append(context.Context, chat.Address, chat.Post) (bool, error) {
	return false, errNoFeeds
}

// Withdraw refuses.
func (noFeeds) Withdraw(context.Context, chat.Address, string) error { return errNoFeeds }

// Read refuses.
func (noFeeds) Read(context.Context, chat.Address, string, int) ([]chat.Post, bool, error) {
	return nil, false, errNoFeeds
}

// Watch never rings.
func (noFeeds) Watch(chat.Address) (<-chan string, func()) { return nil, func() {} }

// Ring refuses.
func (noFeeds) Ring(context.Context, chat.Address, string) error { return errNoFeeds }

func parent(dir string) string { return filepath.Dir(filepath.Clean(dir)) }
