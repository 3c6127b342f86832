package script

import "testing"

func BenchmarkExprBool(b *testing.B) {
	e, err := ParseExpr(`slot.issue == "refund" and refund.amount >= 1000 and turn.number > 1`, Pos{})
	if err != nil {
		b.Fatal(err)
	}
	s := &Scope{Slots: map[string]string{"issue": "refund"}, Saved: map[string]any{"refund": map[string]any{"amount": 1200.0}}, Turn: 3}
	b.ReportAllocs()
	for b.Loop() {
		if !e.Bool(s) {
			b.Fatal("false")
		}
	}
}

func BenchmarkTemplateRender(b *testing.B) {
	t, err := ParseTemplate("第{turn.number}轮：{user.text}", Pos{})
	if err != nil {
		b.Fatal(err)
	}
	s := &Scope{Turn: 3, Text: "退款"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := t.Render(s); err != nil {
			b.Fatal(err)
		}
	}
}
