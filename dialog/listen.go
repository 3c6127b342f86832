package dialog

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/kb"
)

// listen understands what the person typed or tapped, in this order: asks for a person · picks an offered choice · another pattern ·
// an operator's keyword rule · goes on in a guide · corrects an earlier answer · answers what a dialog asked · asks a question.
func (t *turn) listen() {
	if t.more {
		t.setAside()
		return
	}
	t.together()
	t.notice()
	if t.triesCode() {
		return
	}
	p := t.pattern()
	if p != nil && p.Do == script.DoHandoff && !t.answers(p) {
		t.fire(p)
		return
	}
	if p != nil && p.Do == script.DoHandoff {
		p = nil // 人工客服电话多少 asks for a number that the knowledge base has
	}
	if item, ok := t.picked(); ok {
		t.pick(item)
		return
	}
	if p != nil {
		t.fire(p)
		return
	}
	if k := t.keyword(); k != nil {
		t.understood(t.message.Text, k.Target, "keyword")
		return
	}
	if t.s.Guide != nil && t.guided() {
		return
	}
	if t.s.Place != nil && (t.replacement() || t.namedCorrection()) {
		return
	}
	if t.s.Place != nil && t.s.Place.Asking != "" && t.fill() {
		return
	}
	if t.s.Place != nil && t.correction() {
		return
	}
	if t.thanked() || t.goesOnHere() || t.beyond() {
		return
	}
	if t.onlyMedia() {
		t.notText()
		return
	}
	t.ask(t.message.Text)
}

// pattern is the one that the message fires, those of the dialog under way first; nil: none. The asking for a person is looked for in
// the release's own words too, so that no dialog can take it away.
func (t *turn) pattern() *script.Pattern { return matchPattern(t.shelf, t.rel, t.s.Place, t.message) }

// foldText is a message as it is compared.
func foldText(text string) string { return kb.Fold(text) }

func matchPattern(shelf *Shelf, rel *release.Release, at *session.Place, m chat.Message) *script.Pattern {
	if m.Text == "" {
		return nil
	}
	folded := kb.Fold(m.Text)
	if at != nil {
		if p := shelf.overrides(at.Dialog, at.Version).match(folded); p != nil {
			return p
		}
	}
	return shelf.patterns(rel).match(folded)
}

// interrupts tells whether a message that waits should cut short the call that the turn before it makes.
func interrupts(shelf *Shelf, s session.Session, m chat.Message) bool {
	if m.Kind != chat.Said && m.Kind != chat.Chose {
		return false
	}
	p := matchPattern(shelf, shelf.Current(), s.Place, m)
	return p != nil && (p.Do == script.DoHandoff || p.Do == script.DoCancel || p.Do == script.DoRestart)
}

// answers tells whether the message only contains a phrase of p but is, as a whole, a question that an entry answers.
func (t *turn) answers(p *script.Pattern) bool {
	folded := kb.Fold(t.message.Text)
	for _, w := range p.Words {
		if kb.Fold(w) == folded {
			return false
		}
	}
	h, ok := t.rel.Index.Exact(t.message.Text, t.servable)
	return ok && strings.HasPrefix(h.ID, toEntry)
}

// fire does what a pattern says.
func (t *turn) fire(p *script.Pattern) {
	t.out.reason = "pattern_" + string(p.Do)
	t.fired(p)
	source := "pattern:" + p.Name
	switch p.Do {
	case script.DoHandoff:
		switch p.Name {
		case script.Human:
			t.handoff(t.asked(p, source))
		case script.Agent:
			t.human(source)
		default:
			t.handoff(raise{again: true, queue: p.Queue, notice: p.Notice, noSeat: p.NoSeat, reason: source})
		}
	case script.DoCancel:
		t.cancel(p, source)
	case script.DoBack:
		t.back(p, source)
	case script.DoRestart:
		t.restart(p, source)
	case script.DoOffer:
		t.greets(p, source)
	case script.DoSkip:
		t.skip(p, source)
	case script.DoUnsolved:
		t.unsolved(p, source)
	case script.DoLink:
		t.makeCode(p, source)
	case script.DoUnlink:
		t.undoLink(p, source)
	default:
		t.sayPattern(p, source)
		t.comeBack()
	}
}

// picked is the item of the last offer that the message means: by its payload, its label, or its number however written. What was
// tapped is looked up by label first, because platforms change or lose payloads.
func (t *turn) picked() (session.Item, bool) {
	o := t.s.Offer
	if o == nil {
		return session.Item{}, false
	}
	folded := kb.Fold(t.message.Text)
	if i, ok := t.solvedOrNot(o, folded); ok {
		return i, true
	}
	for _, i := range o.Items {
		if folded != "" && folded == kb.Fold(i.Label) {
			return i, true
		}
	}
	for _, i := range o.Items {
		if t.message.Choice != "" && t.message.Choice == i.ID {
			return i, true
		}
	}
	if n := ordinal(t.message.Text); n >= 1 && n <= len(o.Items) {
		return o.Items[n-1], true
	}
	return session.Item{}, false
}

// What people say to 解决了吗 beside the two labels. 没 and 不 stand first because 没解决 holds 解决.
const (
	notSolved = " 没 没有 还没 还没有 没呢 还没呢 没解决 没有解决 还没解决 还没解决呢 未解决 不行 还不行 还是不行 不是 否 不 不能 没好 没用 no n "
	solvedNow = " 解决了 已经解决 已经解决了 解决 好了 已经好了 可以了 可以 行了 行 好 好的 嗯 嗯嗯 是 是的 对 ok okay yes y 搞定了 懂了 明白了 知道了 "
)

// solvedPair are the choices 已解决 and 没解决 of an offer; nil when it asks something else.
func solvedPair(o *session.Offer) (yes, no *session.Item) {
	if o == nil {
		return nil, nil
	}
	n := len(o.Items)
	if n < 2 || o.Kind != session.Asked && (o.Kind != session.Related || o.Items[n-1].Target != toUnsolv) {
		return nil, nil
	}
	return &o.Items[n-2], &o.Items[n-1]
}

// How people say that it did not help, and what has not come about: 没有，我还是转不出去. Who goes on with a question asks another.
var (
	notYet    = regexp.MustCompile(`^(?:没有?|还没有?|(?:还|没有?|还没有?)解决|还是不行|还不行|不行|没用|没好)[,，。.!！;；\s]+(.+)$`)
	unchanged = regexp.MustCompile(`^我?(?:这边|这里)?(?:还是|依然|仍然).{0,5}(?:不|没)`)
	asksOther = regexp.MustCompile(`[吗?？]|^我?(?:想|要)|请问|怎么|什么|哪|多少|多久`)
)

// longestNo is how many characters may tell that nothing has changed.
const longestNo = 24

// stillNot tells whether a message says, in more words than 没解决, that it is not solved.
func stillNot(folded string) bool {
	if utf8.RuneCountInString(folded) > longestNo {
		return false
	}
	if m := notYet.FindStringSubmatch(folded); m != nil {
		return !asksOther.MatchString(m[1])
	}
	return unchanged.MatchString(folded) && !asksOther.MatchString(folded)
}

// solvedOrNot reads a plain yes or no while 解决了吗 is asked.
func (t *turn) solvedOrNot(o *session.Offer, folded string) (session.Item, bool) {
	yes, no := solvedPair(o)
	if yes == nil || folded == "" {
		return session.Item{}, false
	}
	if stillNot(folded) {
		return *no, true
	}
	if strings.Contains(folded, " ") {
		return session.Item{}, false
	}
	switch {
	case strings.Contains(notSolved, " "+folded+" "):
		return *no, true
	case strings.Contains(solvedNow, " "+folded+" "):
		return *yes, true
	}
	return session.Item{}, false
}

// beyond shows the choices again to who wrote a number that is none of them.
func (t *turn) beyond() bool {
	o := t.s.Offer
	if o == nil || len(o.Items) == 0 || ordinal(t.message.Text) <= len(o.Items) {
		return false
	}
	t.out.reason = "beyond"
	t.say(t.texts().InvalidPick, "text:invalid_choice")
	guide := t.s.Guide
	t.show(o.Kind, o.Items)
	t.s.Guide = guide
	return true
}

// What people say when they are content, whatever was asked.
const content = " 谢谢 谢谢你 谢谢您 谢了 多谢 感谢 非常感谢 好的谢谢 谢谢啦 解决了 已解决 已经解决了 搞定了 懂了 明白了 知道了 了解了 thanks thank you thx "

// thanked answers thanks behind an answer.
func (t *turn) thanked() bool {
	folded := foldText(t.message.Text)
	if folded == "" || !strings.Contains(content, " "+folded+" ") || t.s.Last == nil || t.now.Sub(t.s.Last.At) > away {
		return false
	}
	t.pick(session.Item{Target: toSolved})
	return true
}

var ordinals = strings.NewReplacer("第", "", "个", "", "项", "", "条", "", "选", "", "号", "", ".", "", "、", "", "。", "", ")", "", "(", "",
	"一", "1", "二", "2", "两", "2", "三", "3", "四", "4", "五", "5", "六", "6", "七", "7", "八", "8", "九", "9", "十", "10")

// ordinal is the number that a short message is, however written: 2 ２ ② 二 第二个; 0: none. Folding turns ② and ２ into 2.
func ordinal(text string) int {
	if len(text) > 24 {
		return 0
	}
	n, err := strconv.Atoi(ordinals.Replace(kb.Fold(text)))
	if err != nil || n > 20 {
		return 0
	}
	return n
}

// What the items of an offer lead to. An item's Target is one of these, with its argument.
const (
	toEntry  = "kb:"     // an entry
	toDialog = "dialog:" // a dialog, or dialog/step
	toStep   = "goto:"   // a step of the dialog under way
	toSlot   = "slot:"   // a value of the slot that is asked
	toSolved = "solved"
	toUnsolv = "unsolved"
	toNone   = "none"  // 都不是
	toHuman  = "human" // 人工
	toRate   = "rate:" // how a seat was: "rate:good:service1@shop"
)

// pick follows a chosen item.
func (t *turn) pick(i session.Item) {
	t.out.reason = "choice"
	t.took(i)
	if p := t.s.Place; p != nil {
		p.Idle = false
	}
	switch {
	case strings.HasPrefix(i.Target, toEntry), strings.HasPrefix(i.Target, toDialog):
		t.s.Asked, t.s.Misses = chat.Cut(i.Label, 600), 0
		t.serve(i.Target)
	case i.Target == toNext:
		if !t.guideOn(1) {
			t.miss()
		}
	case i.Target == toStuck && t.s.Guide != nil:
		t.stuck()
	case i.Target == toGoOn, i.Target == toAnew, i.Target == toGiveUp:
		t.goOn(i.Target)
	case strings.HasPrefix(i.Target, toThere):
		t.goOnThere(strings.TrimPrefix(i.Target, toThere))
	case strings.HasPrefix(i.Target, toReuse):
		t.reused(strings.TrimPrefix(i.Target, toReuse))
	case strings.HasPrefix(i.Target, toLink):
		t.confirmed(strings.TrimPrefix(i.Target, toLink))
	case strings.HasPrefix(i.Target, toStep):
		t.jump(strings.TrimPrefix(i.Target, toStep))
		if len(t.says) == 0 && t.s.Outcome == string(script.Resolved) {
			t.say(t.texts().Thanks, "text:thanks") // 已解决 led straight to the end
		}
	case strings.HasPrefix(i.Target, toSlot):
		t.fillWith(strings.TrimPrefix(i.Target, toSlot))
	case i.Target == toHuman:
		t.human("choice:human")
	case strings.HasPrefix(i.Target, toRate):
		t.rated(strings.TrimPrefix(i.Target, toRate))
	case i.Target == toSolved:
		if t.s.Last != nil {
			t.out.counts["solved:"+t.s.Last.ID]++
		}
		t.s.Failed, t.s.Misses, t.s.Outcome, t.s.Tried = 0, 0, string(script.Resolved), nil
		t.say(t.texts().Thanks, "text:thanks")
		t.show(session.Choices, nil)
		t.comeBack()
	case i.Target == toUnsolv:
		t.unsolved(nil, "choice:unsolved")
	case i.Target == toNone:
		t.show(session.Choices, nil)
		if t.comeBack(); len(t.says) == 0 {
			t.say(t.texts().NoneSaid, "text:none_said")
		}
	}
}

// human raises a case as the pattern 人工 of this release does.
func (t *turn) human(reason string) {
	for _, p := range t.rel.Patterns {
		if p.Do == script.DoHandoff && p.Name == script.Human {
			t.handoff(t.asked(p, reason))
			return
		}
	}
	t.handoff(raise{reason: reason})
}

// asked is a plain 人工, in the words of the pattern; in another language the house says it.
func (t *turn) asked(p *script.Pattern, reason string) raise {
	r := raise{queue: p.Queue, reason: reason}
	if t.s.Lang == "" {
		r.notice, r.noSeat = p.Notice, p.NoSeat
	}
	return r
}
