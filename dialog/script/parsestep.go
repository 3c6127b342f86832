package script

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/kb"
)

// maxCallRetry is how often a call may be tried again: a person waits for all of it.
const maxCallRetry = 3

// verbKeys are the further keys that a step with v may have.
func verbKeys(v Verb) []string {
	switch v {
	case Say, Answer:
		return []string{"image", "link", "then"}
	case Collect:
		return []string{"on_fail", "on_skip"}
	case Switch:
		return []string{"cases", "else"}
	case Call:
		return []string{"with", "timeout", "retry", "save", "on_error"}
	case Handoff:
		return []string{"urgent_if", "carry", "notice", "no_seat"}
	}
	return nil
}

// verbs are the keys of which a step has exactly one.
var verbs = []Verb{Say, Answer, Collect, Switch, Call, Set, Goto, Sub, Handoff, End}

// step reads one item of steps:.
func (n *Node) step() *Step {
	s := &Step{Pos: n.Pos, places: map[string]Pos{}}
	known := []string{"id"}
	for _, v := range verbs {
		known = append(append(known, string(v)), verbKeys(v)...)
	}
	pairs := n.Fields("步骤", known...)
	for _, p := range pairs {
		if p.Name == "id" {
			s.ID = p.Value.id("步骤的编号")
		}
		if !slices.Contains(verbs, Verb(p.Name)) {
			continue
		}
		if s.Verb == "" {
			s.Verb = Verb(p.Name)
			continue
		}
		edit := "拆成两步"
		if (s.Verb == Handoff && p.Name == "say") || (s.Verb == Say && p.Name == "handoff") {
			edit = "handoff 的话写在 notice（有客服时）和 no_seat（没有客服时）里"
		}
		p.Key.Fault("step-verb", "一步只能做一件事，这里有 "+string(s.Verb)+" 又有 "+p.Name, edit)
	}
	if s.Verb == "" && n.shape == mapping && !n.page.at(n.Pos) {
		n.Fault("step-verb", "这一步没有写要做什么", "写上 say、answer、collect、switch、call、set、goto、sub、handoff、end 之一")
	}
	n.require("步骤", "id")
	for _, p := range pairs {
		s.places[p.Name] = p.Value.Pos
		switch {
		case p.Name == "id":
		case p.Name == string(s.Verb):
			p.verb(s)
		case slices.Contains(verbKeys(s.Verb), p.Name):
			p.detail(s)
		case s.Verb != "" && !slices.Contains(verbs, Verb(p.Name)):
			p.Key.Fault("step-key", "“"+p.Name+"”不能用在 "+string(s.Verb)+" 步骤里", "删掉它，或移到 "+string(owner(p.Name))+" 步骤")
		}
	}
	return s
}

func owner(key string) Verb {
	for _, v := range verbs {
		if slices.Contains(verbKeys(v), key) {
			return v
		}
	}
	return ""
}

// verb reads the value of the step's verb.
func (p Pair) verb(s *Step) {
	v := p.Value
	switch s.Verb {
	case Say:
		s.Say = v.Template("say")
	case Answer:
		id, ok := v.Text("answer")
		rest, named := strings.CutPrefix(id, "kb.")
		if ok && (!named || rest == "") {
			v.Fault("answer", "answer 只能写知识库的编号", "写成 answer: kb.编号；自己的话用 say")
		}
		s.Answer = rest
	case Collect:
		s.Collect = v.id("collect")
	case Switch:
		s.Switch = v.expr("switch")
		if s.Switch != nil && s.Switch.kind == list {
			v.Fault("expression", "switch 要是一个值，不能是列表", "例如 switch: slot.issue")
		}
	case Call:
		s.Call, _ = v.Text("call")
		if b, path, ok := strings.Cut(s.Call, "."); s.Call != "" && (!ok || b == "" || path == "" || strings.ContainsAny(s.Call, " /?#\\")) {
			v.Fault("call", "call“"+s.Call+"”的写法不对", "写成 后端.路径，例如 pay.refund_status")
		}
	case Set:
		s.Set = v.fieldList("set")
		for i, f := range s.Set { // "slot.issue" and "issue" are the same thing
			s.Set[i].Name = strings.TrimPrefix(f.Name, "slot.")
		}
	case Goto:
		s.Goto, _ = v.Text("goto")
	case Sub:
		s.Sub, _ = v.Text("sub")
	case Handoff:
		s.Handoff, _ = v.Text("handoff")
	case End:
		end, ok := v.Text("end")
		outcomes := []string{string(Resolved), string(Unresolved), string(Handed), string(Abandoned)}
		if ok && !slices.Contains(outcomes, end) {
			v.Fault("end", "没有“"+end+"”这种结局", "可用的是 "+strings.Join(outcomes, "、"))
		}
		s.End = Outcome(end)
	}
}

// detail reads one of the further keys of the step's verb.
func (p Pair) detail(s *Step) {
	v := p.Value
	target := func(to *string) { *to, _ = v.Text(p.Name) }
	switch p.Name {
	case "then":
		s.Then = &Then{}
		for _, f := range v.Fields("then", "solved", "unsolved") {
			s.places[f.Name] = f.Value.Pos
			if f.Name == "solved" {
				s.Then.Solved, _ = f.Value.Text("solved")
			} else {
				s.Then.Unsolved, _ = f.Value.Text("unsolved")
			}
		}
		v.require("then", "solved", "unsolved")
	case "image":
		var places []Pos
		s.Images, places = v.Texts("image")
		for i, address := range s.Images {
			if problem := kb.BadAddress(address); problem != "" {
				v.FaultAt(places[i], "address", "图片的"+problem, "写成 https:// 开头、不用登录就能打开的图片地址")
			}
		}
		if len(s.Images) > kb.MaxImages {
			v.FaultAt(places[kb.MaxImages], "address", "一步最多 "+strconv.Itoa(kb.MaxImages)+" 张图片", "留下最要紧的几张，其余的放到 link 的页面里")
		}
	case "link":
		address, ok := v.Text("link")
		if problem := kb.BadAddress(address); ok && problem != "" {
			v.Fault("address", "链接的"+problem, "写成 https:// 开头的网址")
		}
		s.Link = address
	case "on_fail":
		target(&s.OnFail)
	case "on_skip":
		target(&s.OnSkip)
	case "on_error":
		target(&s.OnError)
	case "else":
		target(&s.Else)
	case "cases":
		for _, f := range v.Entries("cases") {
			to, _ := f.Value.Text("cases 里 " + f.Name + " 的去处")
			s.Cases = append(s.Cases, Case{Value: f.Name, Goto: to, Pos: f.Key.Pos})
		}
	case "with":
		s.With = v.fieldList("with")
	case "timeout":
		text, ok := v.Text("timeout")
		if !ok {
			return
		}
		d, ok := parseSpan(text)
		if !ok || d < time.Millisecond || d > 10*time.Minute {
			v.Fault("timeout", "timeout“"+text+"”不是可用的时长", "写成 2s 这样，最长 10m")
			return
		}
		s.Timeout = d
	case "retry":
		x, ok := v.Number("retry", 0)
		if ok && (x > maxCallRetry || x != math.Trunc(x)) {
			v.Fault("range", "retry 要是 0 到 3 的整数", "例如 1；再多用户就等太久了")
		}
		s.Retry = int(x)
	case "save":
		if name, ok := v.Text("save"); ok {
			s.Save = v.slotName(name)
			if !isSaved(name) {
				v.Fault("save", "“"+name+"”是系统用的名字", "换一个名字，系统的名字是 "+roots+"、len")
			}
		}
	case "urgent_if":
		s.UrgentIf = v.condition("urgent_if")
	case "carry":
		s.Carry, _ = v.Texts("carry")
	case "notice":
		s.Notice = v.Template("notice")
	case "no_seat":
		s.NoSeat = v.Template("no_seat")
	}
}

// fieldList reads names with templates, in the order written. A plain {slot.x} of a value is mended by its quotes.
func (n *Node) fieldList(what string) []Field {
	var out []Field
	for _, p := range n.Entries(what) {
		name := strings.TrimPrefix(p.Name, "slot.")
		if what == "set" {
			p.Key.slotName(name)
			if name == p.Name && !isSaved(name) {
				p.Key.Fault("set", "“"+name+"”是系统用的名字", "换一个名字，系统的名字是 "+roots+"、len")
			}
		}
		if t := p.Value.Template(what + " 里的 " + p.Name); t != nil {
			out = append(out, Field{Name: p.Name, Value: t, Pos: p.Key.Pos})
		}
	}
	return out
}
