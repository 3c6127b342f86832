package script

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/kb"
)

// passiveLimit is what fits into one passive text reply of WeChat, in bytes (developers.weixin.qq.com, passive reply: 2048). It holds
// where the channels of the configuration are not known.
const passiveLimit = 2048

// burstLimit is how many messages WeChat lets us push after one of the person's (developers.weixin.qq.com, customer-service messages: 5).
const burstLimit = 5

// Limits of a step-by-step answer: one step is one message, read while the other hand works.
const (
	maxGuideSteps = 20
	maxGuideStep  = 150 // characters
)

// limit is what one channel can show in one message.
type limit struct {
	channel Channel // Name "": no channel in particular
	most    int
	unit    chat.Unit
}

func limits(channels []Channel) []limit {
	if channels == nil {
		return []limit{{most: passiveLimit, unit: chat.Bytes}}
	}
	var out []limit
	for _, c := range channels {
		if c.MaxText > 0 {
			out = append(out, limit{c, c.MaxText, c.Unit})
		}
	}
	return out
}

func (l limit) size(text string) int {
	switch l.unit {
	case chat.Bytes:
		return len(text)
	case chat.UTF16:
		return len(utf16.Encode([]rune(text)))
	}
	return utf8.RuneCountInString(text)
}

func (l limit) word() string {
	if l.unit == chat.Bytes {
		return "字节"
	}
	return "个字"
}

// over says that a text is too long for a channel; "" when it fits.
func (l limit) over(what, text string) string {
	n := l.size(text)
	if n <= l.most {
		return ""
	}
	where := "一条回复"
	if l.channel.Name != "" {
		where = "渠道“" + l.channel.Name + "”的一条消息"
	}
	return fmt.Sprintf("%s有 %d %s，%s最多 %d %s", what, n, l.word(), where, l.most, l.word())
}

// size checks a text against every channel; the first that cannot show it is told.
func (k *checker) size(at Pos, what, text, edit string) {
	for _, l := range k.limits {
		if told := l.over(what, text); told != "" {
			k.add(at, "reply-size", told, edit)
			return
		}
	}
}

// entrySize checks an entry's answers, each against the channels that say it.
func (k *checker) entrySize(at Pos, e *kb.Entry) {
	for _, l := range k.limits {
		for _, text := range messages(e, l.channel) {
			if told := l.over("知识“"+e.ID+"”的答案", text); told != "" {
				k.add(at, "reply-size", told, "缩短它，或拆成几条用 related 连接")
				k.about("answer")
				return
			}
		}
	}
}

// messages are all that an entry may send on a channel, the longest possible one of each: the answer goes out with the first step. Without
// a channel they are those of every one.
func messages(e *kb.Entry, c Channel) []string {
	with := func(answer string, steps []string) []string {
		if len(steps) == 0 {
			return []string{answer}
		}
		return append([]string{answer + "\n\n" + steps[0]}, steps[1:]...)
	}
	var all []string
	if c.Name != "" {
		all = with(e.For(c.Name, c.Kind), e.Steps)
	} else {
		all = with(e.Answer, e.Steps)
		for _, name := range slices.Sorted(maps.Keys(e.Channels)) {
			all = append(all, with(e.Channels[name], e.Steps)...)
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(e.Languages)) {
		all = append(all, with(e.Languages[tag].Answer, e.Languages[tag].Steps)...)
	}
	return all
}

// Choices on one screen, and those that a number can pick.
const (
	fewChoices  = 10
	mostChoices = 20
)

// choices checks the list that a question shows: how many, and whether it fits into a message with the question.
func (k *checker) choices(d *Dialog, s *Slot) {
	switch n := len(s.Choices); {
	case n > mostChoices:
		k.add(s.Pos, "many-choices", fmt.Sprintf("“%s”有 %d 个选项，最多 %d 个", s.Name, n, mostChoices), "先问大类再问小类，或改成 type: text")
	case n > fewChoices:
		k.warn(s.Pos, "many-choices", fmt.Sprintf("“%s”有 %d 个选项，手机上一屏放不下", s.Name, n), "先问大类再问小类")
	}
	for _, o := range s.Choices {
		if k.handsOff(o.Label) {
			k.warn(s.Pos, "choice-shadowed", "选项“"+o.Label+"”是转人工的词，选了它直接转人工，走不到它后面的步骤", "换个说法，或去掉这个选项")
		}
	}
	if s.Ask == nil || len(s.Choices) == 0 {
		return
	}
	text := longest(d, s.Ask)
	if slices.ContainsFunc(k.limits, func(l limit) bool { return l.over("", text) != "" }) {
		return // told of the question alone
	}
	for i, o := range s.Choices {
		text += fmt.Sprintf("\n%d. %s", i+1, o.Label)
	}
	k.size(s.Ask.Pos, "问题连同选项", text, "缩短选项，或先问大类再问小类")
}

// handsOff tells whether a text brings a person whatever else is under way.
func (k *checker) handsOff(text string) bool {
	folded := kb.Fold(text)
	return slices.ContainsFunc(k.Patterns, func(p *Pattern) bool {
		return p.Do == DoHandoff && slices.ContainsFunc(p.Words, func(w string) bool { return kb.Fold(w) == folded })
	})
}

// longest is a text as long as it can become: a placeholder whose value has a bound counts as its longest value, any other as nothing.
func longest(d *Dialog, t *Template) string {
	text := ""
	for _, p := range t.parts {
		if p.get == nil {
			text += p.literal
			continue
		}
		if d == nil || len(p.path) != 2 || p.path[0] != "slot" {
			continue
		}
		if s := d.Slot(p.path[1]); s != nil {
			text += s.longest()
		}
	}
	return text
}

// longest is the longest value of a slot as people read it; "" when nothing bounds it.
func (s *Slot) longest() string {
	most := ""
	switch s.Type {
	case Choice:
		for _, o := range s.Choices {
			if len(o.Label) > len(most) {
				most = o.Label
			}
		}
	case Digits:
		most = strings.Repeat("0", s.Length)
	case Date:
		most = "2006年12月31日"
	case Phone:
		most = "13800000000"
	case YesNo:
		most = "是"
	}
	return most
}

// guide checks a step-by-step answer.
func (k *checker) guide(at Pos, e *kb.Entry) {
	switch n := len(e.Steps); {
	case n == 1:
		k.warn(at, "guide-steps", "知识“"+e.ID+"”的 steps 只有一步，用不着一步一步来", "写进 answer，删掉 steps")
		k.about("steps")
		return
	case n > maxGuideSteps:
		k.warn(at, "guide-steps", fmt.Sprintf("知识“%s”有 %d 步，没有人会跟到最后", e.ID, n), fmt.Sprintf("合并到 %d 步以内，或拆成几条知识", maxGuideSteps))
		k.about("steps")
		return
	}
	for i, s := range e.Steps {
		if n := utf8.RuneCountInString(s); n > maxGuideStep {
			k.warn(at, "guide-step", fmt.Sprintf("知识“%s”的第 %d 步有 %d 个字，一步只做一件事", e.ID, i+1, n), "拆成两步，或缩短它")
			k.about("steps")
			return
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(e.Languages)) {
		if n := len(e.Languages[tag].Steps); n > 0 && n != len(e.Steps) {
			k.warn(at, "guide-steps", fmt.Sprintf("知识“%s”有 %d 步，%s 的译文有 %d 步", e.ID, len(e.Steps), tag, n), "补齐译文里的步骤")
			k.about("steps")
			return
		}
	}
}

// burst finds where more is said between two messages of the person than five messages hold. What a turn says is one reply, cut where it
// does not fit into one message.
func (k *checker) burst(d *Dialog) {
	for _, l := range k.limits {
		memo := make([]int, len(d.Steps))
		var most func(i int) int
		most = func(i int) int {
			if memo[i] != 0 {
				return memo[i]
			}
			memo[i] = -1 // on the way: a circle is told elsewhere
			s := d.Steps[i]
			best := 0
			if !s.waits() {
				out, _ := edges(d, i)
				for _, e := range out {
					best = max(best, most(e.to))
				}
			}
			memo[i] = max(1, k.said(d, s, l)+max(best, 0))
			return memo[i]
		}
		for i, s := range d.Steps {
			if n := (most(i) + l.most - 1) / l.most; n > burstLimit {
				k.add(s.place("id"), "many-messages", fmt.Sprintf("从这一步起，用户不说话也会连收 %d 条消息，公众号最多 %d 条", n, burstLimit), "缩短几步的话，或在中间问一句")
				return
			}
		}
	}
}

// said is how much a step says on a channel.
func (k *checker) said(d *Dialog, s *Step, l limit) int {
	n := 0
	for _, t := range []*Template{s.Say, s.NoSeat} {
		if t != nil {
			n += l.size(longest(d, t))
		}
	}
	if e := k.entries[s.Answer]; s.Verb == Answer && e != nil {
		text := e.Answer
		if l.channel.Name != "" {
			text = e.For(l.channel.Name, l.channel.Kind)
		}
		n += l.size(text)
	}
	if slot := d.Slot(s.Collect); s.Verb == Collect && slot != nil && slot.Ask != nil {
		n += l.size(longest(d, slot.Ask))
	}
	return n
}
