package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"golang.org/x/term"
)

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// printJSON writes v as one indented object.
func (c *common) printJSON(v any) error {
	e := json.NewEncoder(c.env.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printDone tells that something was done: to programs as an object, to people as talk.
func (c *common) printDone(what, act string) error {
	if c.json {
		return c.printJSON(map[string]string{"id": what, "done": act})
	}
	fmt.Fprintf(c.env.Err, "%s: %s done\n", what, act)
	return nil
}

// count is "1 channel" or "2 channels".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// printTable writes rows under a head: drawn on a terminal, separated by tabs in a pipe.
func (c *common) printTable(head []string, rows [][]string) {
	if !c.env.Terminal {
		for _, r := range rows {
			for i := range r {
				r[i] = visible(r[i])
			}
			fmt.Fprintln(c.env.Out, strings.Join(r, "\t"))
		}
		return
	}
	t := table.NewWriter()
	t.SetOutputMirror(c.env.Out)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(cells(head))
	for _, r := range rows {
		t.AppendRow(cells(r))
	}
	t.Render()
}

func cells(texts []string) table.Row {
	row := make(table.Row, len(texts))
	for i, t := range texts {
		row[i] = visible(t)
	}
	return row
}

// visible shows control characters instead of obeying them: what people send is printed on an operator's terminal.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return '·'
		}
		return r
	}, s)
}

// visibleLines is visible with the line breaks kept.
func visibleLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = visible(lines[i])
	}
	return strings.Join(lines, "\n")
}

// Ways to mark words on a terminal.
const (
	strong = 1
	faint  = 2
	red    = 31
	green  = 32
	yellow = 33
)

// coloured tells whether to mark words: on a terminal, unless NO_COLOR is set (no-color.org).
func (c *common) coloured() bool {
	no, _ := c.env.Getenv("NO_COLOR")
	return c.env.Terminal && no == ""
}

// colour marks a word.
func (c *common) colour(code int, s string) string {
	if !c.coloured() {
		return s
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", code, s)
}

// bold marks a word on a terminal.
func (c *common) bold(s string) string { return c.colour(strong, s) }

// dim steps back on a terminal: what is ours, not the bot's.
func (c *common) dim(s string) string { return c.colour(faint, s) }
