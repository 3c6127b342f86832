// Package lease makes one of all processes the one that pulls an account: the others stand by, and one of them follows when it dies. It
// knows no messenger, and moves no cursor itself.
package lease

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/pause"
)

// For is how long a process that died keeps the others, and itself when it is back, from pulling; its holder renews it every Every.
const (
	For   = 6 * time.Second
	Every = For / 3
)

const (
	doorFor  = 3 * time.Second // how long the store may take for one look and one write
	doorWait = time.Second     // for another one at the door
	doorLook = 20 * time.Millisecond
)

var errDoor = errors.New("the lease is being looked at by another process")

// Lease says which of all processes pulls an account. The vault's own lock cannot be renewed, so it guards only the moment in which the
// holder is looked at and written. It is safe for concurrent use.
type Lease struct {
	key    string
	vault  adapters.Vault
	clock  func() time.Time
	random io.Reader

	until atomic.Int64 // ns since 1970 by our clock; never later than by the vault's

	mu sync.Mutex // guards id; held over calls of the vault, so that this process does not compete with itself
	id string     // of this process; "" before the first attempt
}

// New returns the lease of key, which is the same in all processes. Nothing is taken yet.
func New(key string, d adapters.Deps) *Lease {
	return &Lease{key: key, vault: d.Vault, clock: d.Clock, random: d.Random}
}

// Take takes or renews the lease. With then it also runs that, while nobody else can take it. false: another process has it.
func (l *Lease) Take(ctx context.Context, then func(context.Context) error) (mine bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.id == "" {
		var b [12]byte
		if _, err := io.ReadFull(l.random, b[:]); err != nil {
			return false, err
		}
		l.id = hex.EncodeToString(b[:])
	}
	leave, err := l.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	begun := l.clock()
	holder, err := l.vault.Get(ctx, l.key)
	if err != nil {
		return false, err
	}
	if holder != "" && holder != l.id {
		l.until.Store(0)
		return false, nil
	}
	if err := l.vault.Put(ctx, l.key, l.id, For); err != nil {
		return false, err
	}
	l.until.Store(begun.Add(For).UnixNano())
	if then != nil {
		return true, then(ctx)
	}
	return true, nil
}

// enter waits for the vault's lock.
func (l *Lease) enter(ctx context.Context) (leave func(), err error) {
	for wait := doorWait; ; wait -= doorLook {
		leave, ok, err := l.vault.Lock(ctx, l.key+"/door", doorFor)
		switch {
		case err != nil:
			return nil, err
		case ok:
			return leave, nil
		case wait <= 0:
			return nil, errDoor
		}
		if !pause.For(ctx, doorLook) {
			return nil, ctx.Err()
		}
	}
}

// Held tells whether this process surely has the lease. It does not wait.
func (l *Lease) Held() bool { return l.clock().UnixNano() < l.until.Load() }

// Free tells whether it looks as if nobody had it: then Take is worth its lock.
func (l *Lease) Free(ctx context.Context) bool {
	holder, err := l.vault.Get(ctx, l.key)
	return err == nil && holder == ""
}

// Drop gives the lease back, so that another process need not wait for its end. What is another's stays.
func (l *Lease) Drop(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until.Store(0)
	_ = l.vault.Drop(ctx, l.key, l.id) // it ends by itself
}

// Keep renews the lease until ctx ends or it is lost.
func (l *Lease) Keep(ctx context.Context) {
	for pause.For(ctx, Every) {
		if mine, err := l.Take(ctx, nil); err == nil && !mine || err != nil && !l.Held() {
			return
		}
	}
}
