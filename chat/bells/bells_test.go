package bells_test

import (
	"testing"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/chat/bells"
)

func TestBells(t *testing.T) {
	t.Parallel()
	var b bells.Bells
	ann, bob := chat.Address{Channel: "site", Peer: "ann"}, chat.Address{Channel: "site", Peer: "bob"}
	first, stop := b.Watch(ann)
	second, stopSecond := b.Watch(ann)
	other, stopOther := b.Watch(bob)
	defer stopSecond()
	defer stopOther()
	b.Ring(ann, "typing")
	if got := <-first + <-second; got != "typingtyping" {
		t.Errorf("Ring told %q, want both watchers of ann", got)
	}
	if len(other) != 0 {
		t.Error("Ring(ann) rang the bell of bob")
	}
	for range 100 { // nobody listens: it must not block
		b.RingAll("")
	}
	if len(first) == 0 || len(other) == 0 {
		t.Error("a bell that overflowed is empty, want it to hold what came first")
	}
	stop()
	stop()
	if n := len(b.Watched()); n != 2 {
		t.Errorf("%d conversations are watched, want ann by one and bob", n)
	}
	stopSecond()
	if got := b.Watched(); len(got) != 1 || got[0] != bob {
		t.Errorf("Watched() = %v, want bob alone", got)
	}
}
