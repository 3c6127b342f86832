package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/release"
)

func newChat(c *common) *cobra.Command {
	var as string
	cmd := &cobra.Command{
		Use: "chat [RELEASE]", Short: "talk to a release in this terminal, without serving anybody", Args: cobra.MaximumNArgs(1),
		Long: `Talk to a release as a person would. It uses a store of its own that is thrown away; nothing that is
serving is touched. Calls go to the backends of the configuration, if there is one.`,
		Example: "  xianda chat\n  printf '你好\\n红包发不出去\\n人工\\n' | xianda chat",
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, ok := app.SampleCaps(as); !ok {
				return &usageError{fmt.Errorf("--as %q: there is no such kind of channel; console always is", as)}
			}
			path, cfg, err := c.releaseDir(args)
			if err != nil {
				return err
			}
			rel, err := c.mustRead(cmd.Context(), path, cfg)
			if err != nil {
				return err
			}
			o := rehearse.Options{Caps: app.SampleCaps, Clock: c.env.Clock}
			if cfg != nil {
				o.Call = app.Backends(cfg)
			}
			return c.chat(cmd.Context(), rel, as, o)
		},
	}
	cmd.Flags().StringVar(&as, "as", "console", "the kind of channel to show replies for")
	return cmd
}

func (c *common) chat(ctx context.Context, rel *release.Release, as string, o rehearse.Options) (err error) {
	talk, err := rehearse.Open(rel, rehearse.Given{Channel: as, Enter: &rehearse.Enter{}}, o)
	if err != nil {
		return err
	}
	defer func() {
		if e := talk.Close(); err == nil {
			err = e
		}
	}()
	replies, err := talk.Enter(ctx)
	if err != nil {
		return err
	}
	c.printReplies(replies)
	lines, ended := c.lines(ctx)
	known := ""
	for {
		c.prompt()
		select {
		case <-ctx.Done():
			c.endLine()
			return nil
		case err := <-ended:
			c.endLine()
			return err
		case line := <-lines:
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			if !c.env.Terminal {
				fmt.Fprintf(c.env.Out, "> %s\n", visible(line))
			}
			replies, err := talk.Say(ctx, line)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			c.printReplies(replies)
			if raised, err := talk.Case(ctx); err == nil && raised.ID != known {
				known = raised.ID
				fmt.Fprintf(c.env.Out, "[case %s raised in queue %s, %s, wanted: %s]\n", raised.ID, visible(raised.Queue), raised.Priority, visible(raised.Wanted))
			}
		}
	}
}

// lines reads the input; ended gets its error, nil at its end. It reads in a goroutine, because a Read of a terminal does not end with
// ctx: that one is left behind, and the program ends.
func (c *common) lines(ctx context.Context) (lines <-chan string, ended <-chan error) {
	l, e := make(chan string), make(chan error, 1)
	go func() {
		in := bufio.NewScanner(c.env.In)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			select {
			case l <- in.Text():
			case <-ctx.Done():
				return
			}
		}
		e <- in.Err()
	}()
	return l, e
}

func (c *common) endLine() {
	if c.env.Terminal {
		fmt.Fprintln(c.env.Out)
	}
}

func (c *common) prompt() {
	if c.env.Terminal {
		fmt.Fprint(c.env.Out, c.bold("> "))
	}
}

func (c *common) printReplies(replies []chat.Reply) {
	for _, r := range replies {
		if r.From != "" {
			fmt.Fprintf(c.env.Out, "%s: ", visible(r.From))
		}
		fmt.Fprintln(c.env.Out, visibleLines(r.Text))
		for i, choice := range r.Choices {
			fmt.Fprintf(c.env.Out, "  [%d] %s\n", i+1, visible(choice.Label))
		}
	}
}
