package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/xianda-bot/xianda/chat"
)

// beside is as wide as what stands before the words of a line.
const beside = 25

// printLine writes one line of a transcript, and below it what came or went with it: what the house keeps by the command that gets it.
func printLine(w io.Writer, l chat.Line) {
	fmt.Fprintf(w, "%s  %-8s %s\n", l.At.Local().Format("01-02 15:04:05"), visible(l.From),
		strings.ReplaceAll(visibleLines(l.Text), "\n", "\n"+strings.Repeat(" ", beside)))
	for _, f := range l.Media {
		what := strings.TrimSpace(visible(f.Kind) + " " + visible(f.Name))
		switch {
		case f.ID != "":
			fmt.Fprintf(w, "%*s%s: xianda handoff media %s\n", beside, "", what, visible(f.ID))
		case f.URL != "":
			fmt.Fprintf(w, "%*s%s: %s\n", beside, "", what, visible(f.URL))
		}
	}
}
