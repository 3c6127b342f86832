package dialog

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// outcome fits a judgement to its messenger, so that what is committed is what will be shown, and lists everything that it leaves.
func (h *Host) outcome(c *session.Claim, j judgement) session.Outcome {
	m, caps := c.Message, h.channels.Caps(c.Message.From)
	o := session.Outcome{
		Session: j.session, Cases: j.cases, Recall: j.recall, Timers: j.timers, Unset: j.unset, Drop: j.drop, Dead: j.dead,
		Counts: j.counts, Park: !answerable(c, caps),
	}
	for i := range j.replies {
		if j.replies[i].Key == "" {
			j.replies[i].Key = replyKey(c.Turn, i)
		}
	}
	h.deliver(c, caps, j.replies, &o)
	for n, s := range j.signals {
		body, err := json.Marshal(s)
		if err != nil {
			continue // plain data of our own: cannot be
		}
		o.Always = append(o.Always, chat.Debt{
			ID: fmt.Sprintf("%s-%s-%d", s.Event, c.Turn, n), Kind: chat.CaseDebt, To: m.From, Body: body, Due: c.Now, Turn: c.Turn,
		})
	}
	if d, ok := keeping(c, j.media); ok {
		o.Always = append(o.Always, d)
	}
	o.Always = append(o.Always, shareDebts(c, j)...)
	o.Lines = lines(c, j)
	o.Ledger = [][]byte{event(c, j)}
	return o
}

// replyKey is the idempotency key of the nth reply of a turn.
func replyKey(turn string, n int) string {
	if n == 0 {
		return "t" + turn
	}
	return fmt.Sprintf("t%s_%d", turn, n)
}

// deliver decides what is shown in the platform's own response and what is owed. What was owed before comes first, in order: it rides
// on the response if the postman does not have it.
func (h *Host) deliver(c *session.Claim, caps chat.Caps, replies []chat.Reply, o *session.Outcome) {
	if j := o.Session; j.Gone {
		return
	}
	earlier, free := owed(c)
	for _, r := range replies {
		for _, piece := range h.channels.Fit(r, caps) {
			d := replyDebt(c, piece, o.Park)
			if own := c.Message.Right; own != nil && own.Own && (own.Left < 0 || len(o.Instead) < own.Left) {
				d.Right = own
			}
			o.Instead = append(o.Instead, d)
		}
	}
	if answerable(c, caps) {
		for _, u := range earlier {
			o.Revive = o.Revive || u.debt.Park
		}
	}
	if !free || c.State != session.Open || caps.Passive == 0 || c.Message.ReplyBy.IsZero() {
		return
	}
	caps.PreferPush = caps.PreferPush && mayPush(c)
	pieces := make([]chat.Reply, 0, len(earlier)+len(replies))
	for _, u := range earlier {
		pieces = append(pieces, u.reply)
	}
	pieces = append(pieces, replies...)
	if len(pieces) == 0 {
		return
	}
	passive, rest := h.channels.FitPassive(pieces, caps)
	o.Passive = passive
	shown := len(pieces) - len(rest)
	for i := range pieces {
		begun := i == shown && len(passive) > 0 && rest[0].Key != pieces[i].Key // its beginning is passive, rest[0] is the remainder
		if i < len(earlier) && (i < shown || begun) {
			o.Carried = append(o.Carried, earlier[i].debt.ID)
		}
		if i < shown || i < len(earlier) && !begun {
			continue // shown whole, or owed as before
		}
		for _, piece := range h.channels.Fit(rest[i-shown], caps) {
			o.Behind = append(o.Behind, replyDebt(c, piece, o.Park))
		}
	}
}

// unpaid is a reply that is owed from earlier turns.
type unpaid struct {
	debt  chat.Debt
	reply chat.Reply
}

// owed are the replies of earlier turns that this turn's response may carry; free is false when the postman has one of them, or waits
// to try it again: then nothing may overtake it.
func owed(c *session.Claim) (all []unpaid, free bool) {
	for _, u := range c.Unpaid {
		if u.Kind != chat.ReplyDebt || u.Bot && u.Epoch != c.Epoch {
			continue // the latter is withheld when it is lent
		}
		if u.Lent {
			return nil, false
		}
		var r chat.Reply
		if json.Unmarshal(u.Body, &r) != nil {
			return nil, false
		}
		if !r.Until.IsZero() && !c.Now.Before(r.Until) {
			continue // too late to be shown: the postman drops it
		}
		all = append(all, unpaid{u.Debt, r})
	}
	return all, true
}

// answerable tells whether something can be shown beside the platform's own response: because the channel may push, or because a right to
// reply lives that a message brought (QQ).
func answerable(c *session.Claim, caps chat.Caps) bool {
	if caps.Push >= chat.Part {
		return true
	}
	return len(c.Rights) > 0 && mayPush(c)
}

// mayPush tells whether a right to reply is left.
func mayPush(c *session.Claim) bool {
	for _, r := range c.Rights {
		if r.Left != 0 && (r.Expires.IsZero() || r.Expires.After(c.Now)) {
			return true
		}
	}
	return len(c.Rights) == 0
}

func replyDebt(c *session.Claim, r chat.Reply, park bool) chat.Debt {
	body, err := json.Marshal(r)
	if err != nil {
		panic("a reply cannot be written: " + err.Error()) // plain data of our own
	}
	d := chat.Debt{ID: r.Key, Kind: chat.ReplyDebt, To: c.Message.From, Body: body, Park: park, Turn: c.Turn, Epoch: c.Epoch, Bot: r.From == ""}
	if !park {
		d.Due = c.Now
	}
	return d
}

// lines are what was said in this turn.
func lines(c *session.Claim, j judgement) []chat.Line {
	var all []chat.Line
	at := c.Message.At
	if at.IsZero() {
		at = c.Now
	}
	if j.heard != "" {
		all = append(all, chat.Line{At: at, From: "person", Text: chat.Cut(j.heard, 2000), Media: j.media, Source: j.reason, Turn: c.Turn})
	}
	all = append(all, j.notes...)
	for _, r := range j.replies {
		from, text := "bot", r.Text
		if r.From != "" {
			from = r.From
		}
		if j.unkept != "" {
			text = strings.ReplaceAll(text, j.unkept, "***-***-***")
		}
		for i, choice := range r.Choices {
			if choice.URL != "" {
				text += "\n" + choice.Label + " " + choice.URL
				continue
			}
			text += fmt.Sprintf("\n%d. %s", i+1, choice.Label)
		}
		text = chat.Cut(strings.TrimSpace(text), 2000)
		all = append(all, chat.Line{At: c.Now, From: from, Text: text, Media: r.Media, Source: r.Source, Turn: c.Turn})
	}
	for _, l := range j.aside {
		l.Turn = c.Turn
		all = append(all, l)
	}
	return all
}

// event is the turn as reports count it: no words of people.
func event(c *session.Claim, j judgement) []byte {
	var sources []string
	for _, r := range j.replies {
		sources = append(sources, r.Source)
	}
	var offers []offeredItem
	var factors []string
	for _, i := range j.offered {
		if i.Target != toNone && i.Target != toHuman {
			offers = append(offers, offeredItem{i.Target, i.P, i.Why})
		}
	}
	if o := j.session.Offer; o != nil && len(offers) > 0 {
		factors = o.Factors
	}
	b, err := json.Marshal(struct {
		At      int64             `json:"at"` // ms
		Channel string            `json:"channel"`
		Turn    string            `json:"turn"`
		Kind    chat.Kind         `json:"kind"`
		Reason  string            `json:"reason"`
		Sources []string          `json:"sources,omitempty"`
		Path    []string          `json:"path,omitempty"`
		Scene   map[string]string `json:"scene,omitempty"`
		Entered *entrance         `json:"entrance,omitempty"` // of the turn that begins a visit
		Offered []offeredItem     `json:"offered,omitempty"`  // likely questions shown
		Factors []string          `json:"factors,omitempty"`  // what was known when they were
		Taken   string            `json:"taken,omitempty"`    // what the person turned out to want
	}{
		c.Now.UnixMilli(), c.Message.From.Channel, c.Turn, c.Message.Kind, j.reason, sources, j.path, c.Message.Scene, entered(c),
		offers, factors, j.taken,
	})
	if err != nil {
		return nil
	}
	return b
}

// offeredItem is a likely question as reports count it.
type offeredItem struct {
	ID  string  `json:"id"`
	P   float64 `json:"p"`
	Why string  `json:"why,omitempty"`
}
