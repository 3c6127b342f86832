package dialog

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/kb"
)

// A follow-up leaves out what was spoken of: 那退款呢, 银行卡的呢, what about refunds.
var (
	followHead = regexp.MustCompile(`^(?:那么|那如果|那要是|那|如果是|如果|要是|and |what about |how about )`)
	followTail = regexp.MustCompile(`(?:的话|的)?(?:呢|怎么样)$`)
)

// maxFollow is how long a follow-up may be, in characters: a longer question says what it is about.
const maxFollow = 12

// followed is what a follow-up names, without the words around it; false when the text is no follow-up.
func followed(text string) (core string, ok bool) {
	bare := strings.Trim(strings.ToLower(strings.TrimSpace(text)), "？?。.！!，,~～ ")
	if bare == "" || utf8.RuneCountInString(bare) > maxFollow && languageOf(text) != "en" {
		return "", false
	}
	core = kb.Fold(followTail.ReplaceAllString(followHead.ReplaceAllString(bare, ""), ""))
	return core, core != "" && (core != kb.Fold(bare) || strings.HasSuffix(bare, "呢")) // folding leaves 呢 out too
}

// find looks a typed question up. A follow-up is looked up within what was spoken of last (那退款呢, of the red packet), or with its words
// in the place of the topic when it names another one (那转账呢, can it be taken back), and taken so when that fits.
func (t *turn) find(text string) []kb.Hit {
	core, ok := followed(text)
	topic := t.spokenOf()
	ok = ok && topic.word != ""
	if h, exact := t.rel.Index.Exact(text, t.servable); exact && (!ok || t.about(h.ID, topic)) {
		return []kb.Hit{h}
	}
	plain := t.rel.Index.Find(text, found, t.servable)
	if !ok {
		return t.afterEvent(text, plain)
	}
	in := t.rel.Index.Find(topic.word+core, found, func(id string) bool { return t.servable(id) && t.about(id, topic) })
	if moved := t.elsewhere(core, topic); sum(moved) > sum(in) {
		in = moved
	}
	if sum(in) < t.rel.Thresholds.Offer {
		return plain
	}
	t.out.path = append(t.out.path, "follows:"+topic.id)
	for i := range in {
		in[i].Exact = false // what the person left out was added by us
		in[i].Score = min(in[i].Score, notExact)
	}
	for _, h := range plain {
		if h.Exact = false; h.Score < in[0].Score && !slices.ContainsFunc(in, func(k kb.Hit) bool { return k.ID == h.ID }) {
			in = append(in, h)
		}
	}
	return in
}

// afterEvent reads a short question that names no topic (退到哪里) as one about what has just happened in the product (the red packet came
// back), when that is a certain answer and more likely than what the words mean alone.
func (t *turn) afterEvent(text string, plain []kb.Hit) []kb.Hit {
	folded := kb.Fold(text)
	if utf8.RuneCountInString(folded) > maxFollow {
		return plain
	}
	topic := t.happened()
	if topic.word == "" || strings.Contains(folded, topic.word) || t.namesTopic(folded) != "" {
		return plain
	}
	in := t.rel.Index.Find(topic.word+folded, found, func(id string) bool { return t.servable(id) && t.about(id, topic) })
	if len(in) == 0 || in[0].Score < t.rel.Thresholds.Answer || len(plain) > 0 && in[0].Score < plain[0].Score {
		return plain
	}
	t.out.path = append(t.out.path, "happened:"+topic.word)
	in[0].Exact, in[0].Score = false, min(in[0].Score, notExact)
	return in[:1]
}

// happened is the topic of an operation that came after the last answer and lately: that of the question which it makes likely.
func (t *turn) happened() spoken {
	n := len(t.s.Trace)
	if n == 0 {
		return spoken{}
	}
	at := t.s.Trace[n-1].At
	if t.now.Sub(at) > away || t.s.Last != nil && t.s.Last.At.After(at) {
		return spoken{}
	}
	guesses := t.guess(1)
	if len(guesses) == 0 || len(guesses[0].Why) == 0 || guesses[0].Why[0].Factor != "event" {
		return spoken{}
	}
	word := t.namesTopic(kb.Fold(t.guessLabel(guesses[0])))
	if e := t.rel.Entry(strings.TrimPrefix(guesses[0].ID, toEntry)); e != nil && strings.HasPrefix(guesses[0].ID, toEntry) {
		word = e.Category
	}
	return spoken{word: word, of: word}
}

// namesTopic is the longest name of a topic in a folded text; "" when it has none.
func (t *turn) namesTopic(folded string) (longest string) {
	for name := range t.shelf.candidates(t.rel).topics {
		if name == "" || len(name) < len(longest) || !strings.Contains(folded, kb.Fold(name)) {
			continue
		}
		if len(name) > len(longest) || name < longest { // the same one at every call
			longest = name
		}
	}
	return longest
}

// notExact is the most that a follow-up scores: certain enough to be answered.
const notExact = 0.97

// elsewhere asks the last question of another topic; nothing when core names none.
func (t *turn) elsewhere(core string, topic spoken) []kb.Hit {
	asked := kb.Fold(t.history().asked)
	if t.shelf.candidates(t.rel).topics[core] == nil || core == topic.word || !strings.Contains(asked, topic.word) {
		return nil
	}
	other := spoken{word: core, of: core}
	return t.rel.Index.Find(strings.ReplaceAll(asked, topic.word, core), found, func(id string) bool { return t.servable(id) && t.about(id, other) })
}

// sum is how likely a text means one of the best hits.
func sum(hits []kb.Hit) (p float64) {
	for _, h := range hits[:min(len(hits), offered)] {
		p += h.Score
	}
	return p
}

// spoken is the topic of the last answer.
type spoken struct {
	id   string // of the entry or dialog
	word string // how the topic is called
	of   string // category; empty: none
}

// spokenOf is what was spoken of last, if that was lately.
func (t *turn) spokenOf() spoken {
	h := t.history()
	last := h.last
	if last == nil || t.now.Sub(last.At) > away {
		return spoken{}
	}
	if e := t.rel.Entry(strings.TrimPrefix(last.ID, toEntry)); e != nil && strings.HasPrefix(last.ID, toEntry) {
		return spoken{id: last.ID, word: e.Category, of: e.Category}
	}
	// A dialog's topic is that of the answer which it gave last.
	for _, id := range slices.Backward(h.tried) {
		if e := t.rel.Entry(id); e != nil && e.Category != "" {
			return spoken{id: last.ID, word: e.Category, of: e.Category}
		}
	}
	return spoken{id: last.ID, word: t.label(last.ID)}
}

// about tells whether a candidate belongs to a topic.
func (t *turn) about(id string, topic spoken) bool {
	if id == topic.id {
		return false // that was said already
	}
	e := t.rel.Entry(strings.TrimPrefix(id, toEntry))
	if e == nil || !strings.HasPrefix(id, toEntry) {
		return topic.of == "" || strings.Contains(t.label(id), topic.word)
	}
	return topic.of == "" || e.Category == topic.of || strings.Contains(e.Question, topic.word)
}
