package dialog

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
)

// away is how long a person is gone before they are greeted again.
const away = 30 * time.Minute

// arrived begins the dialog that the arrival asks for, comes back to one that was left in the middle, or shows the likely questions.
func (t *turn) arrived() {
	before := t.s.Scene
	t.s.Scene, t.known = t.message.Scene, nil
	t.out.reason = "arrived"
	if lang := strings.ToLower(t.s.Scene[sceneLang]); lang != "" {
		head, _, _ := strings.Cut(lang, "-")
		t.speak(head)
	}
	fresh := !sameScene(before, t.s.Scene) // a new page, another error
	if t.mute && t.gone() {
		t.out.reason = "arrived_quiet" // what is said now would not be shown: their first words will be judged by the scene
		return
	}
	if d := t.begunBy(func(key string) string { return t.s.Scene[key] }); d != nil && !t.quiet(fresh) {
		if p := t.s.Place; p != nil && p.Dialog == d.ID && !p.Idle && !t.gone() {
			t.again() // opened the same page again
			return
		}
		t.leaveDialog()
		t.begin(d.ID, "")
		return
	}
	if t.mute { // they entered again in the middle of the conversation, and the platform does not greet again either
		t.out.reason = "arrived_quiet"
		return
	}
	if t.leftHalfway() {
		return
	}
	if t.quiet(fresh) {
		t.out.reason = "arrived_quiet"
		return
	}
	guesses := t.openers()
	if t.pushed() && !t.gone() && t.sameOffer(guesses) {
		t.out.reason = "arrived_quiet"
		return
	}
	if t.s.Place != nil && len(guesses) == 0 { // in the middle of a dialog, and nothing better to say
		t.again()
		return
	}
	t.greet(guesses, t.gone())
}

// gone tells whether the person was away for a while, or was never here.
func (t *turn) gone() bool { return t.before.IsZero() || t.now.Sub(t.before) > away }

// pushed tells whether the platform does not wait for an answer to this message: then saying nothing is not noticed.
func (t *turn) pushed() bool { return t.message.ReplyBy.IsZero() }

// quiet tells whether an arrival brings nothing new: a page opened again in the middle of a conversation is not greeted.
func (t *turn) quiet(fresh bool) bool {
	if fresh || t.gone() || !t.pushed() {
		return false
	}
	last := len(t.s.Trace) - 1
	return last < 0 || !t.s.Trace[last].At.After(t.before)
}

func sameScene(a, b map[string]string) bool {
	strip := func(m map[string]string) map[string]string {
		m = maps.Clone(m)
		delete(m, sceneLang)
		return m
	}
	return maps.Equal(strip(a), strip(b))
}

// begunBy is the dialog that one of these signals begins; nil: none. value is that of a signal's key: "page" of "page.redpacket_error".
func (t *turn) begunBy(value func(key string) string) *script.Dialog {
	for _, d := range t.rel.Dialogs {
		for _, e := range d.Triggers.Events {
			key, want, _ := strings.Cut(e, ".")
			if got := value(key); got != "" && got == want {
				return d
			}
		}
	}
	return nil
}

// openers are the questions that the person likely has before they say a word; none when nothing is likely enough.
func (t *turn) openers() []likely.Guess {
	if t.s.Lang == "" {
		return t.worth(t.guess(3 * offered))
	}
	all := t.guess(20 * offered) // what is written in the person's language, if anything is
	if own := t.worth(slices.DeleteFunc(slices.Clone(all), func(g likely.Guess) bool { return !t.written(g.ID) })); len(own) > 0 {
		return own
	}
	return t.worth(all)
}

// worth keeps the guesses that may be shown, at most as many as an offer has, if it is likely enough that the person wants one of them.
func (t *turn) worth(guesses []likely.Guess) []likely.Guess {
	var kept []likely.Guess
	var labels []string
	together := 0.0
	for _, g := range guesses {
		if len(kept) == offered || g.P < leastShown {
			break
		}
		label := t.guessLabel(g)
		if !t.showable(g.ID) || slices.Contains(t.triedAnywhere(), strings.TrimPrefix(g.ID, toEntry)) ||
			slices.Contains(labels, label) || slices.ContainsFunc(kept, func(k likely.Guess) bool { return within(k.ID, g.ID) }) {
			continue
		}
		kept, labels, together = append(kept, g), append(labels, label), together+g.P
	}
	if together < t.rel.Thresholds.Floor {
		return nil
	}
	return kept
}

// leastShown is the least probability of a question that is shown beside likelier ones: when the likeliest is wrong after all, the next
// ones are worth their line.
const leastShown = 0.004

// within tells whether both are of one dialog and one is its beginning: 红包 and 红包/hold ask the same twice.
func within(a, b string) bool {
	return strings.HasPrefix(a, toDialog) && (strings.HasPrefix(b, a+"/") || strings.HasPrefix(a, b+"/"))
}

// showable tells whether a candidate may be offered unasked: what may be served, and no refusal.
func (t *turn) showable(id string) bool {
	e, ok := strings.CutPrefix(id, toEntry)
	if !ok {
		name, _, _ := strings.Cut(strings.TrimPrefix(id, toDialog), "/")
		return t.rel.Dialog(name) != nil
	}
	entry := t.rel.Entry(e)
	return entry != nil && entry.Valid(t.now) && !entry.Reject
}

func (t *turn) guessLabel(g likely.Guess) string {
	if g.Label != "" && t.s.Lang == "" {
		return g.Label
	}
	if label := t.label(g.ID); label != "" {
		return label
	}
	return g.Label
}

// items are guesses as choices, each with what decided.
func (t *turn) items(guesses []likely.Guess) []session.Item {
	items := make([]session.Item, 0, len(guesses)+2)
	for _, g := range guesses {
		i := session.Item{Label: t.guessLabel(g), Target: g.ID, P: g.P}
		if len(g.Why) > 0 {
			i.Rule = g.Why[0].Rule
			if g.Why[0].Factor != "" {
				i.Why = g.Why[0].Factor + "=" + g.Why[0].Value
			}
		}
		items = append(items, i)
	}
	return items
}

// sameOffer tells whether these guesses stand before the person already.
func (t *turn) sameOffer(guesses []likely.Guess) bool {
	o := t.s.Offer
	if o == nil || o.Kind != session.Likely {
		return false
	}
	ids := make([]string, 0, len(guesses))
	for _, g := range guesses {
		ids = append(ids, g.ID)
	}
	return slices.Equal(ids, offeredIDs(o))
}

// greet shows likely questions: greeted, the greeting stands over them, else a short line. Without any it says how to ask.
func (t *turn) greet(guesses []likely.Guess, greeted bool) {
	switch {
	case len(guesses) == 0:
		if greeted {
			t.say(t.greetingAlone(), "greeting")
		}
		t.say(t.texts().Open, "text:open")
		t.show(session.Choices, []session.Item{{Label: t.texts().Human, Target: toHuman}})
		return
	case greeted:
		t.sayTemplate(t.words().Greeting, "greeting")
	case guesses[0].Why != nil && guesses[0].Why[0].Factor == "event":
		t.say(t.texts().EventSeen, "predict")
	default:
		t.say(t.texts().Maybe, "predict")
	}
	t.predict(guesses)
}

// hello answers 你好 of a person who was greeted a moment ago.
func (t *turn) hello(guesses []likely.Guess) {
	if len(guesses) > 0 {
		t.say(t.texts().Hello, "greeting")
		t.predict(guesses)
		return
	}
	t.say(alone(t.texts().Hello), "greeting")
	t.greet(nil, false)
}

// greetingAlone is the greeting without the words that lead over to a list.
func (t *turn) greetingAlone() string {
	text, err := t.words().Greeting.Render(t.scope())
	if err != nil {
		t.out.counts["unfilled:greeting"]++
		return ""
	}
	return alone(text)
}

// alone is a text without the sentence that leads over to a list: 您是不是想问： with nothing behind it asks nothing.
func alone(text string) string {
	text = strings.TrimSpace(text)
	if !strings.HasSuffix(text, "：") && !strings.HasSuffix(text, ":") {
		return text
	}
	if at := strings.LastIndexAny(text, "。！？!?.\n"); at >= 0 {
		_, size := utf8.DecodeRuneInString(text[at:])
		return text[:at+size]
	}
	return ""
}

// predict shows likely questions under what was said.
func (t *turn) predict(guesses []likely.Guess) {
	t.source("predict")
	t.offer(session.Likely, t.items(guesses))
}

// greets answers 你好, 在吗, 没听懂: the question that a dialog waits for, or the likely questions.
func (t *turn) greets(p *script.Pattern, source string) {
	if t.leftHalfway() {
		return
	}
	if place := t.s.Place; place != nil && place.Asking != "" && p.Say == nil {
		t.say(t.texts().Resume, "text:resume")
		t.again()
		return
	}
	guesses := t.openers()
	if p.Say == nil && t.gone() {
		t.greet(guesses, true)
		return
	}
	if p.Say == nil {
		t.hello(guesses)
		return
	}
	t.sayPattern(p, source)
	if len(guesses) > 0 {
		t.predict(guesses)
		return
	}
	t.show(session.Choices, []session.Item{{Label: t.texts().Human, Target: toHuman}})
}

// offer shows questions with the two ways out: 都不是 and 人工.
func (t *turn) offer(kind session.OfferKind, items []session.Item) {
	t.show(kind, append(items, session.Item{Label: t.texts().None, Target: toNone}, session.Item{Label: t.texts().Human, Target: toHuman}))
}

// event remembers an operation of the product's backend, and begins the dialog that it is to begin, if nothing else is under way and
// the person was here lately.
func (t *turn) event() {
	t.out.reason = "event"
	at := t.message.At
	if at.IsZero() || at.After(t.now) {
		at = t.now
	}
	t.remember(session.Operation{Kind: t.message.Event, At: at, Data: t.message.Data})
	if t.hold != nil || t.s.Waiting != nil || t.s.Place != nil || t.s.Gone || !t.push || t.gone() {
		return
	}
	d := t.begunBy(func(key string) string {
		if key == "event" {
			return t.message.Event
		}
		return ""
	})
	if d != nil {
		t.say(t.texts().EventSeen, "event:"+chat.Cut(t.message.Event, maxValue))
		t.begin(d.ID, "")
	}
}

// remember keeps an operation in the order of time; one that is known stays single.
func (t *turn) remember(o session.Operation) {
	if slices.ContainsFunc(t.s.Trace, func(k session.Operation) bool { return k.Kind == o.Kind && k.At.Equal(o.At) }) {
		return
	}
	at, _ := slices.BinarySearchFunc(t.s.Trace, o, func(a, b session.Operation) int {
		if a.At.After(b.At) {
			return 1
		}
		return -1
	})
	t.s.Trace = slices.Insert(t.s.Trace, at, o)
	if n := len(t.s.Trace) - session.MaxTrace; n > 0 {
		t.s.Trace = t.s.Trace[n:]
	}
}
