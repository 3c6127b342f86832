package sheet

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/xianda-bot/xianda/kb"
)

// WriteYAML writes entries in one canonical layout: keys in a fixed order, what is empty left out. ReadYAML gives the same entries back.
func WriteYAML(w io.Writer, entries []kb.Entry) error {
	b := bufio.NewWriter(w)
	if len(entries) == 0 {
		fmt.Fprintln(b, "[]")
	}
	for i := range entries {
		e := &entries[i]
		fmt.Fprintf(b, "- id: %s\n", scalar(e.ID))
		line := func(key, value string) {
			if value != "" {
				fmt.Fprintf(b, "  %s: %s\n", key, value)
			}
		}
		line("question", scalar(e.Question))
		line("phrasings", flow(e.Phrasings))
		line("answer", block(e.Answer, "    "))
		writeSteps(b, e.Steps, "  ")
		if len(e.Images) == 1 {
			line("image", scalar(e.Images[0]))
		} else {
			line("image", flow(e.Images))
		}
		line("link", scalar(e.Link))
		if len(e.Channels) > 0 {
			fmt.Fprintln(b, "  channels:")
			for _, c := range slices.Sorted(maps.Keys(e.Channels)) {
				fmt.Fprintf(b, "    %s: %s\n", scalar(c), block(e.Channels[c], "      "))
			}
		}
		if len(e.Languages) > 0 {
			fmt.Fprintln(b, "  languages:")
			for _, tag := range slices.Sorted(maps.Keys(e.Languages)) {
				writeVariant(b, tag, e.Languages[tag])
			}
		}
		line("category", scalar(e.Category))
		line("valid_from", from(e.ValidFrom))
		line("valid_to", to(e.ValidTo))
		line("owner", scalar(e.Owner))
		line("related", flow(e.Related))
		if e.Reject {
			line("reject", "true")
		}
		if e.Disabled {
			line("disabled", "true")
		}
	}
	return b.Flush()
}

// writeSteps writes each step on a line of its own: they are sentences.
func writeSteps(b *bufio.Writer, steps []string, indent string) {
	if len(steps) > 0 {
		fmt.Fprintf(b, "%ssteps:\n", indent)
	}
	for _, s := range steps {
		fmt.Fprintf(b, "%s  - %s\n", indent, block(s, indent+"    "))
	}
}

func writeVariant(b *bufio.Writer, tag string, v kb.Variant) {
	fmt.Fprintf(b, "    %s:\n", scalar(tag))
	for _, f := range [][2]string{{"question", scalar(v.Question)}, {"phrasings", flow(v.Phrasings)}, {"answer", block(v.Answer, "        ")}} {
		if f[1] != "" {
			fmt.Fprintf(b, "      %s: %s\n", f[0], f[1])
		}
	}
	writeSteps(b, v.Steps, "      ")
}

// from and to write a day when the instant is one, as ReadYAML and ReadCSV understand it.
func from(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case midnight(t):
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339Nano)
}

func to(t time.Time) string {
	if midnight(t) && !t.IsZero() {
		return t.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return from(t)
}

func midnight(t time.Time) bool {
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
}

// bareText is text that needs no quotes anywhere, whatever surrounds it.
var bareText = regexp.MustCompile(`^[\p{Han}A-Za-z_][\p{Han}A-Za-z0-9_.\-，。？！、；：“”‘’（）《》…]*$`)

// reserved are words that are no text when they stand bare, here or in other readers of YAML.
var reserved = regexp.MustCompile(`^(?i:true|false|null|yes|no|on|off|y|n|nan|inf|_|\.inf|\.nan)$`)

func scalar(s string) string {
	switch {
	case s == "":
		return ""
	case bareText.MatchString(s) && !reserved.MatchString(s):
		return s
	}
	return quoted(s)
}

// quoted writes s between double quotes.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) && r > 0xFFFF:
			b.WriteRune(r)
		case r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func flow(list []string) string {
	if len(list) == 0 {
		return ""
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = scalar(s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// block writes several lines as an operator would, under |, when nothing in them needs quotes.
func block(s, indent string) string {
	lines := strings.Split(s, "\n")
	if len(lines) == 1 {
		return scalar(s)
	}
	for i, l := range lines {
		odd := func(r rune) bool { return !unicode.IsPrint(r) }
		if strings.HasPrefix(l, " ") || strings.HasSuffix(l, " ") || l == "" && (i == 0 || i == len(lines)-1) || strings.ContainsFunc(l, odd) {
			return quoted(s)
		}
	}
	var b strings.Builder
	b.WriteString("|")
	for _, l := range lines {
		b.WriteByte('\n')
		if l != "" {
			b.WriteString(indent + l)
		}
	}
	return b.String()
}
