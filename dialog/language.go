package dialog

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/kb"
)

// languageOf tells the language of a text by its script: "zh", "ja", "ko" or, for plain words in Latin letters, "en". It is "" when the
// text does not tell: ok, a number, a code. Latin letters beside Han are names and abbreviations.
func languageOf(text string) string {
	var han, kana, hangul bool
	for _, r := range text {
		kana = kana || unicode.Is(unicode.Hiragana, r) || unicode.Is(unicode.Katakana, r)
		hangul = hangul || unicode.Is(unicode.Hangul, r)
		han = han || unicode.Is(unicode.Han, r)
	}
	switch {
	case kana:
		return "ja"
	case hangul:
		return "ko"
	case han:
		return "zh"
	}
	words := strings.Fields(text)
	plain, letters := 0, 0
	for _, w := range words {
		w = strings.Trim(w, ".,?!;:\"")
		if n := utf8.RuneCountInString(w); n > 0 && strings.IndexFunc(w, func(r rune) bool { return !unicode.Is(unicode.Latin, r) && r != '\'' && r != '’' }) < 0 {
			plain, letters = plain+1, letters+n
		}
	}
	if letters >= 5 && 2*plain > len(words) {
		return "en"
	}
	return ""
}

// notice keeps the language in which the person writes.
func (t *turn) notice() {
	if lang := languageOf(t.message.Text); lang != "" {
		t.speak(lang)
	}
}

// speak goes on in a language.
func (t *turn) speak(lang string) {
	if lang == t.rel.Language() {
		lang = ""
	}
	t.s.Lang, t.spoken = lang, nil
}

// words are what the house says, in the person's language if it has words in it.
func (t *turn) words() *release.Words {
	if t.spoken == nil {
		t.spoken, _ = t.rel.Words(t.s.Lang)
	}
	return t.spoken
}

// texts are the house's sentences in the person's language.
func (t *turn) texts() *release.Texts { return &t.words().Texts }

// entryWords are an entry's question, answer and steps for this person. foreign: they exist in the release's own language only.
func (t *turn) entryWords(e *kb.Entry) (v kb.Variant, foreign bool) {
	v, written := kb.Variant{}, false
	if t.s.Lang != "" {
		v, written = e.In(t.s.Lang)
	}
	if !written || v.Answer == "" {
		answer := e.For(t.message.From.Channel, t.kind)
		return kb.Variant{Question: e.Question, Answer: answer, Steps: e.Steps}, t.s.Lang != ""
	}
	return v, false
}

// written tells whether a candidate exists in the person's language. Dialogs are written in the release's own.
func (t *turn) written(id string) bool {
	if t.s.Lang == "" {
		return true
	}
	e := t.rel.Entry(strings.TrimPrefix(id, toEntry))
	if e == nil || !strings.HasPrefix(id, toEntry) {
		return false
	}
	_, ok := e.In(t.s.Lang)
	return ok
}

// inLanguage are those of the ids that are written in the person's language, or all when none is.
func (t *turn) inLanguage(ids []string) []string {
	own := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !t.written(toEntry + id) })
	if len(own) == 0 {
		return ids
	}
	return own
}
