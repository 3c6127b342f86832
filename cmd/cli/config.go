package cli

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/app"
)

func newConfig(c *common) *cobra.Command {
	cmd := &cobra.Command{
		Use: "config", Short: "check the configuration, show what is in force, print its schema",
		Example: "  xianda config check\n  xianda config schema > xianda.schema.json",
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "check", Short: "check the configuration without serving", Args: cobra.NoArgs,
			Long:    "Read the file strictly, with every channel's own section. Nothing is opened and nobody is called.",
			Example: "  xianda config check\n  xianda config check -c shop.yaml",
			RunE: func(*cobra.Command, []string) error {
				cfg, err := c.load()
				if err != nil {
					return err
				}
				if err := app.CheckChannels(cfg); err != nil {
					return err
				}
				if err := folder(cfg); err != nil { // what serve would refuse
					return err
				}
				if c.json {
					return c.printJSON(map[string]any{"file": c.config, "channels": len(cfg.Channels)})
				}
				fmt.Fprintf(c.env.Err, "%s: %s, no mistakes\n", c.config, count(len(cfg.Channels), "channel"))
				return nil
			},
		},
		&cobra.Command{
			Use: "show", Short: "print what is in force, secrets hidden", Args: cobra.NoArgs,
			Example: "  xianda config show\n  xianda config show -c shop.yaml --json",
			RunE: func(*cobra.Command, []string) error {
				cfg, err := c.load()
				if err != nil {
					return err
				}
				if !c.json {
					return cfg.Show(c.env.Out)
				}
				var shown bytes.Buffer
				if err := cfg.Show(&shown); err != nil {
					return err
				}
				object, err := yaml.YAMLToJSON(shown.Bytes())
				if err != nil {
					return err
				}
				return c.printJSON(json.RawMessage(object))
			},
		},
		&cobra.Command{
			Use: "schema", Short: "print the JSON Schema of the configuration, for editors", Args: cobra.NoArgs,
			Example: "  xianda config schema\n  xianda config schema > xianda.schema.json",
			RunE: func(*cobra.Command, []string) error {
				schema, err := app.Schema()
				if err != nil {
					return err
				}
				_, err = c.env.Out.Write(schema)
				return err
			},
		},
	)
	return cmd
}
