package script

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
	"time"
)

// Limits of one dialog.
const (
	maxSteps = 500
	maxSlots = 100
)

// ParseDialog reads one file of dialogs/. The dialog is nil when there is an error among the findings.
func ParseDialog(src Source) (*Dialog, []Finding) {
	page := ReadPage(src)
	d := &Dialog{Pos: Pos{src.Name, 1, 1}, Version: Hash(src.Data)}
	if page.Root == nil {
		if len(page.Findings) == 0 {
			page.add(d.Pos, "empty", "文件是空的", "写上 dialog、title、steps")
		}
		return nil, page.Findings
	}
	for _, p := range page.Root.Fields("对话", "dialog", "title", "owner", "triggers", "likely", "slots", "steps", "patterns", "idle") {
		v := p.Value
		switch p.Name {
		case "dialog":
			d.Pos = v.Pos
			d.ID = v.id("对话的编号")
			if name := strings.TrimSuffix(path.Base(src.Name), path.Ext(src.Name)); d.ID != "" && d.ID != name {
				page.add(v.Pos, "file-name", "对话编号“"+d.ID+"”和文件名“"+path.Base(src.Name)+"”不一致", "把文件改名为 "+d.ID+".yaml，或写 dialog: "+name)
			}
		case "title":
			d.Title, _ = v.Text("标题")
		case "owner":
			d.Owner, _ = v.Text("负责人")
		case "triggers":
			d.Triggers = v.triggers()
		case "likely":
			for _, item := range v.Items {
				d.Likely = append(d.Likely, item.likely())
				item.require("likely", "say")
			}
			if v.shape != sequence {
				page.add(v.Pos, "type", "likely 要是一个列表", "每条写成 - {when: …, say: …, score: 0.9}")
			}
		case "slots":
			for _, s := range v.Entries("slots") {
				d.Slots = append(d.Slots, s.slot())
			}
		case "steps":
			for _, item := range v.Items {
				d.Steps = append(d.Steps, item.step())
			}
			if len(v.Items) == 0 {
				page.add(v.Pos, "type", "steps 要是一个列表", "每步写成 - id: …")
			}
		case "idle":
			idle := v.Idle()
			d.Idle = &idle
		case "patterns":
			for _, pair := range v.Entries("patterns") {
				d.Patterns = append(d.Patterns, pair.pattern())
			}
		}
	}
	for _, need := range []struct{ have, name, edit string }{{d.ID, "dialog", "写上 dialog: 文件名"}, {d.Title, "title", "写上 title: 人能看懂的名字"}} {
		if need.have == "" && !page.mentions(need.name) {
			page.add(Pos{src.Name, 1, 1}, "missing-key", "对话缺少 "+need.name, need.edit)
		}
	}
	if len(d.Steps) == 0 && !page.mentions("steps") {
		page.add(Pos{src.Name, 1, 1}, "missing-key", "对话缺少 steps", "至少写一步，例如 - {id: done, end: resolved}")
	}
	if len(d.Steps) > maxSteps || len(d.Slots) > maxSlots {
		page.add(d.Pos, "dialog-size", "对话太长，最多 500 步、100 个槽位", "拆成几个对话，用 sub 连接")
	}
	if Broken(page.Findings) {
		return nil, page.Findings
	}
	return d, page.Findings
}

// Hash is the version of a file: 12 hex digits of its content's SHA-256.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:6])
}

// Broken tells whether there is an error among findings.
func Broken(findings []Finding) bool {
	for _, f := range findings {
		if !f.Warning {
			return true
		}
	}
	return false
}

// mentions tells whether the page's root has this key, so that an empty value is told once.
func (p *Page) mentions(key string) bool {
	for _, pair := range p.Root.Pairs {
		if pair.Name == key {
			return true
		}
	}
	return false
}

// id reads an identifier: letters of any script, digits, _ and -.
func (n *Node) id(what string) string {
	s, ok := n.Text(what)
	if !ok {
		return ""
	}
	if !plainName(s) || len(s) > 64 {
		n.page.add(n.Pos, "id", what+"“"+s+"”里有不能用的字符", "只用字母、汉字、数字、下划线和短横线，最长 64 字节")
		return ""
	}
	return s
}

func (n *Node) triggers() Triggers {
	t := Triggers{Pos: n.Pos}
	for _, p := range n.Fields("triggers", "ask", "events") {
		switch p.Name {
		case "ask":
			t.Ask, t.asks = p.Value.Texts("triggers.ask")
		case "events":
			var places []Pos
			t.Events, places = p.Value.Texts("triggers.events")
			t.events = places
			for i, e := range t.Events {
				if head, rest, ok := strings.Cut(e, "."); !ok || rest == "" || head == "" {
					n.page.add(places[i], "event", "事件“"+e+"”的写法不对", "写成 menu.PAY_HELP、page.redpacket_error 或 event.redpacket.held")
				}
			}
		}
	}
	return t
}

func (n *Node) likely() Likely {
	l := Likely{Pos: n.Pos, Score: 0.5}
	for _, p := range n.Fields("likely", "when", "say", "goto", "score") {
		switch p.Name {
		case "when":
			l.When = p.Value.condition("when")
		case "say":
			l.Say, _ = p.Value.Text("say")
		case "goto":
			l.Goto, _ = p.Value.Text("goto")
			l.target = p.Value.Pos
		case "score":
			if f, ok := p.Value.Number("score", 0); ok {
				if f > 1 {
					p.Value.Fault("range", "score 要在 0 和 1 之间", "例如 0.9")
				}
				l.Score = f
			}
		}
	}
	return l
}

// Idle reads idle: of a dialog or of release.yaml. What it leaves out is as by default, whoever says otherwise elsewhere.
func (n *Node) Idle() Idle {
	idle := Idle{Leave: LeaveAfter}
	for _, p := range n.Fields("idle", "remind", "leave") {
		text, ok := p.Value.Text(p.Name)
		if !ok {
			continue
		}
		d, ok := parseSpan(text)
		if !ok || d < time.Minute || d > 30*24*time.Hour {
			p.Value.Fault("idle", p.Name+"“"+text+"”不是可用的时长", "写成 10m、24h 或 3d 这样，1m 到 30d")
			continue
		}
		if p.Name == "remind" {
			idle.Remind = d
		} else {
			idle.Leave = d
		}
	}
	if idle.Remind >= idle.Leave && !n.page.at(n.Pos) {
		n.Fault("idle", "提醒要在离开之前，remind 不能不小于 leave（默认 24h）", "例如 {remind: 10m, leave: 24h}")
	}
	return idle
}

// require reports keys that must be there.
func (n *Node) require(what string, keys ...string) {
	if n.shape != mapping {
		return
	}
	for _, k := range keys {
		found := false
		for _, p := range n.Pairs {
			found = found || p.Name == k
		}
		if !found && !n.page.at(n.Pos) {
			n.page.add(n.Pos, "missing-key", what+"缺少 "+k, "写上 "+k+": …")
		}
	}
}

// condition reads an expression that yields yes or no.
func (n *Node) condition(what string) *Expr {
	e := n.expr(what)
	if e == nil {
		return nil
	}
	if !e.isCondition() {
		n.page.add(n.Pos, "expression", "“"+what+"”要是一个条件，“"+e.Source+"”只是一个值", "和什么比较，例如 "+e.Source+` == "…"`)
		return nil
	}
	return e
}
