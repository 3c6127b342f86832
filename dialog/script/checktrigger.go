package script

import (
	"fmt"
	"strings"

	"github.com/xianda-bot/xianda/kb"
)

// place of the nth way to ask; the whole of triggers when it was not read from a file.
func (t *Triggers) ask(i int, otherwise Pos) Pos {
	if i < len(t.asks) {
		return t.asks[i]
	}
	if t.Pos.Line > 0 {
		return t.Pos
	}
	return otherwise
}

// triggers checks how dialogs are begun.
func (k *checker) triggers() {
	subs := map[string]bool{}
	for _, d := range k.Dialogs {
		for _, s := range d.Steps {
			subs[s.Sub] = true
		}
	}
	for _, o := range k.Openers {
		id, _, _ := strings.Cut(strings.TrimPrefix(o.Target, "dialog:"), "/")
		subs[id] = true
	}
	for _, w := range k.Keywords {
		id, _, _ := strings.Cut(strings.TrimPrefix(w.Target, "dialog:"), "/")
		subs[id] = true
	}
	words := k.patternWords()
	said := map[string]string{} // a phrase → where it was first
	for i := range k.Entries {
		e := &k.Entries[i]
		told := false
		for _, p := range append([]string{e.Question}, e.Phrasings...) {
			folded := bare(p)
			told = told || k.never(p, folded, words, Pos{e.File, max(e.Line, 1), max(e.Col, 1)})
			said[folded] = "知识“" + e.ID + "”"
		}
	}
	events := map[string]string{}
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
		for i, p := range d.Triggers.Ask {
			folded := bare(p)
			k.never(p, folded, words, d.Triggers.ask(i, at))
			if other, ok := said[folded]; ok {
				if other == "对话“"+d.ID+"”" {
					other = "这个对话"
				}
				k.warn(d.Triggers.ask(i, at), "same-trigger", "问法“"+p+"”在"+other+"里也有", "只留一处")
				continue
			}
			said[folded] = "对话“" + d.ID + "”"
		}
		for i, e := range d.Triggers.Events {
			if other := events[e]; other != "" && other != d.ID {
				place := at
				if i < len(d.Triggers.events) {
					place = d.Triggers.events[i]
				}
				k.warn(place, "same-event", "事件“"+e+"”也会开始对话“"+other+"”，只有一个能开始", "只留一处")
				continue
			}
			events[e] = d.ID
		}
	}
}

// patternWords are the words that fire a pattern when they are the whole message: such a message is never taken for a question.
func (k *checker) patternWords() map[string]string {
	out := map[string]string{}
	for _, p := range k.Patterns {
		for _, w := range p.Words {
			if folded := kb.Fold(w); out[folded] == "" {
				out[folded] = p.Name
			}
		}
	}
	return out
}

// never finds a way to ask that fires a pattern.
func (k *checker) never(phrase, folded string, words map[string]string, at Pos) bool {
	if len(folded) > 48 {
		return false // no word of a pattern is that long, and folding every phrase twice costs
	}
	name := words[kb.Fold(phrase)]
	if name != "" {
		k.warn(at, "phrase-shadowed", "问法“"+phrase+"”是“"+name+"”的词，说了它轮不到这里", "删掉它，或从 patterns.yaml 的“"+name+"”里去掉这个词")
	}
	return name != ""
}
