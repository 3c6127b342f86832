// Package media keeps copies of what people send, so that a seat can look at them when the platform has forgotten them: it pays the debts
// of kind media, opens what is kept, and removes it in time. It knows no messenger and no store by name, and shows nothing to anybody.
package media

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// What Open says when there is nothing to be opened.
var (
	ErrUnknown = errors.New("there is no such medium, or it was forgotten")
	ErrNotYet  = errors.New("the medium is not kept yet")
	ErrExpired = errors.New("the medium was kept for its time and removed")
	ErrLost    = errors.New("the medium could not be kept")
)

// Options of a Keeper. Fetcher is needed; every other field may be left out.
type Options struct {
	// Fetcher finds who opens what people of a channel send; nil, false: nobody can.
	Fetcher func(channel string) (adapters.Fetcher, bool)
	// Known tells whether a conversation is still remembered: of one that was forgotten meanwhile nothing is kept. Default: it is.
	Known func(ctx context.Context, a chat.Address) (bool, error)
	// Tell puts a message of kind chat.Lost into its conversation, durably; repeated ones bear the same ID. Default: nobody is told.
	Tell func(ctx context.Context, m chat.Message) error

	Key      []byte           // of ids; the same in all processes of a house. Default: random
	Keep     time.Duration    // how long a medium can be opened; default 720 h
	MaxBytes int64            // of one medium; default 20 MiB
	Once     func() bool      // whether this process sweeps now, of those that share the store; default: it does
	Clock    func() time.Time // default: time.Now
	Log      *slog.Logger     // default: discards
	Count    adapters.Counter // default: nobody
}

// Keeper keeps media. It is safe for concurrent use.
type Keeper struct {
	store Store
	o     Options
	slots chan struct{} // each holds one content in memory
}

// atOnce is how many contents are held in memory at the same time.
const atOnce = 4

// New returns a keeper over store.
func New(store Store, o Options) *Keeper {
	if o.Known == nil {
		o.Known = func(context.Context, chat.Address) (bool, error) { return true, nil }
	}
	if o.Tell == nil {
		o.Tell = func(context.Context, chat.Message) error { return nil }
	}
	if len(o.Key) == 0 {
		o.Key = make([]byte, 32)
		rand.Read(o.Key) // never fails
	}
	if o.Keep <= 0 {
		o.Keep = 720 * time.Hour
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 20 << 20
	}
	if o.Once == nil {
		o.Once = func() bool { return true }
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Count == nil {
		o.Count = uncounted{}
	}
	return &Keeper{store: store, o: o, slots: make(chan struct{}, atOnce)}
}

type uncounted struct{}

func (uncounted) Count(string, ...string) {}

// contents are the kinds of media that have one.
var contents = []string{"image", "voice", "video", "file", "other"}

// ID is the id under which the nth medium of m will be kept, once its debt is paid; "" when it cannot be: it has no content, or its
// channel brings none. It is the same each time for the same hour of now.
func (k *Keeper) ID(m chat.Message, n int, now time.Time) string {
	f := m.Media[n]
	if !slices.Contains(contents, f.Kind) || f.Ref == "" && f.URL == "" {
		return ""
	}
	if _, ok := k.o.Fetcher(m.From.Channel); !ok {
		return ""
	}
	return k.id(m.From, m.ID, n, now)
}

// Open returns what is kept under id. The caller closes it. ErrUnknown, ErrNotYet, ErrExpired, ErrLost with the reason; others mean that
// the store is away.
func (k *Keeper) Open(ctx context.Context, id string) (chat.Media, io.ReadCloser, error) {
	made, ours := k.read(id)
	if made.IsZero() {
		return chat.Media{}, nil, ErrUnknown
	}
	expired := k.o.Clock().Sub(made) > k.o.Keep
	m, _, body, err := k.store.Open(ctx, id)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !ours:
		return m, nil, ErrUnknown
	case errors.Is(err, fs.ErrNotExist) && expired:
		return m, nil, ErrExpired
	case errors.Is(err, fs.ErrNotExist):
		return m, nil, ErrNotYet
	case err != nil:
		return m, nil, fmt.Errorf("media: %w", err)
	case expired: // and not yet swept
		body.Close()
		return m, nil, ErrExpired
	case m.Ref != "":
		body.Close()
		return m, nil, fmt.Errorf("%w: %s", ErrLost, m.Ref)
	}
	return m, body, nil
}

// Forget removes everything of a conversation. It may be repeated.
func (k *Keeper) Forget(ctx context.Context, a chat.Address) error {
	if err := k.store.Forget(ctx, owner(a)+"-"); err != nil {
		return fmt.Errorf("media: %w", err)
	}
	return nil
}

const (
	sweepEvery  = time.Hour
	sweepWithin = 10 * time.Minute
)

// Run removes what is older than Keep, every hour, until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		k.sweep(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (k *Keeper) sweep(ctx context.Context) {
	if !k.o.Once() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sweepWithin)
	defer cancel()
	n, err := k.store.Sweep(ctx, k.o.Clock().Add(-k.o.Keep))
	if err != nil && ctx.Err() == nil {
		k.o.Log.Warn("media that are too old were not all removed: the next sweep tries again", "removed", n, "error", err)
		return
	}
	if n > 0 {
		k.o.Log.Info("media that are too old were removed", "removed", n)
	}
}
