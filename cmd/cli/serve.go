package cli

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/config"
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
			var hidden secrets
			log, err := c.logger(level, format, hidden.values)
			if err != nil {
				return err
			}
			return c.serve(cmd.Context(), serving{log: log, hide: func(cfg *config.Config) { hidden.add(cfg.Secrets()) }})
		},
	}
	cmd.Flags().TextVar(&level, "log-level", slog.LevelInfo, "debug, info, warn or error; only debug shows people's words, masked")
	cmd.Flags().StringVar(&format, "log-format", "text", "text or json")
	return cmd
}

// serving is how a house is served.
type serving struct {
	log    *slog.Logger
	hide   func(*config.Config)                             // is told of every configuration that comes into force, so that the log hides its secrets
	heard  func(chat.Message)                               // is told of what channels bring; nil: nobody wants to know
	opened func(cfg *config.Config, public, private string) // is told where it listens; nil: only the log
}

// serve runs a house until ctx ends.
func (c *common) serve(ctx context.Context, s serving) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	s.hide(cfg)
	if err := folder(cfg); err != nil {
		return err
	}
	rel, err := c.mustRead(ctx, cfg.Release, cfg)
	if err != nil {
		return err
	}
	app.QuietLibraries(s.log)
	house, err := app.Open(ctx, cfg, rel, app.Options{Log: s.log, Version: c.env.Version, Heard: s.heard, Earlier: earlier(cfg)})
	if err != nil {
		return err
	}
	public, private := house.Addresses()
	s.log.Info("open", "listen", public, "admin", private, "store", cfg.Store, "release", rel.Name, "version", rel.Version, "channels", len(cfg.Channels))
	if s.opened != nil {
		s.opened(cfg, public, private)
	}
	watch, stop := context.WithCancel(ctx)
	defer stop()
	c.follow(watch, house, s.log, s.hide, cfg, rel.Version)
	return house.Run(ctx)
}
