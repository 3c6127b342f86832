package dialog

import (
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// editedWithin is how old what the person said last may be for a change of it to be answered.
const editedWithin = 5 * time.Minute

// edited takes a changed message for a new one when it is what the person said last and nothing came between; a change of something older
// is no question. Whoever waits for a seat, or talks to one, has it passed on.
func (t *turn) edited() {
	last := t.s.Said
	if t.hold == nil && t.s.Waiting == nil && (t.message.Of == "" || t.message.Of != last || t.now.Sub(t.s.Heard) > editedWithin) {
		t.out.reason = "edited_ignored"
		return
	}
	t.message.Kind = chat.Said
	t.person()
	t.s.Said = last // which may be changed once more
}

// tookBack is a message that the person recalled. It was answered in its turn; what it said is not kept for a seat's eyes, nor asked again.
func (t *turn) tookBack() {
	t.out.reason = "recalled_message"
	t.out.heard = "[撤回了一条消息]"
	if t.message.Of == t.s.Said {
		t.s.Asked, t.s.Said = "", ""
	}
	switch {
	case t.hold != nil:
		t.overhear(t.hold.Case, t.out.reason)
	case t.s.Waiting != nil:
		t.overhear(t.s.Waiting.Case, t.out.reason)
	}
}
