package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/cli/starter"
	"github.com/xianda-bot/xianda/config"
)

//go:embed demo.yaml
var demoConfig embed.FS

// demoChannel is the chat page of a demo.
const demoChannel = "site"

func newDemo(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "demo [DIR]", Short: "run a helpdesk with a chat page to try, without an account or a server", Args: cobra.MaximumNArgs(1),
		Long: `Serve the helpdesk that "xianda init" writes on a chat page of its own, and print where it is and what to try. It
runs until Ctrl-C. Without DIR everything lies in a temporary folder that is removed at the end; with DIR it stays
there: what was said in DIR/data, the dialogs and answers in DIR/helpdesk, which are loaded again when you change
them. When a port is taken, a free one is used.`,
		Example: "  xianda demo\n  xianda demo mine --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("config") {
				return &usageError{errors.New("-c: a demo writes a configuration of its own: name a folder, or use \"xianda serve -c FILE\"")}
			}
			dir := ""
			if len(args) > 0 {
				dir = args[0]
			}
			return c.demo(cmd.Context(), dir)
		},
	}
}

// demo is one run of it.
type demo struct {
	c         *common
	dir       string
	temporary bool   // dir is removed at the end
	moved     string // the port that was taken; "": none
	token     string
	base      string // of the admin API

	mu  sync.Mutex // guards met, and that lines stand together
	met map[string]bool
}

func (c *common) demo(ctx context.Context, dir string) (err error) {
	d := &demo{c: c, dir: dir, temporary: dir == "", token: rand.Text(), met: map[string]bool{}}
	if d.temporary {
		if d.dir, err = os.MkdirTemp("", "xianda-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(d.dir)) }()
	}
	if err := d.write(ctx); err != nil {
		return err
	}
	c.config = d.file()
	var hidden secrets
	log, err := c.logger(slog.LevelWarn, "text", hidden.values)
	if err != nil {
		return err
	}
	return c.serve(ctx, serving{
		log: log, hide: func(cfg *config.Config) { hidden.add(cfg.Secrets()) }, heard: d.heard, opened: d.opened,
	})
}

func (d *demo) file() string { return filepath.Join(d.dir, "demo.yaml") }

// write makes the configuration, and the helpdesk unless there is one.
func (d *demo) write(ctx context.Context) error {
	helpdesk := filepath.Join(d.dir, "helpdesk")
	if _, err := os.Stat(helpdesk); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(d.dir, 0o755); err != nil {
			return err
		}
		if err := os.CopyFS(helpdesk, starter.Files()); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	listen, admin, err := d.addresses(ctx)
	if err != nil {
		return err
	}
	text, err := demoConfig.ReadFile("demo.yaml")
	if err != nil {
		return err
	}
	filled := strings.NewReplacer("LISTEN", listen, "ADMIN", admin, "TOKEN", d.token).Replace(string(text))
	return os.WriteFile(d.file(), []byte(filled), 0o600) // holds the token
}

// addresses finds where to listen: the usual ports, or free ones when they are taken. Both are held until both are known, else the
// system might name one twice.
func (d *demo) addresses(ctx context.Context) (listen, admin string, err error) {
	var lc net.ListenConfig
	var all [2]string
	for i, usual := range []string{config.DefaultListen, config.DefaultAdmin} {
		l, err := lc.Listen(ctx, "tcp", usual)
		if err != nil {
			d.moved = strings.TrimPrefix(d.moved+" and "+usual, " and ")
			if l, err = lc.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
				return "", "", err
			}
		}
		defer l.Close()
		all[i] = l.Addr().String()
	}
	return all[0], all[1], nil
}

// opened tells where it is and what to try.
func (d *demo) opened(cfg *config.Config, public, private string) {
	page := "http://" + public + "/web/" + demoChannel + "/"
	d.base = "http://" + private
	if d.c.json {
		_ = d.c.printJSON(map[string]string{"page": page, "admin": d.base, "token": d.token, "config": d.file(), "folder": d.dir})
		return
	}
	w, bold := d.c.env.Out, d.c.bold
	if d.moved != "" {
		fmt.Fprintf(w, "%s taken: free ports are used instead.\n\n", d.moved)
	}
	fmt.Fprintf(w, "A helpdesk is open at %s\n\n", bold(page))
	fmt.Fprintln(w, "Try:")
	fmt.Fprintf(w, "  tap the first question (an answer), then 没解决 (another way), then 人工 (a human) on %s\n", page)
	fmt.Fprintf(w, "  come with an error code, and see what is asked first: %s?scene=error=RP_HOLD\n", page)
	fmt.Fprintf(w, "  let the product report something, and arrive again; PERSON is told here when somebody opens the page:\n    %s\n\n", d.curl("PERSON"))
	fmt.Fprintln(w, "Be the human, in a second terminal:")
	for _, verb := range []string{"list", "claim CASE --seat alice", "reply CASE 您好，我是客服小王 --seat alice", "close CASE"} {
		fmt.Fprintf(w, "  %s handoff %s -c %s\n", cmp.Or(d.c.env.Program, "xianda"), verb, d.file())
	}
	if d.temporary {
		fmt.Fprintf(w, "\nEverything lies in %s and is removed at the end. Ctrl-C ends it.\n", d.dir)
	} else {
		fmt.Fprintf(w, "\nEverything stays in %s; change its helpdesk, and the page follows. Ctrl-C ends it.\n", d.dir)
	}
}

// curl is the call by which the product reports an operation of a person.
func (d *demo) curl(person string) string {
	return fmt.Sprintf(`curl %s/v1/events -H 'Authorization: Bearer %s' -d '{"events":[{"id":"'$(date +%%s)'","kind":"redpacket.held",`+
		`"data":{"error":"RP_HOLD"},"conversation":{"channel":"%s","peer":"%s"}}]}'`, d.base, d.token, demoChannel, person)
}

// acquaintances is how many people are told of.
const acquaintances = 20

// heard tells of people who open the page for the first time, because the product's call needs to know who they are.
func (d *demo) heard(m chat.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.c.json || d.met[m.From.Peer] || len(d.met) >= acquaintances {
		return
	}
	d.met[m.From.Peer] = true
	fmt.Fprintf(d.c.env.Out, "\n%s opened the page. Let the product report something of them:\n  %s\n", visible(m.From.Peer), d.curl(visible(m.From.Peer)))
}
