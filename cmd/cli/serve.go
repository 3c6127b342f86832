package cli

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/config"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/release/dir"
	"github.com/xianda-bot/xianda/dialog/script"
)

func newServe(c *common) *cobra.Command {
	var level slog.Level
	var format string
	cmd := &cobra.Command{
		Use: "serve", Short: "run the house: answer on every configured channel", Args: cobra.NoArgs,
		Long: `Answer people on every configured channel until a signal comes; then turns under way end or are handed
to another process, and nothing that was accepted is lost. The release is loaded again when a file changes, the
configuration when it changes or on SIGHUP; a file with mistakes changes nothing and says so.`,
		Example: "  xianda serve\n  xianda serve -c shop.yaml --log-format json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			var secrets atomic.Pointer[[]string]
			log, err := c.logger(level, format, func() []string {
				if s := secrets.Load(); s != nil {
					return *s
				}
				return nil
			})
			if err != nil {
				return err
			}
			return c.serve(cmd.Context(), log, func(cfg *config.Config) {
				all := cfg.Secrets()
				secrets.Store(&all)
			})
		},
	}
	cmd.Flags().TextVar(&level, "log-level", slog.LevelInfo, "debug, info, warn or error; only debug shows people's words, masked")
	cmd.Flags().StringVar(&format, "log-format", "text", "text or json")
	return cmd
}

// serve runs a house; hide is told of every configuration that comes into force, so that the log hides its secrets.
func (c *common) serve(ctx context.Context, log *slog.Logger, hide func(*config.Config)) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	hide(cfg)
	if err := folder(cfg); err != nil {
		return err
	}
	rel, err := c.mustRead(ctx, cfg.Release, cfg)
	if err != nil {
		return err
	}
	app.QuietLibraries(log)
	house, err := app.Open(ctx, cfg, rel, app.Options{Log: log, Version: c.env.Version})
	if err != nil {
		return err
	}
	public, private := house.Addresses()
	log.Info("open", "listen", public, "admin", private, "store", cfg.Store, "release", rel.Name, "version", rel.Version, "channels", len(cfg.Channels))
	watch, stop := context.WithCancel(ctx)
	defer stop()
	go c.watchRelease(watch, house, cfg, rel.Version, log)
	go c.watchConfig(watch, house, cfg, log, hide)
	return house.Run(ctx)
}

const watchEvery = 2 * time.Second

func (c *common) watchRelease(ctx context.Context, house *app.House, cfg *config.Config, version string, log *slog.Logger) {
	dir.Watch(ctx, cfg.Release, version, releaseOptions(cfg), func(rel *release.Release, findings []script.Finding, err error) {
		if err != nil {
			log.Error("the release cannot be read; the one before stays in force", "error", err)
			return
		}
		if rel == nil {
			for _, f := range findings {
				if !f.Warning {
					log.Error("the release has an error; the one before stays in force", "finding", findingLine(f))
				}
			}
			return
		}
		house.Publish(rel)
		log.Info("release in force", "release", rel.Name, "version", rel.Version)
	})
}

// watchConfig reloads on a change of the file and on SIGHUP.
func (c *common) watchConfig(ctx context.Context, house *app.House, cfg *config.Config, log *slog.Logger, hide func(*config.Config)) {
	apply := func(next *config.Config, err error) {
		if err == nil {
			hide(next)
			err = house.Reload(ctx, next)
		}
		if err != nil {
			log.Error("the configuration was not taken; the one before stays in force", "error", err)
			return
		}
		log.Info("configuration in force", "channels", len(next.Channels))
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hup:
				apply(config.Load(c.config, c.env.Getenv))
			}
		}
	}()
	cfg.Watch(ctx, watchEvery, apply)
}
