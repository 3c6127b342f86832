package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

// mediaWithin is how long one medium may take from the house to a file.
const mediaWithin = 2 * time.Minute

func handoffMedia(c *common) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "media MEDIUM", Short: "write what a person sent, an image, voice, video or file, to a file", Args: cobra.ExactArgs(1),
		Long: `The ids stand in "xianda handoff show". What people send is kept as media.store of the configuration says, for
media.keep, and is none of yours: open it with care. A file that exists already is replaced only with --out.`,
		Example: "  xianda handoff media 0f3a9c77d2e14b5a6c8d9e01-786ab-4f1e2d3c4b5a69788796a5b4c3d2e1f0\n" +
			"  xianda handoff media 0f3a9c77d2e14b5a6c8d9e01-786ab-4f1e2d3c4b5a69788796a5b4c3d2e1f0 --out receipt.png",
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := c.house()
			if err != nil {
				return err
			}
			h.http = &http.Client{Timeout: mediaWithin}
			return c.saveMedia(cmd.Context(), h, args[0], out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the file to write, - for standard output (default: its own name, here)")
	return cmd
}

func (c *common) saveMedia(ctx context.Context, h *house, id, out string) error {
	resp, err := h.call(ctx, http.MethodGet, "/v1/media/"+url.PathEscape(id), nil)
	if err != nil {
		return fmt.Errorf("medium %s: %w", id, err)
	}
	defer resp.Body.Close()
	if out == "-" {
		_, err := io.Copy(c.env.Out, resp.Body)
		return err
	}
	replace := out != ""
	if !replace {
		_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
		if out = filepath.Base(params["filename"]); err != nil || params["filename"] == "" || out == "." || out == string(filepath.Separator) {
			return fmt.Errorf("medium %s has no name that could be a file's: give one with --out", id)
		}
	}
	n, err := save(resp.Body, out, replace)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]any{"id": id, "file": out, "bytes": n, "type": resp.Header.Get("Content-Type")})
	}
	fmt.Fprintf(c.env.Out, "%s (%d bytes)\n", visible(out), n)
	return nil
}

// save writes a file whole or not at all.
func save(r io.Reader, name string, replace bool) (n int64, err error) {
	if _, err := os.Lstat(name); !replace && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("%s is there already: name another file, or this one, with --out", name)
	}
	t, err := os.CreateTemp(filepath.Dir(name), ".xianda-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(t.Name()) // gone already when all went well
	n, err = io.Copy(t, r)
	if err := errors.Join(err, t.Close()); err != nil {
		return n, fmt.Errorf("the medium did not come whole: %w", err)
	}
	return n, os.Rename(t.Name(), name)
}
