package script

import (
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/kb"
)

func testNow() time.Time { return time.Date(2026, 1, 28, 12, 0, 0, 0, time.UTC) }

func testEntries() []kb.Entry {
	now := testNow()
	return []kb.Entry{
		{ID: "refund.time", Question: "退款多久到账", Answer: "1 至 3 天。", File: "kb/a.yaml", Line: 1, Col: 3},
		{ID: "old.rule", Question: "老规定", Answer: "老规定。", ValidTo: now.AddDate(0, 0, -1), File: "kb/a.yaml", Line: 5, Col: 3},
		{ID: "off.rule", Question: "停用的", Answer: "停用的。", Disabled: true, File: "kb/a.yaml", Line: 9, Col: 3},
	}
}

func TestCheckAcrossFiles(t *testing.T) {
	t.Parallel()
	parse := func(id, body string) *Dialog {
		d, findings := ParseDialog(Source{Name: "dialogs/" + id + ".yaml", Data: []byte("dialog: " + id + "\ntitle: 题\n" + body)})
		if d == nil {
			t.Fatal(told(findings))
		}
		return d
	}
	asks := func(phrases string) string { return "triggers: {ask: [" + phrases + "]}\n" }
	end := "steps:\n  - {id: done, end: resolved}\n"
	a := parse("a", asks("一, 二, 三, 四, 五")+"steps:\n  - {id: s, sub: b}\n  - {id: done, end: resolved}\n")
	b := parse("b", asks("六, 七, 八, 九, 一")+"steps:\n  - {id: s, sub: a}\n  - {id: done, end: resolved}\n")
	twin := parse("a", asks("甲, 乙, 丙, 丁, 戊")+end)
	twin.Pos.File = "dialogs/more.yaml"
	pattern := &Pattern{Name: "挡", Words: []string{"人工"}, Do: DoSay, Pos: Pos{"patterns.yaml", 1, 1}}
	entries := []kb.Entry{
		{ID: "x", Question: "问", Answer: strings.Repeat("长", 700), File: "kb/a.yaml", Line: 1, Col: 3},
		{ID: "x", Question: "问", Answer: "短", File: "kb/b.yaml", Line: 1, Col: 3, Related: []string{"y"}},
		{ID: "z", Question: "题", Answer: "快到期", Owner: "支付组", ValidTo: testNow().AddDate(0, 0, 3), Related: []string{"zz"}, File: "kb/b.yaml", Line: 9, Col: 3},
	}
	got := told(Check(Checkable{Dialogs: []*Dialog{a, b, twin}, Patterns: Merge([]*Pattern{pattern}), Entries: entries, Now: testNow()}))
	want := strings.Join([]string{
		"3:30 same-trigger?: 问法“一”在对话“a”里也有 | 只留一处",
		"5:18 sub-loop: 对话“b”和“a”互相当作子对话 | 去掉其中一个 sub",
		"1:9 duplicate-dialog: 对话“a”有两份，另一份在 dialogs/a.yaml | 删掉或改名其中一份",
		"1:3 reply-size: 知识“x”的答案有 2100 字节，一条回复最多 2048 字节 | 缩短它，或拆成几条用 related 连接",
		"1:3 long-sentence?: 有一句话长 700 个字，手机上不好读 | 在中间加上句号，或拆成几行",
		"1:3 duplicate-entry: 知识“x”写了两次，另一次在 kb/a.yaml 第 1 行 | 删掉或改名其中一条",
		"9:3 kb-unknown: 知识“z”的 related 里，“zz”不存在 | 是不是 z？",
		"9:3 kb-expiring?: 知识“z”还有 3 天过期 | 请负责人支付组更新 valid_to",
		"1:1 human-shadowed: “挡”里的“人工”会挡住“人工” | 从“挡”里删掉它",
	}, "\n")
	if got != want {
		t.Errorf("Check:\n%s\nwant:\n%s", got, want)
	}
}

// TestCheckPerChannel holds that texts are measured as each configured channel measures them, and only against those that say them.
func TestCheckPerChannel(t *testing.T) {
	t.Parallel()
	body := "dialog: x\ntitle: 题\ntriggers: {ask: [一一, 二二, 三三, 四四, 五五]}\nsteps:\n  - {id: a, say: " + strings.Repeat("😀好。", 10) + "}\n  - {id: done, end: resolved}\n"
	d, findings := ParseDialog(Source{Name: "dialogs/x.yaml", Data: []byte(body)})
	if d == nil {
		t.Fatal(told(findings))
	}
	entry := kb.Entry{ID: "e", Question: "问", Answer: strings.Repeat("长。", 30), Channels: map[string]string{"tg": "短。"}, File: "kb/a.yaml", Line: 1, Col: 3}
	for _, c := range []struct {
		name     string
		channels []Channel
		want     string
	}{
		{"unknown", nil, ""},
		{"no limit", []Channel{{Name: "term", Kind: "console"}}, ""},
		{"bytes", []Channel{{Name: "a", Kind: "wechat", MaxText: 90, Unit: chat.Bytes}}, "5:18 reply-size: 这句话有 100 字节，渠道“a”的一条消息最多 90 字节 | 拆成两步，或写进知识库分条回答\n1:3 reply-size: 知识“e”的答案有 180 字节，渠道“a”的一条消息最多 90 字节 | 缩短它，或拆成几条用 related 连接"},
		{"UTF-16", []Channel{{Name: "b", Kind: "tg", MaxText: 39, Unit: chat.UTF16}}, "5:18 reply-size: 这句话有 40 个字，渠道“b”的一条消息最多 39 个字 | 拆成两步，或写进知识库分条回答"},
		{"characters", []Channel{{Name: "c", Kind: "tg", MaxText: 30, Unit: chat.Runes}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := told(Check(Checkable{Dialogs: []*Dialog{d}, Patterns: Merge(nil), Entries: []kb.Entry{entry}, Channels: c.channels}))
			if got != c.want {
				t.Errorf("Check:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}
