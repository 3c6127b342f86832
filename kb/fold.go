package kb

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold is the form in which texts are compared: NFKC, half width, lower case, simplified, with single spaces inside, without marks
// that nobody sees (joiners, directions, controls), and without punctuation and soft particles (啊, 吧, 呀 …) at the ends. 吗 and 了
// stay: they can change what is meant. A text of punctuation alone folds to nothing. Folding twice changes nothing.
func Fold(text string) string {
	out, stable := foldOnce(text)
	// A mark that was taken away may have kept two others from composing; such texts are rare and settle in a few rounds.
	for range 8 {
		if stable {
			break
		}
		next, _ := foldOnce(out)
		stable = next == out
		out = next
	}
	return out
}

// foldOnce folds text and tells whether that is known to be final: it is when every character maps for itself.
func foldOnce(text string) (string, bool) {
	simple := simplified()
	stable, checked := true, false
	buf := make([]byte, 0, len(text))
	gap := false
	for _, r := range text {
		if r >= utf8.RuneSelf && !alone(r) {
			if r == utf8.RuneError || ignorable(r) {
				stable = false
				continue
			}
			if stable = false; !checked {
				if checked = true; !norm.NFKC.IsNormalString(text) {
					out, _ := foldOnce(norm.NFKC.String(text))
					return out, false
				}
			}
		}
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			r -= 0xFEE0
		case r == 0x3000:
			r = ' '
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7F:
			stable = false
			continue
		}
		if r == ' ' || r < ' ' || unicode.IsSpace(r) {
			gap = len(buf) > 0
			continue
		}
		if gap {
			buf, gap = append(buf, ' '), false
		}
		switch {
		case r < utf8.RuneSelf:
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			buf = append(buf, byte(r))
			continue
		case Han(r):
			r = simple.of(r)
		default:
			r = unicode.ToLower(r)
		}
		buf = utf8.AppendRune(buf, r)
	}
	return trim(string(buf)), stable
}

// alone tells whether a character beyond ASCII is common and NFKC changes it by itself at most, in the way that foldOnce does.
func alone(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0xFF01 && r <= 0xFF5E || r >= 0x3000 && r <= 0x3020 || r >= 0x2010 && r <= 0x201E && r != 0x2011 && r != 0x2017
}

// ignorable tells whether r is a mark that nobody sees: joiners, directions, variation selectors, controls.
func ignorable(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) || unicode.Is(unicode.Cc, r) && !unicode.IsSpace(r)
}

// softParticles end a sentence without changing what it asks for.
const softParticles = "啊阿呀吧呢嘛啦哦噢喔哈嘞咯呗哟"

// trim takes punctuation and symbols from both ends, and soft particles from the end while two characters remain.
func trim(s string) string {
	s = strings.TrimFunc(s, edge)
	for {
		r, n := utf8.DecodeLastRuneInString(s)
		rest := strings.TrimRightFunc(s[:len(s)-n], edge)
		if n == 0 || !strings.ContainsRune(softParticles, r) || !two(rest) {
			return s
		}
		s = rest
	}
}

// two tells whether s has at least two characters, and not soft particles only: 哈哈哈 is a laugh, not nothing.
func two(s string) bool {
	n, plain := 0, false
	for _, r := range s {
		n++
		plain = plain || !strings.ContainsRune(softParticles, r)
		if n >= 2 && plain {
			return true
		}
	}
	return false
}

func edge(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r) }

// bare is folded text without 吗, 了 and the like at its end either: the loosest form in which a phrase counts as exact.
func bare(folded string) string {
	for {
		r, n := utf8.DecodeLastRuneInString(folded)
		rest := strings.TrimRightFunc(folded[:len(folded)-n], edge)
		if n == 0 || r != '吗' && r != '了' && !strings.ContainsRune(softParticles, r) || !two(rest) {
			return folded
		}
		folded = rest
	}
}

// Han tells whether r is a Chinese character.
func Han(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r >= 0x20000 && r <= 0x323AF || r == '〇'
}

//go:embed t2s.txt
var t2s string

// simplified is a constant that the language cannot write: t2s.txt, read when it is first needed.
var simplified = sync.OnceValue(func() *simples {
	t := &simples{far: map[rune]rune{}}
	for line := range strings.Lines(t2s) {
		if line[0] == '#' {
			continue
		}
		pairs := []rune(strings.TrimSpace(line))
		for i := 0; i+1 < len(pairs); i += 2 {
			if r := pairs[i]; r >= nearFirst && r <= nearLast {
				t.near[r-nearFirst] = pairs[i+1]
			} else {
				t.far[r] = pairs[i+1]
			}
		}
	}
	return t
})

const nearFirst, nearLast = 0x3400, 0x9FFF

// simples are the simplified forms of characters that have one; those of the basic plane in a table, because every text asks for them.
type simples struct {
	near [nearLast - nearFirst + 1]rune // 0: is simple
	far  map[rune]rune
}

func (t *simples) of(r rune) rune {
	var s rune
	if r >= nearFirst && r <= nearLast {
		s = t.near[r-nearFirst]
	} else if r > nearLast {
		s = t.far[r]
	}
	if s == 0 {
		return r
	}
	return s
}
