package kefu

import (
	"slices"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

func TestFreeSeat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		seats string
		there []string
		want  string
	}{
		{"pool", nil, ""}, {"pool", []string{"zhangsan"}, chat.AnySeat}, {"pool", []string{"lisi"}, chat.AnySeat},
		{"lisi", []string{"zhangsan"}, ""}, {"lisi", []string{"zhangsan", "lisi"}, "lisi"}, {"none", []string{"zhangsan"}, ""},
	} {
		d := newDesk(t, map[string]any{"seats": c.seats})
		for _, seat := range c.there {
			d.platform.Seat(seat, true)
		}
		if got, err := d.FreeSeat(t.Context(), d.ann); got != c.want || err != nil {
			t.Errorf("seats: %s with %v there: %q %v, want %q", c.seats, c.there, got, err, c.want)
		}
		if native := d.Caps(d.ann).Native; (native == chat.Full) == (c.seats == "none") {
			t.Errorf("seats: %s: Caps.Native is %d", c.seats, native)
		}
	}
	d := newDesk(t, nil)
	d.platform.FailCall(servicersPath, 1, "busy")
	if _, err := d.FreeSeat(t.Context(), d.ann); err == nil {
		t.Error("a platform that is busy has no free seat, and no error")
	}
}

// A conversation goes to the pool, to a seat, and back; what was done already is no error, what a seat does not take is refused so that
// the house can go on without.
func TestHandOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.platform.Seat("lisi", true)
	native := func(seat string) chat.Reply { return chat.Reply{Key: "kn", Native: seat} }
	state := func(want chat.NativeState, seat string) {
		t.Helper()
		if got, who, err := d.NativeState(t.Context(), d.ann); got != want || who != seat || err != nil {
			t.Errorf("NativeState = %s %q %v, want %s %q", got, who, err, want, seat)
		}
	}
	refused := func(r chat.Reply, kind chat.FailureKind) {
		t.Helper()
		if f := d.send(r, nil); f == nil || f.Kind != kind {
			t.Errorf("Send(%+v) = %v, want %s", r, f, kind)
		}
	}
	taken := func(seat string) {
		t.Helper()
		if f := d.send(native(seat), nil); f != nil {
			t.Errorf("to %s: %v", seat, f)
		}
	}
	state(chat.NativeNone, "")
	refused(native("nobody"), chat.Refused)   // 95014
	refused(native("zhangsan"), chat.Refused) // 95019
	state(chat.NativeNone, "")
	taken(chat.EndSeat) // nobody has it: nothing to take back
	taken(chat.AnySeat)
	state(chat.NativeWaiting, "")
	taken(chat.AnySeat) // the answer to the first attempt was lost
	refused(chat.Reply{Key: "k", Text: "机器人的话"}, chat.Refused)
	taken("lisi")
	state(chat.NativeActive, "lisi")
	taken(chat.AnySeat) // a seat has it already
	refused(chat.Reply{Key: "l", Text: "机器人的话"}, chat.Refused)
	taken(chat.EndSeat)
	state(chat.NativeNone, "")
	if f := d.send(chat.Reply{Key: "p", Text: "机器人回来了"}, nil); f != nil {
		t.Errorf("the one word that the end permits: %v", f)
	}
	taken(chat.EndSeat)
	refused(native("lisi"), chat.Refused)                  // 95013: the session is over
	refused(chat.Reply{Key: "m", Text: "晚了"}, chat.Window) // until the person writes again
	d.platform.Put(adapterstest.Delivery{Peer: "ann", ID: "2", Text: "又来了"})
	if f := d.send(chat.Reply{Key: "m", Text: "晚了"}, nil); f != nil {
		t.Error(f)
	}
	d.platform.FailCall(transPath, 1, "502")
	refused(native("lisi"), chat.Temporary)
	d.platform.Route("ann", withSeat, "lisi")
	d.platform.FailCall(statePath, 1, "502")
	if f := d.send(chat.Reply{Key: "o", Text: "机器人的话"}, nil); f == nil || f.Kind != chat.Temporary || f.Unknown {
		t.Errorf("refused, and nobody says why: %v, want another try", f)
	}
	d.shows(adapterstest.Shown{Peer: "ann", Text: "机器人回来了"}, adapterstest.Shown{Peer: "ann", Text: "晚了"})
}

// A handover whose answer was lost is not made twice: the platform finds fault with a transition that is none.
func TestHandOverUnheard(t *testing.T) {
	t.Parallel()
	for _, seat := range []string{chat.AnySeat, "lisi"} {
		d := newDesk(t, nil)
		d.platform.Seat("lisi", true)
		d.platform.FailCall(transPath, 1, "502-after-send")
		over := chat.Reply{Key: "kn", Native: seat}
		if f := d.send(over, nil); f == nil || f.Kind != chat.Temporary {
			t.Fatalf("unheard: %v, want another try", f)
		}
		if f := d.send(over, nil); f != nil || d.platform.Called(transPath) != 1 {
			t.Errorf("to %s again: %v after %d transitions, want one", seat, f, d.platform.Called(transPath))
		}
		if b := d.platform.Breaches(); len(b) > 0 {
			t.Errorf("to %s: breaches %q", seat, b)
		}
	}
}

// Where the API cannot take somebody out of the queue, the bot's words to them are dropped without asking the platform, until they write
// and the state is known again; and the platform is not asked for it twice.
func TestQueueKeeps(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	end := chat.Reply{Key: "e", Native: chat.EndSeat}
	for range 2 {
		if f := d.send(chat.Reply{Key: "kn", Native: chat.AnySeat}, nil); f != nil {
			t.Fatal(f)
		}
		for _, r := range []chat.Reply{end, {Key: "k", Text: "已为您取消"}} {
			if f := d.send(r, nil); f == nil || f.Kind != chat.Refused {
				t.Errorf("Send(%+v) = %v, want refused", r, f)
			}
		}
	}
	if n, sent := d.platform.Called(transPath), d.platform.Called(sendPath); n != 2 || sent != 0 {
		t.Errorf("%d transitions and %d messages, want one into the queue, one out of it, no message", n, sent)
	}
	d.platform.SeatCloses("ann")
	d.platform.Put(adapterstest.Delivery{Peer: "ann", ID: "3", Text: "在吗"})
	d.sessions.add(d.ann.Peer) // what routed does
	if f := d.send(chat.Reply{Key: "m", Text: "在"}, nil); f != nil {
		t.Error(f)
	}
}

// The account's own rules may give somebody to the queue or to a seat, and no event says so: the house is told before it hears the first
// message, once, and asked again when the session is over.
func TestRoutedBySomebodyElse(t *testing.T) {
	for _, c := range []struct {
		state int
		seat  string
		want  []chat.Kind
	}{
		{untreated, "", []chat.Kind{chat.Said, chat.Said}}, {withBot, "", []chat.Kind{chat.Said, chat.Said}},
		{inPool, "", []chat.Kind{chat.Native, chat.Said, chat.Said}}, {withSeat, "zhangsan", []chat.Kind{chat.Native, chat.Said, chat.Said}},
	} {
		bubble(t, func(t *testing.T, h *house) {
			p := h.running()
			h.say("ann", "一", "二")
			h.platform.Route("ann", c.state, c.seat)
			p.ring(t)
			time.Sleep(moment)
			kinds(t, p, c.want...)
			if got := p.heard(); c.want[0] == chat.Native && (got[0].Event != chat.NativeBegan || got[0].Name != c.seat || got[0].ID == got[1].ID) {
				t.Errorf("state %d: the house is told %+v", c.state, got[0])
			}
			if n := h.platform.Called(statePath); n != 1 {
				t.Errorf("state %d: asked %d times, want once", c.state, n)
			}
			h.platform.SeatCloses("ann")
			h.say("ann", "三")
			h.platform.Route("ann", withSeat, "zhangsan")
			p.ring(t)
			time.Sleep(moment)
			kinds(t, p, append(c.want, chat.Native, chat.Native, chat.Said)...)
		})
	}
	for name, c := range map[string]struct {
		fails int
		want  []chat.Kind
	}{
		"a platform that hiccups":    {1, []chat.Kind{chat.Native, chat.Said}},
		"a platform that cannot say": {2, []chat.Kind{chat.Said}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, h *house) {
				p := h.running()
				h.platform.FailCall(statePath, c.fails, "busy")
				h.say("ann", "一")
				h.platform.Route("ann", withSeat, "zhangsan")
				p.ring(t)
				time.Sleep(moment)
				kinds(t, p, c.want...)
			})
		})
	}
}

func kinds(t testing.TB, p *hall, want ...chat.Kind) {
	t.Helper()
	var got []chat.Kind
	for _, m := range p.heard() {
		got = append(got, m.Kind)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the inbox got %v, want %v", got, want)
	}
}

// What WeCom's seats do comes as the house's own words: a seat takes, passes on and ends the session, what it says is nobody's message, and
// the last word goes out by the code of the end.
func TestSeatEvents(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		h.say("ann", "转人工")
		p.ring(t)
		time.Sleep(moment)
		ann := p.heard()[0].From
		if _, err := p.Send(t.Context(), ann, chat.Reply{Key: "kn", Native: chat.AnySeat}, nil); err != nil {
			t.Fatal(err)
		}
		h.platform.SeatAccepts("ann", "zhangsan")
		h.platform.SeatSays("ann", "zhangsan", "您好")
		h.platform.SeatTransfers("ann", "lisi")
		h.platform.PutItem("ann", "photo", time.Now(), map[string]any{"msgtype": "image", "image": map[string]any{"media_id": "M"}})
		h.platform.SeatCloses("ann")
		p.ring(t)
		time.Sleep(moment)
		kinds(t, p, chat.Said, chat.Native, chat.Native, chat.Said, chat.Native)
		got := p.heard()
		if got[1].Name != "zhangsan" || got[2].Name != "lisi" || got[3].Media[0].Ref != "M" || got[4].Event != chat.NativeEnded || got[4].Right == nil {
			t.Fatalf("the inbox got %+v", got)
		}
		if p.record.Counted("ignored help seat") != 1 {
			t.Error("what the seat said is not counted")
		}
		rate := chat.Reply{Key: "rate", Text: "满意吗？", Choices: []chat.Choice{{ID: "r1", Label: "满意"}}}
		if _, err := p.Send(t.Context(), ann, rate, got[4].Right); err != nil {
			t.Error(err)
		}
		if sent := h.platform.Sent(); len(sent) != 1 || sent[0].Text != "满意吗？" {
			t.Errorf("shown %+v", sent)
		}
	})
}

// A reply that the platform took and did not show comes back as that reply.
func TestUndelivered(t *testing.T) {
	bubble(t, func(t *testing.T, h *house) {
		p := h.running()
		h.say("ann", "在吗")
		p.ring(t)
		time.Sleep(moment)
		id, err := p.Send(t.Context(), p.heard()[0].From, chat.Reply{Key: "tmg3x7abc-12_1-2", Text: "在的"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		h.platform.PutEvent("ann", "failed", "msg_send_fail", map[string]any{"fail_msgid": id, "fail_type": 10})
		p.ring(t)
		time.Sleep(moment)
		if m := p.heard()[1]; m.Kind != chat.Undelivered || m.Of != "tmg3x7abc-12_1-2" || m.Event != string(chat.Blocked) {
			t.Errorf("the inbox got %+v", m)
		}
	})
}
