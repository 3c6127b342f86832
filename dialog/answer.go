package dialog

import (
	"slices"
	"strings"
	"unicode"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/kb"
)

// offered is how many questions are shown at once.
const offered = 3

// ask finds what a typed question means: one clear hit is answered, several likely ones are offered, else it is said so.
func (t *turn) ask(text string) {
	folded := kb.Fold(text)
	if folded == "" {
		t.miss()
		return
	}
	hits := t.find(text)
	if strings.IndexFunc(folded, unicode.IsLetter) < 0 && (len(hits) == 0 || !hits[0].Exact) {
		t.miss() // a bare number is an answer to a question that nobody asked
		return
	}
	if len(hits) > 0 && hits[0].Exact {
		t.understood(text, hits[0].ID, "exact")
		return
	}
	guesses := t.meant(hits)
	if t.certain(guesses) {
		t.understood(text, guesses[0].ID, "answer")
		return
	}
	guesses = t.clear(guesses)
	if len(guesses) == 0 {
		t.miss()
		return
	}
	t.s.Asked = chat.Cut(text, 600)
	if o := t.s.Offer; o != nil && o.Kind == session.Clarify && t.s.Place == nil {
		t.s.Misses++ // the last one was passed over for other words
	}
	if t.s.Misses > 2 && t.s.Waiting == nil {
		t.human("misses")
		return
	}
	t.out.reason = "offer"
	t.say(t.texts().Maybe, "offer")
	t.offer(session.Clarify, t.items(guesses))
}

// understood serves what was asked for certain.
func (t *turn) understood(text, id, reason string) {
	t.learnAsked(id)
	t.s.Asked = chat.Cut(text, 600)
	t.s.Misses = 0
	t.out.reason = reason
	t.serve(id)
}

// found are how many hits of the index are looked at: the ranker may lift one that is not among the first.
const found = 8

// near is the share of the best guess's probability from which on the second is as good: then the person chooses.
const near = 0.92

// certain tells whether the best guess may be answered: likely enough, and not nearly as likely as another.
func (t *turn) certain(guesses []likely.Guess) bool {
	if len(guesses) == 0 || guesses[0].P < t.rel.Thresholds.Answer {
		return false
	}
	return len(guesses) == 1 || guesses[1].P < near*guesses[0].P
}

// clear keeps the guesses that a typed question may mean, at most as many as an offer has; none when it hardly means any of them.
func (t *turn) clear(guesses []likely.Guess) []likely.Guess {
	var kept []likely.Guess
	together := 0.0
	for _, g := range guesses {
		if len(kept) < offered && g.P >= leastMeant*guesses[0].P &&
			!slices.ContainsFunc(kept, func(k likely.Guess) bool { return within(k.ID, g.ID) || t.guessLabel(k) == t.guessLabel(g) }) {
			kept, together = append(kept, g), together+g.P
		}
	}
	if together < t.rel.Thresholds.Offer {
		return nil
	}
	return kept
}

// leastMeant is the least share of the best guess's probability of one that is offered beside it.
const leastMeant = 0.1

// servable keeps what may be served now.
func (t *turn) servable(id string) bool {
	if e, ok := strings.CutPrefix(id, toEntry); ok {
		entry := t.rel.Entry(e)
		return entry != nil && entry.Valid(t.now)
	}
	return true
}

// label is how a candidate is called in the person's language.
func (t *turn) label(id string) string {
	if e, ok := strings.CutPrefix(id, toEntry); ok {
		if entry := t.rel.Entry(e); entry != nil {
			v, _ := t.entryWords(entry)
			return v.Question
		}
		return e
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(id, toDialog), "/")
	if d := t.rel.Dialog(name); d != nil {
		return d.Title
	}
	return name
}

// answer says an entry, verbatim, behind a step of a dialog (then may be nil) or alone. It tells whether there was one to say, and
// whether the person has the word now.
func (t *turn) answer(id string, then *script.Then) (said, waits bool) {
	e := t.rel.Entry(id)
	if e == nil || !e.Valid(t.now) {
		t.out.counts["withdrawn:"+id]++
		return false, false
	}
	v, foreign := t.entryWords(e)
	aside := t.s.Place != nil && (t.s.Place.Asking != "" || t.s.Guide != nil && then == nil) // in the middle of a dialog that waits for something else
	if aside && len(v.Steps) > 0 {
		v.Answer = t.inOne(v)
	}
	t.say(v.Answer, source(e))
	t.showing(e.Images, e.Link)
	if foreign {
		t.say(t.texts().OnlyIn, "text:only_in")
	}
	t.out.counts["answered:"+e.ID]++
	t.topic(toEntry + e.ID)
	if !slices.Contains(t.s.Tried, e.ID) {
		t.s.Tried = append(t.s.Tried, e.ID)
		if n := len(t.s.Tried) - session.MaxRecent; n > 0 {
			t.s.Tried = t.s.Tried[n:]
		}
	}
	switch {
	case aside:
		return true, false
	case len(v.Steps) > 0:
		t.guide(e, then)
		return true, true
	case then != nil:
		t.askSolved(then)
		return true, true
	case e.Reject:
		t.show(session.Choices, nil)
	case t.s.Place == nil: // else the dialog goes on: its own question comes next
		t.related(e)
	}
	return true, false
}

// related offers what goes with an entry: what its author names, then what else people ask of the same topic. Where choices are
// buttons, whether it helped is one tap away too.
func (t *turn) related(e *kb.Entry) {
	var items []session.Item
	add := func(id string) {
		r := t.rel.Entry(id)
		if r != nil && r.Valid(t.now) && !r.Reject && id != e.ID && !slices.Contains(t.s.Tried, id) && len(items) < offered &&
			!slices.ContainsFunc(items, func(i session.Item) bool { return i.Target == toEntry+id }) {
			items = append(items, session.Item{Label: t.label(toEntry + id), Target: toEntry + id})
		}
	}
	for _, id := range t.goesWith(e) {
		add(id)
	}
	if len(items) > 0 {
		t.say(t.texts().More, "related")
	}
	if t.buttons {
		items = append(items, session.Item{Label: t.texts().Solved, Target: toSolved}, session.Item{Label: t.texts().Unsolved, Target: toUnsolv})
	}
	t.show(session.Related, items)
}

// goesWith are the entries that go with one: those that its author names, else those of its topic.
func (t *turn) goesWith(e *kb.Entry) []string {
	topic := t.shelf.candidates(t.rel).topics[e.Category]
	switch {
	case t.s.Lang != "":
		return t.inLanguage(append(slices.Clone(e.Related), topic...))
	case len(e.Related) > 0 || e.Category == "":
		return e.Related
	}
	return topic
}

// topic remembers what was given.
func (t *turn) topic(id string) {
	topic := session.Topic{ID: id, At: t.now}
	t.s.Last = &topic
	t.s.Recent = append(slices.DeleteFunc(t.s.Recent, func(r session.Topic) bool { return r.ID == id }), topic)
	if n := len(t.s.Recent) - session.MaxRecent; n > 0 {
		t.s.Recent = t.s.Recent[n:]
	}
}

// miss says that nothing was understood, with what the person likely wants; the second time in a row it offers a person, the third
// time it brings one.
func (t *turn) miss() {
	t.s.Misses++
	t.out.reason = "miss"
	if t.s.Misses < 2 {
		t.say(t.texts().Miss, "text:miss")
		t.perhaps()
		return
	}
	if t.s.Misses > 2 && t.s.Waiting == nil {
		t.human("misses")
		return
	}
	t.say(t.texts().MissAgain, "text:miss_again")
	t.show(session.Choices, []session.Item{{Label: t.texts().Human, Target: toHuman}})
}

// What is near enough to be shown under a miss. A long sentence shares little with any phrase, and yet the right answer is often first.
const (
	leastNear = 0.01 // probability
	nearShare = 0.1  // of that of the nearest
)

// perhaps shows, under a miss, what is nearest to the text, and behind it what the person likely wants.
func (t *turn) perhaps() {
	var near []likely.Guess
	hits := t.rel.Index.Find(t.message.Text, offered, t.servable)
	for _, h := range hits {
		if h.Score >= max(leastNear, nearShare*hits[0].Score) && t.showable(h.ID) {
			near = append(near, likely.Guess{ID: h.ID, P: h.Score})
		}
	}
	openers := t.openers()
	if len(near) == 0 && len(openers) == 0 {
		return
	}
	if len(near) == 0 {
		t.say(t.texts().Perhaps, "predict")
		t.offer(session.Likely, t.items(openers))
		return
	}
	for _, g := range openers {
		if len(near) < offered && !slices.ContainsFunc(near, func(n likely.Guess) bool { return n.ID == g.ID || within(n.ID, g.ID) }) {
			near = append(near, g)
		}
	}
	t.say(t.texts().Perhaps, "offer")
	t.offer(session.Clarify, t.items(near))
}

// unsolved: the dialog's own way, else another answer, then a person.
func (t *turn) unsolved(p *script.Pattern, source string) {
	t.out.reason = "unsolved"
	if _, no := solvedPair(t.s.Offer); no != nil && strings.HasPrefix(no.Target, toStep) {
		t.jump(strings.TrimPrefix(no.Target, toStep))
		return
	}
	t.s.Failed++
	t.s.Outcome = string(script.Unresolved)
	if t.s.Last != nil {
		t.out.counts["unsolved:"+t.s.Last.ID]++
	}
	if p := t.s.Place; p != nil && p.Asking != "" && len(t.s.Tried) == 0 && t.s.Failed == 1 { // nothing was tried yet: the dialog is on its way
		t.say(t.texts().Sorry, "text:sorry")
		t.comeBack()
		return
	}
	another := t.another()
	if t.s.Failed > 1 || len(another) == 0 && len(t.triedAnywhere()) > 0 {
		t.leaveDialog()
		t.human(source)
		return
	}
	t.leaveDialog()
	if p != nil && p.Say != nil {
		t.sayPattern(p, source)
	} else {
		t.say(t.texts().Sorry, "text:sorry")
	}
	if len(another) > 0 {
		t.say(t.texts().Maybe, "offer")
		t.offer(session.Clarify, another)
		return
	}
	t.show(session.Choices, []session.Item{{Label: t.texts().Human, Target: toHuman}})
}

// another is what else could help: what the question also found, then what goes with the answer that did not help.
func (t *turn) another() []session.Item {
	h := t.history()
	fresh := func(id string) bool {
		return t.showable(id) && (h.last == nil || id != h.last.ID) && !slices.Contains(h.tried, strings.TrimPrefix(id, toEntry))
	}
	var items []session.Item
	add := func(id string, p float64) {
		if len(items) < offered && fresh(id) && !slices.ContainsFunc(items, func(i session.Item) bool { return i.Target == id }) {
			items = append(items, session.Item{Label: t.label(id), Target: id, P: p})
		}
	}
	if h.asked != "" {
		for _, hit := range t.rel.Index.Find(h.asked, found, fresh) {
			if hit.Score >= t.rel.Thresholds.Offer/offered {
				add(hit.ID, hit.Score)
			}
		}
	}
	if h.last == nil {
		return items
	}
	if e := t.rel.Entry(strings.TrimPrefix(h.last.ID, toEntry)); e != nil {
		for _, id := range t.goesWith(e) {
			add(toEntry+id, 0)
		}
	}
	return items
}
