package dialog

import (
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
)

// A person has one case, wherever they write. One that waits is raised anew where they ask for a human, at its old place in the queue, and
// taken back where it was. One that a seat has stays where it is: the person's words go to it, the seat's words go to where the person
// wrote last.

// takeCase lets c take the place of the case that waits in another conversation of the person.
func (t *turn) takeCase(c *chat.Case) (continues string) {
	for i := range t.s.Mates {
		m := &t.s.Mates[i]
		if m.Known == nil || m.Known.Case == nil || m.Known.Case.Held || t.now.Sub(m.Known.At) > session.KeepSession {
			continue
		}
		there := *m.Known
		continues = there.Case.ID
		if r := there.Case.Raised; !r.IsZero() && r.Before(c.Raised) {
			c.Raised = r
		}
		s := t.tell(m.At)
		s.Case, s.Said = continues, t.out.heard
		there.Case = nil
		m.Known = &there
	}
	return continues
}

// keepApart takes the values that came from another conversation out of a case that is raised here. Seats see them beside it, as long as
// the conversations are one person's.
func (t *turn) keepApart(c *chat.Case) map[string]session.Carried {
	p := t.s.Place
	if p == nil || len(p.Carried) == 0 {
		return nil
	}
	apart := map[string]session.Carried{}
	for name, value := range c.Slots {
		if from := p.Carried[strings.TrimPrefix(name, "slot.")]; from != "" {
			apart[name] = session.Carried{From: from, Value: value}
			delete(c.Slots, name)
		}
	}
	return apart
}

// tookCase takes a case back that was raised anew in another conversation. A seat that came first keeps it, and hears what was said there.
func (t *turn) tookCase(s session.Share) {
	if s.Case == "" {
		return
	}
	w := t.s.Waiting
	switch {
	case t.hold != nil && t.hold.Case == s.Case:
		at := s.From
		t.s.Reach = &at
		if s.Said != "" {
			t.out.heard = s.Said
			t.overhear(s.Case, "held_there")
		}
		t.owing = append(t.owing, s.From)
	case w != nil && w.Case == s.Case && w.Native == "" && t.hold == nil:
		t.recall("it goes on in another conversation of the person")
		t.s.Place, t.s.Stack, t.s.Offer = nil, nil, nil
	case s.Said != "": // there is no such case any more: the words are judged where they were said
		*t.tell(s.From) = session.Share{To: s.From, From: s.To, Said: s.Said, Case: s.Case, Back: true}
		t.owing = append(t.owing, s.From)
	}
}

// caseThere puts right what this conversation holds of a case in another one: when a seat came before the case could be moved, the one
// raised here is taken back.
func (t *turn) caseThere(m *session.Mate, s session.Share) {
	if m.Known == nil {
		return
	}
	there := m.Known.Case
	if w := t.s.Waiting; w != nil && there != nil && there.Held && w.Continues == there.ID && t.hold == nil && w.Native == "" {
		t.recall("a seat has the person's case in another conversation")
	}
	if m.Noted == "" || there != nil && there.Held && there.ID == m.Noted {
		return
	}
	m.Noted = ""
	if s.Closed && !t.s.Gone {
		t.sayHouse(t.texts().Closed, "")
	}
}

// heldThere is the conversation of the person in which a seat has their case; nil: none has.
func (t *turn) heldThere() *session.Mate {
	for i := range t.s.Mates {
		m := &t.s.Mates[i]
		if m.Known != nil && m.Known.Case != nil && m.Known.Case.Held && t.now.Sub(m.Known.At) <= heldLasts {
			return m
		}
	}
	return nil
}

// heldLasts is how long a seat is held to be with the person elsewhere without a word from there.
const heldLasts = newEpisode

// relays passes what the person does here on to the seat that has their case in another conversation. It tells whether one has.
func (t *turn) relays() bool {
	m := t.heldThere()
	if m == nil {
		return false
	}
	id := m.Known.Case.ID
	t.out.reason = "held_there"
	if m.Noted != id {
		m.Noted = id
		t.say(t.texts().HeldThere, "text:held_there")
	}
	if t.message.Kind != chat.Arrived {
		s := t.tell(m.At)
		s.Case, s.Said = id, t.out.heard
	}
	return true
}

// wroteHere brings the seat's words back to this conversation when the person writes in it.
func (t *turn) wroteHere() { t.s.Reach = nil }

// reaches sends the seat's words to where the person wrote last. It tells whether that is elsewhere. The transcript keeps them here.
func (t *turn) reaches() bool {
	r := t.s.Reach
	if r == nil || t.mate(*r) == nil {
		return false
	}
	m := t.message
	s := t.tell(*r)
	s.Seat, s.Words, s.Media = m.Name, m.Text, m.Media
	t.out.aside = append(t.out.aside, chat.Line{At: t.now, From: m.Name, Text: m.Text, Media: m.Media, Source: "seat:there"})
	t.out.reason = "seat_there"
	return true
}

// closes tells the conversation where the person wrote last that the seat is done. It tells whether that is elsewhere.
func (t *turn) closes() bool {
	r := t.s.Reach
	t.s.Reach = nil
	if r == nil || t.mate(*r) == nil {
		return false
	}
	t.tell(*r).Closed = true
	t.owing = append(t.owing, *r)
	return true
}

// wordsThere shows what a seat said to the person in another conversation of theirs.
func (t *turn) wordsThere(s session.Share) {
	if s.Words == "" && len(s.Media) == 0 {
		return
	}
	if t.s.Gone {
		*t.tell(s.From) = session.Share{To: s.From, From: s.To, Seat: s.Seat, Words: s.Words, Media: s.Media, Back: true}
		t.out.reason = "share_refused"
		return
	}
	t.seatSays(s, "seat:there")
}

// seatSays shows a seat's words that came by another conversation.
func (t *turn) seatSays(s session.Share, source string) {
	t.out.reason = "seat"
	t.out.replies = append(t.out.replies, chat.Reply{
		Text: s.Words, From: s.Seat, Speaker: t.texts().SeatSpeaks, Media: s.Media, Source: source,
	})
}

// cameBack is what another conversation could do nothing with: a seat's words are shown here after all, and the person's own words are
// judged as if they had been said now.
func (t *turn) cameBack(s session.Share) {
	t.s.Reach = nil
	switch {
	case s.Said != "":
		if m := t.mate(s.From); m != nil && m.Known != nil && m.Known.Case != nil && m.Known.Case.ID == s.Case {
			known := *m.Known
			known.Case = nil
			m.Known, m.Noted = &known, ""
		}
		if w := t.s.Waiting; t.hold != nil || w != nil && w.Continues == s.Case {
			return // it was raised here meanwhile
		}
		t.message = chat.Message{ID: t.message.ID, Kind: chat.Said, From: t.message.From, Text: s.Said, At: t.message.At}
		t.out.heard = ""
		t.listen()
	case s.Words != "" || len(s.Media) > 0:
		if t.s.Gone {
			t.out.reason = "seat_gone"
			return
		}
		t.seatSays(s, "seat")
	}
}

// handedOn marks a case that was raised here with what it took over.
func (t *turn) handedOn(c chat.Case, continues string, apart map[string]session.Carried) {
	w := t.s.Waiting
	if w == nil {
		return
	}
	w.Wanted, w.Raised, w.Continues, w.Carried = chat.Cut(c.Wanted, 200), c.Raised, continues, apart
	if continues != "" {
		t.s.Outcome = string(script.Handed)
	}
}
