package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"rsc.io/qr"

	"github.com/xianda-bot/xianda/cmd/app"
)

type linkFlags struct {
	scene []string
	lasts time.Duration
	qr    string
}

func newChannelLink(c *common) *cobra.Command {
	var f linkFlags
	cmd := &cobra.Command{
		Use: "link CHANNEL", Short: "give a signed link that opens a channel on a problem", Args: cobra.ExactArgs(1),
		Long: `Give the link, or the snippet, by which a person enters a channel with a scene: an error window's "how to solve this",
a help page, a poster. The bot opens on that problem. The scene is signed (links.secret, else admin.token): a
forged or expired link is an ordinary arrival. It is good in this channel only.`,
		Example: "  xianda channel link site --scene page=pay,error=RP_HOLD\n" +
			"  xianda channel link site --scene error=RP_HOLD --for 8760h --qr poster.png",
		RunE: func(cmd *cobra.Command, args []string) error { return c.link(cmd.Context(), args[0], f) },
	}
	fl := cmd.Flags()
	fl.StringArrayVar(&f.scene, "scene", nil, "where the person comes from: `NAME=VALUE`, several with commas (may be repeated)")
	fl.DurationVar(&f.lasts, "for", 30*24*time.Hour, "how long the link is good: `DURATION`, 720h")
	fl.StringVar(&f.qr, "qr", "", "write the QR code to `FILE`.png, or draw it here with -")
	return cmd
}

func (c *common) link(ctx context.Context, channel string, f linkFlags) error {
	var given []string
	for _, s := range f.scene {
		given = append(given, strings.Split(s, ",")...)
	}
	scene, err := pairs("--scene", given)
	switch {
	case err != nil:
		return err
	case len(scene) == 0:
		return &usageError{errors.New("--scene is missing: say what the link opens on, such as --scene page=pay,error=RP_HOLD")}
	case f.lasts <= 0:
		return &usageError{fmt.Errorf("--for %s: want a time to come, such as 720h", f.lasts)}
	case c.json && f.qr == "-":
		return &usageError{errors.New("--qr - draws, and --json prints an object: take one of them, or --qr FILE.png")}
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	now := c.env.Clock()
	l, err := app.MakeLink(ctx, cfg, app.LinkOptions{Channel: channel, Scene: scene, Until: now.Add(f.lasts), Clock: c.env.Clock})
	if err != nil {
		return err
	}
	if f.qr != "" {
		if err := c.picture(l, f.qr); err != nil {
			return err
		}
	}
	if c.json {
		return c.printJSON(l)
	}
	for _, line := range []string{l.URL, l.Code} {
		if line != "" {
			fmt.Fprintln(c.env.Out, line)
		}
	}
	if l.QR != "" {
		fmt.Fprintf(c.env.Err, "the platform's picture of the code: %s\n", l.QR)
	}
	if l.Note != "" {
		fmt.Fprintln(c.env.Err, visible(l.Note))
	}
	fmt.Fprintf(c.env.Err, "good until %s\n", l.Until.Local().Format("2006-01-02 15:04"))
	return nil
}

// picture writes the QR code of a link's address.
func (c *common) picture(l app.Link, to string) error {
	if l.URL == "" {
		return fmt.Errorf("channel %s: its entry is a snippet to paste, without an address for a QR code: leave --qr out", l.Channel)
	}
	code, err := qr.Encode(l.URL, qr.M)
	if err != nil {
		return fmt.Errorf("the QR code: %w", err)
	}
	if to == "-" {
		return c.draw(code)
	}
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already and is left as it is: name another file", to)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(code.PNG())
	return errors.Join(err, file.Close())
}

// margin is what a QR code needs around it, in modules (ISO/IEC 18004).
const margin = 4

// draw shows a code with half blocks: two rows a line, the light modules drawn, as a terminal is dark. On a terminal the colours are set,
// so that it can be read on a light one as well.
func (c *common) draw(code *qr.Code) error {
	var b strings.Builder
	light := func(x, y int) int {
		if x < 0 || y < 0 || x >= code.Size || y >= code.Size || !code.Black(x, y) {
			return 1
		}
		return 0
	}
	for y := -margin; y < code.Size+margin; y += 2 {
		var line strings.Builder
		for x := -margin; x < code.Size+margin; x++ {
			line.WriteRune([]rune(" ▄▀█")[2*light(x, y)+light(x, y+1)])
		}
		if c.coloured() {
			b.WriteString("\x1b[97;40m" + line.String() + "\x1b[0m\n") // white on black
		} else {
			b.WriteString(line.String() + "\n")
		}
	}
	_, err := io.WriteString(c.env.Out, b.String())
	return err
}
