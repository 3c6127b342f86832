package release

import (
	"maps"
	"slices"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/kb"
)

// check finds what only the release as a whole can tell: that it has something to ask first, and that it speaks the languages that it
// names.
func (r *Release) check() []script.Finding {
	var findings []script.Finding
	warn := func(at script.Pos, rule, text, edit string) {
		findings = append(findings, script.Finding{Pos: at, Rule: rule, Text: text, Edit: edit, Warning: true})
	}
	rules := len(r.Openers)
	for _, d := range r.Dialogs {
		rules += len(d.Likely)
	}
	if rules == 0 && len(r.Dialogs)+len(r.Entries) > 0 {
		edit := "写一个 likely.yaml，例如 - {goto: kb.常见问题的编号, score: 0.4}"
		if len(r.Entries) > 0 {
			edit = "写一个 likely.yaml，例如 - {goto: kb." + r.Entries[0].ID + ", score: 0.4}"
		}
		warn(script.Pos{File: "release.yaml", Line: 1, Col: 1}, "nothing-likely", "用户一进来时没有什么可以先问", edit)
	}
	for _, lang := range slices.Sorted(maps.Keys(r.spoken)) {
		if lang == r.Language() {
			continue
		}
		var missing []*kb.Entry
		for i := range r.Entries {
			if _, ok := r.Entries[i].Languages[lang]; !ok && !r.Entries[i].Disabled {
				missing = append(missing, &r.Entries[i])
			}
		}
		// A helpdesk may speak of a few things only in another language: where it speaks of most, the others were forgotten.
		switch n := len(missing); {
		case n > 0 && n == len(r.Entries):
			warn(r.spoken[lang], "missing-variant", "没有一条知识有 "+lang+" 的译文", "在知识里写上 languages: {"+lang+": {answer: …}}，或从 release.yaml 去掉 "+lang)
		case 2*n < len(r.Entries):
			for _, e := range missing {
				warn(script.Pos{File: e.File, Line: max(e.Line, 1), Col: max(e.Col, 1)}, "missing-variant", "知识“"+e.ID+"”没有 "+lang+" 的译文，别的大多有", "写上 languages: {"+lang+": {answer: …}}")
			}
		}
	}
	told := map[string]bool{}
	for i := range r.Entries {
		e := &r.Entries[i]
		for _, lang := range slices.Sorted(maps.Keys(e.Languages)) {
			if r.words[lang] != nil || lang == "en" || lang == r.Language() || told[lang] {
				continue // the house speaks English by itself
			}
			told[lang] = true
			warn(script.Pos{File: e.File, Line: max(e.Line, 1), Col: max(e.Col, 1)}, "missing-variant", "知识有 "+lang+" 的译文，但 release.yaml 里没有这种语言", "在 release.yaml 写上 languages: {"+lang+": {greeting: …}}")
		}
	}
	return findings
}
