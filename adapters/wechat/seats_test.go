package wechat

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// TestNativeSeats is F46 with the platform's own seats: from the handover to the last event.
func TestNativeSeats(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, true, numbered))
	h.answer = func(context.Context, chat.Message) ([]chat.Reply, error) { return nil, nil }
	h.platform.Seat("wang@shop", true)
	h.platform.Seat("li@shop", false)
	h.platform.Befriend("ann")
	if c := h.Caps(ann); c.Native != chat.Full || c.PassiveNative != chat.Full {
		t.Errorf("Caps = %+v, want seats", c)
	}
	seat, err := h.FreeSeat(t.Context(), ann)
	if err != nil || seat != "wang@shop" {
		t.Fatalf("FreeSeat = %q, %v", seat, err)
	}
	if _, err := h.Send(t.Context(), ann, chat.Reply{Key: "k", Native: seat}, nil); err != nil {
		t.Fatal(err)
	}
	if state, with, err := h.NativeState(t.Context(), ann); state != chat.NativeActive || with != seat || err != nil {
		t.Errorf("NativeState = %s %q %v", state, with, err)
	}
	said := adapterstest.Delivery{Kind: chat.Said, Peer: "ann", ID: "1", Text: "还在吗", At: time.Now()}
	if h.platform.Deliver(t, h.door, said); len(h.got) != 0 {
		t.Errorf("the house hears what is said to a seat: %+v", h.got)
	}
	h.platform.Pass("ann", "li@shop")
	if _, err := h.Send(t.Context(), ann, chat.Reply{Key: "e", Native: chat.EndSeat}, nil); err != nil {
		t.Fatal(err)
	}
	if with := h.platform.With("ann"); with != "" {
		t.Errorf("after EndSeat the person is with %q", with)
	}
	h.platform.Events(t, h.door)
	var heard []string
	for _, m := range h.got {
		heard = append(heard, string(m.Kind)+" "+m.Event+" "+m.Name)
	}
	if got := strings.Join(heard, ", "); got != "native began wang@shop, native began li@shop, native ended li@shop" {
		t.Errorf("the house heard %s", got)
	}
	if b := h.platform.Breaches(); len(b) > 0 {
		t.Errorf("breaches: %q", b)
	}
}

// A transfer is the answer to a message alone; in answer to an event the API hands over, and the reply counts as shown because it is.
func TestPassiveNative(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, native string
		kind         chat.Kind
		online       bool
		with         string // afterwards
		shown        bool
		transferred  bool
	}{
		{"a message", "wang@shop", chat.Said, true, "wang@shop", true, true},
		{"a message, any seat", chat.AnySeat, chat.Said, true, "wang@shop", true, true},
		{"a message, the seat left", "wang@shop", chat.Said, false, "*", true, true},
		{"an event", "wang@shop", chat.Arrived, true, "wang@shop", true, false},
		{"an event, nobody there: owed", "wang@shop", chat.Arrived, false, "", false, false},
		{"taken back", chat.EndSeat, chat.Said, true, "", true, false},
	} {
		h := newHall(t, section(true, true, numbered))
		h.platform.Seat("wang@shop", c.online)
		h.answer = func(context.Context, chat.Message) ([]chat.Reply, error) {
			return []chat.Reply{{Key: "k", Native: c.native}}, nil
		}
		a := h.platform.Deliver(t, h.door, adapterstest.Delivery{Kind: c.kind, Peer: "ann", ID: "1", Text: "人工", Scene: map[string]string{"menu": "HUMAN"}, At: time.Now()})
		if a.Status != 200 || len(a.Shown) > 0 || (a.Body == "success") == c.transferred {
			t.Errorf("%s: answered with %d %q", c.name, a.Status, a.Body)
		}
		if with := h.platform.With("ann"); with != c.with {
			t.Errorf("%s: the person is with %q, want %q", c.name, with, c.with)
		}
		if shown := len(h.record.Shown()) == 1; shown != c.shown {
			t.Errorf("%s: Shown called = %t, want %t", c.name, shown, c.shown)
		}
		if b := h.platform.Breaches(); len(b) > 0 {
			t.Errorf("%s: breaches: %q", c.name, b)
		}
	}
}

// An account that is not verified has no seats, no unionid and no codes, and does not ask for them.
func TestUnverifiedAsksForNothing(t *testing.T) {
	t.Parallel()
	h := newHall(t, section(true, false, numbered))
	seat, err := h.FreeSeat(t.Context(), ann)
	state, _, err2 := h.NativeState(t.Context(), ann)
	union, err3 := h.Union(t.Context(), ann)
	if seat != "" || state != chat.NativeNone || union != "" || err != nil || err2 != nil || err3 != nil {
		t.Errorf("FreeSeat %q %v, NativeState %s %v, Union %q %v", seat, err, state, err2, union, err3)
	}
	if _, err := h.Link(t.Context(), "x", time.Now().Add(time.Hour)); err == nil || !strings.Contains(err.Error(), "verified") {
		t.Errorf("Link = %v, want it refused with the remedy", err)
	}
	if c := h.Caps(ann); c.Native != chat.None || c.PassiveNative != chat.None {
		t.Errorf("Caps = %+v, want no seats", c)
	}
	if n := h.platform.Called("/cgi-bin/stable_token"); n != 0 {
		t.Errorf("%d calls", n)
	}
}
