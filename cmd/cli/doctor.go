package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/config"
)

func newDoctor(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "look for what would go wrong: configuration, release, store, platforms", Args: cobra.NoArgs,
		Long: `Check everything that serving needs and say what to do about it. Run it before the first start, after a
change of credentials, and when something is strange. It sends nothing to anybody and changes nothing.`,
		Example: "  xianda doctor\n  xianda doctor -c shop.yaml --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			checks := []app.Check{{Name: "configuration", OK: true, Detail: c.config + ", " + count(len(cfg.Channels), "channel")}}
			checks = append(checks, c.checkRelease(cmd.Context(), cfg))
			checks = append(checks, app.Examine(cmd.Context(), cfg)...)
			return c.printChecks(checks)
		},
	}
}

func (c *common) checkRelease(ctx context.Context, cfg *config.Config) app.Check {
	k := app.Check{Name: "release"}
	if err := folder(cfg); err != nil {
		k.Detail = err.Error()
		return k
	}
	rel, findings, err := c.read(ctx, cfg.Release, cfg)
	switch {
	case err != nil:
		k.Detail = err.Error()
	case rel == nil:
		k.Detail = count(len(findings), "finding") + ", with errors: see \"xianda dialog check\""
	default:
		k.OK = true
		k.Detail = strings.Join([]string{
			rel.Name, "version " + rel.Version, count(len(rel.Dialogs), "dialog"), count(len(rel.Entries), "answer"), count(len(findings), "warning"),
		}, ", ")
	}
	return k
}
