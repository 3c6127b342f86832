package script

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/xianda-bot/xianda/kb"
)

// maxValue is how many bytes of a text slot are kept.
const maxValue = 2 << 10

// Accept reads an answer to the slot's question: what was typed, the payload of a tapped choice (a choice's key; yes or no), the
// references of images that came with it. The value is normalised as SlotType says. skipped tells that it is one of SkipWords; then
// there is no value. ok is false when it is no answer. A Slot may be shared.
func (s *Slot) Accept(text string, choice string, media []string, now time.Time, loc *time.Location) (value string, skipped, ok bool) {
	if s.Type == Image {
		if len(media) > 0 && media[0] != "" {
			return media[0], false, true
		}
		return "", s.skips(text), false
	}
	if choice != "" {
		if value, ok := s.tapped(choice); ok {
			return value, false, true
		}
	}
	plain := strings.TrimSpace(norm.NFKC.String(clip(text)))
	if plain == "" {
		return "", false, false
	}
	if s.skips(text) {
		return "", true, false
	}
	switch s.Type {
	case Text:
		return strings.TrimSpace(clip(text)), false, true
	case Choice:
		value, ok = s.pick(plain)
	case Number:
		value, ok = s.bounded(readNumber(plain, numberUnits))
	case Money:
		value, ok = s.bounded(readMoney(plain))
		if ok {
			f, _ := strconv.ParseFloat(value, 64)
			value = strconv.FormatFloat(f, 'f', 2, 64)
		}
	case Digits:
		value, ok = readDigits(plain, s.Length)
	case Date:
		value, ok = readDate(plain, now, loc)
	case Phone:
		value, ok = readPhone(plain)
	case OrderNo:
		value, ok = s.readOrder(plain)
	case YesNo:
		value, ok = readYesNo(plain)
	}
	return value, false, ok
}

// Received is what {len} shows: the digits of an answer where digits are asked for, its characters otherwise.
func (s *Slot) Received(text string) int {
	text = strings.TrimSpace(norm.NFKC.String(clip(text)))
	if s.Type == Digits || s.Type == Phone {
		n := 0
		for _, r := range text {
			if r >= '0' && r <= '9' {
				n++
			}
		}
		if n > 0 {
			return n
		}
	}
	return utf8.RuneCountInString(text)
}

// Label is the words for a value, as people read them: a choice's label, 是 or 否; otherwise the value.
func (s *Slot) Label(value string) string {
	for _, o := range s.Choices {
		if o.Key == value {
			return o.Label
		}
	}
	if s.Type == YesNo {
		switch value {
		case "yes":
			return "是"
		case "no":
			return "否"
		}
	}
	return value
}

func clip(text string) string {
	if len(text) <= maxValue {
		return text
	}
	text = text[:maxValue]
	for !utf8.ValidString(text) && len(text) > maxValue-utf8.UTFMax {
		text = text[:len(text)-1]
	}
	return text
}

func (s *Slot) skips(text string) bool {
	folded := bare(text)
	return folded != "" && slices.ContainsFunc(s.SkipWords, func(w string) bool { return bare(w) == folded })
}

// bare is a short answer as it is compared: folded, without punctuation anywhere and without particles at its end.
func bare(text string) string {
	out := strings.Map(func(r rune) rune {
		if unicode.IsPunct(r) || unicode.IsSpace(r) || unicode.IsSymbol(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(kb.Fold(text)))
	for _, p := range []string{"呢", "啊", "呀", "吧", "啦", "哦", "嘛", "哈"} {
		if t := strings.TrimSuffix(out, p); t != "" {
			out = t
		}
	}
	return out
}

func (s *Slot) tapped(choice string) (string, bool) {
	switch s.Type {
	case Choice:
		for _, o := range s.Choices {
			if o.Key == choice {
				return o.Key, true
			}
		}
	case YesNo:
		return choice, choice == "yes" || choice == "no"
	}
	return "", false
}

// pick reads a choice: its number in any script, its label, its key, or a part of exactly one label.
func (s *Slot) pick(plain string) (string, bool) {
	answer := bare(plain)
	if answer == "" {
		return "", false
	}
	for _, o := range s.Choices { // a label may itself be a number
		if answer == bare(o.Label) || strings.EqualFold(strings.TrimSpace(plain), o.Key) {
			return o.Key, true
		}
	}
	if n, ok := ordinal(answer); ok {
		if n >= 1 && n <= len(s.Choices) {
			return s.Choices[n-1].Key, true
		}
		return "", false
	}
	key, hits := "", 0
	if utf8.RuneCountInString(answer) >= 2 {
		for _, o := range s.Choices {
			if label := bare(o.Label); strings.Contains(label, answer) || strings.Contains(answer, label) && utf8.RuneCountInString(label) >= 2 {
				key, hits = o.Key, hits+1
			}
		}
	}
	return key, hits == 1
}

var ordinalForm = regexp.MustCompile(`^(?:第|选|我选|选第|我选第)?([0-9]{1,3}|[零一二两三四五六七八九十]{1,3})(?:个|项|种|号)?$`)

// ordinal reads "2", "二", "第二个", "选2". Circled and full-width digits were folded before.
func ordinal(s string) (int, bool) {
	m := ordinalForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	if n, err := strconv.Atoi(m[1]); err == nil {
		return n, true
	}
	f, ok := hanNumber(m[1])
	return int(f), ok
}

// bounded checks min and max; a number is kept without needless zeros.
func (s *Slot) bounded(f float64, ok bool) (string, bool) {
	if !ok || (s.Min != nil && f < *s.Min) || (s.Max != nil && f > *s.Max) {
		return "", false
	}
	return strconv.FormatFloat(f, 'f', -1, 64), true
}

func (s *Slot) readOrder(plain string) (string, bool) {
	re := s.re
	if re == nil { // a slot that was not read from a file
		var err error
		if re, err = compilePattern(s.Pattern); err != nil {
			return "", false
		}
	}
	joined := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, plain)
	for _, try := range []string{plain, joined, strings.ToUpper(joined)} {
		if re.MatchString(try) {
			return try, true
		}
	}
	found, hits := "", 0
	for _, word := range strings.FieldsFunc(plain, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_'
	}) {
		if re.MatchString(word) {
			found, hits = word, hits+1
		}
	}
	return found, hits == 1
}
