package kb

import "testing"

func TestIn(t *testing.T) {
	t.Parallel()
	e := Entry{Question: "怎么退款", Answer: "点退款。", Languages: map[string]Variant{
		"en": {Question: "refund", Answer: "Tap refund."}, "zh-TW": {Answer: "點退款。"},
	}}
	for _, c := range []struct {
		lang, question, answer string
		ok                     bool
	}{
		{"en", "refund", "Tap refund.", true},
		{"EN", "refund", "Tap refund.", true},
		{"en-US", "refund", "Tap refund.", true},
		{"zh-tw", "怎么退款", "點退款。", true},
		{"zh", "怎么退款", "点退款。", false},
		{"ja", "怎么退款", "点退款。", false},
		{"", "怎么退款", "点退款。", false},
	} {
		if v, ok := e.In(c.lang); v.Question != c.question || v.Answer != c.answer || ok != c.ok {
			t.Errorf("In(%q) = %+v, %v, want %s %s %v", c.lang, v, ok, c.question, c.answer, c.ok)
		}
	}
}
