package dialog

import (
	"encoding/json"
	"time"

	"github.com/xianda-bot/xianda/dialog/script"
)

// scope is what texts and expressions may see now.
func (t *turn) scope() *script.Scope {
	s := &script.Scope{Now: t.now, Zone: t.zone(), Text: t.message.Text, Scene: t.s.Scene, Turn: t.s.Turn, Channel: t.message.From.Channel}
	if p := t.s.Place; p != nil {
		s.Slots = p.Slots
		s.Saved = make(map[string]any, len(p.Saved))
		for k, raw := range p.Saved {
			var v any
			if json.Unmarshal(raw, &v) == nil {
				s.Saved[k] = v
			}
		}
		if d := t.script(); d != nil {
			s.Labels = labels(d, p.Slots)
		}
	}
	if p := t.s.Profile; p != nil {
		s.Profile = map[string]any{}
		tags := make([]any, len(p.Tags))
		for i, tag := range p.Tags {
			tags[i] = tag
		}
		s.Profile["tags"] = tags
		for k, raw := range p.Attributes {
			var v any
			if json.Unmarshal(raw, &v) == nil {
				s.Profile[k] = v
			}
		}
	}
	for _, o := range t.s.Trace {
		s.Trace = append(s.Trace, script.Happened{Kind: o.Kind, At: o.At})
	}
	if t.open == nil { // the same all through a turn
		open := t.rel.Hours.Open(t.now)
		t.open, t.nextOpen = &open, t.rel.Hours.NextOpen(t.now)
	}
	s.Hours.Open, s.Hours.NextOpen = *t.open, t.nextOpen
	return s
}

// labels are the words of the choices that were made, for texts.
func labels(d *script.Dialog, slots map[string]string) map[string]string {
	var all map[string]string
	for name, value := range slots {
		slot := d.Slot(name)
		if slot == nil {
			continue
		}
		for _, c := range slot.Choices {
			if c.Key == value {
				if all == nil {
					all = map[string]string{}
				}
				all[name] = c.Label
			}
		}
	}
	return all
}

// standing adds how a queue stands. The wait is what those ahead take at the recent pace; unknown paces stay unset.
func (t *turn) standing(s *script.Scope, queue string) {
	at := t.standings[queue]
	s.Queue.Ahead = at.Waiting
	if w := t.s.Waiting; w != nil && w.Since.Before(t.now.Add(-2*time.Second)) {
		s.Queue.Ahead = max(0, at.Waiting-1) // not counting their own, which the view has by now
	}
	if s.Queue.Ahead > 0 { // nobody wants to read that 0 wait
		s.Queue.Line = rendered(t.texts().Ahead, s)
	}
	if at.Pace > 0 && at.Seats > 0 {
		s.Queue.ETA = time.Duration(at.Waiting+1) * at.Pace / time.Duration(at.Seats)
	}
}

func (t *turn) zone() *time.Location {
	if z := t.rel.Hours.Zone; z != nil {
		return z
	}
	return time.Local
}
