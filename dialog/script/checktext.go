package script

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/kb"
)

// maxSentence is how long a sentence may be, in characters, before it is hard to read on a phone.
const maxSentence = 80

var (
	phoneForm   = regexp.MustCompile(`\b1[3-9][0-9]{9}\b`)
	idCardForm  = regexp.MustCompile(`\b[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9Xx]\b`)
	sentenceEnd = regexp.MustCompile(`[。！？!?；;\n…]+|\. `)
)

// words checks every text of a dialog.
func (k *checker) words(d *Dialog) {
	for _, s := range d.Slots {
		k.words1(d, s.Ask)
		k.words1(d, s.Invalid)
		k.asks(s)
		k.choices(d, s)
	}
	for _, s := range d.Steps {
		k.words1(d, s.Say)
		k.words1(d, s.Notice)
		k.words1(d, s.NoSeat)
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
}

// words1 checks one text; d is nil outside dialogs.
func (k *checker) words1(d *Dialog, t *Template) {
	if t == nil {
		return
	}
	lit := t.literal()
	k.size(t.Pos, "这句话", longest(d, t), "拆成两步，或写进知识库分条回答")
	if n := strings.Count(lit, "？") + strings.Count(lit, "?"); n > 1 && !strings.Contains(lit, "://") {
		k.warn(t.Pos, "two-questions", "一句话里问了两个问题，用户不知道先答哪个", "拆成两步")
	}
	k.readable(t.Pos, lit)
}

// readable warns of what is hard to read and of what must not be public.
func (k *checker) readable(at Pos, text string) {
	k.sensitive(at, text)
	for _, s := range sentenceEnd.Split(text, -1) {
		if n := length(s); n > maxSentence {
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

// length is how long a sentence is to read, in Chinese characters: a word of letters or a number reads like two.
func length(sentence string) int {
	n, inWord := 0, false
	for _, r := range sentence {
		word := r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
		switch {
		case word && !inWord:
			n += 2
		case !word && !unicode.IsSpace(r):
			n++
		}
		inWord = word
	}
	return n
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
	k.shadowedWords(human)
	one := func(p *Pattern, in *Dialog) {
		if p.Pos.File == "" { // built in
			return
		}
		k.words1(in, p.Say)
		k.words1(in, p.Notice)
		k.words1(in, p.NoSeat)
		k.queue(p.Pos, p.Queue)
		if p.Name != Human && p.Do != DoHandoff {
			for _, w := range append(append([]string{}, p.Words...), p.Contains...) {
				if human[bare(w)] {
					k.add(p.Pos, "human-shadowed", "“"+p.Name+"”里的“"+w+"”会挡住“人工”", "从“"+p.Name+"”里删掉它")
				}
			}
		}
		if in != nil {
			return
		}
		for _, t := range []*Template{p.Say, p.Notice, p.NoSeat} {
			k.general(t)
		}
	}
	for _, p := range k.Patterns {
		one(p, nil)
	}
	for _, d := range k.Dialogs {
		for _, p := range d.Patterns {
			one(p, d)
		}
	}
}

// shadowedWords finds words of patterns that another pattern takes: those that bring a person come first, then those that stand first. The
// words of 人工 are told as errors.
func (k *checker) shadowedWords(human map[string]bool) {
	first := map[string]string{} // a word → the pattern that it fires
	for _, handoff := range []bool{true, false} {
		for _, p := range k.Patterns {
			if (p.Do == DoHandoff) != handoff {
				continue
			}
			for _, w := range p.Words {
				folded := kb.Fold(w)
				by := first[folded]
				if by == "" {
					first[folded] = p.Name
				} else if by != p.Name && p.Pos.File != "" && !human[bare(w)] {
					k.warn(p.Pos, "pattern-shadowed", "“"+p.Name+"”里的“"+w+"”先被“"+by+"”用了，轮不到它", "从其中一个里删掉它")
					break
				}
			}
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
	k.words1(nil, t)
	return k.findings
}
