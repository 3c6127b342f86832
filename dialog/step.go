package dialog

import (
	"encoding/json"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// input is everything that judging a message may see. The same input always gives the same judgement.
type input struct {
	rel       *release.Release
	shelf     *Shelf
	message   chat.Message
	session   session.Session
	turn      string
	hold      *session.Hold
	now       time.Time
	seed      uint64
	kind      string // of the channel: "wechat"
	more      bool   // the person wrote on: this message and the next are one question
	native    bool   // the platform has seats of its own
	push      bool   // the channel can show something without a message to answer
	mute      bool   // the platform grants no word for this message: it counts rights, this one brings none, and no response waits
	buttons   bool   // the channel shows choices as buttons
	learned   *likely.Learned
	queues    []string
	standings map[string]handoff.Standing
	patience  time.Duration
	rights    []chat.ReplyRight
	trail     bool     // note the way
	results   [][]byte // of the calls made so far in this turn
}

// judgement is what step makes of a message, before it is fitted to a messenger.
type judgement struct {
	session session.Session
	replies []chat.Reply
	call    *Call // to be performed before step is asked again; everything else is then unset
	cases   []chat.Case
	recall  []string
	signals []chat.Signal
	timers  []session.Timer
	unset   []string
	heard   string       // the person's words as the transcript shows them
	unkept  string       // a part of the replies that no transcript may hold: who reads one could use it
	media   []chat.Media // what the person sent, with the ids under which it will be kept
	notes   []chat.Line  // of the house, for seats' eyes
	counts  map[string]int64
	path    []string       // dialogs begun, left and ended, for the ledger
	offered []session.Item // likely questions shown, with why
	taken   string         // what the person turned out to want
	trail   []Way          // if asked for
	drop    bool
	dead    *chat.Dead
	reason  string // why, for counters and the ledger: a fixed word

	shares []session.Share // told to the person's other conversations
	aside  []chat.Line     // for the transcript: what was said to the person elsewhere
}

func (h *Host) input(c *session.Claim) input {
	in := input{
		rel: h.shelf.Current(), shelf: h.shelf, message: c.Message, session: c.Session, turn: c.Turn, hold: c.Hold,
		now: c.Now, kind: h.channels.Kind(c.Message.From.Channel), queues: h.o.Queues(), standings: h.o.Look(), patience: h.o.Patience,
		rights: c.Rights, learned: h.o.Learned(), trail: h.o.Trail != nil,
	}
	caps := h.channels.Caps(c.Message.From)
	in.native = caps.Native >= chat.Full
	in.mute = caps.Window > 0 && caps.Passive == 0 && c.Message.Right == nil
	in.push = caps.Push >= chat.Part
	// One choice alone is no list to tap at: it is a link card.
	in.buttons = caps.Choices >= chat.Part && caps.MaxChoices != 1 && (caps.Passive == 0 || caps.PassiveChoices >= chat.Part)
	sum := fnv.New64a()
	sum.Write([]byte(c.Message.From.String() + "\x00" + c.Turn))
	in.seed = sum.Sum64()
	if c.Resume != nil {
		in.now, in.seed, in.results = c.Resume.Clock, c.Resume.Seed, c.Resume.Results
	}
	in.message.Media = h.named(in.message, in.now)
	return in
}

// turn is one judgement being made: the input, and the outcome as it grows.
type turn struct {
	input
	out       judgement
	s         *session.Session  // out.session
	before    time.Time         // when the person did something last, before this turn; zero: never
	says      []said            // what the bot says in this turn, joined into one reply at the end
	ahead     []chat.Reply      // before all words: the conversation itself, taken back from a seat of the platform's own
	after     []chat.Reply      // behind them: the conversation itself, handed to one
	images    []string          // shown with it
	links     []string          // under it
	choices   []session.Item    // shown under it
	kindShown session.OfferKind // of the choices
	shown     bool              // the choices replace the earlier offer, even when there are none
	used      int               // results consumed
	steps     int               // of dialogs, in this turn
	known     []likely.Factor   // nil: not looked at yet
	spoken    *release.Words    // nil: not looked at yet

	wants []chat.Address // conversations of the person that were not known before: they are asked
	owing []chat.Address // those that asked: they are answered

	open     *bool // whether the seats' hours are on; nil: not looked at yet
	nextOpen time.Time
}

// step judges one message: pure, no I/O, no clock, no randomness of its own.
func step(in input) judgement {
	t := &turn{input: in}
	t.out.session = clone(in.session)
	t.s = &t.out.session
	t.s.Turn++
	t.s.Chain = session.Next(t.s.Chain, in.message.ID)
	t.s.Release, t.s.At, t.before = in.rel.Version, in.now, in.session.Heard
	t.out.counts = map[string]int64{}

	switch in.message.Kind {
	case chat.Left:
		t.left()
	case chat.Seat:
		t.seatSaid()
	case chat.Closed:
		t.seatClosed()
	case chat.Timer:
		t.timer()
	case chat.Event:
		t.event()
	case chat.Linked:
		t.linked()
	case chat.Arrived, chat.Said, chat.Chose:
		t.person()
	case chat.Native:
		t.nativeDid()
	case chat.Undelivered:
		t.undelivered()
	case chat.Edited:
		t.edited()
	case chat.Recalled:
		t.tookBack()
	case chat.Lost:
		t.lostMedium()
	default: // of a newer program
		t.out.reason = "ignored"
	}
	if t.out.call != nil {
		return judgement{call: t.out.call}
	}
	t.finish()
	t.share()
	return t.out
}

// person judges what the person did: a seat has the conversation → quiet; else the bot's turn.
func (t *turn) person() {
	t.s.Gone, t.s.Heard = false, t.now
	t.out.heard, t.out.media = heard(t.message), t.message.Media
	t.freshen()
	if t.message.Kind == chat.Said {
		t.s.Said = t.message.ID
	}
	t.sayMissed()
	switch {
	case t.parts():
	case t.hold != nil:
		t.wroteHere()
		t.overhear(t.hold.Case, "held")
	case t.s.Waiting != nil && t.s.Waiting.Native != "":
		t.withNative()
	case t.s.Waiting != nil:
		t.waits()
	case t.relays():
	case t.message.Kind == chat.Arrived:
		t.arrived()
	default:
		t.listen()
	}
}

// newEpisode is how long after the last word another concern begins.
const newEpisode = 24 * time.Hour

// freshen begins a new episode after a long silence: what did not help days ago may be what helps now.
func (t *turn) freshen() {
	if t.before.IsZero() || t.now.Sub(t.before) <= newEpisode {
		return
	}
	if t.s.Last != nil && t.s.Outcome == "" && t.s.Place == nil && len(t.s.Tried) > 0 {
		t.out.counts["assumed:"+t.s.Last.ID]++ // nobody said that it did not help
	}
	t.s.Failed, t.s.Misses, t.s.Tried = 0, 0, nil
}

// overhear passes the person's words on to the case and says nothing.
func (t *turn) overhear(id, reason string) {
	t.out.signals = append(t.out.signals, chat.Signal{
		Event: "case.message", Case: &chat.Case{ID: id},
		Message: &chat.Line{At: t.message.At, From: "person", Text: t.out.heard, Media: t.out.media, Turn: t.input.turn},
	})
	t.out.reason = reason
}

// waits judges while a case waits for a seat.
func (t *turn) waits() {
	w := t.s.Waiting
	switch p := t.pattern(); {
	case p != nil && p.Do == script.DoCancel && t.s.Place == nil:
		t.recall("the person took it back")
		t.say(t.texts().Recalled, "pattern:"+p.Name)
		t.out.reason = "recalled"
	case p != nil && p.Do == script.DoHandoff && (p.Name == script.Human || p.Name == script.Agent):
		t.stillWaits()
		t.out.reason = "still_waits"
	case p != nil && p.Do == script.DoHandoff:
		t.fire(p)
	case w.Quiet && t.onlyMedia():
		t.say(t.texts().Media, "text:media")
		t.overhear(w.Case, "waiting")
	case w.Quiet:
		t.overhear(w.Case, "waiting")
	default:
		id := w.Case
		if t.gone() && !t.before.IsZero() {
			t.stillWaits() // who comes back hears first that nothing was forgotten
		}
		if t.message.Kind == chat.Arrived {
			t.arrived()
		} else {
			t.listen()
		}
		if t.out.call == nil && t.s.Waiting != nil && t.s.Waiting.Case == id {
			t.overhear(id, t.out.reason)
		}
	}
}

// left: the person unfollowed or blocked us. Nothing may be sent, and what is owed is dropped.
func (t *turn) left() {
	t.s.Gone, t.out.drop = true, true
	t.s.Place, t.s.Stack, t.s.Offer = nil, nil, nil
	t.out.heard, t.out.reason = "[离开]", "left"
	if t.s.Waiting != nil {
		t.recall("the person left")
	}
}

// seatSaid passes on the words of a seat. The store has checked that it holds the case.
func (t *turn) seatSaid() {
	t.out.reason = "seat"
	if t.s.Waiting != nil { // claimed: the wait is over
		t.unset(timerPatience)
	}
	if t.reaches() {
		return
	}
	if t.s.Gone {
		t.out.reason = "seat_gone"
		return
	}
	t.out.replies = append(t.out.replies, chat.Reply{
		Text: t.message.Text, From: t.message.Name, Speaker: t.texts().SeatSpeaks, Media: t.message.Media, Source: "seat",
	})
}

// seatClosed brings the conversation back to the bot, with a clean slate.
func (t *turn) seatClosed() {
	t.out.reason = "closed"
	if w := t.s.Waiting; w != nil && w.Native != "" { // an operator closed the case of a seat of the platform's own
		t.ahead = append(t.ahead, chat.Reply{Native: chat.EndSeat, Source: "closed"})
	}
	t.cleanSlate()
	if !t.closes() && !t.s.Gone {
		t.sayHouse(t.texts().Closed, "")
	}
}

// cleanSlate forgets what the seat has dealt with.
func (t *turn) cleanSlate() {
	t.s.Waiting, t.s.Place, t.s.Stack, t.s.Offer = nil, nil, nil, nil
	t.s.Misses, t.s.Failed, t.s.Tried, t.s.Asked, t.s.Missed = 0, 0, nil, "", ""
	t.unset(timerPatience)
}

// heard is how a transcript shows what the person did.
func heard(m chat.Message) string {
	text := m.Text
	for _, f := range m.Media {
		text += "[" + mediaWord(f.Kind) + "]"
	}
	switch {
	case text != "":
		return text
	case m.Kind == chat.Arrived:
		return "[进入会话]"
	case m.Choice != "":
		return "[点选]"
	}
	return "[空消息]"
}

// clone copies what a judgement changes, so that the claim's session stays as it was for another attempt. Offers are replaced as a
// whole, never changed.
func clone(s session.Session) session.Session {
	s.Place = clonePlace(s.Place)
	s.Stack = slices.Clone(s.Stack)
	for i := range s.Stack {
		s.Stack[i] = *clonePlace(&s.Stack[i])
	}
	s.Recent, s.Trace, s.Tried = slices.Clone(s.Recent), slices.Clone(s.Trace), slices.Clone(s.Tried)
	s.Timers = maps.Clone(s.Timers)
	cloneMates(&s)
	if s.Waiting != nil {
		w := *s.Waiting
		s.Waiting = &w
	}
	return s
}

func clonePlace(p *session.Place) *session.Place {
	if p == nil {
		return nil
	}
	c := *p
	c.Slots, c.Saved, c.Order = maps.Clone(p.Slots), maps.Clone(p.Saved), slices.Clone(p.Order)
	c.Carried, c.Anew = maps.Clone(p.Carried), slices.Clone(p.Anew)
	return &c
}

// takeResult returns the result of a call, if the turn has it already. One of another call is passed over: a turn that is judged again
// may have learned something meanwhile, or see another release, and go another way.
func (t *turn) takeResult(call string) (result, bool) {
	for t.used < len(t.results) {
		var r result
		err := json.Unmarshal(t.results[t.used], &r)
		t.used++
		if err == nil && r.Call == call {
			return r, true
		}
	}
	return result{}, false
}
