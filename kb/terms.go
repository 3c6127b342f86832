package kb

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A unit is one step of a text: a Chinese character, a word of other letters or digits, or a row of synonyms. Punctuation and spaces
// are no units, but nothing is paired across them.
type unit uint32

const (
	wordBase  unit = 1 << 21       // above every character; then the numbers of words
	classBase unit = 1 << 30       // then the numbers of synonym rows
	unknown   unit = classBase - 1 // downwards: words of a text that the index does not have
	wall      unit = 0
	border    unit = 1 // before the first unit of a text and behind the last
)

// A term is a unit or two neighbouring ones: the second unit in the low half, the first, if any, in the high half.
type term uint64

func pair(a, b unit) term { return term(a)<<32 | term(b) }

// pieceTerm marks a piece of a word.
const pieceTerm term = 1 << 63

func (t term) first() unit  { return unit(t >> 32) }
func (t term) second() unit { return unit(t) }

// plainUnits are characters that carry grammar or politeness rather than a topic. They count little, so that a small base is not
// searched by its 的 and 怎么: there the frequencies within the base tell nothing yet. 不 and 没 are not among them.
const plainUnits = "今天明昨现的地得了着过吗呢啊吧呀么嘛啦哦我你您他她它们咱这那哪是在有和与及就都也还又再请问想要会能可以把被给跟对让怎什样啥为何如几多少个一下办弄搞做"

// plainWords are the same in English. Not, no and without are not among them.
const plainWords = " a an the of to in on at for from by with about as and or but if so is are was were be been being am do does did done have has had having " +
	"can could will would shall should may might must i you he she it we they me my mine your yours his her its our their them us this that these those " +
	"what which who whom whose when where why how there here please just some any s t m re ve ll d want need get got know tell let "

// plainRune and plainText tell whether a character or a word carries grammar alone. The lists are too short for a table to be worth
// its place.
func plainRune(r rune) bool      { return strings.ContainsRune(plainUnits, r) }
func plainText(word string) bool { return strings.Contains(plainWords, " "+word+" ") }

// plain tells whether a unit carries grammar alone.
func (c *cutter) plain(u unit, fresh []string) bool {
	if u < wordBase {
		return plainRune(rune(u))
	}
	word := c.spelled(u, fresh)
	return word != "" && plainText(word)
}

// hidden tells whether only the language model looks at the term: a piece of a word, or the end of a text.
func (t term) hidden() bool { return t&pieceTerm != 0 || t.rim() }

// rim tells whether the term is where a text begins or ends.
func (t term) rim() bool { return t&pieceTerm == 0 && (t.first() == border || t.second() == border) }

// weight is how much a term may tell: grammar little, a row of synonyms as much as the characters that it stands for.
func (c *cutter) weight(t term, fresh []string) float32 {
	one := func(u unit) float32 {
		switch {
		case u >= classBase:
			return 2
		case c.plain(u, fresh):
			return plainWeight
		}
		return 1
	}
	switch {
	case t.hidden():
		return 0
	case t.first() == 0:
		return one(t.second())
	}
	return pairWeight * (one(t.first()) + one(t.second())) / 2
}

// cutter cuts folded texts into units.
type cutter struct {
	words    map[string]unit
	spelling []string           // words by number
	synonyms map[rune][]synonym // by first character, longest first
}

type synonym struct {
	text  string
	class unit
}

func newCutter(rows [][]string) *cutter {
	c := &cutter{words: map[string]unit{}, synonyms: map[rune][]synonym{}}
	seen := map[string]bool{}
	for i, row := range rows {
		for _, w := range row {
			w = Fold(w)
			if w == "" || seen[w] {
				continue
			}
			seen[w] = true
			r, _ := utf8.DecodeRuneInString(w)
			c.synonyms[r] = append(c.synonyms[r], synonym{w, classBase + unit(i)})
		}
	}
	for r := range c.synonyms {
		slices.SortStableFunc(c.synonyms[r], func(a, b synonym) int { return cmp.Compare(len(b.text), len(a.text)) })
	}
	return c
}

// cut appends the units of folded to out, no more than limit in all. It gives new words a number, or, when fresh is not nil, keeps
// them there and calls them unknown.
func (c *cutter) cut(out []unit, folded string, limit int, fresh *[]string) []unit {
	for i := 0; i < len(folded) && len(out) < limit; {
		r, n := utf8.DecodeRuneInString(folded[i:])
		if s, ok := c.synonym(folded, i, r); ok {
			out = append(out, s.class)
			i += len(s.text)
			continue
		}
		switch {
		case Han(r) || unspaced(r):
			out = append(out, unit(r))
			i += n
		case letter(r):
			end := i + wordLen(folded[i:])
			out = append(out, c.word(folded[i:end], fresh))
			i = end
		default:
			if len(out) > 0 && out[len(out)-1] != wall {
				out = append(out, wall)
			}
			i += n
		}
	}
	return out
}

// synonym is the longest one at i. One of letters must be a whole word.
func (c *cutter) synonym(folded string, i int, r rune) (synonym, bool) {
	for _, s := range c.synonyms[r] {
		if !strings.HasPrefix(folded[i:], s.text) {
			continue
		}
		end := i + len(s.text)
		last, _ := utf8.DecodeLastRuneInString(s.text)
		next, _ := utf8.DecodeRuneInString(folded[end:])
		if letter(last) && end < len(folded) && letter(next) {
			continue
		}
		return s, true
	}
	return synonym{}, false
}

func (c *cutter) word(w string, fresh *[]string) unit {
	u, ok := c.words[w]
	switch {
	case ok:
		return u
	case fresh != nil:
		*fresh = append(*fresh, w)
		return unknown - unit(len(*fresh)-1)
	}
	u = wordBase + unit(len(c.words))
	c.words[w] = u
	c.spelling = append(c.spelling, w)
	return u
}

// spelled is the word that u stands for, "" when it stands for none.
func (c *cutter) spelled(u unit, fresh []string) string {
	switch i, j := int(u)-int(wordBase), int(unknown)-int(u); {
	case i >= 0 && i < len(c.spelling):
		return c.spelling[i]
	case j >= 0 && j < len(fresh):
		return fresh[j]
	}
	return ""
}

// letter tells whether r belongs to a word that is written with spaces around it.
func letter(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z'
	}
	return !Han(r) && !unspaced(r) && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r))
}

// unspaced tells whether r, like a Chinese character, belongs to a script that puts no spaces between words.
func unspaced(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// wordLen is how far the word at the start of s goes.
func wordLen(s string) int {
	for i, r := range s {
		if !letter(r) {
			return i
		}
	}
	return len(s)
}

// terms appends the terms of units to out, sorted, each once: units, neighbours, the ends of the text, and the pieces of its words.
func (c *cutter) terms(out []term, units []unit, fresh []string) []term {
	before := border
	for _, u := range units {
		if u != wall {
			out = append(out, term(u))
			if before != wall {
				out = append(out, pair(before, u))
			}
			if word := c.spelled(u, fresh); word != "" && plainWord(word) {
				pieces(word, 3, 3, func(key uint64) { out = append(out, pieceTerm|term(key)) })
			}
		}
		before = u
	}
	if before != border {
		out = append(out, term(border), pair(before, border))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
