package dialog

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
)

// What a turn asks the house itself (Options.House). No dialog can: backends may not be called house.
const (
	housePrefix = "house."
	// AskFreeSeat: {"seat": "…"}: a seat of the platform's own console that is there now, or chat.AnySeat; "" when nobody is.
	AskFreeSeat = housePrefix + "free_seat"
	// AskNative: {"state": a chat.NativeState, "seat": "…"}: where the conversation stands with the platform's own seats.
	AskNative = housePrefix + "native"
)

// askHouse returns the house's answer to a question, once it is there. Until then ok is false and the turn ends to be judged again with
// it, unless the answer failed: then failed is true.
func (t *turn) askHouse(name string, with map[string]string, into any) (ok, failed bool) {
	call := &Call{Name: name, With: with, Timeout: 2 * time.Second}
	r, made := t.takeResult(call.identity())
	if !made {
		t.out.call = call
		return false, false
	}
	return r.OK && json.Unmarshal(r.Body, into) == nil, !r.OK
}

// freeSeat looks for a seat of the platform's own when no seat of the house is there. wait: the house is asked first.
func (t *turn) freeSeat(queue string) (seat string, wait bool) {
	if !t.native || t.standings[queue].Seats > 0 {
		return "", false
	}
	var free struct {
		Seat string `json:"seat"`
	}
	ok, failed := t.askHouse(AskFreeSeat, nil, &free)
	if !ok && !failed {
		return "", t.out.call != nil
	}
	return free.Seat, false
}

// handOver gives the conversation to a seat of the platform's own: the words first, then the conversation itself, as a debt behind them.
// From here on the bot is silent.
func (t *turn) handOver(c chat.Case, seat string, words *script.Template) {
	c.Native = seat
	t.out.cases = append(t.out.cases, c)
	key := replyKey(t.input.turn, len(t.out.cases)) + "n"
	t.s.Waiting = &session.Waiting{Case: c.ID, Queue: c.Queue, Since: t.now, Quiet: true, Native: seat, Key: key}
	said := false
	if words != nil {
		if text, err := words.Render(t.scope()); err == nil {
			t.say(text, "handoff:native")
			said = true
		}
	}
	if !said {
		t.say(t.texts().NativeNotice, "text:native_notice")
	}
	t.show(session.Choices, nil)
	t.after = append(t.after, chat.Reply{Key: key, Native: seat, Source: "handoff:native", Until: t.now.Add(handOverWithin)})
}

// withNative judges what the person does while a seat of the platform's own has the conversation, or is to have it. The platform knows
// best whether that still holds: its notice that the seat is done may have been lost.
func (t *turn) withNative() {
	w := t.s.Waiting
	var is struct {
		State chat.NativeState `json:"state"`
		Seat  string           `json:"seat"`
	}
	ok, failed := t.askHouse(AskNative, nil, &is)
	switch {
	case !ok && !failed:
		return // asked now; the turn is judged again
	case failed && t.now.Sub(w.Since) < nativeLasts, is.State == chat.NativeActive, is.State == chat.NativeWaiting:
		if p := t.pattern(); is.State == chat.NativeWaiting && p != nil && p.Do == script.DoCancel {
			t.ahead = append(t.ahead, chat.Reply{Native: chat.EndSeat, Source: "pattern:" + p.Name}) // while a seat has it, no word of ours is taken
			t.recall("the person took it back")
			t.say(t.texts().Recalled, "pattern:"+p.Name)
			t.out.reason = "recalled"
			return
		}
		t.overhear(w.Case, "native")
		return
	case !w.Begun && t.now.Sub(w.Since) < handOverWithin:
		// The platform may not have been told yet: the debt that tells it stands behind words that are still on their way.
		t.overhear(w.Case, "native")
		return
	}
	t.out.counts["native_lost"]++
	t.nativeOver()
	t.person()
}

// handOverWithin is how long a conversation may be on its way to a seat of the platform's own. What was not handed over by then is not.
const handOverWithin = time.Minute

// nativeLasts is how long a seat of the platform's own may keep a conversation while the platform does not say where it stands
// (Kefu ends a session after 48 h).
const nativeLasts = 48 * time.Hour

// nativeOver takes the conversation back to the bot, with a clean slate.
func (t *turn) nativeOver() {
	if w := t.s.Waiting; w != nil && w.Native != "" {
		t.recall("the platform's seat is done")
	}
	t.cleanSlate()
}

// nativeDid is what a seat of the platform's own did.
func (t *turn) nativeDid() {
	w, seat := t.s.Waiting, t.message.Name
	switch {
	case t.message.Event == chat.NativeBegan && w != nil && w.Native != "":
		w.Native, w.Begun = seat, true
		t.out.reason = "native_began"
	case t.message.Event == chat.NativeBegan && t.hold == nil:
		// The seat took the conversation by itself, or the case waited for a seat of the house.
		if w != nil {
			t.recall("a seat of the platform took it")
		}
		c := t.newCase("default", "native", nil)
		c.Native = seat
		if seat == "" {
			c.Native = chat.AnySeat
		}
		t.out.cases = append(t.out.cases, c)
		t.s.Waiting = &session.Waiting{Case: c.ID, Queue: c.Queue, Since: t.now, Quiet: true, Native: c.Native, Begun: true}
		t.s.Place, t.s.Stack, t.s.Offer, t.s.Misses, t.s.Outcome = nil, nil, nil, 0, string(script.Handed)
		t.out.reason = "native_took"
	case t.message.Event == chat.NativeEnded && w != nil && w.Native != "":
		t.nativeOver()
		t.out.reason = "native_ended"
		t.farewell(seat)
	default:
		t.out.reason = "ignored"
	}
}

// farewell says that the person is the bot's again, and asks how it was where the platform grants a last word for that.
func (t *turn) farewell(seat string) {
	x, right := t.texts(), t.message.Right
	if right != nil && right.Left == 0 { // the platform ended the session, and takes no word before the person writes
		return
	}
	if right == nil {
		t.say(x.Closed, "text:closed")
		return
	}
	t.say(x.Rate, "text:rate")
	t.show(session.Choices, []session.Item{
		{Label: x.RateGood, Target: toRate + "good:" + seat}, {Label: x.RateFair, Target: toRate + "fair:" + seat},
		{Label: x.RateBad, Target: toRate + "bad:" + seat},
	})
}

// rated keeps what the person thinks of a seat; who is not satisfied is shown the way to another.
func (t *turn) rated(target string) {
	t.out.path = append(t.out.path, "rated:"+target)
	t.out.reason = "rated"
	t.show(session.Choices, nil)
	if strings.HasPrefix(target, "bad") {
		t.say(t.texts().RatedBad, "text:rated_bad")
		t.show(session.Choices, []session.Item{{Label: t.texts().Human, Target: toHuman}})
		return
	}
	t.say(t.texts().Rated, "text:rated")
}

// undelivered is a reply that the platform took and did not show, or refused for good.
func (t *turn) undelivered() {
	t.out.reason = "undelivered"
	w := t.s.Waiting
	switch {
	case w != nil && w.Key != "" && w.Key == t.message.Of && !w.Begun:
		// The seat that was to have the conversation could not take it: it waits for one of the house instead.
		t.recall("the platform's seat did not take it")
		t.out.counts["native_refused"]++
		t.native = false
		t.handoff(raise{queue: w.Queue, reason: "native_refused"})
		t.out.reason = "native_refused"
	case w != nil && w.Native != "": // words of the bot that came behind the seat's: nobody misses them
	case chat.FailureKind(t.message.Event) == chat.Blocked:
		t.left()
		t.out.heard = ""
	case t.s.Last != nil && t.message.At.Sub(t.s.Last.At) < missedFor:
		t.s.Missed = t.s.Last.ID
	}
}

// missedFor is how old an answer may be that is said again because the platform did not show it.
const missedFor = 48 * time.Hour

// sayMissed says again what did not arrive, before the person's new message is answered.
func (t *turn) sayMissed() {
	id := t.s.Missed
	if id == "" {
		return
	}
	t.s.Missed = ""
	if e := t.rel.Entry(strings.TrimPrefix(id, toEntry)); e != nil && e.Valid(t.now) {
		v, _ := t.entryWords(e)
		t.say(t.texts().Missed+"\n"+t.inOne(v), source(e))
	}
}
