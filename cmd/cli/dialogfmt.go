package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/dialog/release/dir"
	"github.com/xianda-bot/xianda/dialog/script/layout"
)

func dialogFmt(c *common) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use: "fmt [RELEASE]", Short: "write the files of a release in one layout", Args: cobra.MaximumNArgs(1),
		Long: `Write every YAML file of a release in its one layout: order of keys, indentation, spaces and blank lines. Comments
stay, and what a file means never changes; a file with mistakes is left as it is. The names of the files that
changed are printed. With --check nothing is written, and it fails when a file would change.`,
		Example: "  xianda dialog fmt\n  xianda dialog fmt helpdesk --check",
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, _, err := c.releaseDir(args)
			if err != nil {
				return err
			}
			files, err := dir.Read(cmd.Context(), folder)
			if err != nil {
				return err
			}
			changed, failed := []string{}, []error{}
			for _, f := range files {
				if ext := filepath.Ext(f.Name); ext != ".yaml" && ext != ".yml" {
					continue
				}
				formatted, err := layout.Format(f)
				if err != nil {
					failed = append(failed, err)
					continue
				}
				if bytes.Equal(formatted, f.Data) {
					continue
				}
				name := placed(folder, f.Name)
				changed = append(changed, name)
				if !check {
					if err := replaceFile(name, formatted); err != nil {
						return err
					}
				}
			}
			if c.json {
				if err := c.printJSON(map[string]any{"changed": changed, "failed": len(failed)}); err != nil {
					return err
				}
			} else if len(changed) > 0 {
				fmt.Fprintln(c.env.Out, strings.Join(changed, "\n"))
			}
			if len(failed) > 0 {
				return errors.Join(failed...)
			}
			if check && len(changed) > 0 {
				fmt.Fprintf(c.env.Err, "%s not in the one layout: run \"xianda dialog fmt\"\n", count(len(changed), "file"))
				return errQuiet
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "write nothing, and fail when a file would change")
	return cmd
}

// replaceFile puts data in place of a file in one step, so that nobody ever reads half of it.
func replaceFile(name string, data []byte) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Chmod(info.Mode().Perm()), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}
