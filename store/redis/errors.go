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

// remedy is what an operator does about an error by which Redis refuses; "" when it is none of these. The first word of Redis's errors is
// their kind.
func remedy(err error) string {
	kind, _, _ := strings.Cut(err.Error(), " ")
	switch kind {
	case "MISCONF":
		return "it cannot write to its disk: free space, or see its log"
	case "OOM":
		return "its memory is full: raise maxmemory (and keep maxmemory-policy noeviction)"
	case "READONLY":
		return "this is a replica: connect to the master, or use redis-sentinel://"
	case "LOADING":
		return "it is still reading its data: wait"
	case "NOAUTH":
		return "it wants a password: put it into the store's URL"
	case "WRONGPASS":
		return "user or password are wrong: correct the store's URL"
	case "NOPERM":
		return "the user may not do this: it needs ~xianda:* &xianda:* +@all"
	case "CLUSTERDOWN":
		return "the cluster is not whole: see CLUSTER INFO"
	case "MASTERDOWN":
		return "the replica has lost its master: wait for the failover"
	case "TRYAGAIN":
		return "slots are moving: wait"
	case "BUSY":
		return "a script runs too long: see SLOWLOG"
	case "NOREPLICAS":
		return "too few replicas: see INFO replication"
	}
	return ""
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
	if r := remedy(err); r != "" {
		return fmt.Errorf("redis: %s: %w: %s (%w)", doing, ErrUnavailable, r, err)
	}
	if strings.HasPrefix(err.Error(), "ERR ") || strings.Contains(err.Error(), "user_script") {
		return fmt.Errorf("redis: %s: %w", doing, err)
	}
	return fmt.Errorf("redis: %s: %w: is it running? (%w)", doing, ErrUnavailable, err)
}
