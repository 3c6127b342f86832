package adapterstest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/entry"
	"github.com/xianda-bot/xianda/chat"
)

// Record is what an adapter did with its Deps. All methods may be called concurrently.
type Record struct {
	mu     sync.Mutex // guards all below
	log    bytes.Buffer
	counts map[string]int
	shown  []chat.Message
}

// NewDeps returns dependencies that need no network and keep what is done with them: logs at every level, counts, and the messages whose
// passive reply was shown. Scene reads plain scenes, as a house does that has no secret. Random is seeded, Clock is time.Now (a synctest
// bubble's own inside one), HTTP reaches nothing.
func NewDeps() (adapters.Deps, *Record) {
	r := &Record{counts: map[string]int{}}
	entries, err := entry.New(nil, time.Now, r)
	if err != nil {
		panic(err) // without a secret there is nothing that can fail
	}
	return adapters.Deps{
		Log:     slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Clock:   time.Now,
		HTTP:    Client(http.NotFoundHandler()),
		Outside: Client(http.NotFoundHandler()),
		Vault:   NewVault(time.Now),
		Feeds:   NewFeeds(),
		Scene:   entries.Read,
		Count:   r,
		Random:  &lockedReader{r: rand.New(rand.NewSource(1))},
		Shown: func(m chat.Message) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.shown = append(r.shown, m)
		},
	}, r
}

// Write keeps a log line.
func (r *Record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

// Count keeps a count under "metric label label".
func (r *Record) Count(metric string, labels ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[strings.Join(append([]string{metric}, labels...), " ")]++
}

// Counted returns how often "metric label label" was counted.
func (r *Record) Counted(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[name]
}

// Log returns everything that was logged.
func (r *Record) Log() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// Shown returns the messages whose passive reply was written.
func (r *Record) Shown() []chat.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]chat.Message(nil), r.shown...)
}

// Client returns an HTTP client that calls platform in memory, whatever the host: no socket, so that it works in a synctest bubble.
// It follows no redirects, and gives up when the request's context ends.
func Client(platform http.Handler) *http.Client {
	return &http.Client{
		Transport:     memory{platform},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type memory struct{ platform http.Handler }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	inner := r.Clone(r.Context())
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	inner.RequestURI = r.URL.RequestURI()
	if inner.Host == "" {
		inner.Host = r.URL.Host
	}
	done := make(chan *http.Response, 1)
	go func() {
		w := httptest.NewRecorder()
		m.platform.ServeHTTP(w, inner)
		done <- w.Result()
	}()
	select {
	case res := <-done:
		res.Request = r
		return res, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

type lockedReader struct {
	mu sync.Mutex // guards r
	r  io.Reader
}

func (l *lockedReader) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}

// Vault is an adapters.Vault in memory.
type Vault struct {
	clock func() time.Time
	mu    sync.Mutex // guards all below
	kept  map[string]kept
	locks map[string]*time.Time
}

type kept struct {
	value string
	until time.Time
}

var _ adapters.Vault = (*Vault)(nil)

// NewVault returns an empty vault on clock.
func NewVault(clock func() time.Time) *Vault {
	return &Vault{clock: clock, kept: map[string]kept{}, locks: map[string]*time.Time{}}
}

// Get is adapters.Vault.
func (v *Vault) Get(ctx context.Context, key string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	k, ok := v.kept[key]
	if !ok || !k.until.IsZero() && !v.clock().Before(k.until) {
		return "", ctx.Err()
	}
	return k.value, ctx.Err()
}

// Put is adapters.Vault; a ttl of 0 keeps the value for good.
func (v *Vault) Put(ctx context.Context, key, value string, ttl time.Duration) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	k := kept{value: value}
	if ttl > 0 {
		k.until = v.clock().Add(ttl)
	}
	v.kept[key] = k
	return ctx.Err()
}

// Drop is adapters.Vault.
func (v *Vault) Drop(ctx context.Context, key, value string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.kept[key].value == value {
		delete(v.kept, key)
	}
	return ctx.Err()
}

// Lock is adapters.Vault.
func (v *Vault) Lock(ctx context.Context, key string, ttl time.Duration) (func(), bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if until := v.locks[key]; until != nil && v.clock().Before(*until) {
		return func() {}, false, ctx.Err()
	}
	mine := new(time.Time)
	*mine = v.clock().Add(ttl)
	v.locks[key] = mine
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.locks[key] == mine {
			delete(v.locks, key)
		}
	}, true, ctx.Err()
}
