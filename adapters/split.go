package adapters

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat"
)

// smallest is the least limit that split keeps: one character of four bytes must fit.
const smallest = 4

// size is the length of s in u.
func size(s string, u chat.Unit) int {
	switch u {
	case chat.Bytes:
		return len(s)
	case chat.UTF16:
		n := 0
		for _, r := range s {
			n++
			if r > 0xFFFF {
				n++
			}
		}
		return n
	}
	return utf8.RuneCountInString(s)
}

// fits looks at no more of s than limit, so that cutting a long text stays cheap.
func fits(s string, limit int, u chat.Unit) bool {
	limit = max(limit, 0)
	if limit == 0 || len(s) <= limit {
		return true
	}
	limit = max(limit, smallest)
	end := min(len(s), utf8.UTFMax*min(limit, len(s))+1)
	return end == len(s) && size(s, u) <= limit
}

// split cuts text into parts of at most limit, none of them blank.
func split(text string, limit int, u chat.Unit) []string {
	var out []string
	for strings.TrimSpace(text) != "" {
		var head string
		head, text = cut(text, limit, u)
		out = append(out, head)
	}
	return out
}

// Where a text may be cut, best first.
const (
	atParagraph = iota
	atLine
	atSentence // 。！？；
	atStop     // ". "
	atSpace
	cuts
)

// closers belong to the sentence that they close.
const closers = "”’」』）)》】\""

// cut takes the first part of at most limit off text. It cuts at the best place past half of the limit, the last one of its kind, and
// drops the whitespace there; without such a place it cuts at the limit, between two atoms.
func cut(text string, limit int, u chat.Unit) (head, tail string) {
	if fits(text, limit, u) {
		return text, ""
	}
	limit = max(min(limit, len(text)), smallest)
	var best [cuts]int
	pos, used := 0, 0
	for pos < len(text) {
		n, w := atom(text[pos:], limit, u)
		if used+w > limit {
			break
		}
		pos, used = pos+n, used+w
		if used*2 > limit {
			if kind := place(text, pos); kind < cuts {
				best[kind] = pos
			}
		}
	}
	at := pos
	for _, p := range best {
		// A cut that leaves only the text's own leading whitespace would make an empty message.
		if p > 0 && strings.TrimSpace(text[:p]) != "" {
			at = p
			break
		}
	}
	head, tail = strings.TrimRightFunc(text[:at], unicode.IsSpace), strings.TrimLeftFunc(text[at:], unicode.IsSpace)
	if head == "" {
		return cut(tail, limit, u)
	}
	return head, tail
}

// place says what kind of cut there is between text[:end] and what follows.
func place(text string, end int) int {
	rest := text[end:]
	next, _ := utf8.DecodeRuneInString(rest)
	switch {
	case strings.HasPrefix(rest, "\n\n"), strings.HasPrefix(rest, "\r\n\r\n"):
		return atParagraph
	case next == '\n' && rest != "", strings.HasPrefix(rest, "\r\n"):
		return atLine
	}
	before, _ := utf8.DecodeLastRuneInString(strings.TrimRight(text[:end], closers))
	switch before {
	case '。', '！', '？', '；':
		if !strings.ContainsRune("。！？；!?"+closers, next) {
			return atSentence
		}
	case '!', '?', ';':
		// Inside an address these have no blank or Chinese letter behind them.
		if unicode.IsSpace(next) || next > unicode.MaxASCII && !unicode.IsPunct(next) {
			return atSentence
		}
	case '.':
		if unicode.IsSpace(next) && text[end-1] == '.' {
			return atStop
		}
	}
	if unicode.IsSpace(next) {
		return atSpace
	}
	return cuts
}

// atom is the length in bytes, and in u, of what stands at the beginning of text and must not be cut: a whole <a …>…</a>, an emoji
// with all that is joined to it, a letter with its marks, CRLF. An atom larger than limit is only its first character.
func atom(text string, limit int, u chat.Unit) (n, w int) {
	if text[0] == '<' {
		if n := anchor(text, limit); n > 0 {
			if w := size(text[:n], u); w <= limit {
				return n, w
			}
		}
	}
	n = cluster(text, 4*limit)
	if w = size(text[:n], u); w > limit {
		_, n = utf8.DecodeRuneInString(text)
		w = size(text[:n], u)
	}
	return n, w
}

// anchor is the length of the link that text begins with, 0 if it is none or longer than any part.
func anchor(text string, limit int) int {
	if len(text) < 4 || text[1] != 'a' && text[1] != 'A' || text[2] != ' ' {
		return 0
	}
	window := text[:min(len(text), 4*limit)]
	for i := 3; i+4 <= len(window); i++ {
		if window[i] == '<' && strings.EqualFold(window[i:i+4], "</a>") {
			return i + 4
		}
	}
	return 0
}

const joiner = '\u200d'

// cluster is the length of the first character as a person sees it. It looks at most bound bytes ahead, so that a text of marks alone
// costs no more than another.
func cluster(text string, bound int) int {
	first, n := utf8.DecodeRuneInString(text)
	if first == '\r' && strings.HasPrefix(text[n:], "\n") {
		return n + 1
	}
	if first == '\r' || first == '\n' {
		return n
	}
	prev := first
	flag := isFlag(first)
	for n < len(text) && n <= bound {
		r, w := utf8.DecodeRuneInString(text[n:])
		switch {
		case extends(r):
		case prev == joiner && r > unicode.MaxASCII && !unicode.IsSpace(r):
		case flag && isFlag(r):
			flag = false // a third one begins the next flag
		default:
			return n
		}
		prev = r
		n += w
	}
	return n
}

func isFlag(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

// extends tells whether r belongs to the character before it: marks, variation selectors, joiner, skin tones, tags of flags.
func extends(r rune) bool {
	return r == joiner || unicode.Is(unicode.M, r) || r >= 0x1F3FB && r <= 0x1F3FF || r >= 0xE0020 && r <= 0xE007F
}
