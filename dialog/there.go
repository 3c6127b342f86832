package dialog

import (
	"maps"
	"strings"

	"github.com/xianda-bot/xianda/dialog/session"
)

// Targets of the choices that concern the person's other conversations.
const (
	toThere = "there:" // on, anew or no: the dialog that waits in another conversation
	toReuse = "reuse:" // the value given elsewhere to this slot
)

// waitsThere is the dialog that waits for the person in another conversation of theirs, the one heard of last; nil: none. only: of this
// dialog; "" is any.
func (t *turn) waitsThere(only string) (*session.Mate, *session.Place) {
	var mate *session.Mate
	for i := range t.s.Mates {
		m := &t.s.Mates[i]
		if m.Known == nil || m.Known.Place == nil || t.now.Sub(m.Known.At) > offersFor || m.Known.Case != nil {
			continue
		}
		p := m.Known.Place
		if m.Spent == p.Matter() || t.rel.Dialog(p.Dialog) == nil || only != "" && only != bottom(m.Known).Dialog ||
			mate != nil && m.Known.At.Before(mate.Known.At) {
			continue
		}
		mate = m
	}
	if mate == nil {
		return nil, nil
	}
	return mate, mate.Known.Place
}

// offersFor is how long a dialog in another conversation is offered here.
const offersFor = newEpisode

// bottom is the dialog that the person began, which may have called the one that asks.
func bottom(k *session.Known) session.Place {
	for n := len(k.Stack) - 1; n >= 0 && !k.Stack[n].Paused; n-- {
		if n == 0 || k.Stack[n-1].Paused {
			return k.Stack[n]
		}
	}
	return *k.Place
}

// offersThere asks whether to go on here with the dialog that waits in another conversation. It tells whether it asked.
func (t *turn) offersThere(only string) bool {
	if t.s.Place != nil {
		return false
	}
	m, p := t.waitsThere(only)
	if m == nil {
		return false
	}
	t.out.reason = "resume_there"
	x := t.texts()
	title := p.Dialog
	if d := t.rel.Dialog(bottom(m.Known).Dialog); d != nil {
		title = d.Title
	}
	t.say(t.filled(x.GoOnThere, map[string]any{"title": title, "where": m.Where}), "text:go_on_there")
	t.show(session.Resume, []session.Item{
		{Label: x.GoOn, Target: toThere + "on"}, {Label: x.StartOver, Target: toThere + "anew"},
		{Label: x.GiveUp, Target: toThere + "no"}, {Label: x.Human, Target: toHuman},
	})
	return true
}

// goOnThere follows the choice: the dialog goes on here with all that was given there, begins anew, or is given up. In each case the other
// conversation lets it go.
func (t *turn) goOnThere(choice string) {
	m, p := t.waitsThere("")
	if m == nil {
		t.say(t.texts().Gone, "text:gone")
		t.show(session.Choices, nil)
		return
	}
	t.out.reason = "resume_there"
	begun, known := bottom(m.Known).Dialog, m.Known
	m.Spent = p.Matter()
	t.tell(m.At).Took = p.Matter()
	t.show(session.Choices, nil)
	switch choice {
	case "no":
		t.say(t.texts().GivenUp, "text:given_up")
	case "anew":
		t.begin(begun, "")
	default:
		from, home := m.At.String(), t.message.From.String()
		t.s.Place, t.s.Stack = broughtPlace(*p, from, home), nil
		for _, below := range known.Stack {
			t.s.Stack = append(t.s.Stack, *broughtPlace(below, from, home))
		}
		t.s.Outcome = ""
		t.out.path = append(t.out.path, "brought:"+p.Dialog+"/"+p.Step)
		t.topic(toDialog + begun)
		t.again()
	}
}

// broughtPlace is a dialog taken over from a conversation, with where each value came from first. home is the written address of this one:
// what was said here comes home.
func broughtPlace(p session.Place, from, home string) *session.Place {
	own := clonePlace(&p)
	own.From = from
	if own.Carried == nil {
		own.Carried = map[string]string{}
	}
	for name := range own.Slots {
		if own.Carried[name] == "" {
			own.Carried[name] = from
		}
	}
	maps.DeleteFunc(own.Carried, func(_, origin string) bool { return origin == home })
	return own
}

// goesOnHere reads 继续 and 接着办 when nothing else asks.
func (t *turn) goesOnHere() bool {
	folded := foldText(t.message.Text)
	if len(t.s.Mates) == 0 || t.s.Place != nil || folded == "" ||
		folded != foldText(t.texts().GoOn) && !strings.Contains(" 继续 接着 接着来 接着办 go on continue ", " "+folded+" ") {
		return false
	}
	if m, _ := t.waitsThere(""); m == nil {
		return false
	}
	t.goOnThere("on")
	return true
}
