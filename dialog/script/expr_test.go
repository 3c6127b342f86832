package script

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func scope() *Scope {
	loc := time.FixedZone("CST", 8*3600)
	s := &Scope{
		Now: time.Date(2026, 1, 28, 20, 0, 0, 0, loc), Zone: loc,
		Slots:   map[string]string{"issue": "refund", "amount": "1200", "price": "12.50", "code": "01", "空": ""},
		Labels:  map[string]string{"issue": "想问退款"},
		Saved:   map[string]any{"refund": map[string]any{"state": "done", "amount": 1200.0, "ok": true, "paid_at": "2026-01-27T10:30:00+08:00", "deep": map[string]any{"x": "y"}, "none": nil}, "金额": 10.0},
		Text:    "我的卡被盗刷了",
		Scene:   map[string]string{"error": "RP_HOLD"},
		Profile: map[string]any{"level": 3.0, "tags": []any{"vip", "new"}},
		Trace:   []Happened{{"redpacket.expired", time.Date(2026, 1, 27, 20, 0, 0, 0, loc)}},
		Turn:    4, Channel: "shop",
	}
	s.Queue.Ahead, s.Queue.Line = 2, "前面有 2 位。"
	s.Queue.ETA = 5 * time.Minute
	s.Hours.NextOpen = time.Date(2026, 1, 29, 9, 0, 0, 0, loc)
	return s
}

func TestExprBool(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  string
		want bool
	}{
		{`slot.issue == "refund"`, true},
		{`slot.issue != "refund"`, false},
		{`slot.amount >= 1000`, true},
		{`slot.amount > "900"`, true},
		{`slot.price == 12.5`, true},
		{`slot.code == "1"`, false},
		{`slot.code == 1`, true},
		{`slot.missing == ""`, false},
		{`slot.missing != "x"`, false},
		{`not (slot.missing == "x")`, true},
		{`slot.空 == ""`, true},
		{`refund.amount >= 1000 and refund.state == "done"`, true},
		{`refund.deep.x == "y"`, true},
		{`refund.none == ""`, false},
		{`refund.state.x == ""`, false},
		{`refund.ok`, true},
		{`refund.ok == false`, false},
		{`refund.state`, false},
		{`other.thing >= 1`, false},
		{`金额 > 5`, true},
		{`user.says("盗刷") or refund.amount >= 100000`, true},
		{`user.text == "我的卡被盗刷了"`, true},
		{`scene.error == 'RP_HOLD'`, true},
		{`profile.level > 2`, true},
		{`"vip" in profile.tags`, true},
		{`"old" in profile.tags`, false},
		{`"old" not in profile.tags`, true},
		{`slot.issue in ["refund", "lost"]`, true},
		{`slot.amount in [1200]`, true},
		{`trace.has("redpacket.expired", "48h")`, true},
		{`trace.has("redpacket.expired", "1d")`, true},
		{`trace.has("redpacket.expired", "23h")`, false},
		{`trace.has("redpacket.expired")`, true},
		{`turn.number - 1 == 3`, true},
		{`turn.number + slot.amount == 1204`, true},
		{`-turn.number < 0`, true},
		{`slot.missing + 1 > 0`, false},
		{`queue.ahead < 3 and queue.eta <= "10m"`, true},
		{`queue.eta > "1h"`, false},
		{`hours.open`, false},
		{`not hours.open and channel == "shop"`, true},
		{`profile.tags > 3`, false},
		{`profile.tags > 3 or turn.number == 4`, true},
		{`slot.issue == "{{.Secret}}"`, false},
	} {
		e, err := ParseExpr(c.src, Pos{})
		if err != nil {
			t.Errorf("ParseExpr(%s) = %v", c.src, err)
			continue
		}
		if got := e.Bool(scope()); got != c.want {
			t.Errorf("Bool(%s) = %v, want %v", c.src, got, c.want)
		}
		if e.Bool(&Scope{}) && !strings.HasPrefix(c.src, "not ") && !strings.Contains(c.src, "not in") {
			_ = e.Value(&Scope{}) // an empty scope must only not panic
		}
	}
}

func TestExprTryTellsFaults(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{`profile.tags > 3`: true, `slot.issue > 3`: true, `slot.missing > 3`: false, `turn.number > 3`: false} {
		e, err := ParseExpr(src, Pos{File: "dialogs/a.yaml", Line: 3})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Try(scope()); errors.Is(err, ErrUncomparable) != want {
			t.Errorf("Try(%s) = %v, want a fault: %v", src, err, want)
		}
	}
}

func TestExprValue(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`slot.issue`: "refund", `slot.missing`: "", `refund.amount`: "1200", `refund.ok`: "true", `refund`: "", `turn.number + 1`: "5",
		`slot.amount >= 1000`: "true", `profile.tags`: "vip、new", `profile.tags + 1`: "",
	} {
		e, err := ParseExpr(src, Pos{})
		if err != nil {
			t.Errorf("ParseExpr(%s) = %v", src, err)
			continue
		}
		if got := e.Value(scope()); got != want {
			t.Errorf("Value(%s) = %q, want %q", src, got, want)
		}
	}
}

func TestParseExprRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, want string }{
		{``, "第 1 个字符：条件是空的；写上条件，或删掉这一项"},
		{`slot.issue = "refund"`, "第 12 个字符：比较要用两个等号；把 = 改成 =="},
		{`slot.issue == “refund”`, `第 15 个字符：条件里用了中文引号；改成英文的 "`},
		{`slot.issue == "a" && true`, "第 19 个字符：并且要写 and；把 && 改成 and"},
		{`slot.issue == "a" || true`, "第 19 个字符：或者要写 or；把 || 改成 or"},
		{`!hours.open`, "第 1 个字符：否定要写 not；把 ! 改成 not"},
		{`len(slot.issue) > 3`, `第 1 个字符：不能调用 len；函数只有 user.says("…") 和 trace.has("…", "48h")`},
		{`filter([1,2], # > 1)`, `第 1 个字符：条件里不能用函数 filter；函数只有 user.says("…") 和 trace.has("…", "48h")`},
		{`turn.number * 2 > 3`, "第 13 个字符：不能用 *；只能用名字、文字、数字和 == != < <= > >= in and or not + -"},
		{`slot.issue matches "a.*"`, "第 12 个字符：不能用 matches；只能用名字、文字、数字和 == != < <= > >= in and or not + -"},
		{`profile.tags[0] == "vip"`, "第 13 个字符：名字写法不对；用点号连接，例如 slot.issue、refund.state"},
		{`turn.number > 3 ? true : false`, "第 30 个字符：条件里有不认识的写法；只能用名字、文字、数字和 == != < <= > >= in and or not + -"},
		{`slot.agree == true`, `第 12 个字符：两边的类型不同，永远不会相等；文字要和带引号的文字比，例如 slot.agree == "yes"`},
		{`turn.number == "many"`, "第 13 个字符：两边的类型不同，永远不会相等；数字要和数字比"},
		{`queue.eta > "soon"`, `第 11 个字符：两边不能比大小；时长写成 "10m" 或 "2h"`},
		{`slot.issue and hours.open`, `第 6 个字符：and 两边都要是条件；例如 slot.issue == "refund"`},
		{`turn.count > 3`, "第 1 个字符：没有“turn.count”这个名字；可用的是 turn.number"},
		{`trace.has("x", "lately")`, `第 1 个字符：trace.has 要事件名和时长；例如 trace.has("redpacket.expired", "48h")`},
		{`user.says(slot.issue)`, `第 1 个字符：user.says 要一个带引号的词；例如 user.says("盗刷")`},
		{`slot.issue == nil`, "第 15 个字符：条件里不能写 nil；没有值的名字自动算作空，任何比较都不成立"},
		{`slot.issue ==`, `第 13 个字符：条件写得不完整或不合语法；例如 slot.issue == "refund" and turn.number > 2`},
		{strings.Repeat("1 == 1 and ", 80) + "1 == 1", "第 558 个字符：条件太复杂；拆成几步 switch"},
		{strings.Repeat("a", 1025), "第 1 个字符：条件太长，最多 1024 字节；拆成几步 switch"},
	} {
		_, err := ParseExpr(c.src, Pos{})
		if err == nil || err.Error() != c.want {
			t.Errorf("ParseExpr(%.60s) = %v, want %s", c.src, err, c.want)
		}
	}
}

func FuzzParseExpr(f *testing.F) {
	for _, s := range []string{`slot.issue == "refund"`, `trace.has("a","1h") or not hours.open`, `a.b in ["x", 1]`, `((((`, `“`, "let x = 1; x", `#{}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := ParseExpr(src, Pos{})
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Text == "" || syntax.Col < 1 {
				t.Fatalf("ParseExpr(%q) = %v, want a placed *SyntaxError", src, err)
			}
			return
		}
		e.Bool(scope())
		e.Value(scope())
		e.Bool(&Scope{})
	})
}
