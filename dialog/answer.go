package dialog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/kb"
)

// offered is how many likely questions are shown at once.
const offered = 3

// ask finds what a typed question means: one clear hit is answered, several likely ones are offered, else it is said so.
func (t *turn) ask(text string) {
	if kb.Fold(text) == "" {
		t.miss()
		return
	}
	hits := t.rel.Index.Find(text, offered, t.servable)
	if len(hits) == 0 || hits[0].Score < t.rel.Thresholds.Offer && !hits[0].Exact {
		t.miss()
		return
	}
	t.s.Asked = chat.Cut(text, 600)
	t.s.Misses = 0
	if hits[0].Exact || hits[0].Score >= t.rel.Thresholds.Answer {
		t.leaveDialog()
		t.out.reason = "answer"
		if hits[0].Exact {
			t.out.reason = "exact"
		}
		t.serve(hits[0].ID)
		return
	}
	t.out.reason = "offer"
	t.say(t.rel.Texts.Maybe, "offer")
	t.offer(t.likely(hits))
}

// likely are the hits that are worth showing.
func (t *turn) likely(hits []kb.Hit) []session.Item {
	var items []session.Item
	for _, h := range hits {
		if h.Score >= t.rel.Thresholds.Offer || h.Exact {
			items = append(items, session.Item{Label: t.label(h.ID), Target: h.ID})
		}
	}
	return items
}

// servable keeps what may be served now.
func (t *turn) servable(id string) bool {
	if e, ok := strings.CutPrefix(id, toEntry); ok {
		entry := t.rel.Entry(e)
		return entry != nil && entry.Valid(t.now)
	}
	return true
}

func (t *turn) label(id string) string {
	if e, ok := strings.CutPrefix(id, toEntry); ok {
		if entry := t.rel.Entry(e); entry != nil {
			return entry.Question
		}
		return e
	}
	name := strings.TrimPrefix(id, toDialog)
	if d := t.rel.Dialog(name); d != nil {
		return d.Title
	}
	return name
}

// serve answers with an entry or begins a dialog.
func (t *turn) serve(id string) {
	if e, ok := strings.CutPrefix(id, toEntry); ok {
		t.answer(e, nil)
		return
	}
	t.begin(strings.TrimPrefix(id, toDialog), "")
}

// answer says an entry, verbatim. It tells whether there was one to say.
func (t *turn) answer(id string, then *script.Then) bool {
	e := t.rel.Entry(id)
	if e == nil || !e.Valid(t.now) {
		t.out.counts["withdrawn:"+id]++
		return false
	}
	t.say(e.For(t.message.From.Channel, t.kind), toEntry+e.ID+"@"+e.Version)
	t.out.counts["answered:"+e.ID]++
	t.topic(toEntry + e.ID)
	if !slices.Contains(t.s.Tried, e.ID) {
		t.s.Tried = append(t.s.Tried, e.ID)
		if n := len(t.s.Tried) - session.MaxRecent; n > 0 {
			t.s.Tried = t.s.Tried[n:]
		}
	}
	switch {
	case then != nil:
		t.askSolved(then)
	case e.Reject:
		t.show(nil)
	default:
		t.related(e)
	}
	return true
}

// related offers what goes with an entry.
func (t *turn) related(e *kb.Entry) {
	if t.s.Place != nil { // a dialog goes on: its own question comes next
		return
	}
	var items []session.Item
	for _, id := range e.Related {
		if r := t.rel.Entry(id); r != nil && r.Valid(t.now) && !slices.Contains(t.s.Tried, id) && len(items) < offered {
			items = append(items, session.Item{Label: r.Question, Target: toEntry + id})
		}
	}
	if len(items) > 0 {
		t.say(t.rel.Texts.More, "related")
	}
	t.show(items)
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

// offer shows items with the two ways out: 都不是 and 人工.
func (t *turn) offer(items []session.Item) {
	t.show(append(items, session.Item{Label: t.rel.Texts.None, Target: toNone}, session.Item{Label: t.rel.Texts.Human, Target: toHuman}))
}

// miss says that nothing was understood; the second time in a row it offers a person.
func (t *turn) miss() {
	t.s.Misses++
	t.out.reason = "miss"
	if t.s.Misses < 2 {
		t.say(t.rel.Texts.Miss, "text:miss")
		return
	}
	if t.s.Misses > 2 && t.s.Waiting == nil {
		t.human("misses")
		return
	}
	t.say(t.rel.Texts.MissAgain, "text:miss_again")
	t.show([]session.Item{{Label: t.rel.Texts.Human, Target: toHuman}})
}

// unsolved: the dialog's own way, else another offer, then a person.
func (t *turn) unsolved(p *script.Pattern, source string) {
	t.out.reason = "unsolved"
	if o := t.s.Offer; o != nil {
		for _, i := range o.Items {
			if i.Label == t.rel.Texts.Unsolved && strings.HasPrefix(i.Target, toStep) {
				t.jump(strings.TrimPrefix(i.Target, toStep))
				return
			}
		}
	}
	t.s.Failed++
	if t.s.Failed > 1 {
		t.human(source)
		return
	}
	var say *script.Template
	if p != nil {
		say = p.Say
	}
	var items []session.Item
	if t.s.Asked != "" {
		keep := func(id string) bool {
			return t.servable(id) && (t.s.Last == nil || id != t.s.Last.ID) && !slices.Contains(t.s.Tried, strings.TrimPrefix(id, toEntry))
		}
		items = t.likely(t.rel.Index.Find(t.s.Asked, offered, keep))
	}
	t.leaveDialog()
	if say != nil {
		t.sayTemplate(say, source)
	} else {
		t.say(t.rel.Texts.Sorry, "text:sorry")
	}
	if len(items) > 0 {
		t.say(t.rel.Texts.Maybe, "offer")
		t.offer(items)
		return
	}
	t.show([]session.Item{{Label: t.rel.Texts.Human, Target: toHuman}})
}

// arrived begins the dialog that the arrival asks for, else greets.
func (t *turn) arrived() {
	t.s.Scene = t.message.Scene
	t.out.reason = "arrived"
	for _, d := range t.rel.Dialogs {
		for _, e := range d.Triggers.Events {
			key, value, _ := strings.Cut(e, ".")
			if v, ok := t.message.Scene[key]; ok && v == value {
				t.leaveDialog()
				t.begin(d.ID, "")
				return
			}
		}
	}
	t.leaveDialog()
	t.greet(true)
}

// greet shows what most people want: the operators' dialogs with likely rules first, then entries, then other dialogs.
func (t *turn) greet(words bool) {
	if t.out.reason == "" {
		t.out.reason = "greeting"
	}
	if words {
		t.sayTemplate(t.rel.Greeting, "greeting")
	}
	var items []session.Item
	add := func(label, target string) {
		if len(items) < offered {
			items = append(items, session.Item{Label: label, Target: target})
		}
	}
	for _, d := range t.rel.Dialogs {
		if len(d.Likely) > 0 {
			add(d.Title, toDialog+d.ID)
		}
	}
	for i := range t.rel.Entries {
		if e := &t.rel.Entries[i]; e.Valid(t.now) && !e.Reject {
			add(e.Question, toEntry+e.ID)
		}
	}
	for _, d := range t.rel.Dialogs {
		if len(d.Likely) == 0 {
			add(d.Title, toDialog+d.ID)
		}
	}
	t.show(append(items, session.Item{Label: t.rel.Texts.Human, Target: toHuman}))
}

// say adds words of the bot.
func (t *turn) say(text, source string) {
	if strings.TrimSpace(text) != "" {
		t.says = append(t.says, said{text, source})
	}
}

// sayHouse says one of the house's texts, which may hold placeholders about a queue.
func (t *turn) sayHouse(text, queue string) {
	p, err := script.ParseTemplate(text, script.Pos{})
	if err != nil {
		t.say(text, "text")
		return
	}
	scope := t.scope()
	t.standing(scope, queue)
	if s, err := p.Render(scope); err == nil {
		text = s
	}
	t.say(text, "text")
}

// sayTemplate says an operator's text; nil says nothing. A text that cannot be filled is counted, and the fallback is said.
func (t *turn) sayTemplate(p *script.Template, source string) {
	if p == nil {
		return
	}
	s, err := p.Render(t.scope())
	if err != nil {
		t.out.counts["unfilled:"+source]++
		s = t.rel.Texts.Fallback
	}
	t.say(s, source)
}

// show replaces the choices under what is said; none takes the earlier offer away.
func (t *turn) show(items []session.Item) {
	t.choices, t.shown = items, true
}

// finish joins what the bot said into one reply, because a reply of several messages costs the person's quota and a passive reply is
// exactly one.
func (t *turn) finish() {
	if t.shown {
		t.s.Offer = nil
		if len(t.choices) > 0 {
			items := make([]session.Item, len(t.choices))
			for i, c := range t.choices {
				c.ID = itemID(t.s.Turn, i)
				items[i] = c
			}
			t.s.Offer = &session.Offer{Items: items, At: t.now}
		}
	}
	if len(t.says) == 0 {
		return
	}
	var texts, sources []string
	for _, s := range t.says {
		texts = append(texts, strings.TrimSpace(s.text))
		if !slices.Contains(sources, s.source) {
			sources = append(sources, s.source)
		}
	}
	r := chat.Reply{Text: strings.Join(texts, "\n\n"), Source: strings.Join(sources, " ")}
	if t.shown && t.s.Offer != nil {
		for _, i := range t.s.Offer.Items {
			r.Choices = append(r.Choices, chat.Choice{ID: i.ID, Label: i.Label})
		}
	}
	t.out.replies = append(t.out.replies, r)
}

// itemID is the payload of the nth choice shown in a turn: numeric and short, because that is what every platform brings back unharmed,
// and of that turn alone, so that a tap on an old menu does not pick from a new one.
func itemID(turn, n int) string { return fmt.Sprintf("%d%02d", turn%100000, n+1) }
