package dialog

import (
	"slices"
	"strings"
	"unicode"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/kb"
)

// question asks for a slot and waits.
func (t *turn) question(d *script.Dialog, name string) {
	slot := d.Slot(name)
	t.s.Place.Asking = name
	t.sayTemplate(slot.Ask, toDialog+d.ID+"/"+t.s.Place.Step)
	if words, _ := t.reuse(slot); words != "" {
		t.say(words, "text:reuse_ask")
	}
	t.show(session.Choices, t.slotItems(slot))
}

// slotItems are the answers of a slot that can be tapped.
func (t *turn) slotItems(slot *script.Slot) []session.Item {
	if slot.Type == script.YesNo {
		return []session.Item{{Label: t.texts().Affirm, Target: toSlot + "yes"}, {Label: t.texts().Deny, Target: toSlot + "no"}}
	}
	_, items := t.reuse(slot)
	for _, c := range slot.Choices {
		items = append(items, session.Item{Label: c.Label, Target: toSlot + c.Key})
	}
	return items
}

// again repeats the question that the dialog waits for, if it waits.
func (t *turn) again() {
	p := t.s.Place
	if p == nil || p.Asking == "" {
		return
	}
	if d := t.script(); d != nil && d.Slot(p.Asking) != nil {
		t.question(d, p.Asking)
	}
}

// fill tries the message as the answer to the question of the dialog. false: the dialog asks no more, the message is something else.
func (t *turn) fill() bool {
	d := t.script()
	p := t.s.Place
	if d == nil || p.Asking == "" {
		return false
	}
	slot := d.Slot(p.Asking)
	step, _ := d.Step(p.Step)
	if slot == nil || step == nil || step.Verb != script.Collect {
		p.Asking = ""
		t.run()
		return true
	}
	t.out.reason = "slot"
	if t.answersReuse(slot) {
		return true
	}
	if t.takesAnything(slot) && t.asksExactly() && t.digress() {
		return true
	}
	if slot.Type != script.Image && t.onlyMedia() {
		t.notText() // which comes back to the question
		return true
	}
	value, skipped, ok := slot.Accept(t.message.Text, t.message.Choice, t.pictures(), t.now, t.zone())
	switch {
	case ok:
		t.fillWith(value)
	case skipped:
		t.skipped(d, step)
	case t.correction():
	case t.digress():
	case t.resembles(slot) != "":
		t.fillWith(t.resembles(slot))
	case t.asksAside():
	case p.Idle: // left alone, and this is no answer: it is a matter of its own
		t.leaveDialog()
		t.ask(t.message.Text)
	default:
		t.invalid(d, step, slot)
	}
	return true
}

// skipped goes on without the value that was asked for.
func (t *turn) skipped(d *script.Dialog, step *script.Step) {
	p := t.s.Place
	p.Asking, p.Retries, p.Idle, p.Strayed = "", 0, false, 0
	to := step.OnSkip
	if to == "" {
		to = after(d, step)
	}
	t.out.reason = "slot"
	t.show(session.Choices, nil)
	if t.move(to) {
		t.run()
	}
}

// takesAnything tells whether the slot would take a question for its answer: free text takes all of it, and a choice whose label only
// stands inside, as 信用卡 in 怎么还信用卡.
func (t *turn) takesAnything(slot *script.Slot) bool {
	folded := kb.Fold(t.message.Text)
	return slot.Type == script.Text ||
		slot.Type == script.Choice && !slices.ContainsFunc(slot.Choices, func(o script.Option) bool { return kb.Fold(o.Label) == folded })
}

// How much of a label a message must have, in characters, to mean it, and how much more than of any other.
const (
	mostOfLabel = 0.6
	moreThan    = 0.25
)

// resembles is the one choice whose label the message has most of: 对方说没收到 means 对方没收到或没收款. "": none, or more than one.
func (t *turn) resembles(slot *script.Slot) string {
	if slot.Type != script.Choice || asking.MatchString(strings.TrimSpace(t.message.Text)) {
		return ""
	}
	said := map[rune]bool{}
	for _, r := range kb.Fold(t.message.Text) {
		said[r] = true
	}
	key, best, second := "", 0.0, 0.0
	for _, o := range slot.Choices {
		has, all := 0, 0
		seen := map[rune]bool{}
		for _, r := range kb.Fold(o.Label) {
			if seen[r] || !unicode.IsLetter(r) {
				continue
			}
			seen[r] = true
			if all++; said[r] {
				has++
			}
		}
		if all < 3 {
			continue
		}
		switch share := float64(has) / float64(all); {
		case share > best:
			key, best, second = o.Key, share, best
		case share > second:
			second = share
		}
	}
	if best < mostOfLabel || best < second+moreThan {
		return ""
	}
	return key
}

// asksExactly tells whether the message is, word for word, a question that is known.
func (t *turn) asksExactly() bool {
	_, ok := t.rel.Index.Exact(t.message.Text, t.servable)
	return ok
}

func after(d *script.Dialog, s *script.Step) string {
	if _, at := d.Step(s.ID); at+1 < len(d.Steps) {
		return d.Steps[at+1].ID
	}
	return ""
}

// fillWith keeps a valid value for the slot that is asked and runs on.
func (t *turn) fillWith(value string) { t.fillFrom(value, "") }

// fillFrom is fillWith of a value that was given in another conversation of the person; from is its written address, "" is here.
func (t *turn) fillFrom(value, from string) {
	p := t.s.Place
	if p == nil || p.Asking == "" {
		t.miss()
		return
	}
	t.keep(p.Asking, value)
	if from != "" {
		if p.Carried == nil {
			p.Carried = map[string]string{}
		}
		p.Carried[p.Asking] = from
	} else if d := t.script(); d != nil {
		t.give(d.Slot(p.Asking), value)
	}
	p.Asking, p.Retries, p.Idle, p.Strayed = "", 0, false, 0
	t.s.Misses = 0
	t.show(session.Choices, nil)
	t.run() // the collect step finds its slot filled and passes on
}

func (t *turn) keep(name, value string) {
	p := t.s.Place
	if p.Slots == nil {
		p.Slots = map[string]string{}
	}
	if _, had := p.Slots[name]; !had {
		p.Order = append(p.Order, name)
	}
	delete(p.Carried, name)
	p.Slots[name] = value
}

// invalid says what is wrong with an answer; after MaxRetry of them the dialog goes its on_fail way.
func (t *turn) invalid(d *script.Dialog, step *script.Step, slot *script.Slot) {
	p := t.s.Place
	p.Retries++
	if p.Retries > slot.MaxRetry {
		t.out.counts["failed:"+d.ID+"/"+step.ID]++
		p.Asking, p.Retries = "", 0
		if next, _ := d.Step(step.OnFail); next == nil || next.Verb != script.Handoff { // a handoff has words of its own
			t.say(t.texts().TooMany, "text:too_many")
		}
		t.show(session.Choices, nil)
		if t.move(step.OnFail) {
			t.run()
		}
		return
	}
	source := toDialog + d.ID + "/" + step.ID
	if slot.Invalid != nil {
		scope := t.scope()
		scope.Len = slot.Received(t.message.Text)
		if text, err := slot.Invalid.Render(scope); err == nil {
			t.say(text, source)
			t.show(session.Choices, t.slotItems(slot))
			return
		}
	}
	t.say(t.invalidText(slot.Type), source)
	t.show(session.Choices, t.slotItems(slot))
}

func (t *turn) invalidText(kind script.SlotType) string {
	x := t.texts()
	switch kind {
	case script.Choice:
		return x.InvalidPick
	case script.Number, script.Money, script.Digits, script.OrderNo:
		return x.InvalidNum
	case script.Date:
		return x.InvalidDate
	case script.Phone:
		return x.InvalidTel
	case script.YesNo:
		return x.InvalidYes
	case script.Image:
		return x.InvalidPic
	}
	return x.InvalidText
}
