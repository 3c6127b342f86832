package script

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxReply is what fits into one passive text reply of WeChat, in bytes (developers.weixin.qq.com, passive reply: 2048).
const maxReply = 2048

// maxSentence is how long a sentence may be, in characters, before it is hard to read on a phone.
const maxSentence = 80

var (
	phoneForm   = regexp.MustCompile(`\b1[3-9][0-9]{9}\b`)
	idCardForm  = regexp.MustCompile(`\b[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx]\b`)
	sentenceEnd = regexp.MustCompile(`[。！？!?；;\n…]+`)
)

// words checks every text of a dialog.
func (k *checker) words(d *Dialog) {
	for _, s := range d.Slots {
		k.words1(s.Ask)
		k.words1(s.Invalid)
	}
	for _, s := range d.Steps {
		k.words1(s.Say)
		k.words1(s.Notice)
		k.words1(s.NoSeat)
	}
	asked := 0
	for _, s := range d.Steps {
		if s.Verb == Say || s.Verb == Answer || s.Verb == Handoff || s.Verb == End {
			break
		}
		if s.Verb == Collect {
			if asked++; asked == 4 {
				k.warn(s.place("collect"), "many-questions", "连问四个问题还没有给过任何帮助", "先说一句有用的，或少问几个")
			}
		}
	}
	k.burst(d)
}

// words1 checks one text.
func (k *checker) words1(t *Template) {
	if t == nil {
		return
	}
	lit := t.literal()
	if len(lit) > maxReply {
		k.add(t.Pos, "reply-size", fmt.Sprintf("这句话有 %d 字节，一条回复最多 %d 字节", len(lit), maxReply), "拆成两步，或写进知识库分条回答")
	}
	if n := strings.Count(lit, "？") + strings.Count(lit, "?"); n > 1 && !strings.Contains(lit, "://") {
		k.warn(t.Pos, "two-questions", "一句话里问了两个问题，用户不知道先答哪个", "拆成两步")
	}
	k.readable(t.Pos, lit)
}

// readable warns of what is hard to read and of what must not be public.
func (k *checker) readable(at Pos, text string) {
	for _, s := range sentenceEnd.Split(text, -1) {
		if n := utf8.RuneCountInString(strings.TrimSpace(s)); n > maxSentence {
			k.warn(at, "long-sentence", fmt.Sprintf("有一句话长 %d 个字，手机上不好读", n), "在中间加上句号，或拆成几行")
			break
		}
	}
	if idCardForm.MatchString(text) {
		k.warn(at, "personal-number", "这句话里像是有身份证号", "删掉它")
	} else if phoneForm.MatchString(text) {
		k.warn(at, "personal-number", "这句话里像是有手机号", "换成公开的客服电话，或删掉它")
	}
}

// burst warns where more messages follow each other than WeChat lets us send between two of the person's (5).
func (k *checker) burst(d *Dialog) {
	memo := make([]int, len(d.Steps))
	var longest func(i, depth int) int
	longest = func(i, depth int) int {
		if memo[i] != 0 || depth > len(d.Steps) {
			return memo[i]
		}
		memo[i] = -1 // on the way: a circle is told elsewhere
		s := d.Steps[i]
		own := 0
		if s.Verb == Say || s.Verb == Answer || s.Verb == Collect || s.Verb == Handoff {
			own = 1
		}
		best := 0
		if !s.waits() {
			out, _ := edges(d, i)
			for _, e := range out {
				best = max(best, longest(e.to, depth+1))
			}
		}
		memo[i] = own + best
		return memo[i]
	}
	for i, s := range d.Steps {
		if longest(i, 0) > 5 {
			k.warn(s.place("id"), "many-messages", "从这一步起，用户不说话也可能连收 6 条以上的消息", "合并几步 say")
			return
		}
	}
}

// triggers checks how dialogs are begun.
func (k *checker) triggers() {
	subs := map[string]bool{}
	for _, d := range k.Dialogs {
		for _, s := range d.Steps {
			subs[s.Sub] = true
		}
	}
	said := map[string]string{} // a phrase → where it was first
	for i := range k.Entries {
		e := &k.Entries[i]
		for _, p := range e.Phrases() {
			said[bare(p)] = "知识“" + e.ID + "”"
		}
	}
	for _, d := range k.Dialogs {
		at := d.Triggers.Pos
		if at.Line == 0 {
			at = d.Pos
		}
		if len(d.Triggers.Ask) == 0 && len(d.Triggers.Events) == 0 && len(d.Likely) == 0 && !subs[d.ID] {
			k.warn(at, "never-begun", "没有什么会开始这个对话", "写上 triggers: {ask: [用户的问法]}")
		} else if n := len(d.Triggers.Ask); n > 0 && n < 5 {
			k.warn(at, "few-triggers", fmt.Sprintf("问法只有 %d 个，少于 5 个不容易认准", n), "再加几个用户真实的问法")
		}
		for _, p := range d.Triggers.Ask {
			folded := bare(p)
			if other, ok := said[folded]; ok && other != "对话“"+d.ID+"”" {
				k.warn(at, "same-trigger", "问法“"+p+"”在"+other+"里也有", "只留一处")
				continue
			}
			said[folded] = "对话“" + d.ID + "”"
		}
	}
}

// patterns checks the words that work in every step.
func (k *checker) patterns() {
	human := map[string]bool{}
	named := map[string]Pos{}
	for _, p := range k.Patterns {
		if at, ok := named[p.Name]; ok {
			k.add(p.Pos, "duplicate-pattern", fmt.Sprintf("“%s”写了两次，上一次在第 %d 行", p.Name, at.Line), "删掉其中一个")
		}
		named[p.Name] = p.Pos
		if p.Name == Human {
			for _, w := range append(append([]string{}, p.Words...), p.Contains...) {
				human[bare(w)] = true
			}
		}
	}
	one := func(p *Pattern, global bool) {
		if p.Pos.File == "" { // built in
			return
		}
		k.words1(p.Say)
		k.words1(p.Notice)
		k.words1(p.NoSeat)
		k.queue(p.Pos, p.Queue)
		if p.Name != Human && p.Do != DoHandoff {
			for _, w := range append(append([]string{}, p.Words...), p.Contains...) {
				if human[bare(w)] {
					k.add(p.Pos, "human-shadowed", "“"+p.Name+"”里的“"+w+"”会挡住“人工”", "从“"+p.Name+"”里删掉它")
				}
			}
		}
		if !global {
			return
		}
		for _, t := range []*Template{p.Say, p.Notice, p.NoSeat} {
			k.general(t)
		}
	}
	for _, p := range k.Patterns {
		one(p, true)
	}
	for _, d := range k.Dialogs {
		for _, p := range d.Patterns {
			one(p, false)
		}
	}
}

// general checks a text that is said outside dialogs: it may use no slot and nothing that was saved, but the names given.
func (k *checker) general(t *Template, given ...string) {
	if t == nil {
		return
	}
	for _, p := range t.parts {
		if p.get != nil && !slices.Contains(given, p.name) && (p.path[0] == "slot" || p.name == "len" || isSaved(p.path[0])) {
			k.add(t.Pos, "placeholder-unknown", "这句话在任何地方都可能说，“{"+p.name+"}”没有值", "去掉它，或改用 queue、hours、user、scene、profile")
		}
	}
}

// CheckText checks a text of release.yaml, which is said outside dialogs; given are names that it may use beside the general ones.
func CheckText(t *Template, given ...string) []Finding {
	k := &checker{}
	k.general(t, given...)
	k.words1(t)
	return k.findings
}
