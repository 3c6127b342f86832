package rehearse

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/chat/typo"
	"github.com/xianda-bot/xianda/dialog/script"
)

// defaultClock is a Wednesday morning in Shanghai.
func defaultClock() time.Time { return time.Date(2026, 1, 28, 2, 0, 0, 0, time.UTC) }

// Parse reads one file of tests: a test, several separated by ---, each strictly: an unknown key is a finding with its place. The
// tests are nil when there is an error among the findings.
func Parse(src script.Source) (all []Test, findings []script.Finding) {
	names := map[string]int{}
	for _, doc := range documents(src) {
		page := script.ReadPage(doc)
		if page.Root != nil {
			t := readTest(page)
			if at, ok := names[t.Name]; ok && t.Name != "" {
				page.Root.Fault("test-name", fmt.Sprintf("测试“%s”写了两次，上一次在第 %d 行", t.Name, at), "给其中一个换个名字")
			}
			names[t.Name] = t.Pos.Line
			all = append(all, t)
		}
		findings = append(findings, page.Findings...)
	}
	if script.Broken(findings) {
		return nil, findings
	}
	return all, findings
}

// documents cuts a file at its --- lines; each part keeps its line numbers.
func documents(src script.Source) []script.Source {
	var out []script.Source
	lines := strings.SplitAfter(string(src.Data), "\n")
	first := 0
	for i := 0; i <= len(lines); i++ {
		if i < len(lines) && strings.TrimRight(lines[i], " \r\n") != "---" {
			continue
		}
		if part := strings.Join(lines[first:i], ""); strings.TrimSpace(part) != "" {
			out = append(out, script.Source{Name: src.Name, Data: []byte(strings.Repeat("\n", first) + part)})
		}
		first = i + 1
	}
	return out
}

func readTest(page *script.Page) Test {
	root := page.Root
	t := Test{Pos: root.Pos, Channels: []string{"wechat"}, Given: Given{Clock: defaultClock()}}
	for _, p := range root.Fields("测试", "test", "given", "turns", "after", "fault") {
		switch p.Name {
		case "test":
			t.Name, _ = p.Value.Text("test")
		case "given":
			readGiven(p.Value, &t)
		case "turns":
			for i, item := range p.Value.Items {
				t.Turns = append(t.Turns, readTurn(item, i == 0))
			}
			if len(p.Value.Items) == 0 {
				p.Value.Fault("type", "turns 要是一个列表", "每轮写成 - user: …")
			}
		case "after":
			readAfter(p.Value, &t.After)
		case "fault":
			words, places := p.Value.Texts("fault")
			for i, w := range words {
				if f := Fault(w); f != WechatRetry && f != KillAfterCommit {
					edit := "可用的是 wechat_retry、kill_after_commit"
					if near := typo.Nearest(w, []string{string(WechatRetry), string(KillAfterCommit)}); near != "" {
						edit = "是不是 " + near + "？"
					}
					p.Value.FaultAt(places[i], "test-fault", "没有“"+w+"”这种故障", edit)
				} else {
					t.Fault = append(t.Fault, f)
				}
			}
		}
	}
	root.Require("测试", "test", "turns")
	return t
}

func readGiven(n *script.Node, t *Test) {
	g := &t.Given
	for _, p := range n.Fields("given", "channel", "clock", "enter", "seats", "stub", "trace", "profile", "lang", "native") {
		v := p.Value
		switch p.Name {
		case "channel":
			if kinds, _ := v.Texts("channel"); len(kinds) > 0 {
				t.Channels = kinds
			}
		case "clock":
			if s, ok := v.Text("clock"); ok {
				at, err := time.Parse(time.RFC3339, s)
				if err != nil {
					v.Fault("test-clock", "时刻“"+s+"”读不懂", "写成 2026-01-28T20:00:00+08:00")
					break
				}
				g.Clock = at
			}
		case "enter":
			g.Enter = readEnter(v)
		case "seats":
			g.Seats = map[string]int{}
			for _, q := range v.Entries("seats") {
				g.Seats[q.Name], _ = q.Value.Whole("seats 里的 "+q.Name, 0)
			}
		case "stub":
			g.Stub = map[string]map[string]any{}
			for _, call := range v.Entries("stub") {
				call.Value.Entries("stub 里的 " + call.Name)
				g.Stub[call.Name], _ = call.Value.Data().(map[string]any)
			}
		case "trace":
			for _, item := range v.Items {
				g.Trace = append(g.Trace, readOperation(item, "kind", "ago", "data"))
			}
			if len(v.Items) == 0 {
				v.Fault("type", "trace 要是一个列表", "每条写成 - {kind: redpacket.held, ago: 2h}")
			}
		case "profile":
			g.Profile = readProfile(v)
		case "lang":
			g.Lang, _ = v.Text("lang")
		case "native":
			g.Native, _ = v.Text("native")
		}
	}
}

func readEnter(n *script.Node) *Enter {
	e := &Enter{Scene: map[string]string{}}
	for _, p := range n.Fields("enter", "event", "scene") {
		if p.Name == "event" {
			if e.Event, _ = p.Value.Text("event"); e.Event != "" && !strings.Contains(e.Event, ".") {
				p.Value.Fault("event", "事件“"+e.Event+"”的写法不对", "写成 menu.PAY_HELP 或 page.redpacket_error")
			}
			continue
		}
		for _, s := range p.Value.Entries("scene") {
			e.Scene[s.Name], _ = s.Value.Text("scene 里的 " + s.Name)
		}
	}
	return e
}

func readOperation(n *script.Node, known ...string) (o Operation) {
	for _, p := range n.Fields("event", known...) {
		switch p.Name {
		case "kind":
			o.Kind, _ = p.Value.Text("kind")
		case "ago":
			o.Ago, _ = p.Value.Span("ago")
		case "data":
			p.Value.Entries("data")
			o.Data, _ = p.Value.Data().(map[string]any)
		}
	}
	n.Require("event", "kind")
	return o
}

func readProfile(n *script.Node) *Profile {
	p := &Profile{}
	for _, f := range n.Fields("profile", "tags", "attributes") {
		if f.Name == "tags" {
			p.Tags, _ = f.Value.Texts("tags")
			continue
		}
		f.Value.Entries("attributes")
		p.Attributes, _ = f.Value.Data().(map[string]any)
	}
	return p
}

// acts are the keys of which a turn has exactly one.
var acts = []string{"user", "choose", "media", "seat", "close", "native", "wait", "event", "enter", "restart", "publish", "forget"}

func readTurn(n *script.Node, first bool) Turn {
	t := Turn{Pos: n.Pos}
	named := 0
	for _, p := range n.Fields("turns 里的一轮", append(slices.Clone(acts), "channel", "expect")...) {
		v := p.Value
		if p.Name != "expect" && p.Name != "channel" {
			if named++; named == 2 {
				p.Key.Fault("test-turn", "一轮只发生一件事，这里又有 "+p.Name, "拆成两轮")
			}
		}
		switch p.Name {
		case "user":
			if text := v.Raw(); text != "" || v.IsText() { // an empty message is one too
				t.User = &text
			} else {
				v.Text("user")
			}
		case "choose":
			t.Choose, _ = v.Text("choose")
		case "media":
			t.Media, _ = v.Text("media")
		case "seat":
			t.Seat, _ = v.Text("seat")
		case "close":
			t.Close, _ = v.Text("close")
		case "native":
			if t.Native, _ = v.Text("native"); t.Native != "" &&
				!slices.Contains([]string{chat.NativeBegan, chat.NativeEnded, nativeLost}, t.Native) {
				v.Fault("test-turn", "平台自己的客服不会“"+t.Native+"”", "写成 began（接入）、ended（结束）或 lost（走了，但通知没到）")
			}
		case "wait":
			t.Wait, _ = v.Span("wait")
		case "event":
			o := readOperation(v, "kind", "data")
			t.Event = &o
		case "enter":
			t.Enter = readEnter(v)
		case "restart":
			t.Restart, _ = v.Flag("restart")
		case "forget":
			t.Forget, _ = v.Flag("forget")
		case "channel":
			t.Channel, _ = v.Text("channel")
		case "publish":
			t.Publish, _ = v.Flag("publish")
		case "expect":
			readExpect(v, &t.Expect)
		}
	}
	if named == 0 && !first && t.Channel == "" {
		n.Fault("test-turn", "这一轮没有写发生了什么", "写上 "+strings.Join(acts, "、")+" 之一；只有第一轮可以不写，看进入时说了什么")
	}
	return t
}

func readExpect(n *script.Node, e *Expect) {
	for _, p := range n.Fields("expect", "says", "lacks", "image", "link", "likely", "offered", "factor", "kb",
		"verbatim", "source", "dialog", "step", "slot", "retry", "handoff", "silent", "to_user", "lang") {
		v := p.Value
		switch p.Name {
		case "says":
			e.Says, _ = v.Texts("says")
		case "lacks":
			e.Lacks, _ = v.Texts("lacks")
		case "image":
			e.Image, _ = v.Texts("image")
		case "link":
			e.Link, _ = v.Texts("link")
		case "likely":
			e.Likely, _ = v.Texts("likely")
		case "offered":
			e.Offered = whole(v, "offered")
		case "factor":
			e.Factor, _ = v.Text("factor")
		case "kb":
			e.KB, _ = v.Text("kb")
			e.KB = strings.TrimPrefix(e.KB, "kb.")
		case "verbatim":
			e.Verbatim, _ = v.Flag("verbatim")
		case "source":
			e.Source, _ = v.Text("source")
		case "dialog":
			if id := v.Raw(); id != "" || v.IsText() {
				e.Dialog = &id
			} else {
				v.Text("dialog")
			}
		case "step":
			e.Step, _ = v.Text("step")
		case "slot":
			e.Slot = map[string]string{}
			for _, s := range v.Entries("slot") {
				if e.Slot[s.Name] = s.Value.Raw(); e.Slot[s.Name] == "" && !s.Value.IsText() {
					s.Value.Text("slot 里的 " + s.Name)
				}
			}
		case "retry":
			e.Retry = whole(v, "retry")
		case "handoff":
			e.Handoff = readHandoff(v)
		case "silent":
			e.Silent, _ = v.Flag("silent")
		case "to_user":
			e.ToUser, _ = v.Text("to_user")
		case "lang":
			e.Lang, _ = v.Text("lang")
		}
	}
}

func readHandoff(n *script.Node) *Handoff {
	h := &Handoff{}
	for _, p := range n.Fields("handoff", "queue", "priority", "carry") {
		switch p.Name {
		case "queue":
			h.Queue, _ = p.Value.Text("queue")
		case "priority":
			h.Priority, _ = p.Value.Text("priority")
		case "carry":
			h.Carry, _ = p.Value.Texts("carry")
		}
	}
	return h
}

func readAfter(n *script.Node, a *After) {
	outcomes := []script.Outcome{script.Resolved, script.Unresolved, script.Handed, script.Abandoned}
	for _, p := range n.Fields("after", "outcome", "sent_max", "duplicates") {
		switch p.Name {
		case "outcome":
			if s, ok := p.Value.Text("outcome"); ok && !slices.Contains(outcomes, script.Outcome(s)) {
				p.Value.Fault("end", "没有“"+s+"”这种结局", "可用的是 resolved、unresolved、handed、abandoned")
			} else {
				a.Outcome = script.Outcome(s)
			}
		case "sent_max":
			a.SentMax = whole(p.Value, "sent_max")
		case "duplicates":
			a.Duplicates = whole(p.Value, "duplicates")
		}
	}
}

func whole(n *script.Node, what string) *int {
	if i, ok := n.Whole(what, 0); ok {
		return &i
	}
	return nil
}
