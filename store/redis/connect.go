package redis

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// The driver's own defaults repeat commands that may have been executed, and dial a dead master for a minute; all are measured.
const (
	dialTimeout = 500 * time.Millisecond
	ioTimeout   = time.Second
	reload      = time.Second // of the cluster's map
)

// target is a parsed URL of Sentinel or Cluster.
type target struct {
	hosts          []string
	user, password string
	path           string
	query          url.Values
}

// connect makes a client; nothing is dialled yet. replicas is -1 when it depends on what is there.
func connect(raw string) (db redis.UniversalClient, replicas int, err error) {
	scheme, _, _ := strings.Cut(raw, "://")
	switch scheme {
	case "redis", "rediss":
		raw, replicas, err = cutReplicas(raw)
		if err != nil {
			return nil, 0, err
		}
		o, err := redis.ParseURL(raw)
		if err != nil {
			// The driver's text may quote the URL with its password.
			return nil, 0, errors.New("redis: the store's URL is not of the form redis://[user:password@]host:port/db")
		}
		o.MaxRetries, o.DialerRetries, o.DialTimeout = -1, 1, dialTimeout
		o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = ioTimeout, ioTimeout, ioTimeout
		o.ContextTimeoutEnabled, o.PoolSize = true, connections
		o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
		return redis.NewClient(o), replicas, nil
	case "redis-sentinel":
		return sentinel(raw)
	case "redis-cluster":
		return cluster(raw)
	}
	return nil, 0, fmt.Errorf("redis: unknown scheme %q: write redis, rediss, redis-sentinel or redis-cluster", scheme)
}

func sentinel(raw string) (redis.UniversalClient, int, error) {
	t, err := parse(raw, "26379")
	if err != nil {
		return nil, 0, err
	}
	db := 0
	if v := t.query.Get("db"); v != "" {
		if db, err = strconv.Atoi(v); err != nil || db < 0 {
			return nil, 0, errors.New("redis: db in the store's URL is not a number")
		}
	}
	if t.path == "" {
		return nil, 0, errors.New("redis: the store's URL names no master: write redis-sentinel://h1,h2,h3/master?db=0")
	}
	replicas, err := t.replicas(-1)
	return redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: t.path, SentinelAddrs: t.hosts, Username: t.user, Password: t.password, DB: db,
		SentinelPassword: t.query.Get("sentinel_password"), TLSConfig: t.tls(),
		MaxRetries: -1, DialerRetries: 1, DialTimeout: dialTimeout, ReadTimeout: ioTimeout, WriteTimeout: ioTimeout,
		PoolTimeout: ioTimeout, ContextTimeoutEnabled: true, PoolSize: connections,
	}), replicas, err
}

func cluster(raw string) (redis.UniversalClient, int, error) {
	t, err := parse(raw, "6379")
	if err != nil {
		return nil, 0, err
	}
	replicas, err := t.replicas(-1)
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: t.hosts, Username: t.user, Password: t.password, TLSConfig: t.tls(), ClusterStateReloadInterval: reload,
		MaxRetries: -1, DialerRetries: 1, DialTimeout: dialTimeout, ReadTimeout: ioTimeout, WriteTimeout: ioTimeout,
		PoolTimeout: ioTimeout, ContextTimeoutEnabled: true, PoolSize: connections,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}), replicas, err
}

// parse reads scheme://[user:password@]h1,h2:port,h3/path?query, which net/url refuses for its several ports.
func parse(raw, port string) (target, error) {
	_, rest, _ := strings.Cut(raw, "://")
	rest, query, _ := strings.Cut(rest, "?")
	t := target{}
	var err error
	if t.query, err = url.ParseQuery(query); err != nil {
		return t, errors.New("redis: what follows ? in the store's URL cannot be read")
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, password, _ := strings.Cut(rest[:at], ":")
		rest = rest[at+1:]
		t.user, err = url.PathUnescape(user)
		if err == nil {
			t.password, err = url.PathUnescape(password)
		}
		if err != nil {
			return t, errors.New("redis: user or password in the store's URL are badly escaped: write @ as %40, % as %25")
		}
	}
	hosts, path, _ := strings.Cut(rest, "/")
	t.path = path
	for h := range strings.SplitSeq(hosts, ",") {
		if h == "" {
			return t, errors.New("redis: the store's URL has an empty host")
		}
		if _, _, err := net.SplitHostPort(h); err != nil {
			h = net.JoinHostPort(h, port)
		}
		t.hosts = append(t.hosts, h)
	}
	return t, nil
}

func (t target) tls() *tls.Config {
	if v := t.query.Get("tls"); v == "" || v == "0" {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12}
}

func (t target) replicas(otherwise int) (int, error) {
	v := t.query.Get("replicas")
	if v == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return 0, errors.New("redis: replicas in the store's URL is not a number")
	}
	return n, nil
}

// cutReplicas takes our own parameter out of a URL that the driver parses.
func cutReplicas(raw string) (string, int, error) {
	rest, query, ok := strings.Cut(raw, "?")
	if !ok {
		return raw, 0, nil
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return "", 0, errors.New("redis: what follows ? in the store's URL cannot be read")
	}
	n, err := target{query: q}.replicas(0)
	q.Del("replicas")
	if len(q) > 0 {
		rest += "?" + q.Encode()
	}
	return rest, n, err
}
