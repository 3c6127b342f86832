// Package redis keeps sessions, mailboxes, debts, cases and the adapters' small values on Redis 7: a single server, Sentinel or Cluster.
// It keeps promises and makes no decisions: what to answer is judged in dialog, what to send in the postman.
package redis

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

var (
	_ session.Store = (*Store)(nil)
	_ handoff.Queue = (*Queue)(nil)
)

const (
	opTimeout   = 2500 * time.Millisecond // of one step, all included: webhooks must answer 503 within 3 s
	keepCounts  = 90 * 24 * time.Hour     // counts of an hour
	maxDeads    = 1000                    // dead letters in one partition; beyond it the oldest fall out
	connections = 64                      // as many turns run at once
	longKept    = time.Hour               // ids of posted messages (events) that are kept for longer than this are bounded:
	maxLong     = 256                     // in one conversation; beyond it these are refused, so that they leave room for people
	maxCases    = 20                      // remembered of one conversation; beyond it the one that was closed first goes
	jitter      = 100 * time.Millisecond  // by which the way here may differ without prolonging a reply time
)

// Options of a store; the zero value works.
type Options struct {
	Log    *slog.Logger     // default: slog.Default()
	Prefix string           // of every key; default "xianda"
	Clock  func() time.Time // of the callers' moments (ReplyBy), of what the store itself writes down, and of presence; default time.Now. All else uses the server's clock
	Random io.Reader        // cryptographic, for locks; default crypto/rand

	Lease time.Duration        // only for tests; default session.Lease
	Skew  func() time.Duration // only for tests: how far the server's clock is moved; default: not at all
}

// Store keeps everything. All methods may be called concurrently.
type Store struct {
	db       redis.UniversalClient
	k        keys
	sc       *scripts
	log      *slog.Logger
	clock    func() time.Time
	random   io.Reader
	skewed   func() time.Duration
	replicas int // that must confirm a write; 0: none

	shortSince atomic.Int64 // ms since replicas are missing; 0: they are not
	shortSaid  atomic.Int64 // ms of the last alarm about it
	looks      atomic.Int64 // at the due index

	bells doorbell

	mu       sync.Mutex // guards the two below
	standing map[string]handoff.Standing
	stood    time.Time
}

// Open connects to url: redis://[user:password@]host:port/db, rediss://… (TLS), redis-sentinel://[user:password@]h1,h2,h3/master?db=0 or
// redis-cluster://[user:password@]h1,h2,h3. With Sentinel and Cluster, "?replicas=n" says how many replicas must have a write before it
// counts; default 1 if there is any, and none with a single server.
//
// It checks the number of partitions and warns of settings that lose data.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Prefix == "" {
		o.Prefix = "xianda"
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Lease == 0 {
		o.Lease = session.Lease
	}
	sc, err := newScripts(o.Lease)
	if err != nil {
		return nil, fmt.Errorf("redis: scripts: %w", err)
	}
	redis.SetLogger(driverLog{o.Log})
	db, replicas, err := connect(url)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, k: keys{o.Prefix}, sc: sc, log: o.Log, clock: o.Clock, random: o.Random, skewed: o.Skew, replicas: replicas}
	s.bells.s = s
	if err := s.check(ctx); err != nil {
		_ = db.Close()
		return nil, err
	}
	return s, nil
}

// skew is the argument by which tests move the server's clock.
func (s *Store) skew() string {
	if s.skewed == nil {
		return "0"
	}
	return strconv.FormatInt(s.skewed().Milliseconds(), 10)
}

// check compares the number of partitions and looks at the server's settings.
func (s *Store) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*opTimeout)
	defer cancel()
	if err := s.db.SetNX(ctx, s.k.partitions(), session.Partitions, 0).Err(); err != nil {
		return classify("open", err)
	}
	n, err := s.db.Get(ctx, s.k.partitions()).Int()
	if err != nil {
		return classify("open", err)
	}
	if n != session.Partitions {
		return fmt.Errorf("redis: this database was made with %d partitions, this program has %d: use the program that made it, or another database", n, session.Partitions)
	}
	infos, err := s.infos(ctx)
	if err != nil {
		return classify("open", err)
	}
	fewest := -1
	for node, info := range infos {
		if p := info["maxmemory_policy"]; p != "" && p != "noeviction" {
			s.log.Warn("redis may throw away conversations: set maxmemory-policy noeviction", "node", node, "maxmemory_policy", p)
		}
		if info["aof_enabled"] == "0" {
			s.log.Warn("redis keeps nothing over a restart: set appendonly yes", "node", node)
		}
		if n, err := strconv.Atoi(info["connected_slaves"]); err == nil && (fewest < 0 || n < fewest) {
			fewest = n
		}
	}
	if s.replicas < 0 {
		s.replicas = 1
		if fewest <= 0 {
			s.replicas = 0
			s.log.Warn("a master has no replica: a failover would lose conversations")
		}
	}
	return nil
}

// infos reads INFO of every master.
func (s *Store) infos(ctx context.Context) (map[string]map[string]string, error) {
	var mu sync.Mutex
	all := map[string]map[string]string{}
	err := s.masters(ctx, func(ctx context.Context, c *redis.Client) error {
		text, err := c.Info(ctx).Result()
		if err != nil {
			return err
		}
		m := map[string]string{}
		for line := range strings.SplitSeq(text, "\n") {
			if k, v, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
				m[k] = v
			}
		}
		mu.Lock()
		defer mu.Unlock()
		all[c.Options().Addr] = m
		return nil
	})
	return all, err
}

// masters calls f for every master, concurrently.
func (s *Store) masters(ctx context.Context, f func(context.Context, *redis.Client) error) error {
	switch c := s.db.(type) {
	case *redis.ClusterClient:
		return c.ForEachMaster(ctx, f)
	case *redis.Client:
		return f(ctx, c)
	}
	return fmt.Errorf("redis: no masters in a %T", s.db)
}

// Ping tells whether the store takes writes.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if c, ok := s.db.(*redis.ClusterClient); ok {
		info, err := c.ClusterInfo(ctx).Result()
		if err != nil {
			return classify("ping", err)
		}
		if !strings.Contains(info, "cluster_state:ok") {
			return fmt.Errorf("redis: ping: %w: the cluster is not whole: see CLUSTER INFO", ErrUnavailable)
		}
	}
	if err := s.db.Set(ctx, s.k.ping("any"), "1", time.Minute).Err(); err != nil {
		return classify("ping", err)
	}
	return nil
}

// Close closes all connections. Steps under way fail.
func (s *Store) Close() error {
	s.bells.close()
	return s.db.Close()
}

// driverLog hands the driver's own lines to our log; it would write to stderr.
type driverLog struct{ log *slog.Logger }

// Printf keeps one line of the driver.
func (d driverLog) Printf(ctx context.Context, format string, v ...any) {
	d.log.DebugContext(ctx, "redis driver", "line", fmt.Sprintf(format, v...))
}
