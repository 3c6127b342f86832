package script

import (
	"regexp"
	"slices"
	"strings"
)

var types = []string{"text", "choice", "number", "money", "digits", "date", "phone", "order_no", "yesno", "image"}

// slot reads one entry of slots:.
func (p Pair) slot() *Slot {
	s := &Slot{Name: p.Key.slotName(p.Name), Type: Text, MaxRetry: 2, Pos: p.Key.Pos}
	n := p.Value
	typed := ""
	for _, f := range n.Fields("槽位 "+p.Name+" ", "ask", "type", "choices", "length", "min", "max", "pattern", "invalid", "max_retry", "skip_words", "title") {
		v := f.Value
		switch f.Name {
		case "ask":
			s.Ask = v.Template("ask")
		case "invalid":
			s.Invalid = v.Template("invalid")
		case "type":
			typed, _ = v.Text("type")
			s.Type = SlotType(typed)
			if typed != "" && !slices.Contains(types, typed) {
				edit := meant(typed, types, "可用的是 "+strings.Join(types, "、"))
				v.Fault("slot-type", "没有“"+typed+"”这种类型", edit)
			}
		case "choices":
			s.Choices = v.options()
		case "length":
			if x, ok := v.Number("length", 1); ok {
				s.Length = int(x)
			}
		case "min", "max":
			if x, ok := v.Number(f.Name, -1e15); ok {
				if f.Name == "min" {
					s.Min = &x
				} else {
					s.Max = &x
				}
			}
		case "pattern":
			if s.Pattern, _ = v.Text("pattern"); s.Pattern != "" {
				re, err := compilePattern(s.Pattern)
				if err != nil {
					v.Fault("slot-pattern", "pattern 不是正确的正则表达式", "例如 [0-9]{10,28}")
				}
				s.re = re
			}
		case "max_retry":
			if x, ok := v.Number("max_retry", 0); ok {
				s.MaxRetry = int(x)
			}
			if s.MaxRetry == 0 {
				s.MaxRetry = 2
			}
		case "skip_words":
			s.SkipWords, _ = v.Texts("skip_words")
		case "title":
			s.Title, _ = v.Text("title")
		}
	}
	n.require("槽位 "+p.Name+" ", "ask")
	if slices.Contains(types, string(s.Type)) { // of another, nobody can tell what it needs
		s.fits(n)
	}
	return s
}

// fits checks that the slot has what its type needs and nothing that another type would need.
func (s *Slot) fits(n *Node) {
	name := "槽位“" + s.Name + "”"
	if s.Type == Choice && len(s.Choices) == 0 && !n.page.at(s.Pos) {
		n.page.add(s.Pos, "slot-choices", name+"是 choice，但没有 choices", "写上 choices: {键: 显示的文字}")
	}
	for _, w := range []struct {
		have bool
		key  string
		only []SlotType
	}{
		{len(s.Choices) > 0, "choices", []SlotType{Choice}},
		{s.Length > 0, "length", []SlotType{Digits}},
		{s.Min != nil, "min", []SlotType{Number, Money}},
		{s.Max != nil, "max", []SlotType{Number, Money}},
		{s.Pattern != "", "pattern", []SlotType{OrderNo}},
	} {
		if w.have && !slices.Contains(w.only, s.Type) {
			n.page.add(s.Pos, "slot-key", name+"是 "+string(s.Type)+"，用不上 "+w.key, "把 type 写成 "+string(w.only[0])+"，或删掉 "+w.key)
		}
	}
	if s.Type == OrderNo && s.Pattern == "" && !n.page.at(s.Pos) {
		n.page.add(s.Pos, "slot-pattern", name+"是 order_no，但没有 pattern", "写上 pattern: '[0-9]{10,28}'")
	}
	if s.Min != nil && s.Max != nil && *s.Min > *s.Max {
		n.page.add(s.Pos, "range", name+"的 min 大于 max", "对调两个数")
	}
}

// slotName reads a name that expressions can use: no hyphen, which would subtract.
func (n *Node) slotName(name string) string {
	if !plainName(name) || strings.Contains(name, "-") || len(name) > 64 || (name[0] >= '0' && name[0] <= '9') {
		n.page.add(n.Pos, "id", "名字“"+name+"”里有不能用的字符", "只用字母、汉字、数字和下划线，不以数字开头")
	}
	return name
}

// options reads the choices of a slot, in the order written.
func (n *Node) options() []Option {
	if n.shape == sequence {
		n.Fault("type", "choices 要给每个选项一个键", "写成 {hold: 提示被暂停, refund: 想问退款}")
		return nil
	}
	var out []Option
	seen := map[string]bool{}
	for _, p := range n.Entries("choices") {
		label, ok := p.Value.Text("选项 " + p.Name)
		if !ok {
			continue
		}
		if seen[label] {
			p.Value.Fault("slot-choices", "选项“"+label+"”出现了两次", "改成不同的文字")
		}
		seen[label] = true
		out = append(out, Option{Key: p.Name, Label: label})
	}
	return out
}

// compilePattern compiles an order number's pattern so that it has to match the whole value.
func compilePattern(src string) (*regexp.Regexp, error) {
	return regexp.Compile(`\A(?:` + src + `)\z`)
}
