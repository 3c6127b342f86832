package script

import (
	"testing"
	"time"
)

func TestSlotAccept(t *testing.T) {
	t.Parallel()
	loc := time.FixedZone("CST", 8*3600)
	now := time.Date(2026, 1, 28, 20, 0, 0, 0, loc)
	one, hundred := 1.0, 100.0
	choice := &Slot{Type: Choice, Choices: []Option{{"hold", "提示功能被暂停"}, {"refund", "想问退款"}, {"lost", "对方没收到"}}, SkipWords: []string{"不知道", "找不到"}}
	bounded := &Slot{Type: Number, Min: &one, Max: &hundred}
	for _, c := range []struct {
		name         string
		slot         *Slot
		text, choice string
		media        []string
		want         string
		skipped, ok  bool
	}{
		{name: "text", slot: &Slot{Type: Text}, text: "  你好 ", want: "你好", ok: true},
		{name: "text empty", slot: &Slot{Type: Text}, text: " \n"},
		{name: "choice number", slot: choice, text: "2", want: "refund", ok: true},
		{name: "choice full width", slot: choice, text: "２", want: "refund", ok: true},
		{name: "choice circled", slot: choice, text: "②", want: "refund", ok: true},
		{name: "choice Han", slot: choice, text: "二", want: "refund", ok: true},
		{name: "choice ordinal", slot: choice, text: "第二个吧", want: "refund", ok: true},
		{name: "choice label", slot: choice, text: "想问退款。", want: "refund", ok: true},
		{name: "choice key", slot: choice, text: "Refund", want: "refund", ok: true},
		{name: "choice part", slot: choice, text: "退款", want: "refund", ok: true},
		{name: "choice tapped", slot: choice, choice: "lost", want: "lost", ok: true},
		{name: "choice tapped unknown", slot: choice, choice: "nonsense"},
		{name: "choice out of range", slot: choice, text: "4"},
		{name: "choice zero", slot: choice, text: "0"},
		{name: "choice other words", slot: choice, text: "今天天气"},
		{name: "choice skipped", slot: choice, text: "不知道！", skipped: true},
		{name: "number", slot: &Slot{Type: Number}, text: "１２", want: "12", ok: true},
		{name: "number unit", slot: &Slot{Type: Number}, text: "大概3个", want: "3", ok: true},
		{name: "number Han", slot: &Slot{Type: Number}, text: "一百零五", want: "105", ok: true},
		{name: "number thousands", slot: &Slot{Type: Number}, text: "1,200", want: "1200", ok: true},
		{name: "number bad comma", slot: &Slot{Type: Number}, text: "1,2"},
		{name: "number in a question", slot: &Slot{Type: Number}, text: "24小时没领的红包怎么退"},
		{name: "number in bounds", slot: bounded, text: "100", want: "100", ok: true},
		{name: "number out of bounds", slot: bounded, text: "101"},
		{name: "money", slot: &Slot{Type: Money}, text: "12.5元", want: "12.50", ok: true},
		{name: "money full width", slot: &Slot{Type: Money}, text: "１２", want: "12.00", ok: true},
		{name: "money Han", slot: &Slot{Type: Money}, text: "一百", want: "100.00", ok: true},
		{name: "money Han short", slot: &Slot{Type: Money}, text: "两千三", want: "2300.00", ok: true},
		{name: "money sign", slot: &Slot{Type: Money}, text: "￥1,200", want: "1200.00", ok: true},
		{name: "money kuai", slot: &Slot{Type: Money}, text: "12块5", want: "12.50", ok: true},
		{name: "money wan", slot: &Slot{Type: Money}, text: "3万", want: "30000.00", ok: true},
		{name: "money negative", slot: &Slot{Type: Money}, text: "-3"},
		{name: "money words", slot: &Slot{Type: Money}, text: "很多"},
		{name: "digits", slot: &Slot{Type: Digits, Length: 4}, text: "单号是 00-12。", want: "0012", ok: true},
		{name: "digits short", slot: &Slot{Type: Digits, Length: 28}, text: "不是这个,我要问退款,单号 123"},
		{name: "digits any", slot: &Slot{Type: Digits}, text: "007", want: "007", ok: true},
		{name: "digits two", slot: &Slot{Type: Digits, Length: 4}, text: "1234 和，5678"},
		{name: "date ISO", slot: &Slot{Type: Date}, text: "2026-01-28", want: "2026-01-28", ok: true},
		{name: "date Chinese", slot: &Slot{Type: Date}, text: "我是2025年12月3号买的", want: "2025-12-03", ok: true},
		{name: "date no year", slot: &Slot{Type: Date}, text: "1月28日", want: "2026-01-28", ok: true},
		{name: "date last year", slot: &Slot{Type: Date}, text: "12月30日", want: "2025-12-30", ok: true},
		{name: "date yesterday", slot: &Slot{Type: Date}, text: "昨天", want: "2026-01-27", ok: true},
		{name: "date days ago", slot: &Slot{Type: Date}, text: "大概三天前", want: "2026-01-25", ok: true},
		{name: "date ten days ago", slot: &Slot{Type: Date}, text: "10天前", want: "2026-01-18", ok: true},
		{name: "date last Friday", slot: &Slot{Type: Date}, text: "上周五", want: "2026-01-23", ok: true},
		{name: "date this Monday", slot: &Slot{Type: Date}, text: "这周一", want: "2026-01-26", ok: true},
		{name: "date last Sunday", slot: &Slot{Type: Date}, text: "上个星期天", want: "2026-01-25", ok: true},
		{name: "date weekday alone", slot: &Slot{Type: Date}, text: "周五"},
		{name: "date day alone", slot: &Slot{Type: Date}, text: "26号", want: "2026-01-26", ok: true},
		{name: "date day of the month before", slot: &Slot{Type: Date}, text: "上个月30号", want: "2025-12-30", ok: true},
		{name: "date no such day", slot: &Slot{Type: Date}, text: "32号"},
		{name: "date today", slot: &Slot{Type: Date}, text: "今天", want: "2026-01-28", ok: true},
		{name: "date tight", slot: &Slot{Type: Date}, text: "20260128", want: "2026-01-28", ok: true},
		{name: "date February 30", slot: &Slot{Type: Date}, text: "2026-02-30"},
		{name: "date two", slot: &Slot{Type: Date}, text: "1月2日或1月3日"},
		{name: "phone", slot: &Slot{Type: Phone}, text: "138 0013-8000", want: "13800138000", ok: true},
		{name: "phone +86", slot: &Slot{Type: Phone}, text: "+86 13800138000", want: "13800138000", ok: true},
		{name: "phone in words", slot: &Slot{Type: Phone}, text: "电话：13800138000，谢谢", want: "13800138000", ok: true},
		{name: "phone short", slot: &Slot{Type: Phone}, text: "1380013800"},
		{name: "phone long", slot: &Slot{Type: Phone}, text: "138001380001"},
		{name: "order", slot: &Slot{Type: OrderNo, Pattern: "[A-Z]{2}[0-9]{4}"}, text: "订单号 ab1234", ok: false},
		{name: "order upper", slot: &Slot{Type: OrderNo, Pattern: "[A-Z]{2}[0-9]{4}"}, text: "ab 1234", want: "AB1234", ok: true},
		{name: "order in words", slot: &Slot{Type: OrderNo, Pattern: "[A-Z]{2}[0-9]{4}"}, text: "订单号：AB1234，谢谢", want: "AB1234", ok: true},
		{name: "order longer", slot: &Slot{Type: OrderNo, Pattern: "[A-Z]{2}[0-9]{4}"}, text: "AB12345"},
		{name: "yes", slot: &Slot{Type: YesNo}, text: "是的！", want: "yes", ok: true},
		{name: "yes soft", slot: &Slot{Type: YesNo}, text: "好呀", want: "yes", ok: true},
		{name: "no", slot: &Slot{Type: YesNo}, text: "不用了", want: "no", ok: true},
		{name: "neither", slot: &Slot{Type: YesNo}, text: "是不是"},
		{name: "did", slot: &Slot{Type: YesNo}, text: "已经收了", want: "yes", ok: true},
		{name: "does", slot: &Slot{Type: YesNo}, text: "绑着的", want: "yes", ok: true},
		{name: "can", slot: &Slot{Type: YesNo}, text: "还能收到", want: "yes", ok: true},
		{name: "did not", slot: &Slot{Type: YesNo}, text: "还没收", want: "no", ok: true},
		{name: "has not", slot: &Slot{Type: YesNo}, text: "没有绑卡", want: "no", ok: true},
		{name: "cannot", slot: &Slot{Type: YesNo}, text: "收不到了", want: "no", ok: true},
		{name: "asked back", slot: &Slot{Type: YesNo}, text: "有没有收"},
		{name: "does not know", slot: &Slot{Type: YesNo}, text: "不清楚"},
		{name: "asks how", slot: &Slot{Type: YesNo}, text: "没收怎么办"},
		{name: "tells more", slot: &Slot{Type: YesNo}, text: "没有，我是想问一下手续费的事"},
		{name: "wants something", slot: &Slot{Type: YesNo}, text: "有个问题"},
		{name: "image", slot: &Slot{Type: Image}, media: []string{"media-1"}, want: "media-1", ok: true},
		{name: "image missing", slot: &Slot{Type: Image}, text: "图片"},
		{name: "image skipped", slot: &Slot{Type: Image, SkipWords: []string{"没有"}}, text: "没有", skipped: true},
		{name: "expression stays data", slot: &Slot{Type: Text}, text: "{{.Secret}} slots.x==1", want: "{{.Secret}} slots.x==1", ok: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, skipped, ok := c.slot.Accept(c.text, c.choice, c.media, now, loc)
			if got != c.want && ok || skipped != c.skipped || ok != c.ok {
				t.Errorf("Accept(%q, %q) = %q, %v, %v, want %q, %v, %v", c.text, c.choice, got, skipped, ok, c.want, c.skipped, c.ok)
			}
		})
	}
}

func TestSlotReceived(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind SlotType
		text string
		want int
	}{{Digits, "不是这个,单号 123", 3}, {Digits, "不知道", 3}, {Text, " 你好 ", 2}, {Phone, "１３８", 3}} {
		if got := (&Slot{Type: c.kind}).Received(c.text); got != c.want {
			t.Errorf("Received(%s, %q) = %d, want %d", c.kind, c.text, got, c.want)
		}
	}
}
