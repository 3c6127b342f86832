package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/config"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/release/depot"
	"github.com/xianda-bot/xianda/dialog/release/dir"
	"github.com/xianda-bot/xianda/dialog/script"
)

// follower puts into force what changes on the disk while a house runs. What has a mistake changes nothing and is told.
type follower struct {
	c     *common
	house *app.House
	log   *slog.Logger
	hide  func(*config.Config) // is told of every configuration before it is tried, so that the log hides its secrets

	mu      sync.Mutex // guards all below; one change at a time
	cfg     *config.Config
	version string             // of the release in force
	signal  string             // digest of the file that a signal put into force
	still   context.CancelFunc // ends the present look at the release's folder
}

const watchEvery = 2 * time.Second

// follow begins to follow the files of a house until ctx ends: its configuration, which SIGHUP reads at once, and its release.
func (c *common) follow(ctx context.Context, house *app.House, log *slog.Logger, hide func(*config.Config), cfg *config.Config, version string) {
	f := &follower{c: c, house: house, log: log, hide: hide, cfg: cfg, version: version}
	f.mu.Lock()
	f.watchRelease(ctx)
	f.mu.Unlock()
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // before the house answers: unheard, the signal would end it
	go func() {
		defer signal.Stop(hup)
		for {
			select {
			case <-ctx.Done():
				return
			case <-hup:
				next, err := config.Load(c.config, c.env.Getenv)
				f.configure(ctx, next, err, true)
			}
		}
	}()
	go cfg.Watch(ctx, watchEvery, func(next *config.Config, err error) { f.configure(ctx, next, err, false) })
}

// configure puts next into force, or tells why not.
func (f *follower) configure(ctx context.Context, next *config.Config, err error, signalled bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil && !signalled && next.Digest() == f.signal {
		f.signal = "" // the signal was faster than the look at the file
		return
	}
	if err == nil {
		err = f.replace(ctx, next)
	}
	if err != nil {
		f.log.Error("the configuration was not taken; the one before stays in force", "error", err)
		return
	}
	if signalled {
		f.signal = next.Digest()
	}
	f.log.Info("configuration in force", "channels", len(next.Channels))
}

// replace also reads the release when it is another folder now, and follows it with the new configuration's queues and channels.
func (f *follower) replace(ctx context.Context, next *config.Config) error {
	f.hide(next)
	var moved *release.Release
	if next.Release != f.cfg.Release {
		if err := folder(next); err != nil {
			return err
		}
		rel, findings, err := f.c.read(ctx, next.Release, next)
		if err != nil {
			return err
		}
		if moved = rel; rel == nil {
			f.tell(findings)
			return errors.New("release " + next.Release + " has errors")
		}
	}
	if err := f.house.Reload(ctx, next); err != nil {
		return err
	}
	f.cfg = next
	if moved != nil {
		f.publish(moved)
	}
	f.watchRelease(ctx)
	return nil
}

// watchRelease looks at the folder or the store of the configuration in force from now on, and at no other.
func (f *follower) watchRelease(ctx context.Context) {
	if f.still != nil {
		f.still()
	}
	ctx, f.still = context.WithCancel(ctx)
	path, o := f.cfg.Release, releaseOptions(f.cfg)
	changed := func(rel *release.Release, findings []script.Finding, err error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		switch {
		case ctx.Err() != nil: // another folder, or other queues, came into force in this very moment
		case err != nil:
			f.log.Error("the release cannot be read; the one before stays in force", "error", err)
		case rel == nil:
			f.tell(located(path, findings))
		default:
			f.publish(rel)
		}
	}
	if depot.Is(path) {
		go depot.New(path).Watch(ctx, f.version, 0, o.Options, changed)
		return
	}
	go dir.Watch(ctx, path, f.version, o, changed)
}

func (f *follower) publish(rel *release.Release) {
	f.version = rel.Version
	f.house.Publish(rel)
	f.log.Info("release in force", "release", rel.Name, "version", rel.Version)
}

func (f *follower) tell(findings []script.Finding) {
	for _, finding := range findings {
		if !finding.Warning {
			f.log.Error("the release has an error; the one before stays in force", "finding", findingLine(finding))
		}
	}
}
