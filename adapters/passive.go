package adapters

import (
	"slices"
	"strconv"
	"strings"

	"github.com/xianda-bot/xianda/chat"
)

// FitPassive joins the texts of several replies, in order, into at most c.Passive messages for the platform's own response. What does
// not fit is rest: the original replies, in order and unchanged, to be given to Fit or to a later FitPassive.
//
//   - A reply goes in whole or not at all, but for the first one: when it alone is too much, its beginning is passive and the first
//     of rest is its remainder (key-r), so that a channel that cannot push still gets on with every message of the person.
//   - The choices of the last reply that has any ride natively on its message if c.PassiveChoices allows, else they are numbered;
//     choices of earlier replies become lines without numbers, for "1" can mean one thing only.
//   - A reply with Native holds nothing else. It is passive when c.PassiveNative allows and nothing stands before it.
//   - With an image that can be pushed and not be passive, a reply is left in rest.
//   - With c.PreferPush, replies whose choices can be buttons when pushed are left in rest.
func FitPassive(rs []chat.Reply, c chat.Caps) (passive, rest []chat.Reply) {
	offer := lastOffer(rs)
	p := response{caps: c, mixed: mixed(rs), pushImages: c.Image > chat.None && c.PassiveImage <= chat.None && c.Push > chat.None}
	p.caps.Image = c.PassiveImage
	for i, r := range rs {
		if c.PreferPush && c.Push > chat.None && asButtons(r.Choices, c, c.Choices) {
			return p.out, rs[i:]
		}
		if p.add(r, i == offer) {
			continue
		}
		rest = slices.Clone(rs[i:])
		if len(p.out) == 0 && !p.pushes(r) {
			if left, ok := p.begin(r); ok {
				rest[0] = left
			}
		}
		return p.out, rest
	}
	return p.out, nil
}

// remainder ends the key of what is left of a reply. Neither it nor the "-p1" of a second passive message is ever made by Fit: what is
// joined here may be Fit's own pieces, of which key-1 is owed already.
const remainder = "-r"

// lastOffer is the index of the last reply with choices that a person can pick, or -1.
func lastOffer(rs []chat.Reply) int {
	for i, r := range slices.Backward(rs) {
		if slices.ContainsFunc(r.Choices, func(x chat.Choice) bool { return x.URL == "" }) {
			return i
		}
	}
	return -1
}

// mixed tells whether several speak: then a message can not name one speaker, and each text names its own.
func mixed(rs []chat.Reply) bool {
	return slices.ContainsFunc(rs, func(r chat.Reply) bool { return r.From != rs[0].From })
}

// response is the platform's own response as it fills.
type response struct {
	caps   chat.Caps
	mixed  bool
	out    []chat.Reply
	closed bool // nothing may be joined to the last message

	pushImages bool
}

// pushes tells whether r must be pushed whole.
func (p *response) pushes(r chat.Reply) bool {
	if r.Native != "" {
		return true
	}
	return p.pushImages && slices.ContainsFunc(r.Media, func(m chat.Media) bool { return m.Kind == "image" })
}

// add puts all of r in and tells whether it fitted; if not, nothing has changed.
func (p *response) add(r chat.Reply, numbers bool) bool {
	if r.Native != "" && p.caps.PassiveNative >= chat.Full && len(p.out) == 0 && p.caps.Passive > 0 {
		p.out, p.closed = []chat.Reply{{Key: r.Key, Source: r.Source, Native: r.Native}}, true
		return true
	}
	if p.pushes(r) || p.closed && len(p.out) > 0 && p.out[len(p.out)-1].Native != "" {
		return false
	}
	shown, text := media(r, p.caps)
	if p.names() {
		text = spoken(r, text)
	}
	native := numbers || !slices.ContainsFunc(r.Choices, func(x chat.Choice) bool { return x.URL == "" })
	native = native && strings.TrimSpace(text) != "" && asButtons(r.Choices, p.caps, p.caps.PassiveChoices)
	if native && len(shown) == 0 && len(p.out) > 0 && len(p.out[len(p.out)-1].Choices) > 0 {
		native = false // the message that r joins has a link list already
	}
	if !native {
		text = joined(text, listed(r.Choices, numbers))
	}
	if n := len(p.out); n > 0 && !p.closed && len(shown) == 0 && strings.TrimSpace(text) != "" {
		both := strings.TrimRight(p.out[n-1].Text, " \t\r\n") + "\n\n" + text
		if fits(both, p.caps.MaxText, p.caps.TextUnit) {
			last := &p.out[n-1]
			last.Text = both
			last.Source = sources(last.Source, r.Source)
			if native {
				last.Choices = r.Choices
			}
			return true
		}
	}
	parts := p.parts(r, shown, split(text, p.caps.MaxText, p.caps.TextUnit))
	if len(p.out)+len(parts) > p.caps.Passive {
		return false
	}
	if n := len(parts); n > 0 {
		if native {
			parts[n-1].Choices = r.Choices
		}
		p.closed = parts[n-1].Text == ""
	}
	p.out = append(p.out, parts...)
	return true
}

// begin puts the beginning of r in and returns its remainder. The choices stay with the remainder; if there is no text left to carry
// them, nothing is begun where r can be pushed whole, and the list is cut as text where it can not.
func (p *response) begin(r chat.Reply) (left chat.Reply, ok bool) {
	room := p.caps.Passive
	shown, text := media(r, p.caps)
	left = r
	if p.names() {
		text, left.Speaker = spoken(r, text), ""
	}
	if len(shown) >= room {
		if room <= 0 {
			return r, false
		}
		p.out = p.parts(r, shown[:room], nil)
		left.Key, left.Text, left.Media = withSuffix(r.Key, remainder), text, shown[room:]
		return left, true
	}
	heads, tail := cutTimes(text, room-len(shown), p.caps)
	if strings.TrimSpace(tail) == "" && len(r.Choices) > 0 {
		if p.caps.Push > chat.None {
			return r, false
		}
		heads, tail = cutTimes(joined(text, listed(r.Choices, true)), room-len(shown), p.caps)
		left.Choices = nil
	}
	p.out = p.parts(r, shown, heads)
	left.Key, left.Text, left.Media = withSuffix(r.Key, remainder), tail, nil
	return left, true
}

// cutTimes cuts at most n messages from text.
func cutTimes(text string, n int, c chat.Caps) (heads []string, tail string) {
	for tail = text; n > 0 && strings.TrimSpace(tail) != ""; n-- {
		var head string
		head, tail = cut(tail, c.MaxText, c.TextUnit)
		heads = append(heads, head)
	}
	return heads, tail
}

func (p *response) parts(r chat.Reply, shown []chat.Media, texts []string) []chat.Reply {
	var out []chat.Reply
	for _, m := range shown {
		out = append(out, chat.Reply{Media: []chat.Media{m}})
	}
	for _, t := range texts {
		out = append(out, chat.Reply{Text: t})
	}
	for i := range out {
		out[i].Key, out[i].Source, out[i].Until = r.Key, r.Source, r.Until
		if i > 0 {
			out[i].Key = withSuffix(r.Key, "-p"+strconv.Itoa(i))
		}
		if !p.mixed {
			out[i].From = r.From
		}
	}
	return out
}

// names tells whether a text must say who speaks.
func (p *response) names() bool { return p.mixed || p.caps.Speaker < chat.Full }

func sources(a, b string) string {
	if a == "" || b == "" || a == b {
		return a + strings.TrimPrefix(b, a)
	}
	return a + "," + b
}
