package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// errShort: the master has the write, too few replicas have it. It does not count as accepted; repeating it is safe.
var errShort = errors.New("too few replicas confirmed the write")

const (
	waitReplicas = 100 * time.Millisecond // how long a write waits for its replicas
	refuseShort  = 10 * time.Second       // how long writes are refused when replicas are missing; then they are accepted, with an alarm
)

// execDurable sends EVALSHA and WAIT down one connection to the master, because WAIT speaks of its own connection's writes. Without it
// a failover loses acknowledged writes (measured 8 %). With errShort it returns what the script answered.
func (s *Store) execDurable(ctx context.Context, args []any) (any, error) {
	key, _ := args[3].(string)
	v, err := s.execWait(ctx, key, args)
	if err != nil && (redis.HasErrorPrefix(err, "MOVED") || redis.HasErrorPrefix(err, "ASK") || redis.HasErrorPrefix(err, "READONLY")) {
		if c, ok := s.db.(*redis.ClusterClient); ok {
			c.ReloadState(ctx)
			return s.execWait(ctx, key, args)
		}
	}
	return v, err
}

func (s *Store) execWait(ctx context.Context, key string, args []any) (any, error) {
	node, err := s.master(ctx, key)
	if err != nil {
		return nil, err
	}
	pipe := node.Pipeline()
	if s.shortSince.Load() != 0 {
		// A repeated step writes nothing, and WAIT would be content: write something.
		brace := strings.IndexByte(key, '}')
		pipe.Set(ctx, key[:brace+1]+":mark", "1", time.Minute)
	}
	cmd := pipe.Do(ctx, args...)
	acks := pipe.Do(ctx, "wait", strconv.Itoa(s.replicas), waitReplicas.Milliseconds())
	_, _ = pipe.Exec(ctx)
	v, err := cmd.Result()
	if err != nil {
		return nil, err
	}
	n, err := acks.Int()
	if err != nil {
		return nil, err
	}
	return v, s.enough(n)
}

// master is the node that a key's writes go to.
func (s *Store) master(ctx context.Context, key string) (*redis.Client, error) {
	switch c := s.db.(type) {
	case *redis.ClusterClient:
		return c.MasterForKey(ctx, key)
	case *redis.Client:
		return c, nil
	}
	return nil, fmt.Errorf("redis: no master in a %T", s.db)
}

// enough judges how many replicas confirmed. With a single replica no write could succeed after a failover until it is back, so that
// after refuseShort writes are accepted again and the log says that they may be lost.
func (s *Store) enough(n int) error {
	now := s.clock().UnixMilli()
	if n >= s.replicas {
		s.shortSince.Store(0)
		return nil
	}
	s.shortSince.CompareAndSwap(0, now)
	since := s.shortSince.Load()
	if now-since < refuseShort.Milliseconds() {
		return errShort
	}
	if last := s.shortSaid.Load(); now-last > refuseShort.Milliseconds() && s.shortSaid.CompareAndSwap(last, now) {
		s.log.Error("writes are accepted without replicas; a failover now would lose them",
			"confirmed", n, "wanted", s.replicas, "since", time.UnixMilli(since))
	}
	return nil
}
