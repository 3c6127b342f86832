package script

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/kb"
)

const outlined = `dialog: evil
title: 'a "b" ]) --> x <script> & #35;'
triggers: {ask: [一一, 二二, 三三, 四四, 五五], events: [menu.X]}
likely:
  - {say: 问, goto: pick, score: 0.4}
slots: {k: {ask: '选"一个"？', type: choice, choices: {a: 'x|y', b: '<b>'}, skip_words: [不知道]}}
steps:
  - {id: end, collect: k, on_fail: graph}
  - {id: pick, switch: slot.k, cases: {a: graph, b: other}, else: last}
  - {id: graph, say: "两行\n第二行"}
  - {id: other, sub: second}
  - {id: told, answer: kb.e, then: {solved: last, unsolved: end}}
  - {id: last, end: resolved}
`

func outlineOf(t *testing.T) *Dialog {
	t.Helper()
	d, findings := ParseDialog(Source{Name: "dialogs/evil.yaml", Data: []byte(outlined)})
	if d == nil {
		t.Fatal(told(findings))
	}
	return d
}

func entryE(id string) *kb.Entry {
	if id == "e" {
		return &kb.Entry{ID: "e", Question: "问什么？"}
	}
	return nil
}

func TestOutline(t *testing.T) {
	t.Parallel()
	o := outlineOf(t).Outline(entryE)
	got := strings.Join(o.Begins, "\n") + "\n"
	for _, s := range o.Steps {
		got += fmt.Sprintf("%s %s %q %v\n", s.ID, s.Verb, s.What, s.Ways)
	}
	want := `asked: 一一、二二、三三、四四、五五
event: menu.X
likely: 问, when always (0.40) → pick
end collect "k: 选\"一个\"？ [x|y | <b>]" [{on_fail graph}]
pick switch "slot.k" [{a x|y graph} {b <b> other} {else last}]
graph say "两行\n第二行" []
other sub "second" []
told answer "kb.e: 问什么？" [{solved last} {unsolved end}]
last end "resolved" []
`
	if got != want {
		t.Errorf("Outline:\n%s\nwant:\n%s", got, want)
	}
}

// TestMermaid holds what stands in a chart: every text in quotes, with nothing in it that ends the quotes or the node.
func TestMermaid(t *testing.T) {
	t.Parallel()
	second := &Dialog{ID: "second", Title: "第二个", Steps: []*Step{{ID: "done", Verb: End, End: Resolved}}}
	got := Mermaid([]*Dialog{outlineOf(t), second}, entryE)
	want := `flowchart TD
  subgraph d0["evil a #quot;b#quot; ]) --#gt; x #lt;script#gt; #amp; #35;35;"]
    d0s0[/"end<br/>collect k: 选#quot;一个#quot;？ [x|y | #lt;b#gt;]"/]
    d0s1{"pick<br/>switch slot.k"}
    d0s2["graph<br/>say 两行<br/>第二行"]
    d0s3[["other<br/>sub second"]]
    d0s4["told<br/>answer kb.e: 问什么？"]
    d0s5(["last<br/>end resolved"])
    d0s0 --> d0s1
    d0s0 -->|"on_fail"| d0s2
    d0s1 -->|"a x|y"| d0s2
    d0s1 -->|"b #lt;b#gt;"| d0s3
    d0s1 -->|"else"| d0s5
    d0s2 --> d0s3
    d0s3 --> d0s4
    d0s4 -->|"solved"| d0s5
    d0s4 -->|"unsolved"| d0s0
  end
  subgraph d1["second 第二个"]
    d1s0(["done<br/>end resolved"])
  end
  d0s3 -.-> d1s0
`
	if got != want {
		t.Errorf("Mermaid:\n%s\nwant:\n%s", got, want)
	}
}
