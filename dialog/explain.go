package dialog

import (
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Situation is a person of whom Explain tells what they would be offered.
type Situation struct {
	Channel string          // name of the channel
	Kind    string          // of it: "wechat"
	Session session.Session // scene, trace, profile, recent topics
	Text    string          // what they type; "": they arrive and say nothing
	Now     time.Time
	Learned *likely.Learned // nil: nothing
}

// What becomes of a Situation.
const (
	WouldOffer   = "offer"   // the shown guesses are offered
	WouldAnswer  = "answer"  // the first guess is answered or begun at once
	WouldNothing = "nothing" // nothing is likely enough: the person is asked what they want
)

// Explanation is what a person would be offered, and why.
type Explanation struct {
	Then     string    // WouldOffer, WouldAnswer or WouldNothing
	Rule     string    // what went before the ranker: "trigger", "keyword", "exact"; "miss": the text was not understood; else empty
	Factors  []string  // what is known of the person, "scene.error=RP_HOLD"
	Key      string    // of the threshold that counts: "offer" for what they typed, "floor" for what is likely without a word
	Floor    float64   // its value: nothing is offered when what would be shown is together less likely
	Together float64   // probability that one of the shown is wanted
	Guesses  []Guessed // the likeliest first
}

// Guessed is one guess as the person would read it.
type Guessed struct {
	ID    string
	Label string
	P     float64
	Shown bool
	Why   []likely.Reason // what decided first
}

// explained is how many guesses an explanation has.
const explained = 3 * offered

// Explain tells what rel would offer in a situation. It judges as a turn does, with the same candidates, factors, rules and ranker, so
// that what it says is what would happen; only exploration is left out, which is a matter of the single turn.
func Explain(rel *release.Release, s Situation) Explanation {
	m := chat.Message{Kind: chat.Arrived, From: chat.Address{Channel: s.Channel}, Scene: s.Session.Scene, Text: s.Text, At: s.Now}
	if s.Text != "" {
		m.Kind = chat.Said
	}
	t := &turn{input: input{rel: rel, shelf: NewShelf(rel), message: m, session: s.Session, now: s.Now, kind: s.Kind, learned: s.Learned}}
	t.out.session = clone(s.Session)
	t.s = &t.out.session
	t.out.counts = map[string]int64{}
	e := Explanation{Factors: written(t.factors(), session.MaxFactors), Key: "floor", Floor: rel.Thresholds.Floor}
	if s.Text != "" {
		t.explainText(&e)
	} else {
		t.explainArrival(&e)
	}
	return e
}

func (t *turn) explainArrival(e *Explanation) {
	guesses := t.guess(explained)
	shown := t.worth(guesses)
	t.write(e, guesses, shown)
	if d := t.begunBy(func(key string) string { return t.s.Scene[key] }); d != nil {
		t.certainly(e, toDialog+d.ID, "trigger")
	}
}

func (t *turn) explainText(e *Explanation) {
	hits := t.find(t.message.Text)
	guesses := t.meant(hits)
	shown := t.clear(guesses)
	if len(shown) == 0 { // not understood: what is likely without the words
		e.Rule = "miss"
		guesses = t.guess(explained)
		shown = t.worth(guesses)
	} else {
		e.Key, e.Floor = "offer", t.rel.Thresholds.Offer
	}
	t.write(e, guesses, shown)
	if t.certain(guesses) && e.Rule == "" {
		e.Then = WouldAnswer
	}
	if len(hits) > 0 && hits[0].Exact {
		t.certainly(e, hits[0].ID, "exact")
	}
	if k := t.keyword(); k != nil {
		t.certainly(e, k.Target, "keyword")
	}
}

// write puts guesses down.
func (t *turn) write(e *Explanation, guesses, shown []likely.Guess) {
	e.Then = WouldNothing
	for _, g := range guesses {
		x := Guessed{ID: g.ID, Label: t.guessLabel(g), P: g.P, Why: g.Why}
		x.Shown = slices.ContainsFunc(shown, func(s likely.Guess) bool { return s.ID == g.ID })
		if x.Shown {
			e.Then = WouldOffer
			e.Together += g.P
		}
		e.Guesses = append(e.Guesses, x)
	}
}

// certainly puts first what is served without asking the ranker.
func (t *turn) certainly(e *Explanation, id, rule string) {
	e.Guesses = slices.DeleteFunc(e.Guesses, func(g Guessed) bool { return g.ID == id })
	for i := range e.Guesses {
		e.Guesses[i].Shown = false
	}
	e.Guesses = slices.Insert(e.Guesses, 0, Guessed{ID: id, Label: t.label(id), P: 1, Shown: true})
	e.Then, e.Rule, e.Together = WouldAnswer, rule, 1
}
