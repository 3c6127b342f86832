package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/cmd/app"
)

func newChannelMenu(c *common) *cobra.Command {
	cmd := &cobra.Command{
		Use: "menu", Short: "show the menu of an account, or put that of the release on it",
		Example: "  xianda channel menu show shop\n  xianda channel menu push shop --yes",
	}
	var yes bool
	push := &cobra.Command{
		Use: "push CHANNEL", Short: "put the menu of the release on an account", Args: cobra.ExactArgs(1),
		Long: `Put the menu that menu.yaml has for a channel in place of the account's. What changes is shown first and asked
about; --yes does not ask. Phones show the new menu when the account is opened again, at the latest after a day.`,
		Example: "  xianda channel menu push shop --yes\n  xianda channel menu push shop --yes --json",
		RunE:    func(cmd *cobra.Command, args []string) error { return c.pushMenu(cmd.Context(), args[0], yes) },
	}
	push.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.AddCommand(&cobra.Command{
		Use: "show CHANNEL", Short: "show the menu of an account, and how that of the release differs", Args: cobra.ExactArgs(1),
		Long: `Ask the platform for the account's menu and hold it against menu.yaml: a line with - is on the platform alone, one
with + in the release alone. A menu that was made in the console is not shown: the platform hides it while messages
are pushed to a server.`,
		Example: "  xianda channel menu show shop\n  xianda channel menu show shop --json",
		RunE:    func(cmd *cobra.Command, args []string) error { return c.showMenu(cmd.Context(), args[0]) },
	}, push)
	return cmd
}

// menus are both menus of a channel; only a release that works is held against the platform.
func (c *common) menus(ctx context.Context, channel string) (m app.Menus, push func() error, err error) {
	cfg, err := c.load()
	if err != nil {
		return m, nil, err
	}
	if err := folder(cfg); err != nil {
		return m, nil, err
	}
	rel, err := c.mustRead(ctx, cfg.Release, cfg)
	if err != nil {
		return m, nil, err
	}
	m, err = app.ReadMenus(ctx, cfg, channel, rel)
	return m, func() error { return app.PushMenu(ctx, cfg, m) }, err
}

func (c *common) showMenu(ctx context.Context, channel string) error {
	m, _, err := c.menus(ctx, channel)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(m)
	}
	c.printMenus(m)
	switch {
	case len(m.Platform.Items) == 0 && len(m.Release.Items) == 0:
		fmt.Fprintln(c.env.Err, "there is no menu, neither on the platform nor in the release")
	case len(m.Release.Items) == 0:
		fmt.Fprintf(c.env.Err, "menu.yaml of the release has no menu for %s, and none under default\n", channel)
	case m.Same:
		fmt.Fprintln(c.env.Err, "the platform shows the menu of the release")
	default:
		fmt.Fprintf(c.env.Err, "the release has another menu; \"xianda channel menu push %s\" puts it there\n", channel)
	}
	return nil
}

func (c *common) pushMenu(ctx context.Context, channel string, yes bool) error {
	if !yes && (c.json || !c.env.Terminal) {
		return &usageError{errors.New("--yes is missing: without a terminal nobody can be asked whether the account's menu may be replaced")}
	}
	m, push, err := c.menus(ctx, channel)
	switch {
	case err != nil:
		return err
	case len(m.Release.Items) == 0:
		return fmt.Errorf("the release has no menu for %s: write it into menu.yaml, under %s or default", channel, channel)
	case m.Same:
		if !c.json {
			fmt.Fprintln(c.env.Err, "the platform shows the menu of the release already")
			return nil
		}
		return c.printDone(channel, "menu push")
	}
	if !yes {
		c.printMenus(m)
		fmt.Fprintf(c.env.Err, "put this menu on %s? [y/N] ", channel)
		answer := bufio.NewScanner(c.env.In)
		if !answer.Scan() || !strings.EqualFold(strings.TrimSpace(answer.Text()), "y") {
			return errors.New("nothing was changed")
		}
	}
	if err := push(); err != nil {
		return err
	}
	return c.printDone(channel, "menu push")
}

// printMenus prints both menus as one, with marks where they differ.
func (c *common) printMenus(m app.Menus) {
	for _, line := range difference(menuLines(m.Platform.Items, "  "), menuLines(m.Release.Items, "  ")) {
		switch line[0] {
		case '-':
			line = c.colour(red, line)
		case '+':
			line = c.colour(green, line)
		}
		fmt.Fprintln(c.env.Out, line)
	}
}

// menuLines is a menu, a line for each button.
func menuLines(items []adapters.MenuItem, indent string) (lines []string) {
	for _, i := range items {
		line := indent + visible(i.Label)
		switch {
		case len(i.Items) > 0:
		case i.Page != "":
			line += "  page " + visible(i.Page) + " of " + visible(i.AppID) + ", else " + visible(i.URL)
		case i.URL != "":
			line += "  url " + visible(i.URL)
		case i.Key != "":
			line += "  key " + visible(i.Key)
		default:
			line += "  (something that xianda does not make)"
		}
		lines = append(append(lines, line), menuLines(i.Items, indent+"  ")...)
	}
	return lines
}

// difference is a and b as one list: what both have begins with a space, what a alone has with -, what b alone has with +. Both are
// short: it takes their product in time and room.
func difference(a, b []string) (lines []string) {
	same := make([][]int, len(a)+1) // the longest common list behind each pair of places
	for i := range same {
		same[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if same[i][j] = max(same[i+1][j], same[i][j+1]); a[i] == b[j] {
				same[i][j] = same[i+1][j+1] + 1
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			lines = append(lines, " "+a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && same[i+1][j] >= same[i][j+1]:
			lines = append(lines, "-"+a[i])
			i++
		default:
			lines = append(lines, "+"+b[j])
			j++
		}
	}
	return lines
}
