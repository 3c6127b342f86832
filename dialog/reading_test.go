package dialog

import (
	"testing"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/script"
)

func TestLanguageOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"红包怎么退": "zh", "WeChat 红包": "zh", "refund": "en", "How do I get a refund?": "en", "it's not working": "en", "ok": "", "hi": "",
		"123456": "", "4200001234": "", "RP_HOLD": "", "{slot.order_no}": "", "http://a.example/x": "", "": "", "😀": "", "返金はいつですか": "ja",
		"환불은 언제": "ko", "AB12 CD34 EF56": "", "Überweisung": "en",
	} {
		if got := languageOf(text); got != want {
			t.Errorf("languageOf(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestFollowed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"那退款呢？": "退款", "退款呢": "退款", "那银行卡的呢": "银行卡", "如果是信用卡": "信用卡", "要是过期了的话呢": "过期了", "what about refunds": "refunds",
		"退款多久到账": "", "呢": "", "那": "", "": "", "那我要怎么样才能把发错的红包要回来呢": "",
	} {
		core, ok := followed(text)
		if core != want && ok || ok != (want != "") {
			t.Errorf("followed(%q) = %q, %t, want %q", text, core, ok, want)
		}
	}
}

// A correction is read however it is worded; what is none stays unread.
func TestNewValue(t *testing.T) {
	t.Parallel()
	judged := &turn{input: input{now: time.Date(2026, 1, 28, 2, 0, 0, 0, time.UTC)}}
	judged.rel, _ = release.Build([]script.Source{{Name: "release.yaml", Data: []byte("name: 测试\n")}}, release.Options{})
	money := &script.Slot{Name: "amount", Type: script.Money}
	number := &script.Slot{Name: "order_no", Type: script.Digits, Length: 8}
	way := &script.Slot{Name: "way", Type: script.Choice, Choices: []script.Option{{Key: "balance", Label: "零钱"}, {Key: "card", Label: "银行卡"}}}
	for _, c := range []struct {
		slot       *script.Slot
		text, want string
	}{
		{money, "金额错了，应该是 300", "300.00"}, {money, "不对，是500", "500.00"}, {money, "改成 12.5 元", "12.50"}, {money, "金额不是 300，是 200", "200.00"},
		{money, "说错了 80", "80.00"}, {money, "金额错了", ""}, {money, "不对", ""},
		{number, "单号写错了，是 87654321", "87654321"}, {number, "不好意思，单号是：12345678", "12345678"}, {number, "单号改为1234", ""},
		{way, "不对，是银行卡", "card"}, {way, "选错了，零钱", "balance"}, {way, "应该是支票", ""},
	} {
		if got, ok := judged.newValue(c.slot, c.text); got != c.want || ok != (c.want != "") {
			t.Errorf("newValue(%s, %q) = %q, %t, want %q", c.slot.Name, c.text, got, ok, c.want)
		}
	}
}

// A choice is meant by who says most of its label and little of any other's.
func TestResembles(t *testing.T) {
	t.Parallel()
	slot := &script.Slot{Name: "issue", Type: script.Choice, Choices: []script.Option{
		{Key: "arrive", Label: "说退了但没到账"}, {Key: "refuse", Label: "商家不肯退"}, {Key: "twice", Label: "重复扣款要退"}, {Key: "amount", Label: "退的金额不对"},
		{Key: "got", Label: "对方没收到或没收款"},
	}}
	for text, want := range map[string]string{
		"商家不同意退款啊气死我了": "refuse", "对方说没收到": "got", "重复扣了款": "twice", "怎么商家不肯退": "", "退": "", "红包": "", "": "", "退了": "",
	} {
		judged := &turn{input: input{message: chat.Message{Text: text}}}
		if got := judged.resembles(slot); got != want {
			t.Errorf("resembles(%q) = %q, want %q", text, got, want)
		}
	}
}
