package kefu

import (
	"testing"

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
	taken(chat.EndSeat)
	refused(native("lisi"), chat.Refused)                  // 95013: the session is over
	refused(chat.Reply{Key: "m", Text: "晚了"}, chat.Window) // until the person writes again
	d.platform.Put(adapterstest.Delivery{Peer: "ann", ID: "2", Text: "又来了"})
	if f := d.send(chat.Reply{Key: "m", Text: "晚了"}, nil); f != nil {
		t.Error(f)
	}
	d.platform.FailCall(transPath, 1, "502")
	refused(native("lisi"), chat.Temporary)
	d.shows(adapterstest.Shown{Peer: "ann", Text: "晚了"})
}
