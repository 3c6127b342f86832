package rehearse_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/script"
)

func told(findings []script.Finding) string {
	lines := make([]string, 0, len(findings))
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%d:%d %s: %s | %s", f.Line, f.Col, f.Rule, f.Text, f.Edit))
	}
	return strings.Join(lines, "\n")
}

func TestParseTellsPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "test: x\nturns:\n  - user: a\n    expect: {sayz: b}\n", "4:14 unknown-key: expect里没有“sayz”这个键 | 是不是 says？"},
		{"no name", "turns:\n  - user: a\n", "1:1 missing-key: 测试缺少 test | 写上 test: …"},
		{"no turns", "test: x\n", "1:1 missing-key: 测试缺少 turns | 写上 turns: …"},
		{"two acts", "test: x\nturns:\n  - {user: a, wait: 1m}\n", "3:15 test-turn: 一轮只发生一件事，这里又有 wait | 拆成两轮"},
		{"no act", "test: x\nturns:\n  - {user: a}\n  - {expect: {silent: true}}\n", "4:5 test-turn: 这一轮没有写发生了什么 | 写上 user、choose、media、seat、close、native、wait、event、enter、restart、publish、forget 之一；只有第一轮可以不写，看进入时说了什么"},
		{"no YAML", "test: [\n", "1:7 yaml-bracket: 括号没有配对 | test: []"},
		{"second document", "test: x\nturns:\n  - {user: a}\n---\ntest: y\nturns:\n  - {user: a, expect: {retry: 很多}}\n", "7:31 type: “retry”要是不小于 0 的数字 | 例如 1"},
		{"twice", "test: x\nturns:\n  - {user: a}\n---\ntest: x\nturns:\n  - {user: a}\n", "5:1 test-name: 测试“x”写了两次，上一次在第 1 行 | 给其中一个换个名字"},
		{"silent as text", "test: x\nturns:\n  - {user: a, expect: {silent: 是}}\n", "3:32 type: “silent”要是 true 或 false | 写成 true 或 false，不加引号"},
		{"clock", "test: x\ngiven: {clock: 昨天}\nturns:\n  - {user: a}\n", "2:16 test-clock: 时刻“昨天”读不懂 | 写成 2026-01-28T20:00:00+08:00"},
		{"wait", "test: x\nturns:\n  - {wait: 很久}\n", "3:12 type: “wait”要是一段时间，“很久”读不懂 | 写成 10m、48h 或 3d 这样"},
		{"fault", "test: x\nfault: [fire]\nturns:\n  - {user: a}\n", "2:9 test-fault: 没有“fire”这种故障 | 可用的是 wechat_retry、kill_after_commit"},
		{"outcome", "test: x\nturns:\n  - {user: a}\nafter: {outcome: solved}\n", "4:18 end: 没有“solved”这种结局 | 可用的是 resolved、unresolved、handed、abandoned"},
		{"event", "test: x\nturns:\n  - {event: {data: {a: 1}}}\n", "3:13 missing-key: event缺少 kind | 写上 kind: …"},
		{"enter", "test: x\nturns:\n  - {enter: {event: page}}\n", "3:21 event: 事件“page”的写法不对 | 写成 menu.PAY_HELP 或 page.redpacket_error"},
		{"unquoted", "test: x\nturns:\n  - user: no\n", "3:11 yaml-word: 没加引号的 no 在 YAML 里可能变成是与否 | - user: \"no\""},
	} {
		if tests, findings := rehearse.Parse(script.Source{Name: "tests/x.yaml", Data: []byte(c.text)}); tests != nil || told(findings) != c.want {
			t.Errorf("%s: Parse = %d tests,\n%s\nwant\n%s", c.name, len(tests), told(findings), c.want)
		}
	}
}

func TestParseReadsEverything(t *testing.T) {
	t.Parallel()
	tests, findings := rehearse.Parse(script.Source{Name: "tests/x.yaml", Data: []byte(`# 两段
test: 全都有
fault: [wechat_retry, kill_after_commit]
given:
  channel: [wechat, web]
  clock: 2026-01-28T20:00:00+08:00
  enter: {event: page.redpacket_error, scene: {error: RP_HOLD}}
  seats: {支付: 2}
  stub: {pay.refund_status: {state: processing, amount: 12.5, order: 4200001234202601281234567890}}
  trace: [{kind: redpacket.held, ago: 2h, data: {id: r1}}]
  profile: {tags: [new], attributes: {level: 3, vip: true}}
  lang: en
turns:
  - expect: {likely: [收不了红包], source: predict, factor: scene.error, offered: 3, lang: en}
  - {event: {kind: redpacket.expired, data: {amount: 3}}}
  - {enter: {}}
  - {restart: true}
  - {publish: true}
  - {wait: 72h}
  - {user: ""}
  - {user: 1}
after: {outcome: handed, sent_max: 5, duplicates: 0}
---
# 空的一段
---
test: 第二个
turns:
  - user: 在吗
`)})
	if len(findings) > 0 || len(tests) != 2 {
		t.Fatalf("Parse = %d tests, %s", len(tests), told(findings))
	}
	one := tests[0]
	if one.Pos.Line != 2 || tests[1].Pos.Line != 26 || tests[1].Turns[0].Pos != (script.Pos{File: "tests/x.yaml", Line: 28, Col: 5}) {
		t.Errorf("places = %v, %v, %v", one.Pos, tests[1].Pos, tests[1].Turns[0].Pos)
	}
	if fmt.Sprint(one.Channels, one.Fault) != "[wechat web] [wechat_retry kill_after_commit]" || fmt.Sprint(tests[1].Channels) != "[wechat]" {
		t.Errorf("channels, faults = %v, %v", one.Channels, one.Fault)
	}
	g := one.Given
	if g.Enter.Scene["error"] != "RP_HOLD" || g.Seats["支付"] != 2 || g.Lang != "en" || g.Trace[0].Ago != 2*time.Hour || g.Trace[0].Data["id"] != "r1" {
		t.Errorf("given = %+v", g)
	}
	if stub := g.Stub["pay.refund_status"]; stub["amount"] != 12.5 || stub["order"] != "4200001234202601281234567890" {
		t.Errorf("stub = %v", stub)
	}
	if fmt.Sprint(*g.Profile) != "{[new] map[level:3 vip:true]}" {
		t.Errorf("profile = %v", *g.Profile)
	}
	turns := one.Turns
	if e := turns[0].Expect; *e.Offered != 3 || e.Factor != "scene.error" || e.Source != "predict" || e.Lang != "en" {
		t.Errorf("expect = %+v", e)
	}
	if turns[1].Event.Kind != "redpacket.expired" || turns[2].Enter == nil || !turns[3].Restart || !turns[4].Publish || turns[5].Wait != 72*time.Hour || *turns[6].User != "" || *turns[7].User != "1" {
		t.Errorf("turns = %+v", turns)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("test: x\nturns:\n  - user: a\n---\ntest: y\n"))
	f.Add([]byte("---\n---\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tests, findings := rehearse.Parse(script.Source{Name: "tests/x.yaml", Data: data})
		if script.Broken(findings) != (tests == nil) && len(findings) > 0 {
			t.Fatalf("%d tests with %s", len(tests), told(findings))
		}
		for _, x := range tests {
			if x.Name == "" || len(x.Turns) == 0 {
				t.Fatalf("a test without a name or turns: %+v", x)
			}
		}
	})
}
