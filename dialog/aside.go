package dialog

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/kb"
)

// strays is how often in a row another matter may be taken up before the dialog that waits is given up: who asks a third other thing
// does not want to be brought back.
const strays = 2

// serve answers with an entry or begins a dialog. A dialog that waits for an answer is not forgotten over it: behind an entry its
// question is asked again, and behind another dialog it goes on.
func (t *turn) serve(id string) {
	guide := t.s.Guide
	t.putAside()
	if e, ok := strings.CutPrefix(id, toEntry); ok {
		t.answer(e, nil)
		t.comeBack()
		t.guideOver(guide)
		return
	}
	name, at, _ := strings.Cut(strings.TrimPrefix(id, toDialog), "/")
	if p := t.s.Place; p != nil {
		if p.Dialog == name { // asked for again: from the beginning
			t.leaveTop()
		} else if len(t.s.Stack) < session.MaxStack {
			p.Paused = true
			t.s.Stack = append(t.s.Stack, *p)
			t.s.Place = nil
		} else {
			t.leaveDialog()
		}
	}
	t.begin(name, at)
}

// putAside makes room for another matter: a dialog that waits for an answer, or leads through a guide, stays, unless the person strayed
// from it too often or left it alone; one that only asked 解决了吗 is over, and the one that lies paused below it waits again.
func (t *turn) putAside() {
	for p := t.s.Place; p != nil; p = t.s.Place {
		if (p.Asking != "" || t.s.Guide != nil) && !p.Idle && p.Strayed < strays {
			p.Strayed++
			return
		}
		t.leaveTop()
	}
}

// comeBack asks again what a dialog waits for.
func (t *turn) comeBack() {
	if p := t.s.Place; p != nil && p.Asking != "" {
		t.say(t.texts().Resume, "text:resume")
		t.again()
	}
}

// leaveTop leaves the dialog under way with those that called it. One that was paused for it is under way again.
func (t *turn) leaveTop() {
	if t.s.Place == nil {
		return
	}
	t.out.path = append(t.out.path, "left:"+t.s.Place.Dialog+"/"+t.s.Place.Step)
	t.s.Place = nil
	t.show(session.Choices, nil)
	for n := len(t.s.Stack) - 1; n >= 0; n-- {
		p := t.s.Stack[n]
		t.s.Stack = t.s.Stack[:n]
		if p.Paused {
			p.Paused = false
			t.s.Place = &p
			return
		}
	}
}

// cancel leaves the dialog under way; one that was paused for it asks again.
func (t *turn) cancel(p *script.Pattern, source string) {
	t.leaveTop()
	t.sayPattern(p, source)
	t.comeBack()
}

// skip leaves the question out that a dialog asks, if it may be left out.
func (t *turn) skip(p *script.Pattern, source string) {
	d := t.script()
	if d == nil || t.s.Place.Asking == "" {
		t.ask(t.message.Text)
		return
	}
	step, _ := d.Step(t.s.Place.Step)
	slot := d.Slot(t.s.Place.Asking)
	if step == nil || slot == nil || step.OnSkip == "" && len(slot.SkipWords) == 0 {
		t.sayPattern(p, source)
		t.again()
		return
	}
	t.skipped(d, step)
}

// Lengths in characters below which words put instead of an answer are no question: of those that an entry only resembles (记不得, 没看清),
// and of those that it has word for word (没有, 好).
const (
	shortAnswer   = 5
	shortQuestion = 3
)

// digress takes up a clear question that is put instead of an answer. It tells whether there was one.
func (t *turn) digress() bool {
	p := t.s.Place
	hits := t.find(t.message.Text)
	if len(hits) == 0 || hits[0].ID == toDialog+p.Dialog {
		return false
	}
	size := utf8.RuneCountInString(kb.Fold(t.message.Text))
	if _, follows := followed(t.message.Text); hits[0].Exact && size < shortQuestion || !hits[0].Exact && !follows && size < shortAnswer {
		return false
	}
	if !hits[0].Exact {
		guesses := t.meant(hits)
		if !t.certain(guesses) || strings.HasPrefix(guesses[0].ID+"/", toDialog+p.Dialog+"/") {
			return false
		}
		hits[0].ID = guesses[0].ID
	}
	t.learnAsked(hits[0].ID)
	t.out.reason = "digression"
	t.serve(hits[0].ID)
	return true
}

var asking = regexp.MustCompile(`[?？]|吗$|呢$|怎么|什么|多少|为什么|哪|能不能|可不可以|是不是`)

// asksAside offers what a question may mean that is put instead of an answer and not clear enough to be answered at once. The dialog
// goes on waiting meanwhile.
func (t *turn) asksAside() bool {
	p := t.s.Place
	if p.Strayed >= strays || !asking.MatchString(strings.TrimSpace(t.message.Text)) {
		return false
	}
	guesses := slices.DeleteFunc(t.clear(t.meant(t.find(t.message.Text))), func(g likely.Guess) bool {
		return strings.HasPrefix(g.ID+"/", toDialog+p.Dialog+"/")
	})
	if len(guesses) == 0 {
		return false
	}
	p.Strayed++
	t.out.reason = "offer"
	t.s.Asked = chat.Cut(t.message.Text, 600)
	t.say(t.texts().Maybe, "offer")
	t.offer(session.Clarify, t.items(guesses))
	return true
}

// keyword is the operators' keyword rule that the message meets, first one first (F18); nil: none. A rule that leads to the dialog
// under way leads nowhere, and a question in an entry's own words goes there, whatever words of a rule it holds.
func (t *turn) keyword() *script.Keyword {
	if len(t.rel.Keywords) == 0 || t.message.Text == "" {
		return nil
	}
	folded := foldText(t.message.Text)
	for _, k := range t.rel.Keywords {
		if k.Match(folded) && t.servable(k.Target) {
			if p := t.s.Place; p != nil && strings.HasPrefix(k.Target+"/", toDialog+p.Dialog+"/") || t.fitsSlot() || t.asksExactly() {
				return nil
			}
			return k
		}
	}
	return nil
}

// story is from how many characters on free text that was asked for is told, whatever words of a rule it holds: 我的卡被盗刷了怎么办
// is a matter of its own, 说好三天退款，半个月了没动静 is what was asked.
const story = 12

// fitsSlot tells whether the message is an answer to the question that a dialog asks.
func (t *turn) fitsSlot() bool {
	d := t.script()
	if d == nil || t.s.Place.Asking == "" {
		return false
	}
	slot := d.Slot(t.s.Place.Asking)
	if slot == nil {
		return false
	}
	if slot.Type == script.Text {
		return utf8.RuneCountInString(t.message.Text) > story
	}
	_, skipped, ok := slot.Accept(t.message.Text, t.message.Choice, nil, t.now, t.zone())
	return ok || skipped
}
