package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/app"
)

func newChannel(c *common) *cobra.Command {
	cmd := &cobra.Command{
		Use: "channel", Short: "list the channels, try their platforms, make links into them",
		Example: "  xianda channel list\n  xianda channel probe shop",
	}
	cmd.AddCommand(
		newChannelKinds(c), newChannelLink(c), newChannelMenu(c),
		&cobra.Command{
			Use: "list", Short: "list the configured channels and what they can do", Args: cobra.NoArgs,
			Example: "  xianda channel list\n  xianda channel list --json",
			RunE: func(*cobra.Command, []string) error {
				cfg, err := c.load()
				if err != nil {
					return err
				}
				list, err := app.DescribeChannels(cfg)
				if err != nil {
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"channels": list})
				}
				var rows [][]string
				for _, d := range list {
					rows = append(rows, []string{d.Name, d.Kind, d.Path, d.Choices, d.Push, d.Limit})
				}
				c.printTable([]string{"channel", "kind", "webhook", "choices", "push", "text limit"}, rows)
				return nil
			},
		},
		&cobra.Command{
			Use: "probe [CHANNEL]", Short: "ask a channel's platform whether it knows us", Args: cobra.MaximumNArgs(1),
			Long:    "Fetch an access token and ask harmless questions. Nothing is sent to anybody.",
			Example: "  xianda channel probe\n  xianda channel probe shop",
			RunE: func(cmd *cobra.Command, args []string) error {
				cfg, err := c.load()
				if err != nil {
					return err
				}
				only := ""
				if len(args) > 0 {
					only = args[0]
				}
				checks, err := app.Probe(cmd.Context(), cfg, only)
				if err != nil {
					return err
				}
				return c.printChecks(checks)
			},
		},
	)
	return cmd
}

// printChecks prints lines of a probe and fails if one did.
func (c *common) printChecks(checks []app.Check) error {
	bad := false
	for _, k := range checks {
		bad = bad || !k.OK
	}
	if c.json {
		if err := c.printJSON(map[string]any{"checks": checks, "ok": !bad}); err != nil {
			return err
		}
	} else {
		for _, k := range checks {
			mark := "ok   "
			if !k.OK {
				mark = "FAIL "
			}
			fmt.Fprintf(c.env.Out, "%s %s: %s\n", mark, k.Name, visible(k.Detail))
		}
	}
	if bad {
		return errQuiet
	}
	return nil
}
