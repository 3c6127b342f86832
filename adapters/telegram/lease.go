package telegram

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/xianda-bot/xianda/adapters"
)

const (
	leaseFor   = 6 * time.Second // how long a process that died keeps the others, and itself when it is back, from polling
	renewEvery = leaseFor / 3
	guardFor   = 2 * time.Second // looking at the lease and writing it is one step
)

// lease makes one of all processes the poller of a bot. It is a value in the vault that its holder writes anew; a short lock makes
// reading and writing it one step.
type lease struct {
	vault adapters.Vault
	clock func() time.Time
	key   string
	mine  string
}

func newLease(d adapters.Deps, bot int64) (*lease, error) {
	var b [16]byte
	if _, err := io.ReadFull(d.Random, b[:]); err != nil {
		return nil, fmt.Errorf("the poller has no name: %w", err)
	}
	return &lease{vault: d.Vault, clock: d.Clock, key: fmt.Sprintf("telegram/poller/%d", bot), mine: hex.EncodeToString(b[:])}, nil
}

// take takes the lease or renews it for leaseFor. false: another process has it, or is looking at it right now.
func (l *lease) take(ctx context.Context) (bool, error) {
	begun := l.clock()
	unlock, ok, err := l.vault.Lock(ctx, l.key, guardFor)
	if err != nil || !ok {
		return false, err
	}
	defer unlock()
	holder, err := l.vault.Get(ctx, l.key)
	if err != nil || holder != "" && holder != l.mine {
		return false, err
	}
	if err := l.vault.Put(ctx, l.key, l.mine, leaseFor); err != nil {
		return false, err
	}
	// Who was stopped in between may have written over another holder: both find out when they renew, and the platform turns one of
	// them away meanwhile.
	return l.clock().Sub(begun) < guardFor, nil
}

// hold renews the lease until ctx ends, or it is lost: then it returns.
func (l *lease) hold(ctx context.Context) {
	until := l.clock().Add(leaseFor)
	for pause(ctx, renewEvery) {
		ok, err := l.take(ctx)
		switch {
		case ok:
			until = l.clock().Add(leaseFor)
		case err == nil && l.lost(ctx), !l.clock().Before(until.Add(-guardFor)):
			return
		}
	}
}

// lost tells whether another process is the holder; a guard that was taken only means that somebody looked.
func (l *lease) lost(ctx context.Context) bool {
	holder, err := l.vault.Get(ctx, l.key)
	return err == nil && holder != l.mine
}

// drop gives the lease back, so that another process need not wait.
func (l *lease) drop(ctx context.Context) error { return l.vault.Drop(ctx, l.key, l.mine) }
