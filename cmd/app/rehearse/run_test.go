package rehearse_test

import (
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/release/dir"
	"github.com/xianda-bot/xianda/dialog/script"
)

func caps(kind string) (chat.Caps, bool) {
	switch kind {
	case "wechat":
		return chat.Caps{MaxText: 2048, TextUnit: chat.Bytes, Passive: 1, Push: chat.Full, Window: 48 * 3600e9, Image: chat.Full}, true
	case "native":
		return chat.Caps{MaxText: 2048, TextUnit: chat.Bytes, Passive: 1, Push: chat.Full, Window: 48 * 3600e9, Native: chat.Full}, true
	case "pushed":
		return chat.Caps{Push: chat.Full, Window: 48 * 3600e9, Choices: chat.Full, Native: chat.Full}, true
	case "web":
		return chat.Caps{Push: chat.Full, Choices: chat.Full, Tap: chat.Full, Image: chat.Full, MaxChoices: 12}, true
	case "console":
		return chat.Caps{Push: chat.Full}, true
	}
	return chat.Caps{}, false
}

func load(t *testing.T, folder string) *release.Release {
	t.Helper()
	rel, findings, err := dir.Load(t.Context(), folder, dir.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if rel == nil {
		t.Fatalf("%s has errors: %v", folder, findings)
	}
	return rel
}

// TestEngine plays conversations in which every verb, deed and kind of answer occurs.
func TestEngine(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"testdata/engine", "testdata/whole"} {
		rel := load(t, folder)
		tests, findings := rehearse.ParseAll(rel)
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		results, err := rehearse.Run(t.Context(), rel, tests, rehearse.Options{Caps: caps})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			for _, f := range r.Failures {
				t.Errorf("%s: %s: %s", r.File, r.Test, f)
			}
		}
	}
}

// TestExpectationsCanFail runs tests that are wrong: each must be told so, in these words.
func TestExpectationsCanFail(t *testing.T) {
	t.Parallel()
	rel := load(t, "testdata/engine")
	for _, c := range []struct{ name, turns, want string }{
		{"says", "  - {user: 开发票, expect: {says: 不会说的话}}", "turn 1: says"},
		{"lacks", "  - {user: 开发票, expect: {lacks: 订单详情}}", "not in it"},
		{"kb", "  - {user: 开发票, expect: {kb: refund.time}}", "want entry refund.time"},
		{"likely", "  - {user: 查订单, expect: {likely: [我收的, 我寄出的]}}", "in this order"},
		{"step", "  - {user: 查订单, expect: {step: ask_no}}", `stands at step "start", want "ask_no"`},
		{"dialog", "  - {user: 查订单, expect: {dialog: outer}}", `want "outer"`},
		{"slot", "  - {user: 查订单, expect: {slot: {kind: recv}}}", "slot kind is"},
		{"retry", "  - {user: 查订单, expect: {retry: 3}}", "asked again 0 times"},
		{"handoff", "  - {user: 开发票, expect: {handoff: {queue: 物流}}}", "no case was raised"},
		{"queue", "  - {user: 人工, expect: {handoff: {queue: 物流}}}", `queue "default"`},
		{"priority", "  - {user: 人工, expect: {handoff: {priority: urgent}}}", "priority"},
		{"carry", "  - {user: 人工, expect: {handoff: {carry: [kind]}}}", "want kind"},
		{"silent", "  - {user: 开发票, expect: {silent: true}}", "want silence"},
		{"source", "  - {user: 开发票, expect: {source: offer}}", "want \"offer\""},
		{"to_user", "  - {user: 开发票, expect: {to_user: 您好}}", "want the seat's words"},
		{"earlier case", "  - {user: 人工}\n  - {user: 取消}\n  - {user: 开发票, expect: {handoff: {}}}", "raised"},
		{"outcome", "  - {user: 人工}\nafter: {outcome: resolved}", `the outcome is "handed"`},
	} {
		tests, findings := rehearse.Parse(script.Source{Name: "tests/x.yaml", Data: []byte("test: x\nturns:\n" + c.turns + "\n")})
		if len(findings) > 0 {
			t.Fatal(c.name, findings)
		}
		results, err := rehearse.Run(t.Context(), rel, tests, rehearse.Options{Caps: caps})
		if err != nil || len(results) != 1 || !strings.Contains(strings.Join(results[0].Failures, "\n"), c.want) {
			t.Errorf("%s: Run = %+v, %v, want a failure with %q", c.name, results, err, c.want)
		}
	}
}
