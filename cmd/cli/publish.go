package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/release/depot"
	"github.com/xianda-bot/xianda/dialog/release/dir"
	"github.com/xianda-bot/xianda/kb"
)

func dialogPublish(c *common) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use: "publish [RELEASE]", Short: "put a release into force on every house that follows the store", Args: cobra.MaximumNArgs(1),
		Long: `Check a release, compile it into one immutable file DIR/VERSION.xianda and move the pointer DIR/current to it.
Every house whose configuration names DIR as its release takes it within seconds; conversations in the middle of a
dialog finish on the version that they began. A release with errors is refused, and the one before stays in force.
Publishing the same files again changes nothing.`,
		Example: "  xianda dialog publish helpdesk --to releases\n  xianda dialog publish helpdesk --to releases --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			from, cfg, err := c.releaseDir(args)
			if err != nil {
				return err
			}
			if to == "" {
				if to, err = c.store(); err != nil {
					return err
				}
			}
			if depot.Is(from) {
				return &usageError{fmt.Errorf("%s is a store of published releases: name the folder to publish, the one with release.yaml", from)}
			}
			files, err := dir.Read(cmd.Context(), from)
			if err != nil {
				return err
			}
			o := releaseOptions(cfg)
			o.Now, o.Effort = c.env.Clock(), kb.Compile
			end := c.working("compile")
			rel, findings := release.Build(files, o.Options)
			end()
			if rel == nil {
				for _, f := range located(from, findings) {
					if !f.Warning {
						fmt.Fprintln(c.env.Err, findingLine(f))
					}
				}
				return fmt.Errorf("release %s has errors and was not published: see \"xianda dialog check\"", from)
			}
			before, err := depot.New(to).Publish(cmd.Context(), files, rel)
			if err != nil {
				return fmt.Errorf("publish to %s: %w", to, err)
			}
			if c.json {
				return c.printJSON(map[string]any{"version": rel.Version, "before": before, "changed": before != rel.Version, "file": filepath.Join(to, rel.Version+".xianda")})
			}
			switch before {
			case rel.Version:
				fmt.Fprintf(c.env.Err, "%s: version %s was in force already\n", rel.Name, rel.Version)
			case "":
				fmt.Fprintf(c.env.Err, "%s: version %s is in force in %s; write \"release: %s\" into the configuration to serve it\n", rel.Name, rel.Version, to, to)
			default:
				fmt.Fprintf(c.env.Err, "%s: version %s is in force in %s, before it %s\n", rel.Name, rel.Version, to, before)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "store of releases, made if it is not there (default: the configuration's)")
	return cmd
}

func dialogRollback(c *common) *cobra.Command {
	var in string
	cmd := &cobra.Command{
		Use: "rollback [VERSION]", Short: "put an earlier published release into force again", Args: cobra.MaximumNArgs(1),
		Long: `Move the pointer of a store of releases back: to VERSION, or to the release that was in force before the present
one. Every house that follows the store takes it within seconds. Nothing is deleted; a damaged release is refused.`,
		Example: "  xianda dialog rollback --in releases\n  xianda dialog rollback 27c0ffee1234 --in releases",
		RunE: func(_ *cobra.Command, args []string) error {
			var version string
			if len(args) > 0 {
				version = args[0]
			}
			if in == "" {
				var err error
				if in, err = c.store(); err != nil {
					return err
				}
			}
			from, to, err := depot.New(in).Rollback(version)
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(map[string]any{"version": to, "before": from, "changed": from != to})
			}
			if from == to {
				fmt.Fprintf(c.env.Err, "version %s was in force already\n", to)
				return nil
			}
			fmt.Fprintf(c.env.Err, "version %s is in force in %s, instead of %s\n", to, in, from)
			return nil
		},
	}
	cmd.Flags().StringVar(&in, "in", "", "store of releases (default: the configuration's)")
	return cmd
}

func dialogReleases(c *common) *cobra.Command {
	var in string
	cmd := &cobra.Command{
		Use: "releases", Short: "list the published releases of a store, the last first", Args: cobra.NoArgs,
		Long:    "List what a store of releases holds: when each was published, what is in it, and which one is in force.",
		Example: "  xianda dialog releases --in releases\n  xianda dialog releases --in releases --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if in == "" {
				var err error
				if in, err = c.store(); err != nil {
					return err
				}
			}
			list, err := depot.New(in).List(cmd.Context())
			if err != nil {
				return err
			}
			if c.json {
				if list == nil {
					list = []depot.Kept{}
				}
				return c.printJSON(map[string]any{"releases": list})
			}
			var rows [][]string
			for _, k := range list {
				state := ""
				switch {
				case k.Problem != "":
					state = k.Problem
				case k.Current:
					state = "in force"
				}
				rows = append(rows, []string{k.Version, k.Published.Format(time.DateTime), k.Name, count(k.Dialogs, "dialog"), count(k.Entries, "answer"), state})
			}
			c.printTable([]string{"version", "published", "name", "dialogs", "answers", "state"}, rows)
			return nil
		},
	}
	cmd.Flags().StringVar(&in, "in", "", "store of releases (default: the configuration's)")
	return cmd
}

// store is the store of releases that the configuration names.
func (c *common) store() (string, error) {
	cfg, err := c.load()
	if err != nil {
		return "", err
	}
	if !depot.Is(cfg.Release) {
		return "", &usageError{fmt.Errorf("the configuration's release %q is no store of published releases: name one, see \"xianda dialog publish --help\"", cfg.Release)}
	}
	return cfg.Release, nil
}

// releases are the published ones of the configuration's store, for completion.
func (c *common) releases(ctx context.Context) ([]string, cobra.ShellCompDirective) {
	dir, err := c.store()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, err := depot.New(dir).List(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, k := range list {
		out = append(out, k.Version+"\t"+k.Name+", "+k.Published.Format(time.DateTime))
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
