package script

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/kb"
)

// maxLabel is how much of a text stands in a node of a chart, in characters.
const maxLabel = 40

// Mermaid draws dialogs as one Mermaid flowchart, each in a frame of its own.
func Mermaid(dialogs []*Dialog, entry func(id string) *kb.Entry) string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	first := map[string]string{} // dialog → its first node
	for n, d := range dialogs {
		if len(d.Steps) > 0 {
			first[d.ID] = node(n, 0)
		}
	}
	for n, d := range dialogs {
		fmt.Fprintf(&b, "  subgraph d%d[%s]\n", n, label(d.ID+" "+d.Title))
		o := d.Outline(entry)
		for i, s := range o.Steps {
			open, shut := brackets(s.Verb)
			fmt.Fprintf(&b, "    %s%s%s%s\n", node(n, i), open, label(s.ID+"\n"+string(s.Verb)+" "+s.What), shut)
		}
		for i, s := range d.Steps {
			for _, to := range d.Branches(s) {
				_, at := d.Step(to.To)
				if at < 0 {
					continue
				}
				name := to.Name
				if name == "case" {
					name = d.caseLabel(s, to.Value)
				}
				arrow := " -->|" + label(name) + "| "
				if to.Name == "next" || to.Name == "goto" {
					arrow = " --> "
				}
				fmt.Fprintf(&b, "    %s%s%s\n", node(n, i), arrow, node(n, at))
			}
		}
		b.WriteString("  end\n")
	}
	for n, d := range dialogs {
		for i, s := range d.Steps {
			if to := first[s.Sub]; s.Verb == Sub && to != "" {
				fmt.Fprintf(&b, "  %s -.-> %s\n", node(n, i), to)
			}
		}
	}
	return b.String()
}

func node(dialog, step int) string { return fmt.Sprintf("d%ds%d", dialog, step) }

// brackets are the brackets of a node: a question leans, a branch is a diamond, what leaves the dialog is round.
func brackets(v Verb) (open, shut string) {
	switch v {
	case Collect:
		return "[/", "/]"
	case Switch:
		return "{", "}"
	case Call, Sub:
		return "[[", "]]"
	case Handoff, End:
		return "([", "])"
	}
	return "[", "]"
}

// label is a text in quotes, with everything that means something to Mermaid or HTML written as an entity.
func label(s string) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); utf8.RuneCountInString(s) > maxLabel {
		s = string(r[:maxLabel]) + "…"
	}
	return `"` + strings.NewReplacer(
		"#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "&", "#amp;", "`", "#96;", `\`, "#92;", "\r", "", "\n", "<br/>",
	).Replace(s) + `"`
}
