package console

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"

	"github.com/xianda-bot/xianda/chat"
)

// What stands before a reply of the bot, and of a seat whose words come without a speaker.
const (
	speaker = "先答"
	seat    = "客服"
)

// show is a reply as lines of text. Choices and media have become lines already (Caps); a handoff to a native seat has no meaning here.
func show(r chat.Reply) string {
	who := speaker
	if r.From != "" { // a seat's account is none of the person's business
		who = cmp.Or(strings.TrimRight(r.Speaker, "：: "), seat)
	}
	lines := strings.Split(visible(r.Text), "\n")
	return strings.ReplaceAll(visible(who), "\n", " ") + "：" + strings.Join(lines, "\n  ") + "\n"
}

// visible makes control characters readable, so that a text can neither colour the terminal, move its cursor, set its title nor show
// itself from right to left. Line ends stay.
func visible(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '\n', c == '\t':
			b.WriteRune(c)
		case c < 0x20:
			b.WriteRune(0x2400 + c) // ESC is shown as ␛
		case c == 0x7F:
			b.WriteRune('␡')
		case unicode.Is(unicode.Cc, c), unicode.Is(unicode.Bidi_Control, c), c == '\u2028', c == '\u2029':
			fmt.Fprintf(&b, "\\u%04x", c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
