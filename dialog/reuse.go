package dialog

import (
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
)

// reusable tells whether a value may be offered again in another dialog: what names a person or a thing, not what belongs to the matter or
// the moment, such as an amount, a day, a yes, or a picture, which only its own platform can open.
func reusable(kind script.SlotType) bool {
	switch kind {
	case script.Phone, script.Digits, script.OrderNo, script.Text, script.Choice:
		return true
	}
	return false
}

// give remembers a value that the person gave here, for dialogs in their other conversations.
func (t *turn) give(slot *script.Slot, value string) {
	if slot == nil || !reusable(slot.Type) || len(value) > maxGivenBytes {
		return
	}
	if t.s.Given == nil {
		t.s.Given = map[string]session.Given{}
	}
	t.s.Given[slot.Name] = session.Given{Type: string(slot.Type), Value: value, At: t.now}
	for len(t.s.Given) > session.MaxGiven {
		oldest := ""
		for _, name := range slices.Sorted(maps.Keys(t.s.Given)) {
			if oldest == "" || t.s.Given[name].At.Before(t.s.Given[oldest].At) {
				oldest = name
			}
		}
		delete(t.s.Given, oldest)
	}
}

const maxGivenBytes = 256

// givenThere is the value that the person gave last in another conversation to a slot of the same name and type, if it would be taken here.
func (t *turn) givenThere(slot *script.Slot) (value string, from *session.Mate) {
	p := t.s.Place
	if slot == nil || p == nil || !reusable(slot.Type) || slices.Contains(p.Anew, slot.Name) {
		return "", nil
	}
	at := time.Time{}
	for i := range t.s.Mates {
		k := t.s.Mates[i].Known
		if k == nil {
			continue
		}
		if g, ok := k.Given[slot.Name]; ok && g.Type == string(slot.Type) && g.At.After(at) && t.fits(slot, g.Value) {
			value, from, at = g.Value, &t.s.Mates[i], g.At
		}
	}
	return value, from
}

// fits tells whether a slot of this release takes a value that a slot of the same name took.
func (t *turn) fits(slot *script.Slot, value string) bool {
	if slot.Type == script.Choice {
		return slices.ContainsFunc(slot.Choices, func(o script.Option) bool { return o.Key == value })
	}
	got, skipped, ok := slot.Accept(value, "", nil, t.now, t.zone())
	return ok && !skipped && got == value
}

// shownAs is a value given elsewhere as the person is asked about it: enough to know it by, too little for somebody who looks on.
func shownAs(slot *script.Slot, value string) string {
	if slot.Type == script.Choice {
		return slot.Label(value)
	}
	all := []rune(value)
	head, tail := len(all)/4, len(all)/4
	if slot.Type == script.Phone && len(all) == 11 {
		head, tail = 3, 4
	}
	head, tail = min(head, 4), min(tail, 4)
	if len(all) <= 3 {
		head, tail = min(1, len(all)), 0
	}
	return string(all[:head]) + "****" + string(all[len(all)-tail:])
}

// reuse are the words and the choice by which a value given elsewhere is offered; nothing when there is none.
func (t *turn) reuse(slot *script.Slot) (words string, items []session.Item) {
	value, from := t.givenThere(slot)
	if from == nil {
		return "", nil
	}
	words = t.filled(t.texts().ReuseAsk, map[string]any{"value": shownAs(slot, value), "where": from.Where})
	return words, []session.Item{{Label: t.texts().Reuse, Target: toReuse + slot.Name}}
}

// reused fills the slot that is asked with the value given elsewhere, and marks where it came from.
func (t *turn) reused(name string) {
	d, p := t.script(), t.s.Place
	if d == nil || p == nil || p.Asking != name {
		t.miss()
		return
	}
	value, from := t.givenThere(d.Slot(name))
	if from == nil { // told otherwise meanwhile
		t.again()
		return
	}
	origin := from.At.String()
	t.fillFrom(value, origin)
}

// answersReuse reads a plain yes or no to the value that was offered.
func (t *turn) answersReuse(slot *script.Slot) bool {
	if _, from := t.givenThere(slot); from == nil {
		return false
	}
	if _, _, ok := slot.Accept(t.message.Text, t.message.Choice, nil, t.now, t.zone()); ok && slot.Type != script.Text ||
		slot.Type == script.Text && utf8.RuneCountInString(t.message.Text) > longestYes {
		return false // an answer of its own
	}
	yesno := script.Slot{Type: script.YesNo}
	said, _, ok := yesno.Accept(t.message.Text, "", nil, t.now, t.zone())
	switch {
	case !ok:
		return false
	case said == "yes":
		t.reused(slot.Name)
	default:
		t.s.Place.Anew = append(t.s.Place.Anew, slot.Name)
		t.again()
	}
	return true
}

// longestYes is how many characters of free text may be a yes or no.
const longestYes = 4
