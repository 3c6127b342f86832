package dialog

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
)

// maxSteps bounds what one turn may run through; the checker refuses loops without a question, this stops what it overlooked.
const maxSteps = 200

// begin starts a dialog at a step; "" is its first.
func (t *turn) begin(id, at string) {
	d := t.rel.Dialog(id)
	if d == nil || len(d.Steps) == 0 {
		t.out.counts["withdrawn:"+id]++
		t.miss()
		return
	}
	if at == "" && t.offersThere(id) {
		return
	}
	if at == "" {
		at = d.Steps[0].ID
	}
	t.s.Place = &session.Place{Dialog: d.ID, Version: d.Version, Step: at, Begun: t.now}
	t.s.Outcome = ""
	t.out.path = append(t.out.path, "begun:"+d.ID)
	t.topic(toDialog + d.ID)
	t.show(session.Choices, nil)
	t.prefill()
	t.run()
}

// prefill takes what the first words bring along: an order number in 帮我查 4200… is not asked for again. Only what has a form of its
// own is taken; 500 could be anything.
func (t *turn) prefill() {
	d := t.script()
	if d == nil || t.message.Kind != chat.Said {
		return
	}
	for _, s := range d.Steps {
		slot := d.Slot(s.Collect)
		if s.Verb != script.Collect || slot == nil || slot.Type != script.OrderNo && slot.Type != script.Phone && (slot.Type != script.Digits || slot.Length < 6) {
			continue
		}
		if v, skipped, ok := slot.Accept(t.message.Text, "", nil, t.now, t.zone()); ok && !skipped && t.s.Place.Slots[slot.Name] == "" {
			t.keep(slot.Name, v)
			t.give(slot, v)
		}
	}
}

// script is the dialog under way, in the version that it began with; when that is gone, it goes on at the same step of the present
// one, or begins again politely. nil: none is under way, or it was withdrawn altogether.
func (t *turn) script() *script.Dialog {
	p := t.s.Place
	if p == nil {
		return nil
	}
	if d := t.shelf.Dialog(p.Dialog, p.Version); d != nil {
		return d
	}
	d := t.rel.Dialog(p.Dialog)
	if d == nil {
		return nil
	}
	t.out.counts["moved:"+d.ID]++
	p.Version = d.Version
	if s, _ := d.Step(p.Step); s == nil {
		t.say(t.texts().Gone, "text:gone")
		*p = session.Place{Dialog: d.ID, Version: d.Version, Step: d.Steps[0].ID, Begun: t.now}
	}
	return d
}

// leaveDialog ends the dialogs under way, whatever their depth.
func (t *turn) leaveDialog() {
	if t.s.Place != nil {
		t.out.path = append(t.out.path, "left:"+t.s.Place.Dialog+"/"+t.s.Place.Step)
	}
	t.s.Place, t.s.Stack = nil, nil
	t.show(session.Choices, nil)
}

// jump goes to a step of the dialog under way and runs on.
func (t *turn) jump(id string) {
	if t.s.Place == nil {
		t.miss()
		return
	}
	p := t.s.Place
	p.Step, p.Asking, p.Retries, p.Idle = id, "", 0, false
	t.show(session.Choices, nil)
	t.run()
}

// run performs steps until the dialog waits for the person, calls a backend or ends.
func (t *turn) run() {
	if t.out.reason == "" || t.out.reason == "choice" {
		t.out.reason = "dialog"
	}
	for t.s.Place != nil {
		d := t.script()
		if d == nil { // withdrawn altogether
			t.s.Place, t.s.Stack = nil, nil
			t.say(t.texts().Sorry, "text:sorry")
			return
		}
		s, at := d.Step(t.s.Place.Step)
		if t.steps++; s == nil || t.steps > maxSteps {
			t.out.counts["broken:"+d.ID]++
			t.human("dialog:" + d.ID + "/" + t.s.Place.Step)
			return
		}
		next := ""
		if at+1 < len(d.Steps) {
			next = d.Steps[at+1].ID
		}
		if !t.do(d, s, next) {
			return
		}
	}
}

// do performs one step and tells whether to run on.
func (t *turn) do(d *script.Dialog, s *script.Step, next string) bool {
	source := toDialog + d.ID + "/" + s.ID
	t.walk(d, s)
	switch s.Verb {
	case script.Say:
		t.sayTemplate(s.Say, source)
		t.showing(s.Images, s.Link)
		if s.Then != nil {
			t.askSolved(s.Then)
			return false
		}
	case script.Answer:
		then := s.Then
		if e := t.rel.Entry(s.Answer); e != nil && then == nil && len(e.Steps) > 0 && next != "" {
			then = &script.Then{Solved: next, Unsolved: next} // a guide waits for the person, then the dialog goes on
		}
		said, waits := t.answer(s.Answer, then)
		if !said {
			return t.withdrawn(s, next)
		}
		t.showing(s.Images, s.Link)
		if waits {
			return false
		}
	case script.Collect:
		if _, filled := t.s.Place.Slots[s.Collect]; !filled {
			t.question(d, s.Collect)
			return false
		}
	case script.Switch:
		return t.branch(s)
	case script.Call:
		return t.callStep(s, next)
	case script.Set:
		t.setStep(d, s)
	case script.Goto:
		return t.move(s.Goto)
	case script.Sub:
		return t.sub(s, next)
	case script.Handoff:
		t.handoffStep(s, source)
		return false
	case script.End:
		t.out.path = append(t.out.path, "ended:"+d.ID+":"+string(s.End))
		t.s.Outcome = string(s.End)
		return t.end()
	}
	return t.move(next)
}

// move goes on at a step; "" is the end of the script.
func (t *turn) move(step string) bool {
	if step == "" {
		return t.end()
	}
	t.s.Place.Step = step
	return true
}

// end leaves the dialog and goes back to the one that called it, if any.
func (t *turn) end() bool {
	t.s.Place = nil
	if n := len(t.s.Stack); n > 0 {
		p := t.s.Stack[n-1]
		t.s.Place, t.s.Stack = &p, t.s.Stack[:n-1]
		if p.Paused { // the person strayed from it: its question is asked again
			p.Paused = false
			if s := t.s.Outcome; len(t.says) == 0 && s == string(script.Resolved) {
				t.say(t.texts().Thanks, "text:thanks")
			}
			t.say(t.texts().Resume, "text:resume")
		}
		return true
	}
	return false
}

// withdrawn goes on without an answer that may not be served any more: as 没解决 would.
func (t *turn) withdrawn(s *script.Step, next string) bool {
	if s.Then != nil {
		return t.move(s.Then.Unsolved)
	}
	return t.move(next)
}

// askSolved asks 解决了吗 under what was said.
func (t *turn) askSolved(then *script.Then) {
	x := t.texts()
	t.say(x.Ask, "text:ask_solved")
	t.show(session.Asked, []session.Item{{Label: x.Solved, Target: toStep + then.Solved}, {Label: x.Unsolved, Target: toStep + then.Unsolved}})
}

func (t *turn) branch(s *script.Step) bool {
	value := s.Switch.Value(t.scope())
	for _, c := range s.Cases {
		if c.Value == value {
			return t.move(c.Goto)
		}
	}
	return t.move(s.Else)
}

// callStep uses the result of a call, or asks for the call to be made.
func (t *turn) callStep(s *script.Step, next string) bool {
	with, ok := t.with(s)
	if !ok {
		return t.move(s.OnError)
	}
	call := &Call{Name: s.Call, With: with, Timeout: s.Timeout, Retry: s.Retry}
	r, made := t.takeResult(call.identity())
	if !made {
		t.out.call = call
		return false
	}
	if r.Interrupted {
		// The next message says what is wanted instead; until then the dialog waits where it is, and nothing is said.
		t.says, t.out.reason = nil, "interrupted"
		return false
	}
	if !r.OK {
		return t.move(s.OnError)
	}
	if s.Save != "" {
		if t.s.Place.Saved == nil {
			t.s.Place.Saved = map[string]json.RawMessage{}
		}
		t.s.Place.Saved[s.Save] = r.Body
	}
	return t.move(next)
}

func (t *turn) with(s *script.Step) (map[string]string, bool) {
	with := make(map[string]string, len(s.With))
	scope := t.scope()
	for _, f := range s.With {
		v, err := f.Value.Render(scope)
		if err != nil {
			t.out.counts["unfilled:"+s.Call]++
			return nil, false
		}
		with[f.Name] = v
	}
	return with, true
}

// setStep fills slots, or keeps values under other names.
func (t *turn) setStep(d *script.Dialog, s *script.Step) {
	for _, f := range s.Set {
		v, err := f.Value.Render(t.scope())
		if err != nil {
			t.out.counts["unfilled:"+d.ID+"/"+s.ID]++
			continue
		}
		name := strings.TrimPrefix(f.Name, "slot.")
		switch {
		case d.Slot(name) != nil && v == "":
			delete(t.s.Place.Slots, name)
		case d.Slot(name) != nil:
			t.keep(name, v)
		default:
			if t.s.Place.Saved == nil {
				t.s.Place.Saved = map[string]json.RawMessage{}
			}
			t.s.Place.Saved[f.Name], _ = json.Marshal(v) // a string can always be written
		}
	}
}

func (t *turn) sub(s *script.Step, next string) bool {
	d := t.rel.Dialog(s.Sub)
	if d == nil || len(d.Steps) == 0 || len(t.s.Stack) >= session.MaxStack {
		t.out.counts["withdrawn:"+s.Sub]++
		return t.move(next)
	}
	if next != "" {
		here := *t.s.Place
		here.Step = next
		t.s.Stack = append(t.s.Stack, here)
	}
	t.s.Place = &session.Place{Dialog: d.ID, Version: d.Version, Step: d.Steps[0].ID, Begun: t.now}
	t.out.path = append(t.out.path, "begun:"+d.ID)
	return true
}

// restart begins the dialog under way again, or greets.
func (t *turn) restart(p *script.Pattern, source string) {
	t.sayPattern(p, source)
	if t.s.Place == nil {
		t.greet(t.openers(), p.Say == nil)
		return
	}
	t.fromStart()
}

// fromStart begins the dialog under way from its beginning: the one that the person asked for, if it called another.
func (t *turn) fromStart() {
	id := t.s.Place.Dialog
	for n := len(t.s.Stack) - 1; n >= 0 && !t.s.Stack[n].Paused; n-- {
		id, t.s.Stack = t.s.Stack[n].Dialog, t.s.Stack[:n]
	}
	t.s.Place = nil
	t.begin(id, "")
}

// back asks for the slot before again.
func (t *turn) back(p *script.Pattern, source string) {
	place := t.s.Place
	if t.s.Guide != nil && t.guideOn(-1) {
		return
	}
	if place == nil {
		t.greet(t.openers(), false)
		return
	}
	if len(place.Order) == 0 {
		t.sayPattern(p, source)
		t.again()
		return
	}
	name := place.Order[len(place.Order)-1]
	d := t.script()
	if d == nil {
		t.run() // says that it was withdrawn
		return
	}
	at := slices.IndexFunc(d.Steps, func(s *script.Step) bool { return s.Verb == script.Collect && s.Collect == name })
	if at < 0 {
		t.again()
		return
	}
	t.sayPattern(p, source)
	place.Order = place.Order[:len(place.Order)-1]
	delete(place.Slots, name)
	t.jump(d.Steps[at].ID)
}
