package dialog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
)

// raise is a case about to be raised.
type raise struct {
	queue          string
	urgent         bool
	carry          []string // slots and saved values to hand over; nil: every slot
	notice, noSeat *script.Template
	reason         string
	again          bool // another matter than a plain 人工: takes the place of a case that waits
}

// stillWaits says how a case that waits already stands.
func (t *turn) stillWaits() {
	text := t.texts().StillWaits
	if t.standings[t.s.Waiting.Queue].Seats == 0 {
		text = t.texts().Registered
	}
	t.sayHouse(text, t.s.Waiting.Queue)
}

// recall takes back the case that waits.
func (t *turn) recall(why string) {
	id := t.s.Waiting.Case
	t.out.recall = append(t.out.recall, id)
	t.out.signals = append(t.out.signals, chat.Signal{Event: "case.closed", Case: &chat.Case{ID: id}, Message: &chat.Line{At: t.now, From: "bot", Text: why}})
	t.s.Waiting = nil
	t.unset(timerPatience)
}

// handoff raises a case in this very turn, and says whether somebody is there. One that waits already is not raised twice, unless the
// matter is another: what is urgent must not hide behind an earlier 人工.
func (t *turn) handoff(r raise) {
	if t.out.reason == "" || t.out.reason == "choice" {
		t.out.reason = "handoff"
	}
	if w := t.s.Waiting; w != nil && !r.again {
		t.stillWaits()
		return
	} else if w != nil {
		t.recall("raised again: " + r.reason)
	}
	if r.queue == "" || !slices.Contains(t.queues, r.queue) {
		r.queue = "default"
	}
	seat, wait := t.freeSeat(r.queue)
	if wait {
		return
	}
	c := t.newCase(r.queue, r.reason, r.carry)
	if r.urgent {
		c.Priority = "urgent"
	}
	continues, apart := t.takeCase(&c), t.keepApart(&c)
	defer func() { t.handedOn(c, continues, apart) }()
	t.out.signals = append(t.out.signals, chat.Signal{Event: "case.opened", Case: &chat.Case{ID: c.ID}})
	if seat != "" {
		t.handOver(c, seat, r.notice)
		t.s.Place, t.s.Stack, t.s.Misses, t.s.Outcome = nil, nil, 0, string(script.Handed)
		return
	}
	t.out.cases = append(t.out.cases, c)
	there := t.standings[r.queue].Seats > 0
	t.s.Waiting = &session.Waiting{Case: c.ID, Queue: r.queue, Since: t.now, Quiet: there}
	t.s.Place, t.s.Stack, t.s.Misses, t.s.Outcome = nil, nil, 0, string(script.Handed)
	words, house := r.noSeat, t.texts().NoSeat
	if there {
		words, house = r.notice, t.texts().Notice
		t.set(timerPatience, t.patience)
	}
	scope := t.scope()
	t.standing(scope, r.queue)
	if words != nil {
		if text, err := words.Render(scope); err == nil {
			t.say(text, "handoff:"+r.queue)
			t.show(session.Choices, nil)
			return
		}
		t.out.counts["unfilled:handoff"]++
	}
	t.sayHouse(house, r.queue)
	t.show(session.Choices, nil)
}

// newCase is a case of this turn as it is raised. carry: slots and saved values to hand over; nil: every slot.
func (t *turn) newCase(queue, reason string, carry []string) chat.Case {
	id := session.CaseID(t.message.From, t.input.turn)
	if n := len(t.out.cases); n > 0 {
		id += "-" + strconv.Itoa(n)
	}
	return chat.Case{
		ID: id, Conversation: t.message.From, Queue: queue, State: chat.Waiting, Priority: "normal", Reason: reason,
		Wanted: t.wanted(), Slots: t.carried(carry), Tried: slices.Clone(t.s.Tried), Suggestions: t.suggestions(), Raised: t.now,
	}
}

// handoffStep is the verb handoff of a dialog.
func (t *turn) handoffStep(s *script.Step, source string) {
	r := raise{again: true, queue: s.Handoff, carry: s.Carry, notice: s.Notice, noSeat: s.NoSeat, reason: source}
	if s.UrgentIf != nil {
		r.urgent = s.UrgentIf.Bool(t.scope())
	}
	if r.carry == nil {
		r.carry = []string{}
	}
	t.out.path = append(t.out.path, "ended:"+t.s.Place.Dialog+":"+string(script.Handed))
	t.handoff(r)
}

// wanted is what the person wants, in a line.
func (t *turn) wanted() string {
	if p := t.s.Place; p != nil {
		if d := t.script(); d != nil {
			return chat.Cut(titled(d, p), 600)
		}
	}
	if t.s.Asked != "" {
		return t.s.Asked
	}
	if t.s.Last != nil {
		return t.label(t.s.Last.ID)
	}
	return chat.Cut(heard(t.message), 600)
}

// titled is what a dialog is about and what the person chose in it, in words: a seat reads 退款遇到问题：说退了但没到账, not issue = late.
func titled(d *script.Dialog, p *session.Place) string {
	var chosen []string
	for _, name := range p.Order {
		if slot := d.Slot(name); slot != nil && slot.Type == script.Choice {
			chosen = append(chosen, slot.Label(p.Slots[name]))
		}
	}
	if len(chosen) == 0 {
		return d.Title
	}
	return d.Title + "：" + strings.Join(chosen, "，")
}

// carried are the values that go with the case: those named, or every slot when the person asked for a human in the middle.
func (t *turn) carried(names []string) map[string]string {
	p := t.s.Place
	if p == nil {
		return nil
	}
	values := map[string]string{}
	if names == nil {
		for k, v := range p.Slots {
			values[k] = v
		}
	}
	for _, name := range names {
		if v, ok := p.Slots[strings.TrimPrefix(name, "slot.")]; ok {
			values[name] = v
		} else if v, ok := savedValue(p.Saved, name); ok {
			values[name] = v
		}
	}
	return values
}

// savedValue follows a dotted name into what calls saved.
func savedValue(saved map[string]json.RawMessage, name string) (string, bool) {
	head, rest, _ := strings.Cut(name, ".")
	raw, ok := saved[head]
	for ok && rest != "" {
		var o map[string]json.RawMessage
		if json.Unmarshal(raw, &o) != nil {
			return "", false
		}
		head, rest, _ = strings.Cut(rest, ".")
		raw, ok = o[head]
	}
	if !ok {
		return "", false
	}
	var v any
	if json.Unmarshal(raw, &v) != nil || v == nil {
		return "", false
	}
	if s, isText := v.(string); isText {
		return s, true
	}
	return strings.TrimSpace(fmt.Sprint(string(raw))), true
}

// suggestions are the entries that a seat may want at hand.
func (t *turn) suggestions() []chat.Suggestion {
	if t.s.Asked == "" {
		return nil
	}
	var all []chat.Suggestion
	keep := func(id string) bool { return strings.HasPrefix(id, toEntry) && t.servable(id) }
	for _, h := range t.rel.Index.Find(t.s.Asked, offered, keep) {
		if e := t.rel.Entry(strings.TrimPrefix(h.ID, toEntry)); e != nil && h.Score >= t.rel.Thresholds.Offer {
			all = append(all, chat.Suggestion{Entry: e.ID, Question: e.Question, Answer: e.For(t.message.From.Channel, t.kind)})
		}
	}
	return all
}

// giveUp is the judgement of a message that killed its turn too often: the person gets the fallback and the way to a human.
func giveUp(in input, c *session.Claim) judgement {
	s := clone(in.session)
	s.Turn++
	s.Chain = session.Next(s.Chain, in.message.ID)
	s.At = in.now
	s.Place, s.Stack = nil, nil
	spoken, _ := in.rel.Words(s.Lang)
	words := spoken.Texts
	item := session.Item{ID: itemID(s.Turn, 0), Label: words.Human, Target: toHuman}
	s.Offer = &session.Offer{Items: []session.Item{item}, At: in.now}
	j := judgement{
		session: s, heard: heard(in.message), reason: "dead",
		dead: dead(c),
	}
	if in.hold == nil && !s.Gone && (in.message.Kind == chat.Said || in.message.Kind == chat.Chose || in.message.Kind == chat.Arrived) {
		j.replies = []chat.Reply{{Text: words.Fallback, Source: "text:fallback", Choices: []chat.Choice{{ID: item.ID, Label: item.Label}}}}
	}
	return j
}

func dead(c *session.Claim) *chat.Dead {
	return &chat.Dead{
		ID: session.DeadID(c.Message.From, c.Message.ID), Message: c.Message, Turn: c.Turn, Tries: c.Tries, Why: "its turn died this often", At: c.Now,
	}
}
