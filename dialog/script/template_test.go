package script

import (
	"errors"
	"strings"
	"testing"
)

func TestTemplateRender(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, want string }{
		{"", ""},
		{"您好", "您好"},
		{"第{turn.number}轮：{user.text}", "第4轮：我的卡被盗刷了"},
		{"{slot.issue}", "想问退款"},
		{"{slot.issue|mask}", "r****nd"},
		{"{slot.amount|money} 元", "1,200.00 元"},
		{"已于 {refund.paid_at|date} 退回", "已于 1月27日 退回"},
		{"{refund.paid_at|time}", "1月27日 10:30"},
		{"{hours.next_open|time} 前回复您", "1月29日 09:00 前回复您"},
		{"前面还有 {queue.ahead} 位，约 {queue.eta}", "前面还有 2 位，约 5 分钟"},
		{"已为您转人工。{queue.line}请稍候", "已为您转人工。前面有 2 位。请稍候"},
		{"{{不是占位}}", "{不是占位}"},
		{"{{{slot.code}}}", "{01}"},
		{"{refund.amount}", "1200"},
		{"{profile.tags}", "vip、new"},
		{"{ slot.code }", "01"},
		{"{金额}", "10"},
	} {
		tpl, err := ParseTemplate(c.src, Pos{})
		if err != nil {
			t.Errorf("ParseTemplate(%s) = %v", c.src, err)
			continue
		}
		if got, err := tpl.Render(scope()); err != nil || got != c.want {
			t.Errorf("Render(%s) = %q, %v, want %q", c.src, got, err, c.want)
		}
	}
}

func TestTemplateValuesAreData(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"{{.Secret}}", "{slot.issue}", "slots.x==1", "- a: b", "%s%n", "{user.text}"} {
		tpl, err := ParseTemplate("{user.text}", Pos{})
		if err != nil {
			t.Fatal(err)
		}
		s := scope()
		s.Text = text
		if got, err := tpl.Render(s); err != nil || got != text {
			t.Errorf("Render with text %q = %q, %v, want it as it stands", text, got, err)
		}
	}
}

func TestTemplateUnset(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"{slot.missing}":      "a.yaml:3:7: {slot.missing} is unset",
		"{refund.none}":       "a.yaml:3:7: {refund.none} is unset",
		"{refund.state|date}": "a.yaml:3:7: {refund.state} cannot be shown by its filter",
		"{refund}":            "a.yaml:3:7: {refund} is unset",
	} {
		tpl, err := ParseTemplate(src, Pos{"a.yaml", 3, 7})
		if err != nil {
			t.Fatal(err)
		}
		_, err = tpl.Render(scope())
		var unset *UnsetError
		if !errors.As(err, &unset) || err.Error() != want {
			t.Errorf("Render(%s) = %v, want %s", src, err, want)
		}
	}
}

func TestParseTemplateRefuses(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"单号 {slot.no":       "第 4 个字符：花括号没有配对；补上 }；要显示花括号本身就写 {{",
		"单号 slot.no}":       "第 11 个字符：多了一个 }；要显示花括号本身就写 }}",
		"{}":                "第 1 个字符：花括号里没有名字；写成 {slot.order_no}；要显示花括号本身就写 {{ 和 }}",
		"{slot.no|upper}":   "第 1 个字符：没有过滤器“upper”；可用的是 date、time、money、mask",
		"{slot.a + 1}":      "第 1 个字符：占位“{slot.a + 1}”的写法不对；只能是 {名字} 或 {名字.部分|过滤器}；要显示花括号本身就写 {{ 和 }}",
		"{slot}":            "第 1 个字符：“slot”不是一个槽位；写成 slot.槽位名",
		"{hours.open|date}": "第 1 个字符：“hours.open”不能用过滤器 date；去掉 |date",
		"{user.name}":       `第 1 个字符：没有“user.name”这个名字；可用的是 user.text、user.says("…")`,
	} {
		if _, err := ParseTemplate(src, Pos{}); err == nil || err.Error() != want {
			t.Errorf("ParseTemplate(%s) = %v, want %s", src, err, want)
		}
	}
}

func FuzzParseTemplate(f *testing.F) {
	for _, s := range []string{"您好 {slot.a|date}", "{{}}", "{", "}", "{a|b|c}", "{{{{a}", "{\x00}"} {
		f.Add(s, "v")
	}
	f.Fuzz(func(t *testing.T, src, value string) {
		tpl, err := ParseTemplate(src, Pos{})
		if err != nil {
			return
		}
		s := scope()
		s.Text = value
		s.Slots["a"] = value
		if out, err := tpl.Render(s); err == nil && len(out) > (len(src)+1)*(len(value)+100) {
			t.Fatalf("Render(%q) grew to %d bytes", src, len(out))
		}
		again, err := ParseTemplate("{user.text}", Pos{})
		if err != nil {
			t.Fatal(err)
		}
		if out, err := again.Render(s); err != nil || !strings.HasPrefix(out, value) {
			t.Fatalf("Render({user.text}) = %q, %v, want %q", out, err, value)
		}
	})
}
