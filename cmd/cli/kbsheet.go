package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/xianda-bot/xianda/kb"
	"github.com/xianda-bot/xianda/kb/sheet"
)

// sheetForms are the formats of entries, by the ending of a file's name.
func sheetForms() map[string]struct {
	read  func(name string, data []byte, loc *time.Location) ([]kb.Entry, []sheet.Finding)
	write func(w io.Writer, entries []kb.Entry) error
} {
	type form = struct {
		read  func(name string, data []byte, loc *time.Location) ([]kb.Entry, []sheet.Finding)
		write func(w io.Writer, entries []kb.Entry) error
	}
	yaml := form{sheet.ReadYAML, sheet.WriteYAML}
	return map[string]form{"yaml": yaml, "yml": yaml, "csv": {sheet.ReadCSV, sheet.WriteCSV}}
}

// sheetForm is the format of a file.
func sheetForm(name string) (string, error) {
	form := strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
	if _, ok := sheetForms()[form]; !ok {
		return "", &usageError{fmt.Errorf("%s: want a file that ends in .yaml or .csv; save a spreadsheet as CSV (UTF-8)", name)}
	}
	return form, nil
}

const mostSheet = 8 << 20 // the readers refuse more

func kbImport(c *common) *cobra.Command {
	var to string
	var replace bool
	cmd := &cobra.Command{
		Use: "import FILE", Short: "read entries from CSV or YAML and write them as a file of a release", Args: cobra.ExactArgs(1),
		Long: `Read entries from a table (CSV as Excel saves it: UTF-8 or GB18030, with a line of column names, Chinese or English) or
from YAML, check each, and write them as one YAML or CSV file of a release, or to the output. A mistake is told
with its place and nothing is written. A file that is there already is kept unless --replace is given.`,
		Example: "  xianda kb import answers.csv --to helpdesk/kb/answers.yaml\n  xianda kb import answers.csv",
		RunE: func(_ *cobra.Command, args []string) error {
			form, err := sheetForm(args[0])
			if err != nil {
				return err
			}
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			data, err := io.ReadAll(io.LimitReader(file, mostSheet+1))
			if err = errors.Join(err, file.Close()); err != nil {
				return err
			}
			entries, findings := sheetForms()[form].read(args[0], data, time.UTC)
			broken := 0
			for _, f := range findings {
				word := "warning"
				if !f.Warning {
					word = "error"
					broken++
				}
				fmt.Fprintf(c.env.Err, "%s:%d:%d: %s [%s] %s\n", f.File, f.Line, f.Col, word, f.Rule, visible(f.Text))
				if f.Edit != "" {
					fmt.Fprintf(c.env.Err, "    → %s\n", visible(f.Edit))
				}
			}
			if broken > 0 {
				return fmt.Errorf("%s has %s: nothing was written", args[0], count(broken, "error"))
			}
			return c.writeSheet(entries, to, "yaml", replace)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "file to write, .yaml or .csv (default: YAML to the output)")
	cmd.Flags().BoolVar(&replace, "replace", false, "write over a file that is there")
	return cmd
}

func kbExport(c *common) *cobra.Command {
	var to string
	var replace bool
	cmd := &cobra.Command{
		Use: "export [RELEASE]", Short: "write all entries of a release as one CSV or YAML file", Args: cobra.MaximumNArgs(1),
		Long: `Write every entry of a release, or of the one in force of a store, as one table for a spreadsheet or as one YAML
file, in the order of the release. "xianda kb import" reads both back without loss.`,
		Example: "  xianda kb export helpdesk --to answers.csv\n  xianda kb export > answers.csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			path, cfg, err := c.releaseDir(args)
			if err != nil {
				return err
			}
			rel, err := c.mustRead(cmd.Context(), path, cfg)
			if err != nil {
				return err
			}
			return c.writeSheet(rel.Entries, to, "csv", replace)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "file to write, .yaml or .csv (default: CSV to the output)")
	cmd.Flags().BoolVar(&replace, "replace", false, "write over a file that is there")
	return cmd
}

// writeSheet writes entries to a file, or in a form to the output.
func (c *common) writeSheet(entries []kb.Entry, to, form string, replace bool) error {
	if to == "" {
		if c.json {
			return c.printJSON(map[string]any{"entries": shownEntries(entries)})
		}
		return sheetForms()[form].write(c.env.Out, entries)
	}
	form, err := sheetForm(to)
	if err != nil {
		return err
	}
	if _, err := os.Stat(to); err == nil && !replace {
		return fmt.Errorf("%s is there already: name another file, or --replace", to)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeNew(to, func(w io.Writer) error { return sheetForms()[form].write(w, entries) }); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(map[string]any{"file": to, "entries": len(entries)})
	}
	fmt.Fprintf(c.env.Err, "%s: %s\n", to, count(len(entries), "answer"))
	return nil
}

// shownEntry is an entry as programs read it: what is empty is left out, keys are those of the files.
type shownEntry struct {
	ID        string                  `json:"id"`
	Question  string                  `json:"question"`
	Phrasings []string                `json:"phrasings,omitempty"`
	Answer    string                  `json:"answer,omitempty"`
	Steps     []string                `json:"steps,omitempty"`
	Channels  map[string]string       `json:"channels,omitempty"`
	Languages map[string]shownVariant `json:"languages,omitempty"`
	Category  string                  `json:"category,omitempty"`
	ValidFrom *time.Time              `json:"valid_from,omitempty"`
	ValidTo   *time.Time              `json:"valid_to,omitempty"` // the first instant at which it is no longer valid
	Owner     string                  `json:"owner,omitempty"`
	Related   []string                `json:"related,omitempty"`
	Reject    bool                    `json:"reject,omitempty"`
	Disabled  bool                    `json:"disabled,omitempty"`
	Version   string                  `json:"version"`
}

type shownVariant struct {
	Question  string   `json:"question,omitempty"`
	Phrasings []string `json:"phrasings,omitempty"`
	Answer    string   `json:"answer"`
	Steps     []string `json:"steps,omitempty"`
}

func shownEntries(entries []kb.Entry) []shownEntry {
	when := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	out := make([]shownEntry, len(entries))
	for i, e := range entries {
		out[i] = shownEntry{e.ID, e.Question, e.Phrasings, e.Answer, e.Steps, e.Channels, nil, e.Category, when(e.ValidFrom), when(e.ValidTo),
			e.Owner, e.Related, e.Reject, e.Disabled, e.Version}
		for tag, v := range e.Languages {
			if out[i].Languages == nil {
				out[i].Languages = map[string]shownVariant{}
			}
			out[i].Languages[tag] = shownVariant(v)
		}
	}
	return out
}
