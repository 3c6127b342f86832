package kefu

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xianda-bot/xianda/adapters"
)

const (
	leaseFor   = 6 * time.Second // after which another process takes over from one that died
	renewEvery = 2 * time.Second
	doorFor    = 3 * time.Second // how long the store may take for one look and one write
	doorWait   = time.Second     // for another one at the door
	doorLook   = 20 * time.Millisecond
)

var (
	errLost = errors.New("another process pulls")
	errDoor = errors.New("the lease is being looked at by another process")
)

// lease says which of all processes pulls an account. The vault's own lock cannot be renewed, so it guards only the moment in which the
// holder is looked at and written. It is safe for concurrent use.
type lease struct {
	key   string
	vault adapters.Vault
	clock func() time.Time
	rand  io.Reader

	until atomic.Int64 // ns since 1970 by our clock; never later than by the vault's

	mu sync.Mutex // guards id; held over calls of the vault, so that this process does not compete with itself
	id string     // of this process; "" before the first attempt
}

func newLease(key string, d adapters.Deps) *lease {
	return &lease{key: key, vault: d.Vault, clock: d.Clock, rand: d.Random}
}

// take takes or renews the lease. With then it also runs that, while nobody else can take it. false: another process has it.
func (l *lease) take(ctx context.Context, then func(context.Context) error) (mine bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.id == "" {
		if l.id, err = nonce(l.rand); err != nil {
			return false, err
		}
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
	if err := l.vault.Put(ctx, l.key, l.id, leaseFor); err != nil {
		return false, err
	}
	l.until.Store(begun.Add(leaseFor).UnixNano())
	if then != nil {
		return true, then(ctx)
	}
	return true, nil
}

// enter waits for the vault's lock.
func (l *lease) enter(ctx context.Context) (leave func(), err error) {
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
		if !sleep(ctx, doorLook) {
			return nil, ctx.Err()
		}
	}
}

// held tells whether this process surely has the lease. It does not wait.
func (l *lease) held() bool { return l.clock().UnixNano() < l.until.Load() }

// free tells whether it looks as if nobody had it.
func (l *lease) free(ctx context.Context) bool {
	holder, err := l.vault.Get(ctx, l.key)
	return err == nil && holder == ""
}

// drop gives the lease back, so that another process need not wait for its end.
func (l *lease) drop(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until.Store(0)
	_ = l.vault.Drop(ctx, l.key, l.id) // it ends by itself
}

// keep renews the lease until ctx ends or it is lost.
func (l *lease) keep(ctx context.Context) {
	for sleep(ctx, renewEvery) {
		if mine, err := l.take(ctx, nil); err == nil && !mine || err != nil && !l.held() {
			return
		}
	}
}

func nonce(random io.Reader) (string, error) {
	var b [12]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

// sleep waits for d; false: ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
