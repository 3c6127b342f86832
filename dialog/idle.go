package dialog

import (
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Names of timers. A session keeps the id of the one that is current, so that each fires once, however often it is delivered.
const (
	timerPatience = "patience" // nobody took a case for a while
	timerRemind   = "remind"   // a dialog waits for an answer
	timerLeave    = "leave"    // and has waited for long
)

// set starts a timer; its id is also its delivery id, so that it fires once.
func (t *turn) set(name string, after time.Duration) {
	id := "timer:" + name + ":" + t.input.turn
	if t.s.Timers == nil {
		t.s.Timers = map[string]string{}
	}
	t.s.Timers[name] = id
	t.out.timers = append(t.out.timers, session.Timer{ID: id, Name: name, Due: t.now.Add(after)})
}

func (t *turn) unset(name string) {
	if t.s.Timers[name] == "" {
		return
	}
	delete(t.s.Timers, name)
	t.out.unset = append(t.out.unset, name)
}

// mind keeps the timers of a dialog that waits for the person: each of their messages starts them anew.
func (t *turn) mind() {
	p := t.s.Place
	if p == nil || p.Idle || t.s.Waiting != nil || t.hold != nil || t.s.Gone {
		t.unset(timerRemind)
		t.unset(timerLeave)
		return
	}
	byPerson := t.message.Kind == chat.Said || t.message.Kind == chat.Chose || t.message.Kind == chat.Arrived
	if !byPerson && t.s.Timers[timerLeave] != "" {
		return
	}
	idle := t.rel.Idle
	if d := t.script(); d != nil && d.Idle != nil {
		idle = *d.Idle
	}
	t.unset(timerRemind)
	if idle.Remind > 0 && t.push && p.Asking != "" {
		t.set(timerRemind, idle.Remind)
	}
	if idle.Leave > 0 {
		t.set(timerLeave, idle.Leave)
	}
}

func (t *turn) timer() {
	name := t.message.Event
	t.out.reason = "timer_stale"
	if t.s.Timers[name] != t.message.ID {
		return
	}
	delete(t.s.Timers, name)
	p := t.s.Place
	switch {
	case name == timerPatience && t.s.Waiting != nil && t.hold == nil:
		t.s.Waiting.Quiet = false
		t.sayHouse(t.texts().Patience, t.s.Waiting.Queue)
		t.out.reason = "timer_patience"
	case name == timerRemind && p != nil && p.Asking != "" && t.hold == nil:
		t.out.reason = "timer_remind"
		t.say(t.texts().Remind, "timer:remind")
		t.again()
	case name == timerLeave && p != nil && t.hold == nil:
		t.leftAlone()
	}
}

// leftAlone puts a dialog aside that nobody answered. It is not forgotten: an answer that fits is still taken, and who comes back is
// asked whether to go on.
func (t *turn) leftAlone() {
	p := t.s.Place
	t.out.reason = "timer_leave"
	p.Idle = true
	if !t.halfway() { // it had been answered, and only 解决了吗 was asked: silence is taken for yes, and counted apart
		t.out.counts["assumed:"+p.Dialog+"/"+p.Step]++
		t.out.path = append(t.out.path, "assumed:"+p.Dialog+"/"+p.Step)
		t.s.Outcome = string(script.Resolved)
		return
	}
	t.out.counts["abandoned:"+p.Dialog+"/"+p.Step]++
	t.out.path = append(t.out.path, "idle:"+p.Dialog+"/"+p.Step)
	t.s.Outcome = string(script.Abandoned)
	if pattern := t.rel.Pattern(script.TimedOut); pattern != nil && t.push {
		t.fired(pattern)
		t.sayPattern(pattern, "pattern:"+pattern.Name)
	}
}

// halfway tells whether the dialog under way still waits for something that it needs.
func (t *turn) halfway() bool {
	return t.s.Place != nil && (t.s.Place.Asking != "" || t.s.Guide != nil)
}

// leftHalfway comes back to a dialog that was left in the middle; one that had been answered is over. It tells whether it asked.
func (t *turn) leftHalfway() bool {
	p := t.s.Place
	if p == nil {
		return t.offersThere("")
	}
	if !p.Idle && !t.gone() {
		return false
	}
	if t.halfway() {
		t.askGoOn()
		return true
	}
	t.leaveDialog()
	return false
}

// Targets of the choices of askGoOn.
const (
	toGoOn   = "resume:on"
	toAnew   = "resume:anew"
	toGiveUp = "resume:no"
)

// askGoOn asks whether to go on with the dialog that was left in the middle.
func (t *turn) askGoOn() {
	t.out.reason = "resume"
	title := t.s.Place.Dialog
	if d := t.script(); d != nil {
		title = d.Title
	}
	if t.s.Place == nil { // withdrawn meanwhile
		t.greet(t.openers(), true)
		return
	}
	t.say(t.filled(t.texts().GoOnAsk, map[string]any{"title": title}), "text:go_on_ask")
	x := t.texts()
	t.show(session.Resume, []session.Item{{Label: x.GoOn, Target: toGoOn}, {Label: x.StartOver, Target: toAnew}, {Label: x.GiveUp, Target: toGiveUp}, {Label: x.Human, Target: toHuman}})
}

// goOn follows the choice.
func (t *turn) goOn(target string) {
	p := t.s.Place
	if p == nil {
		t.miss()
		return
	}
	t.out.reason = "resume"
	p.Idle, p.Strayed = false, 0
	switch {
	case target == toGiveUp:
		t.leaveDialog()
		t.say(t.texts().GivenUp, "text:given_up")
	case target == toAnew:
		t.fromStart()
	case p.Asking != "":
		t.again()
	default: // it had only asked 解决了吗: the step says its words again
		t.show(session.Choices, nil)
		t.run()
	}
}
