package script

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/chat/typo"
	"github.com/xianda-bot/xianda/kb"
)

// start is a step at which a rule begins a dialog.
type start struct {
	step string
	at   Pos
}

// begins notes where rules begin dialogs in the middle.
func (k *checker) begins() {
	k.starts = map[string][]start{}
	for _, d := range k.Dialogs {
		for _, l := range d.Likely {
			if l.Goto != "" {
				k.starts[d.ID] = append(k.starts[d.ID], start{l.Goto, l.target})
			}
		}
	}
	note := func(target string, at Pos) {
		id, step, _ := strings.Cut(strings.TrimPrefix(target, "dialog:"), "/")
		if d := k.dialogs[id]; strings.HasPrefix(target, "dialog:") && step != "" && d != nil {
			k.starts[id] = append(k.starts[id], start{step, at})
		}
	}
	for _, o := range k.Openers {
		note(o.Target, o.target)
	}
	for _, w := range k.Keywords {
		note(w.Target, w.target)
	}
}

// starters finds rules that begin a dialog behind a question whose answer is needed later.
func (k *checker) starters(d *Dialog) {
	if len(d.Steps) == 0 {
		return
	}
	usual := certain(d, 0)
	for _, b := range k.starts[d.ID] {
		_, at := d.Step(b.step)
		if at < 0 {
			continue
		}
		if s, name := lacking(d, usual, certain(d, at)); s != nil {
			k.add(b.at, "start-unset", fmt.Sprintf("从“%s”开始时，步骤“%s”要用的“%s”还没有值", b.step, s.ID, name), "goto 改到问它的那一步，或让那一步不用它")
		}
	}
}

// lacking is the first step that says a name which is set on the usual way there, but not on the other.
func lacking(d *Dialog, usual, other []map[string]bool) (*Step, string) {
	for i, s := range d.Steps {
		if other[i] == nil {
			continue
		}
		for _, t := range s.texts(d) {
			for _, p := range t.parts {
				if p.get != nil && p.name != "len" && (usual[i] == nil || settled(p.path, usual[i])) && !settled(p.path, other[i]) {
					return s, p.name
				}
			}
		}
	}
	return nil, ""
}

// texts are what a step says or sends.
func (s *Step) texts(d *Dialog) []*Template {
	var out []*Template
	put := func(t *Template) {
		if t != nil {
			out = append(out, t)
		}
	}
	put(s.Say)
	put(s.Notice)
	put(s.NoSeat)
	for _, f := range append(slices.Clone(s.With), s.Set...) {
		put(f.Value)
	}
	if slot := d.Slot(s.Collect); s.Verb == Collect && slot != nil {
		put(slot.Ask)
		put(slot.Invalid)
	}
	return out
}

// rules checks likely.yaml and keywords.yaml.
func (k *checker) rules() {
	for _, o := range k.Openers {
		k.leads(o.Target, o.target)
		k.condition(&o.Likely)
	}
	human := k.humanPhrases()
	for i, w := range k.Keywords {
		k.leads(w.Target, w.target)
		if short := w.short(); short != "" {
			k.warn(w.Pos, "keyword-short", "“"+short+"”只有一个字，很多不相干的话里也有", "写长一点，或用 all 配上另一个词")
		}
		if by := k.shadow(i, human); by != "" {
			k.warn(w.Pos, "keyword-shadowed", "这条规则永远轮不到："+by, "移到前面，或删掉它")
		}
	}
}

// leads checks that a rule's target exists.
func (k *checker) leads(target string, at Pos) {
	if id, ok := strings.CutPrefix(target, "kb:"); ok {
		k.serves(id, at)
		return
	}
	// Whether the dialog has the step, flow tells: it is one of the dialog's starts.
	id, _, _ := strings.Cut(strings.TrimPrefix(target, "dialog:"), "/")
	if k.dialogs[id] == nil {
		edit := "写一个已有的对话编号"
		if n := typo.Nearest(id, dialogIDs(k.Dialogs)); n != "" {
			edit = "是不是 dialog." + n + "？"
		}
		k.add(at, "dialog-unknown", "没有对话“"+id+"”", edit)
	}
}

// serves checks an entry that a rule or step serves.
func (k *checker) serves(id string, at Pos) {
	e := k.entries[id]
	if e == nil {
		edit := "写一个知识库里有的编号"
		if n := typo.Nearest(id, slices.Sorted(maps.Keys(k.entries))); n != "" {
			edit = "是不是 kb." + n + "？"
		}
		k.add(at, "kb-unknown", "知识库里没有“"+id+"”", edit)
		return
	}
	k.validity(e, at)
}

// condition checks a rule of 未问先答.
func (k *checker) condition(l *Likely) {
	if l.When == nil {
		return
	}
	for _, path := range l.When.names {
		if path[0] == "slot" || isSaved(path[0]) {
			k.add(l.When.Pos, "likely-name", "推荐时对话还没有开始，“"+strings.Join(path, ".")+"”没有值", "只用 scene、profile、trace.has、channel、hours、turn")
		}
	}
	if l.When.never {
		k.add(l.When.Pos, "likely-never", "when 永远不会成立", "改写条件，或删掉这一条")
	}
}

// short is a word of one character that alone decides; "" when there is none.
func (w *Keyword) short() string {
	one := func(s string) bool { return utf8.RuneCountInString(s) == 1 }
	if i := slices.IndexFunc(w.any, one); i >= 0 && len(w.all) == 0 {
		return w.Any[i]
	}
	if len(w.any) == 0 && len(w.all) == 1 && one(w.all[0]) {
		return w.All[0]
	}
	return ""
}

// humanPhrases are the phrases that reach a person from inside a sentence: they come before keywords.
func (k *checker) humanPhrases() []string {
	var out []string
	for _, p := range k.Patterns {
		if p.Do == DoHandoff {
			for _, c := range p.Contains {
				out = append(out, kb.Fold(c))
			}
		}
	}
	return out
}

// shadow tells what always comes before the keyword rule i; "" when nothing does.
func (k *checker) shadow(i int, human []string) string {
	w := k.Keywords[i]
	for _, c := range human {
		if w.implies([]string{c}) {
			return "带“" + c + "”的话都先转人工"
		}
	}
	for _, earlier := range k.Keywords[:i] {
		if earlier.covers(w) {
			return fmt.Sprintf("第 %d 行的规则先命中", earlier.Pos.Line)
		}
	}
	return ""
}

// covers tells whether w matches every message that other matches.
func (w *Keyword) covers(other *Keyword) bool {
	for _, word := range w.all {
		if !other.implies([]string{word}) {
			return false
		}
	}
	for _, word := range w.none {
		if !slices.ContainsFunc(other.none, func(n string) bool { return strings.Contains(word, n) }) {
			return false
		}
	}
	return len(w.any) == 0 || other.implies(w.any)
}

// implies tells whether every message that w matches holds one of words.
func (w *Keyword) implies(words []string) bool {
	holds := func(s string) bool { return holdsAny(s, words) }
	if slices.ContainsFunc(w.all, holds) {
		return true
	}
	return len(w.any) > 0 && !slices.ContainsFunc(w.any, func(s string) bool { return !holds(s) })
}
