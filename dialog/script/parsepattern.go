package script

import (
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/kb"
)

// Names of patterns that mean something to the house.
const (
	Human    = "人工"    // no release and no dialog can remove it
	Agent    = "agent" // the same for who writes English
	NotText  = "非文本"   // fires on media that no step waits for; needs no words
	TimedOut = "超时"    // fires when a dialog was left alone; needs no words
)

var deeds = []string{
	string(DoHandoff), string(DoCancel), string(DoBack), string(DoRestart), string(DoOffer),
	string(DoUnsolved), string(DoSay), string(DoSkip), string(DoLink), string(DoUnlink),
}

// ParsePatterns reads patterns.yaml. The patterns are nil when there is an error among the findings.
func ParsePatterns(src Source) ([]*Pattern, []Finding) {
	page := ReadPage(src)
	if page.Root == nil {
		return nil, page.Findings
	}
	var out []*Pattern
	for _, p := range page.Root.Entries("patterns.yaml") {
		out = append(out, p.pattern())
	}
	if Broken(page.Findings) {
		return nil, page.Findings
	}
	return out, page.Findings
}

// pattern reads one pattern; what it leaves out is taken from the built-in one of the same name.
func (p Pair) pattern() *Pattern {
	t := &Pattern{Name: p.Name, Pos: p.Key.Pos}
	var base Pattern
	for _, b := range BuiltIn() {
		if b.Name == p.Name {
			base = *b
		}
	}
	t.Do = base.Do
	if p.Name == Human { // who rewords it keeps the phrases that reach a person from inside a sentence
		t.Contains = base.Contains
	}
	for _, f := range p.Value.Fields(p.Name, "words", "contains", "do", "say", "queue", "notice", "no_seat") {
		v := f.Value
		switch f.Name {
		case "words":
			t.Words = v.foldable("words")
		case "contains":
			t.Contains = v.foldable("contains")
		case "do":
			do, ok := v.Text("do")
			if ok && !slices.Contains(deeds, do) {
				edit := meant(do, deeds, "可用的是 "+strings.Join(deeds, "、"))
				v.Fault("pattern-do", "没有“"+do+"”这种做法", edit)
			}
			t.Do = Deed(do)
		case "say":
			t.Say = v.Template("say")
		case "queue":
			t.Queue, _ = v.Text("queue")
		case "notice":
			t.Notice = v.Template("notice")
		case "no_seat":
			t.NoSeat = v.Template("no_seat")
		}
	}
	if p.Value.shape == mapping && !p.Value.page.at(p.Key.Pos) {
		p.patternFits(t)
	}
	return t
}

func (p Pair) patternFits(t *Pattern) {
	switch {
	case t.Do == "":
		p.Key.Fault("pattern-do", "“"+t.Name+"”没有写 do", "可用的是 "+strings.Join(deeds, "、"))
	case t.Name == Human && t.Do != DoHandoff:
		p.Key.Fault("human-removed", "“人工”可以换说法，但必须转人工", "写成 do: handoff")
	case len(t.Words) == 0 && (t.Name == Human || len(t.Contains) == 0) && t.Name != NotText && t.Name != TimedOut:
		p.Key.Fault("pattern-words", "“"+t.Name+"”没有词", "写上 words: [词, 词]")
	case t.Do == DoSay && t.Say == nil:
		p.Key.Fault("pattern-say", "“"+t.Name+"”要说话，但没有 say", "写上 say: …")
	case t.Do != DoHandoff && (t.Queue != "" || t.Notice != nil || t.NoSeat != nil):
		p.Key.Fault("pattern-key", "queue、notice、no_seat 只用在 do: handoff 里", "删掉它们，要说的话写在 say 里")
	case t.Do == DoHandoff && t.Say != nil:
		p.Key.Fault("pattern-key", "转人工时说的话写在 notice 和 no_seat 里", "把 say 改成 notice（有客服时）和 no_seat（没有客服时）")
	}
}

// foldable reads words that something is left of when they are compared.
func (n *Node) foldable(what string) []string {
	words, places := n.Texts(what)
	for i, w := range words {
		if kb.Fold(w) == "" {
			n.page.add(places[i], "pattern-words", "“"+w+"”比较时什么也不剩", "写上文字")
		}
	}
	return words
}

// BuiltIn are the patterns that work in every release; one of the same name in a release replaces it.
func BuiltIn() []*Pattern {
	say := func(s string) *Template { return &Template{Source: s, parts: []part{{literal: s}}, fixed: len(s)} }
	return []*Pattern{
		{Name: Human, Do: DoHandoff, Queue: "default", Words: []string{"人工", "转人工", "找人工", "人工服务", "人工客服", "真人", "真人客服", "客服", "投诉", "我要投诉"}, Contains: []string{"转人工", "找人工", "人工客服", "真人"}},
		{Name: "取消", Do: DoCancel, Words: []string{"取消", "算了", "不办了", "不弄了", "退出"}, Say: say("好的，已取消。还想问什么，直接告诉我。")},
		{Name: "上一步", Do: DoBack, Words: []string{"上一步", "返回", "返回上一步", "后退"}, Say: say("好的，我们回到上一个问题。")},
		{Name: "重来", Do: DoRestart, Words: []string{"重来", "重新来", "重新开始", "从头来", "从头开始"}, Say: say("好的，我们从头来。")},
		{Name: "问候", Do: DoOffer, Words: []string{"你好", "您好", "在吗", "在么", "有人吗", "嗨", "哈喽", "hi", "hello", "在", "在不在", "早上好", "下午好", "晚上好", "打扰一下", "菜单", "帮助"}},
		{Name: "没解决", Do: DoUnsolved, Words: []string{"没解决", "没有解决", "未解决", "没用", "没有用", "不是这个", "答非所问"}, Say: say("抱歉没能帮到您。您可以换个说法，或回复“人工”。")},
		{Name: "跳过", Do: DoSkip, Words: []string{"跳过", "跳过这一步", "这个跳过", "先跳过", "略过", "不想说", "不填"}, Say: say("这一项需要您告诉我，才能继续。不想办了可以回复“取消”，找客服请回复“人工”。")},
		{Name: "关联", Do: DoLink, Words: []string{"关联", "关联账号", "关联会话", "绑定账号", "账号关联", "link", "link account", "link accounts"}},
		{Name: "解除关联", Do: DoUnlink, Words: []string{"解除关联", "取消关联", "解除绑定账号", "不要关联", "unlink"}},
		{Name: "机器人", Do: DoSay, Words: []string{"你是机器人吗", "你是机器人", "你是不是机器人", "是机器人吗", "机器人吗", "机器人", "你是谁", "你是什么", "你是人吗", "你是真人吗", "是真人吗", "是真人还是机器人", "你是人还是机器人", "你是人工吗", "是人工吗", "你叫什么", "你叫什么名字"}, Say: say("我是机器人客服，按客服团队写好的答案回答您。想找人工客服，回复“人工”就行。")},
		{Name: Agent, Do: DoHandoff, Queue: "default", Words: []string{"agent", "human", "a human", "operator", "representative", "real person", "talk to a person", "customer service", "help me please"}, Contains: []string{"talk to a human", "talk to a person", "talk to an agent", "human agent", "real person", "speak to someone", "customer representative"}},
		{Name: "cancel", Do: DoCancel, Words: []string{"cancel", "never mind", "nevermind", "forget it", "stop", "quit", "exit"}, Say: say("All right, cancelled. Just tell me if there is anything else.")},
		{Name: "back", Do: DoBack, Words: []string{"back", "go back", "previous"}, Say: say("All right, back to the question before.")},
		{Name: "restart", Do: DoRestart, Words: []string{"restart", "start over", "start again"}, Say: say("All right, from the beginning.")},
		{Name: "unsolved", Do: DoUnsolved, Words: []string{"not solved", "it did not help", "it didn't help", "not helpful", "still not working", "useless"}, Say: say("Sorry that this did not help. You can put it another way, or reply \"agent\" for a person.")},
		{Name: "skip", Do: DoSkip, Words: []string{"skip", "skip this", "i don't know", "i do not know"}, Say: say("I need this to go on. Reply \"cancel\" to leave, or \"agent\" for a person.")},
		{Name: "robot", Do: DoSay, Words: []string{"are you a robot", "are you a bot", "are you human", "are you a human", "who are you", "am i talking to a bot", "is this a bot"}, Say: say("I am a robot that answers from what our service team wrote. Reply \"agent\" for a person.")},
		{Name: "没听懂", Do: DoOffer, Words: []string{"没听懂", "没看懂", "听不懂", "看不懂", "不明白", "什么意思"}, Say: say("抱歉没说清楚。您想问的是不是：")},
		{Name: "着急", Do: DoSay, Words: []string{"快点", "快一点", "着急", "很急", "急死了", "怎么这么慢"}, Say: say("明白您着急。请用一句话说说您的问题，我马上找答案；要找客服请回复“人工”。")},
		{Name: "不满", Do: DoSay, Words: []string{"垃圾", "骗子", "什么玩意", "太差了", "太垃圾了", "傻子", "笨蛋", "废物"}, Say: say("很抱歉让您不满意。您可以再说说遇到的情况，或回复“人工”，由客服来帮您。")},
	}
}

// Merge puts the built-in patterns behind own, but those that own names.
func Merge(own []*Pattern) []*Pattern {
	out := slices.Clone(own)
	for _, b := range BuiltIn() {
		if !slices.ContainsFunc(own, func(p *Pattern) bool { return p.Name == b.Name }) {
			out = append(out, b)
		}
	}
	return out
}
