package script

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/kb"
)

func TestParseOpeners(t *testing.T) {
	t.Parallel()
	got, findings := ParseOpeners(Source{Name: "likely.yaml", Data: []byte(`
- {goto: kb.redpacket.refund_time, score: 0.4}
- {when: 'scene.error == "RP_HOLD" and trace.has("redpacket.held", "48h")', say: 收不了红包, goto: dialog.redpacket/hold, score: 0.95}
`)})
	if len(got) != 2 || len(findings) > 0 {
		t.Fatalf("ParseOpeners = %d openers, %s", len(got), told(findings))
	}
	if o := got[0]; o.Target != "kb:redpacket.refund_time" || o.Say != "" || o.When != nil || o.Score != 0.4 || !o.Holds(&Scope{}) {
		t.Errorf("opener = %+v, want one that always holds", o)
	}
	o := got[1]
	if o.Target != "dialog:redpacket/hold" || o.Pos != (Pos{"likely.yaml", 3, 3}) || o.Holds(&Scope{}) {
		t.Errorf("opener = %+v", o)
	}
	if got := fmt.Sprint(o.When.Names()); got != "[scene.error trace.has:redpacket.held]" {
		t.Errorf("Names = %s", got)
	}
	if none, findings := ParseOpeners(Source{Name: "likely.yaml", Data: []byte("# nothing yet\n")}); len(none) != 0 || len(findings) > 0 {
		t.Errorf("an empty file = %v, %s", none, told(findings))
	}
}

func TestParseKeywords(t *testing.T) {
	t.Parallel()
	got, findings := ParseKeywords(Source{Name: "keywords.yaml", Data: []byte(`
- {any: [盗刷, 被盗], goto: dialog.account_stolen}
- {all: [红包, 退], none: [不退, 别退], goto: kb.redpacket.refund_time}
- {any: WiFi, all: [密码], goto: kb.wifi}
`)})
	if len(got) != 3 || len(findings) > 0 {
		t.Fatalf("ParseKeywords = %d rules, %s", len(got), told(findings))
	}
	for _, c := range []struct {
		text string
		want string
	}{
		{"我的卡被盗刷了！", "dialog:account_stolen"}, {"红包怎么还没退", "kb:redpacket.refund_time"},
		{"紅包怎麼退", "kb:redpacket.refund_time"}, {"红包能不能别退", "-"}, {"ｗｉｆｉ密码", "kb:wifi"}, {"wifi", "-"}, {"", "-"},
	} {
		hit := "-"
		for _, k := range got {
			if k.Match(kb.Fold(c.text)) {
				hit = k.Target
				break
			}
		}
		if hit != c.want {
			t.Errorf("%q matches %s, want %s", c.text, hit, c.want)
		}
	}
}

func TestParseRulesRefuse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, src, want string }{
		{"likely.yaml", "- {say: 退款}\n", "1:3 missing-key: likely缺少 goto | 写上 goto: …"},
		{"likely.yaml", "- {goto: redpacket}\n", "1:10 goto: goto“redpacket”的写法不对 | 写成 kb.编号、dialog.编号 或 dialog.编号/步骤"},
		{"likely.yaml", "- {goto: kb.x, score: 4}\n", "1:23 range: score 要在 0 和 1 之间 | 例如 0.9"},
		{"likely.yaml", "goto: kb.x\n", "1:1 type: likely.yaml 要是一个列表 | 每条写成 - {when: …, say: …, goto: kb.编号, score: 0.5}"},
		{"keywords.yaml", "- {goto: kb.x}\n", "1:3 keyword-empty: 这条规则没有词，什么话都会命中 | 写上 any: [词, 词] 或 all: [词, 词]"},
		{"keywords.yaml", "- {any: [盗刷], got: kb.x}\n", "1:15 unknown-key: 关键词规则里没有“got”这个键 | 是不是 goto？"},
		{"keywords.yaml", "- {any: ['！'], goto: kb.x}\n", "1:10 pattern-words: “！”比较时什么也不剩 | 写上文字"},
	} {
		var findings []Finding
		if c.file == "likely.yaml" {
			_, findings = ParseOpeners(Source{Name: c.file, Data: []byte(c.src)})
		} else {
			_, findings = ParseKeywords(Source{Name: c.file, Data: []byte(c.src)})
		}
		if got := told(findings); got != c.want {
			t.Errorf("%s %q:\n%s\nwant:\n%s", c.file, c.src, got, c.want)
		}
	}
}

func TestParseDialogAdditions(t *testing.T) {
	t.Parallel()
	const head = "dialog: x\ntitle: 题\n"
	parse := func(body string) (*Dialog, string) {
		d, findings := ParseDialog(Source{Name: "dialogs/x.yaml", Data: []byte(head + body)})
		return d, told(findings)
	}
	d, found := parse(`idle: {remind: 10m, leave: 2d}
likely:
  - {say: 退款}
slots:
  "no": {title: 交易单号, ask: 单号是多少？}
steps:
  - {id: ask, collect: "no", on_fail: done}
  - {id: query, call: pay.status, timeout: 2s, retry: 2, on_error: done}
  - {id: done, end: resolved}
`)
	if d == nil {
		t.Fatal(found)
	}
	if *d.Idle != (Idle{10 * time.Minute, 48 * time.Hour}) || d.Slots[0].Title != "交易单号" || d.Steps[1].Retry != 2 || !d.Likely[0].Holds(&Scope{}) {
		t.Errorf("dialog = %+v, idle %+v", d, d.Idle)
	}
	steps := "steps:\n  - {id: done, end: resolved}\n"
	for body, want := range map[string]string{
		"idle: {remind: 2d}\n" + steps:               "3:7 idle: 提醒要在离开之前，remind 不能不小于 leave（默认 24h） | 例如 {remind: 10m, leave: 24h}",
		"idle: {leave: 10}\n" + steps:                "3:15 idle: leave“10”不是可用的时长 | 写成 10m、24h 或 3d 这样，1m 到 30d",
		"idle: {remind: 5s}\n" + steps:               "3:16 idle: remind“5s”不是可用的时长 | 写成 10m、24h 或 3d 这样，1m 到 30d",
		"steps:\n  - {id: q, call: a.b, retry: 9}\n": "4:31 range: retry 要是 0 到 3 的整数 | 例如 1；再多用户就等太久了",
		"steps:\n  - {id: q, say: 好, retry: 1}\n":    "4:21 step-key: “retry”不能用在 say 步骤里 | 删掉它，或移到 call 步骤",
	} {
		if _, got := parse(body); got != want {
			t.Errorf("%q:\n%s\nwant:\n%s", body, got, want)
		}
	}
}

func TestBuiltInNewPatterns(t *testing.T) {
	t.Parallel()
	for _, p := range BuiltIn() {
		if p.Name == "机器人" && (p.Do != DoSay || !strings.Contains(p.Say.Source, "机器人") || !strings.Contains(p.Say.Source, "人工")) {
			t.Errorf("机器人 = %+v, want it to say what it is and how to reach a person", p)
		}
		if p.Name == "跳过" && p.Do != DoSkip {
			t.Errorf("跳过 = %+v", p)
		}
	}
}
