package cli

import (
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/cmd/app"
	"github.com/xianda-bot/xianda/cmd/cli/starter"
)

//go:embed xianda.yaml
var starterConfig embed.FS

func newInit(c *common) *cobra.Command {
	return &cobra.Command{
		Use: "init [DIR]", Short: "write a configuration and a helpdesk that works as it stands", Args: cobra.MaximumNArgs(1),
		Long: `Write DIR/xianda.yaml (a chat page and this terminal as channels, the other messengers as comments, the embedded store, an
admin API with a random token) and DIR/helpdesk, a Chinese payment helpdesk with dialogs, answers and tests of its own.
Nothing that exists is overwritten.`,
		Example: "  xianda init helpdesk\n  xianda init . && xianda serve",
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			if err := c.initialise(dir); err != nil {
				return err
			}
			next := "xianda dialog test && xianda chat"
			if dir != "." {
				next = "cd " + dir + " && " + next
			}
			fmt.Fprintf(c.env.Err, "wrote %s and %s\nnext: %s\n", filepath.Join(dir, "xianda.yaml"), filepath.Join(dir, "helpdesk"), next)
			return nil
		},
	}
}

func (c *common) initialise(dir string) error {
	for _, name := range []string{"xianda.yaml", "helpdesk"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("%s exists already and is left as it is: name another folder", filepath.Join(dir, name))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(dir, "helpdesk"), starter.Files()); err != nil {
		return err
	}
	text, err := starterConfig.ReadFile("xianda.yaml")
	if err != nil {
		return err
	}
	filled := strings.NewReplacer("RANDOM-TOKEN", rand.Text(), "OTHER-CHANNELS\n", otherChannels(string(text))).Replace(string(text))
	return os.WriteFile(filepath.Join(dir, "xianda.yaml"), []byte(filled), 0o600) // holds the token
}

// otherChannels are samples of the kinds of messenger that text has no channel of, as comments.
func otherChannels(text string) string {
	var b strings.Builder
	for _, kind := range app.Kinds() {
		if strings.Contains(text, "kind: "+kind+"\n") {
			continue
		}
		for line := range strings.Lines(app.Sample(kind)) {
			b.WriteString("  # " + strings.TrimPrefix(line, "  "))
		}
		b.WriteString("\n")
	}
	return b.String()
}
