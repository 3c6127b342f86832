package dialog

import (
	"regexp"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/kb"
)

// How people say that something they said before was wrong.
var (
	wrong  = regexp.MustCompile(`不对|错了|说错|写错|打错|填错|输错|选错|弄错|搞错|发错|改成|改为|改一下|换成|更正|应该是|更改|修改|不是这个|wrong|correct|change it|i meant`)
	leader = regexp.MustCompile(`^(?:.*?)(?:应该是|改成|改为|换成|更正为|而是|是|为|成|:|：|to |is )\s*`)
	noise  = regexp.MustCompile(`^(?:(?:啊|哦|呃|等等|等下|稍等|抱歉|不好意思|刚才|前面|我|那个|这个|不对|错了|说错了|写错了|打错了|填错了|输错了|选错了|弄错了|发错了|搞错了|更正|改一下|修改|，|,|。|\.|！|!|\s)+)`)
)

// replaced reads 不是100，是1000.
var replaced = regexp.MustCompile(`^(?:不对[，,]?\s*|错了[，,]?\s*|说错了[，,]?\s*)?不是\s*(.{1,40}?)[，,。\s]+(?:而是|应该是|是)\s*(.{1,40})$`)

// replacement takes up a message that names the value that was wrong and the one that is right. It goes before the question that is
// asked now: free text would take it for an answer.
func (t *turn) replacement() bool {
	d, p := t.script(), t.s.Place
	m := replaced.FindStringSubmatch(strings.TrimSpace(t.message.Text))
	if m == nil || d == nil || p == nil {
		return false
	}
	for _, name := range slices.Backward(p.Order) {
		slot := d.Slot(name)
		if slot == nil || slot.Type == script.Text {
			continue
		}
		was, _, ok := slot.Accept(m[1], "", nil, t.now, t.zone())
		if !ok || was != p.Slots[name] {
			continue
		}
		if is, _, ok := slot.Accept(strings.TrimRight(m[2], "。.！!吧呀啊"), "", nil, t.now, t.zone()); ok && is != was {
			t.correct(d, name, is)
			return true
		}
	}
	return false
}

// namedCorrection takes up a message that names an earlier answer and gives it anew: 单号错了，是 4200…. It goes before the question
// that is asked now, which might take the value for its own.
func (t *turn) namedCorrection() bool {
	d := t.script()
	p := t.s.Place
	if d == nil || p == nil || len(p.Order) == 0 || t.message.Text == "" {
		return false
	}
	folded := kb.Fold(t.message.Text)
	for _, name := range slices.Backward(p.Order) {
		slot := d.Slot(name)
		if slot == nil || slot.Title == "" || name == p.Asking || !strings.Contains(folded, kb.Fold(slot.Title)) {
			continue
		}
		isWrong := wrong.MatchString(t.message.Text)
		if value, ok := t.newValue(slot, t.message.Text); ok && value != p.Slots[name] && (isWrong || slot.Type != script.Text) {
			t.correct(d, name, value)
			return true
		}
		if isWrong { // named, without a new value: asked again
			t.correct(d, name, "")
			return true
		}
	}
	return false
}

// correction takes up 不对，是 500 where the question that is asked cannot mean it, and 填错了 without more.
func (t *turn) correction() bool {
	d := t.script()
	p := t.s.Place
	if d == nil || p == nil || len(p.Order) == 0 || !wrong.MatchString(t.message.Text) {
		return false
	}
	for _, name := range slices.Backward(p.Order) {
		slot := d.Slot(name)
		if slot == nil || slot.Type == script.Text || name == p.Asking {
			continue
		}
		if value, ok := t.newValue(slot, t.message.Text); ok && value != p.Slots[name] {
			t.correct(d, name, value)
			return true
		}
	}
	if strings.TrimSpace(noise.ReplaceAllString(t.message.Text, "")) == "" { // nothing but 填错了
		t.correct(d, p.Order[len(p.Order)-1], "")
		return true
	}
	return false
}

// newValue reads the value out of a correction: behind 是, 改成 …, else what is left without the words around it.
func (t *turn) newValue(slot *script.Slot, text string) (string, bool) {
	tries := []string{noise.ReplaceAllString(leader.ReplaceAllString(text, ""), ""), noise.ReplaceAllString(text, "")}
	if i := strings.LastIndexAny(text, "，,。 "); i >= 0 {
		tail := strings.TrimLeft(text[i:], "，,。 ")
		tries = append(tries, noise.ReplaceAllString(leader.ReplaceAllString(tail, ""), ""), tail)
	}
	for _, try := range tries {
		if try = strings.Trim(try, "，,。.！!？? 吧呀啊哦"); try == "" {
			continue
		}
		if value, skipped, ok := slot.Accept(try, "", nil, t.now, t.zone()); ok && !skipped {
			return value, true
		}
	}
	return "", false
}

// correct puts a new value in the place of an earlier one, or asks for it again, and runs on from there: what was answered since then
// stays, and only what depends on the new value is asked anew.
func (t *turn) correct(d *script.Dialog, name, value string) {
	at := slices.IndexFunc(d.Steps, func(s *script.Step) bool { return s.Verb == script.Collect && s.Collect == name })
	if at < 0 { // set by the script, never asked for
		t.again()
		return
	}
	t.out.reason = "correction"
	p := t.s.Place
	t.say(t.texts().Corrected, "text:corrected")
	if value == "" {
		t.says = t.says[:len(t.says)-1]
		delete(p.Slots, name)
		p.Order = slices.DeleteFunc(p.Order, func(n string) bool { return n == name })
	} else {
		t.keep(name, value)
	}
	t.jump(d.Steps[at].ID)
}
