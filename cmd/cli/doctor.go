package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/app"
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
			checks := []app.Check{{Name: "configuration", OK: true, Detail: fmt.Sprintf("%s, %d channels", c.config, len(cfg.Channels))}}
			checks = append(checks, c.checkRelease(cmd, cfg.Release))
			checks = append(checks, app.Examine(cmd.Context(), cfg)...)
			return c.printChecks(checks)
		},
	}
}

func (c *common) checkRelease(cmd *cobra.Command, path string) app.Check {
	k := app.Check{Name: "release"}
	cfg, err := c.load()
	if err == nil {
		err = folder(cfg)
	}
	if err != nil {
		k.Detail = err.Error()
		return k
	}
	rel, findings, err := c.read(cmd.Context(), path, cfg)
	switch {
	case err != nil:
		k.Detail = err.Error()
	case rel == nil:
		k.Detail = fmt.Sprintf("%d findings, with errors: see \"xianda dialog check\"", len(findings))
	default:
		k.OK = true
		k.Detail = fmt.Sprintf("%s, version %s, %d dialogs, %d answers, %d warnings", rel.Name, rel.Version, len(rel.Dialogs), len(rel.Entries), len(findings))
	}
	return k
}
