package dialog

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

const (
	gatherRunes = 30 // a longer message is a question by itself
	gatherMost  = 8  // messages that become one question
	gatherPoll  = 150 * time.Millisecond
	gatherSpare = 1500 * time.Millisecond // what is left until ReplyBy for the answer
)

// gather waits a moment for another message of the person: people type 发不了, then 红包. It tells whether one came, which is then judged
// together with this one. Nothing is lost meanwhile: both are in the mailbox.
func (h *Host) gather(ctx context.Context, c *session.Claim, in input) bool {
	if h.o.Gather == nil {
		return false
	}
	d := h.o.Gather(c.Message.From.Channel)
	if by := c.Message.ReplyBy; !by.IsZero() {
		d = min(d, by.Sub(c.Now)-gatherSpare)
	}
	if d <= 0 || !gathers(in) {
		return false
	}
	end := time.NewTimer(d)
	defer end.Stop()
	for {
		mail, err := h.store.Renew(ctx, c)
		if err != nil {
			return false // the commit tells
		}
		for _, m := range mail {
			if m.Kind == chat.Said {
				return len(m.Media) == 0
			}
			if m.Kind == chat.Chose || m.Kind == chat.Arrived || m.Kind == chat.Left {
				return false
			}
		}
		select {
		case <-time.After(gatherPoll):
		case <-end.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// gathers tells whether a message may be the beginning of a question: short, and nothing that is understood for certain as it stands.
func gathers(in input) bool {
	m := in.message
	if m.Kind != chat.Said || len(m.Media) > 0 || strings.TrimSpace(m.Text) == "" || utf8.RuneCountInString(m.Text) > gatherRunes {
		return false
	}
	s := in.session
	if in.hold != nil || s.Waiting != nil || s.Guide != nil || s.Place != nil && s.Place.Asking != "" || len(s.Gathered) >= gatherMost-1 {
		return false
	}
	t := &turn{input: in}
	own := clone(s)
	t.s = &own
	if _, code := readCode(m.Text); code || t.pattern() != nil || t.keyword() != nil {
		return false
	}
	if _, picked := t.picked(); picked {
		return false
	}
	_, exact := t.rel.Index.Exact(m.Text, t.servable)
	return !exact
}

// setAside keeps the message for the one that follows it.
func (t *turn) setAside() {
	t.s.Gathered = append(t.s.Gathered, chat.Cut(t.message.Text, 600))
	t.out.reason = "gathered"
}

// together puts what was set aside in front of the message. What is understood by itself, 人工 above all, stays as it is; the seat sees the
// rest as what was asked.
func (t *turn) together() {
	if len(t.s.Gathered) == 0 {
		return
	}
	before := strings.Join(t.s.Gathered, "\n")
	t.s.Gathered = nil
	if t.message.Text == "" || t.pattern() != nil {
		t.s.Asked = chat.Cut(before, 600)
		return
	}
	t.message.Text = chat.Cut(before+"\n"+t.message.Text, chat.MaxText)
}
