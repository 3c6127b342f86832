package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/chat/typo"
	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/config"
	"github.com/xianda-bot/xianda/dialog/release"
)

// chatFlags are who somebody plays in "xianda chat", where they come from, and when.
type chatFlags struct {
	as         string
	scene      []string
	events     []string
	tags       []string
	attributes []string
	seats      []string
	lang       string
	at         string
}

func newChat(c *common) *cobra.Command {
	var f chatFlags
	cmd := &cobra.Command{
		Use: "chat [RELEASE]", Short: "talk to a release in this terminal, without serving anybody", Args: cobra.MaximumNArgs(1),
		Long: `Talk to a release as a person would: on any messenger, from any scene, as any user of the product.
Replies are shown as they would look there: a numbered list on WeChat, [ buttons ] on the web page, long texts
in as many messages as the platform needs. Lines that begin with a colon are for you: ":why" tells why the last
turn came out so, ":wait 24h" lets time pass, ":help" lists them all.

It uses a store of its own that is thrown away; nothing that is serving is touched. Calls go to the backends of
the configuration, if there is one.`,
		Example: `  xianda chat
  printf '你好\n红包发不出去\n人工\n' | xianda chat
  xianda chat --as wechat --scene error=RP_HOLD --event redpacket.held:2h --tag vip --attribute level=3`,
		RunE: func(cmd *cobra.Command, args []string) error {
			path, cfg, err := c.releaseDir(args)
			if err != nil {
				return err
			}
			kind := kindOf(cfg, f.as)
			if _, ok := app.SampleCaps(kind); !ok {
				return &usageError{fmt.Errorf("--as %q: there is no such kind of channel, and no channel of this name%s", f.as, near(f.as, app.Kinds()))}
			}
			rel, err := c.mustRead(cmd.Context(), path, cfg)
			if err != nil {
				return err
			}
			t := &talk{c: c, rel: rel}
			if t.given, err = f.given(rel, c.env.Clock()); err != nil {
				return err
			}
			t.given.Channel = kind
			t.o = rehearse.Options{Caps: app.SampleCaps, Clock: t.now}
			t.begun = t.given.Clock
			if cfg != nil {
				t.o.Call = app.Backends(cfg)
			}
			return t.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&f.as, "as", "console", "the `KIND` of channel to show replies for, or the name of a configured one")
	cmd.Flags().StringArrayVar(&f.scene, "scene", nil, "where the person comes from: `NAME=VALUE` (may be repeated)")
	cmd.Flags().StringArrayVar(&f.events, "event", nil, "what the product reported before: `KIND[:AGO]`, redpacket.held:2h (may be repeated)")
	cmd.Flags().StringArrayVar(&f.tags, "tag", nil, "a `TAG` of the person's profile (may be repeated)")
	cmd.Flags().StringArrayVar(&f.attributes, "attribute", nil, "an attribute of the profile: `NAME=VALUE` (may be repeated)")
	cmd.Flags().StringArrayVar(&f.seats, "seats", nil, "how many seats are there: `QUEUE=N` (may be repeated)")
	cmd.Flags().StringVar(&f.lang, "lang", "", "the `LANGUAGE` of the person's app: en")
	cmd.Flags().StringVar(&f.at, "at", "", "when it begins: `TIME` as 2026-01-28T20:00:00+08:00, \"2026-01-28 20:00\" or 20:00 (default now)")
	return cmd
}

// kindOf is the kind of the configured channel called as; as itself when there is none.
func kindOf(cfg *config.Config, as string) string {
	if cfg != nil {
		for _, section := range cfg.Channels {
			if section.Name == as {
				return section.Kind
			}
		}
	}
	return as
}

// near is a remedy that names the nearest of known, or all of them.
func near(s string, known []string) string {
	if n := typo.Nearest(s, known); n != "" {
		return fmt.Sprintf(": did you mean %q?", n)
	}
	return ": there are " + strings.Join(known, ", ")
}

// given is how things stand when the conversation begins.
func (f *chatFlags) given(rel *release.Release, now time.Time) (rehearse.Given, error) {
	g := rehearse.Given{Enter: &rehearse.Enter{}, Lang: f.lang, Seats: map[string]int{}}
	var err error
	if g.Enter.Scene, err = pairs("--scene", f.scene); err != nil {
		return g, err
	}
	for _, e := range f.events {
		kind, ago, timed := strings.Cut(e, ":")
		o := rehearse.Operation{Kind: kind}
		if timed {
			if o.Ago, err = time.ParseDuration(ago); err != nil || o.Ago < 0 {
				return g, &usageError{fmt.Errorf("--event %q: want how long ago behind the colon, such as redpacket.held:2h", e)}
			}
		}
		if kind == "" {
			return g, &usageError{fmt.Errorf("--event %q: want a kind, such as redpacket.held", e)}
		}
		g.Trace = append(g.Trace, o)
	}
	attributes, err := pairs("--attribute", f.attributes)
	if err != nil {
		return g, err
	}
	if len(f.tags) > 0 || len(attributes) > 0 {
		g.Profile = &rehearse.Profile{Tags: f.tags, Attributes: map[string]any{}}
		for name, v := range attributes {
			g.Profile.Attributes[name] = scalar(v)
		}
	}
	seats, err := pairs("--seats", f.seats)
	if err != nil {
		return g, err
	}
	for queue, v := range seats {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return g, &usageError{fmt.Errorf("--seats %s=%s: want a number behind the equals sign", queue, v)}
		}
		g.Seats[queue] = n
	}
	g.Clock, err = moment(f.at, now, rel.Hours.Zone)
	return g, err
}

// pairs reads NAME=VALUE.
func pairs(flag string, all []string) (map[string]string, error) {
	m := map[string]string{}
	for _, p := range all {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, &usageError{fmt.Errorf("%s %q: want NAME=VALUE", flag, p)}
		}
		m[name] = value
	}
	return m, nil
}

// scalar is the number or truth that s is, else s.
func scalar(s string) any {
	var v any
	if json.Unmarshal([]byte(s), &v) == nil {
		switch v.(type) {
		case float64, bool:
			return v
		}
	}
	return s
}

// moment reads --at by the release's clock; "" is now.
func moment(s string, now time.Time, zone *time.Location) (time.Time, error) {
	if zone == nil {
		zone = time.Local
	}
	if s == "" {
		return now, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, s, zone); err == nil {
			return at, nil
		}
	}
	if at, err := time.Parse("15:04", s); err == nil {
		day := now.In(zone)
		return time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), 0, 0, zone), nil
	}
	return now, &usageError{fmt.Errorf("--at %q: want 2026-01-28T20:00:00+08:00, \"2026-01-28 20:00\" or 20:00", s)}
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
