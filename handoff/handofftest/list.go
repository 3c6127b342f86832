package handofftest

import (
	"fmt"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/handoff"
)

func lists() []check {
	return []check{
		{"list: urgent first, then oldest first", listOrder},
		{"list: by state, queue and limit", listFilter},
		{"list: nothing twice while cases are claimed and closed", listAfter},
		{"standing: cases that wait and are held", standingCases},
		{"standing: seats that are present", standingSeats},
		{"standing: the pace of a queue", standingPace},
	}
}

func (d *desk) cases(f handoff.Filter) []string {
	d.Helper()
	all, err := d.Queue.Cases(d.ctx, f)
	if err != nil {
		d.Fatalf("Cases(%+v) = %v, want nil", f, err)
	}
	var ids []string
	for _, k := range all {
		if len(k.Transcript) > 0 {
			d.Fatalf("Cases(%+v) holds a transcript, want none: %s", f, show(k))
		}
		ids = append(ids, k.ID)
	}
	return ids
}

// line raises n cases of different people, one after the other, every third of them urgent.
func (d *desk) line(n int, queue string) (urgent, normal []string) {
	d.Helper()
	for i := range n {
		priority, to := "normal", &normal
		if i%3 == 2 {
			priority, to = "urgent", &urgent
		}
		*to = append(*to, d.raise(chat.Address{Channel: "shop", Peer: fmt.Sprint(queue, i)}, queue, priority))
		d.wait(0)
	}
	return urgent, normal
}

func listOrder(d *desk) {
	urgent, normal := d.line(9, "default")
	d.equal("Cases", d.cases(handoff.Filter{}), append(urgent, normal...))
}

func listFilter(d *desk) {
	urgent, normal := d.line(6, "default")
	vipUrgent, vip := d.line(3, "vip")
	d.claim(normal[0], "alice")
	d.claim(vip[0], "alice")
	d.close(normal[1])
	for _, tt := range []struct {
		f    handoff.Filter
		want []string
	}{
		{handoff.Filter{Queue: "vip"}, []string{vipUrgent[0], vip[0], vip[1]}},
		{handoff.Filter{State: chat.Held}, []string{normal[0], vip[0]}},
		{handoff.Filter{State: chat.Over}, []string{normal[1]}},
		{handoff.Filter{State: chat.Waiting, Queue: "default"}, []string{urgent[0], urgent[1], normal[2], normal[3]}},
		{handoff.Filter{State: chat.Waiting, Limit: 3}, []string{urgent[0], urgent[1], vipUrgent[0]}},
		{handoff.Filter{State: chat.Held, Queue: "vip", Limit: 5}, []string{vip[0]}},
		{handoff.Filter{Queue: "nobody"}, nil},
	} {
		d.equal(fmt.Sprintf("Cases(%+v)", tt.f), d.cases(tt.f), tt.want)
	}
}

func listAfter(d *desk) {
	urgent, normal := d.line(6, "default")
	want := append(urgent, normal...)
	for i, id := range want {
		seat := fmt.Sprint("seat", i%2)
		d.claim(id, seat)
		d.equal("Cases that wait", d.cases(handoff.Filter{State: chat.Waiting}), want[i+1:])
		d.equal("Cases that are held", d.cases(handoff.Filter{State: chat.Held}), []string{id})
		d.close(id)
		d.equal("all cases", d.cases(handoff.Filter{}), want)
	}
}

// eventually looks at the queues until ok, for a few seconds: a look may lag.
func (d *desk) eventually(what string, ok func(map[string]handoff.Standing) bool) {
	d.Helper()
	for began := time.Now(); ; {
		got, err := d.Queue.Standing(d.ctx)
		if err != nil {
			d.Fatalf("Standing = %v, want nil", err)
		}
		if ok(got) {
			return
		}
		if time.Since(began) > 4*time.Second {
			d.Fatalf("Standing = %s, want %s", show(got), what)
		}
		if d.Advance != nil {
			d.Advance(time.Second)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func standingCases(d *desk) {
	urgent, normal := d.line(6, "default")
	d.line(2, "vip")
	d.claim(urgent[0], "alice")
	d.claim(normal[0], "alice")
	d.close(normal[1])
	d.eventually("default: 3 wait, 2 are held; vip: 2 wait", func(s map[string]handoff.Standing) bool {
		return s["default"].Waiting == 3 && s["default"].Held == 2 && s["vip"].Waiting == 2 && s["vip"].Held == 0
	})
	if _, err := d.Queue.Transfer(d.ctx, urgent[0], "vip", ""); err != nil {
		d.Fatalf("Transfer = %v, want nil", err)
	}
	d.eventually("default: 3 wait, 1 is held; vip: 3 wait", func(s map[string]handoff.Standing) bool {
		return s["default"].Waiting == 3 && s["default"].Held == 1 && s["vip"].Waiting == 3
	})
}

func standingSeats(d *desk) {
	seen := func(seat string, queues ...string) {
		if err := d.Queue.Seen(d.ctx, seat, queues...); err != nil {
			d.Fatalf("Seen(%q) = %v, want nil", seat, err)
		}
	}
	seen("alice")
	seen("alice")
	seen("bob", "default", "vip")
	d.eventually("default: 2 seats; vip: 1", func(s map[string]handoff.Standing) bool {
		return s["default"].Seats == 2 && s["vip"].Seats == 1
	})
	if d.Advance == nil {
		return // half an hour is too long to wait for
	}
	d.wait(handoff.SeatSeen / 2)
	seen("alice")
	d.wait(handoff.SeatSeen/2 + time.Minute)
	d.eventually("default: 1 seat; vip: none", func(s map[string]handoff.Standing) bool {
		return s["default"].Seats == 1 && s["vip"].Seats == 0
	})
}

func standingPace(d *desk) {
	id := d.held("alice")
	d.wait(d.Lease)
	d.close(id)
	d.eventually("a pace of about a lease", func(s map[string]handoff.Standing) bool {
		return s["default"].Pace >= d.Lease*9/10 && s["default"].Pace < d.Lease+10*time.Second
	})
}
