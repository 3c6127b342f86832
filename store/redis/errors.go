package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrUnavailable is in every error that means: Redis cannot be reached or takes no writes now. The outcome of a write is unknown; asking
// again is safe.
var ErrUnavailable = errors.New("redis is not available")

// remedies are what an operator does about the errors by which Redis refuses.
var remedies = []struct{ prefix, remedy string }{
	{"MISCONF", "it cannot write to its disk: free space, or see its log"},
	{"OOM", "its memory is full: raise maxmemory (and keep maxmemory-policy noeviction)"},
	{"READONLY", "this is a replica: connect to the master, or use redis-sentinel://"},
	{"LOADING", "it is still reading its data: wait"},
	{"NOAUTH", "it wants a password: put it into the store's URL"},
	{"WRONGPASS", "user or password are wrong: correct the store's URL"},
	{"NOPERM", "the user may not do this: it needs ~xianda:* +@all"},
	{"CLUSTERDOWN", "the cluster is not whole: see CLUSTER INFO"},
	{"MASTERDOWN", "the replica has lost its master: wait for the failover"},
	{"TRYAGAIN", "slots are moving: wait"},
	{"BUSY", "a script runs too long: see SLOWLOG"},
	{"NOREPLICAS", "too few replicas: see INFO replication"},
}

// classify wraps an error of go-redis once. Its texts hold addresses, never passwords.
func classify(doing string, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("redis: %s: %w", doing, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("redis: %s: %w: no answer in time: %w", doing, ErrUnavailable, err)
	case errors.Is(err, errShort):
		return fmt.Errorf("redis: %s: %w: %w", doing, ErrUnavailable, err)
	}
	for _, r := range remedies {
		if strings.HasPrefix(err.Error(), r.prefix) {
			return fmt.Errorf("redis: %s: %w: %s (%w)", doing, ErrUnavailable, r.remedy, err)
		}
	}
	if strings.HasPrefix(err.Error(), "ERR ") || strings.Contains(err.Error(), "user_script") {
		return fmt.Errorf("redis: %s: %w", doing, err)
	}
	return fmt.Errorf("redis: %s: %w: is it running? (%w)", doing, ErrUnavailable, err)
}
