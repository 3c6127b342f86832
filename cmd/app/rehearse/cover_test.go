package rehearse_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/script"
)

func TestCoverage(t *testing.T) {
	t.Parallel()
	rel := load(t, "testdata/engine")
	var cover rehearse.Coverage
	play := func(text string) {
		t.Helper()
		tests, findings := rehearse.Parse(script.Source{Name: "tests/x.yaml", Data: []byte(text)})
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		results, err := rehearse.Run(t.Context(), rel, tests, rehearse.Options{Caps: caps, Cover: &cover})
		if err != nil || len(results) != 1 || len(results[0].Failures) > 0 {
			t.Fatal(results, err)
		}
	}
	before := cover.Report(rel)
	if before.Steps.Reached != 0 || before.Steps.Of == 0 || len(before.Untested()) != len(rel.Dialogs) || before.Answers.Of != len(rel.Entries) {
		t.Errorf("nothing played: %+v", before)
	}
	play("test: x\nturns:\n  - {user: 开发票, expect: {kb: invoice.get}}\n  - {user: 取消}\n  - {user: 查订单, expect: {dialog: order}}\n")
	r := cover.Report(rel)
	if r.Answers.Reached != 1 || r.Steps.Reached != 1 {
		t.Errorf("one answer and one step: %d answers, %d steps", r.Answers.Reached, r.Steps.Reached)
	}
	for _, m := range r.Steps.Missed {
		if m.File == "" || m.Line == 0 || !strings.Contains(m.What, "/") || m.What == "order/start" {
			t.Errorf("missed %+v", m)
		}
	}
	got := fmt.Sprint(r.Untested())
	if !strings.Contains(got, "step-untested 没有测试走到步骤“order/ask_no”") || !strings.Contains(got, "dialog-untested 没有测试走进对话“outer”") {
		t.Errorf("Untested = %s", got)
	}
}
