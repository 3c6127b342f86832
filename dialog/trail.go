package dialog

import (
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/script"
)

// Way is one thing that a turn went through: a step of a dialog, or a pattern that fired.
type Way struct {
	Dialog, Step string // "redpacket", "route"; of a pattern's override: its dialog
	Value        string // of a switch: what it compared; of a collect: Filled, when it has its answer
	Pattern      string // "人工"
}

// Filled is the Value of a collect that passes on.
const Filled = "filled"

// walk notes a step that is being performed, if anybody wants to know (Options.Trail).
func (t *turn) walk(d *script.Dialog, s *script.Step) {
	if !t.trail {
		return
	}
	w := Way{Dialog: d.ID, Step: s.ID}
	switch s.Verb {
	case script.Switch:
		w.Value = s.Switch.Value(t.scope())
	case script.Collect:
		if _, filled := t.s.Place.Slots[s.Collect]; filled {
			w.Value = Filled
		}
	}
	t.out.trail = append(t.out.trail, w)
}

// fired notes a pattern.
func (t *turn) fired(p *script.Pattern) {
	if !t.trail {
		return
	}
	w := Way{Pattern: p.Name}
	if t.s.Place != nil && t.rel.Pattern(p.Name) != p {
		w.Dialog = t.s.Place.Dialog
	}
	t.out.trail = append(t.out.trail, w)
}

// trace tells the way of a turn that was judged.
func (h *Host) trace(a chat.Address, ways []Way) {
	if h.o.Trail != nil && len(ways) > 0 {
		h.o.Trail(a, ways)
	}
}
