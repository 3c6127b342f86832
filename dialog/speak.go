package dialog

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/kb"
)

// said is one text with where it came from.
type said struct{ text, source string }

// say adds words of the bot.
func (t *turn) say(text, source string) {
	if strings.TrimSpace(text) != "" {
		t.says = append(t.says, said{text, source})
	}
}

// source adds where the reply comes from, without words.
func (t *turn) source(source string) { t.says = append(t.says, said{"", source}) }

// sayHouse says one of the house's texts, which may hold placeholders about a queue.
func (t *turn) sayHouse(text, queue string) {
	scope := t.scope()
	t.standing(scope, queue)
	t.say(rendered(text, scope), "text")
}

// filled is one of the house's texts with values of its own.
func (t *turn) filled(text string, values map[string]any) string {
	scope := t.scope()
	scope.Saved = values
	return rendered(text, scope)
}

// rendered is one of the house's texts with its placeholders filled; as it is written when it cannot be filled.
func rendered(text string, s *script.Scope) string {
	p, err := script.ParseTemplate(text, script.Pos{})
	if err != nil {
		return text
	}
	filled, err := p.Render(s)
	if err != nil {
		return text
	}
	return filled
}

// sayTemplate says an operator's text; nil says nothing. A text that cannot be filled is counted, and the fallback is said.
func (t *turn) sayTemplate(p *script.Template, source string) {
	if p == nil {
		return
	}
	s, err := p.Render(t.scope())
	if err != nil {
		t.out.counts["unfilled:"+source]++
		s = t.texts().Fallback
	}
	t.say(s, source)
}

// showing adds pictures and a page that go with what is said. The same one is shown once.
func (t *turn) showing(images []string, link string) {
	for _, i := range images {
		if !slices.Contains(t.images, i) {
			t.images = append(t.images, i)
		}
	}
	if link != "" && !slices.Contains(t.links, link) {
		t.links = append(t.links, link)
	}
}

// pictured are the pictures of the reply: no more than one answer may have, because each may cost the person a message.
func (t *turn) pictured() []chat.Media {
	var all []chat.Media
	for _, address := range t.images[:min(len(t.images), kb.MaxImages)] {
		all = append(all, chat.Media{Kind: "image", URL: address})
	}
	return all
}

// sayPattern says a pattern's words.
func (t *turn) sayPattern(p *script.Pattern, source string) {
	if p != nil {
		t.sayTemplate(p.Say, source)
	}
}

// show replaces the choices under what is said; none takes the earlier offer away. A guide ends with it.
func (t *turn) show(kind session.OfferKind, items []session.Item) {
	t.choices, t.kindShown, t.shown = items, kind, true
	t.s.Guide = nil
}

// staleAfter is how late a greeting or a farewell may be shown; behind the person's next question it would only confuse.
const staleAfter = 2 * time.Minute

// finish joins what the bot said into one reply, because a reply of several messages costs the person's quota and a passive reply is
// exactly one.
func (t *turn) finish() {
	t.mind()
	if t.shown {
		t.s.Offer = nil
		if len(t.choices) > 0 {
			items := make([]session.Item, len(t.choices))
			for i, c := range t.choices {
				c.ID = itemID(t.s.Turn, i)
				items[i] = c
			}
			t.s.Offer = &session.Offer{Items: items, At: t.now, Kind: t.kindShown}
			if t.kindShown == session.Likely || t.kindShown == session.Clarify {
				t.s.Offer.Factors = written(t.factors(), session.MaxFactors)
				t.out.offered = items
			}
		}
	}
	var texts, sources []string
	for _, s := range t.says {
		if text := strings.TrimSpace(s.text); text != "" {
			texts = append(texts, text)
		}
		if !slices.Contains(sources, s.source) {
			sources = append(sources, s.source)
		}
	}
	defer func() { t.out.replies = slices.Concat(t.ahead, t.out.replies, t.after) }()
	if len(texts) == 0 {
		return
	}
	r := chat.Reply{Text: strings.Join(texts, "\n\n"), Source: strings.Join(sources, " "), Media: t.pictured()}
	if t.message.Kind == chat.Arrived || t.message.Kind == chat.Native {
		r.Until = t.now.Add(staleAfter)
	}
	if t.shown && t.s.Offer != nil {
		for _, i := range t.s.Offer.Items {
			r.Choices = append(r.Choices, chat.Choice{ID: i.ID, Label: i.Label})
		}
	}
	for _, link := range t.links { // behind what can be picked by its number
		r.Choices = append(r.Choices, chat.Choice{Label: t.texts().Details, URL: link})
	}
	t.out.replies = append(t.out.replies, r)
}

// itemID is the payload of the nth choice shown in a turn: numeric and short, because that is what every platform brings back unharmed,
// and of that turn alone, so that a tap on an old menu does not pick from a new one.
func itemID(turn, n int) string { return fmt.Sprintf("%d%02d", turn%100000, n+1) }
