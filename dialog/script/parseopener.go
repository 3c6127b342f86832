package script

import (
	"strings"

	"github.com/xianda-bot/xianda/kb"
)

// Limits of likely.yaml and keywords.yaml.
const (
	maxOpeners  = 200
	maxKeywords = 2000
)

// ParseOpeners reads likely.yaml. The openers are nil when there is an error among the findings.
func ParseOpeners(src Source) ([]*Opener, []Finding) {
	page := ReadPage(src)
	var out []*Opener
	for _, item := range page.list("likely.yaml", "每条写成 - {when: …, say: …, goto: kb.编号, score: 0.5}", maxOpeners) {
		o := &Opener{Likely: item.likely()}
		item.require("likely", "goto")
		if o.Goto != "" {
			o.Target = item.target(o.Goto, o.target)
		}
		out = append(out, o)
	}
	if Broken(page.Findings) {
		return nil, page.Findings
	}
	return out, page.Findings
}

// list are the items of a page that is one list; anything else is a finding.
func (p *Page) list(name, edit string, most int) []*Node {
	switch {
	case p.Root == nil || p.Root.shape == empty:
		return nil
	case p.Root.shape != sequence:
		if !p.at(p.Root.Pos) {
			p.add(p.Root.Pos, "type", name+" 要是一个列表", edit)
		}
		return nil
	case len(p.Root.Items) > most:
		p.add(p.Root.Items[most].Pos, "file-size", name+" 里的条数太多", "合并或删掉一些")
	}
	return p.Root.Items
}

// target reads where a rule outside dialogs leads: kb.ID, dialog.ID or dialog.ID/STEP.
func (n *Node) target(to string, at Pos) string {
	if id, ok := strings.CutPrefix(to, "kb."); ok && id != "" {
		return "kb:" + id
	}
	if id, ok := strings.CutPrefix(to, "dialog."); ok && id != "" && !strings.HasPrefix(id, "/") && !strings.HasSuffix(id, "/") {
		return "dialog:" + id
	}
	n.page.add(at, "goto", "goto“"+to+"”的写法不对", "写成 kb.编号、dialog.编号 或 dialog.编号/步骤")
	return ""
}

// Keyword is an operator's rule of keywords.yaml: a message with these words goes to Target, before anything that was learned.
type Keyword struct {
	Any    []string // at least one of them stands in the message; empty: does not matter
	All    []string // each does
	None   []string // none does
	Target string   // as of an Opener
	Pos    Pos

	any, all, none []string // folded
	target         Pos
}

// ParseKeywords reads keywords.yaml. The rules are nil when there is an error among the findings.
func ParseKeywords(src Source) ([]*Keyword, []Finding) {
	page := ReadPage(src)
	var out []*Keyword
	for _, item := range page.list("keywords.yaml", "每条写成 - {any: [词, 词], goto: kb.编号}", maxKeywords) {
		out = append(out, item.keyword())
	}
	if Broken(page.Findings) {
		return nil, page.Findings
	}
	return out, page.Findings
}

func (n *Node) keyword() *Keyword {
	k := &Keyword{Pos: n.Pos}
	for _, p := range n.Fields("关键词规则", "any", "all", "none", "goto") {
		switch p.Name {
		case "any":
			k.Any = p.Value.foldable("any")
			k.any = foldAll(k.Any)
		case "all":
			k.All = p.Value.foldable("all")
			k.all = foldAll(k.All)
		case "none":
			k.None = p.Value.foldable("none")
			k.none = foldAll(k.None)
		case "goto":
			k.target = p.Value.Pos
			if to, ok := p.Value.Text("goto"); ok {
				k.Target = n.target(to, p.Value.Pos)
			}
		}
	}
	n.require("关键词规则", "goto")
	if len(k.Any)+len(k.All) == 0 && n.shape == mapping && !n.page.at(n.Pos) {
		n.Fault("keyword-empty", "这条规则没有词，什么话都会命中", "写上 any: [词, 词] 或 all: [词, 词]")
	}
	return k
}

func foldAll(words []string) []string {
	out := make([]string, 0, len(words))
	for _, w := range words {
		out = append(out, kb.Fold(w))
	}
	return out
}

// Match tells whether the rule applies to a message that kb.Fold has folded.
func (k *Keyword) Match(folded string) bool {
	return len(k.any)+len(k.all) > 0 &&
		(len(k.any) == 0 || holdsAny(folded, k.any)) && holdsAll(folded, k.all) && !holdsAny(folded, k.none)
}

func holdsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

func holdsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}
