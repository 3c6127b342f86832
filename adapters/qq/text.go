package qq

import (
	"regexp"
	"strings"
)

// clean is s without the control characters that the platform's clients show as boxes, and without broken UTF-8.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

var (
	marks = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "~", `\~`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`,
		"!", `\!`, "#", `\#`, "|", `\|`)
	// listMark begins a list or underlines a heading when it begins a line.
	listMark = regexp.MustCompile(`(?m)^([ \t]*)([-+=]|[0-9]{1,9}[.)])`)
)

// escaped is a text as markdown that shows it as it is.
func escaped(s string) string {
	return listMark.ReplaceAllStringFunc(marks.Replace(s), func(m string) string {
		return m[:len(m)-1] + `\` + m[len(m)-1:]
	})
}

// address is what the platform takes for one: with or without https, in letters that addresses are made of.
var address = regexp.MustCompile(`(?i)(?:https?://[!-~]+|\b(?:[a-z0-9-]+\.)+[a-z]{2,}(?:[/?#:][!-~]*)?)`)

// withoutLinks is s with a word in the place of every address.
func withoutLinks(s string) string { return address.ReplaceAllString(s, "[链接]") }
