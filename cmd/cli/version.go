package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func newVersion(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", Args: cobra.NoArgs,
		Example: "  xianda version\n  xianda version --json",
		RunE: func(*cobra.Command, []string) error {
			if c.json {
				return c.printJSON(map[string]string{"version": c.env.Version, "go": runtime.Version()})
			}
			_, err := fmt.Fprintf(c.env.Out, "xianda %s (%s)\n", c.env.Version, runtime.Version())
			return err
		},
	}
}
