package adapters_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

var choices = []chat.Choice{{ID: "a", Label: "退款"}, {ID: "b", Label: "红包\n被拦"}}

func texts(rs []chat.Reply) []string {
	var out []string
	for _, r := range rs {
		out = append(out, r.Text)
	}
	return out
}

func TestFit(t *testing.T) {
	t.Parallel()
	image := chat.Media{Kind: "image", URL: "https://cdn.example/a.png"}
	tests := []struct {
		name string
		in   chat.Reply
		caps chat.Caps
		want []chat.Reply
	}{
		{"nothing", chat.Reply{Key: "k"}, chat.Caps{}, nil},
		{"blank text", chat.Reply{Key: "k", Text: " \n"}, chat.Caps{}, nil},
		{"no limits", chat.Reply{Key: "k", Text: "你好", From: "小王", Source: "seat"}, chat.Caps{}, []chat.Reply{{Key: "k", Text: "你好", From: "小王", Source: "seat"}}},
		{
			"a seat's words say so, once", chat.Reply{Key: "k", Text: "好的。请稍等。", From: "小王", Speaker: "客服："}, chat.Caps{MaxText: 6},
			[]chat.Reply{{Key: "k", Text: "客服：好的。", From: "小王"}, {Key: "k-1", Text: "请稍等。", From: "小王"}},
		},
		{
			"where people see who speaks they do not", chat.Reply{Key: "k", Text: "好的", From: "小王", Speaker: "客服："}, chat.Caps{Speaker: chat.Full},
			[]chat.Reply{{Key: "k", Text: "好的", From: "小王", Speaker: "客服："}},
		},
		{
			"a picture alone says nothing", chat.Reply{Key: "k", From: "小王", Speaker: "客服：", Media: []chat.Media{image}}, chat.Caps{Image: chat.Full},
			[]chat.Reply{{Key: "k", From: "小王", Media: []chat.Media{image}}},
		},
		{"buttons", chat.Reply{Key: "k", Text: "哪一个？", Choices: choices}, chat.Caps{Choices: chat.Part}, []chat.Reply{{Key: "k", Text: "哪一个？", Choices: choices}}},
		{"numbered", chat.Reply{Key: "k", Text: "哪一个？", Choices: choices}, chat.Caps{}, []chat.Reply{{Key: "k", Text: "哪一个？\n1. 退款\n2. 红包 被拦"}}},
		{"buttons without a text are numbered", chat.Reply{Key: "k", Choices: choices}, chat.Caps{Choices: chat.Full}, []chat.Reply{{Key: "k", Text: "1. 退款\n2. 红包 被拦"}}},
		{"too many", chat.Reply{Key: "k", Text: "?", Choices: choices}, chat.Caps{Choices: chat.Full, MaxChoices: 1}, []chat.Reply{{Key: "k", Text: "?\n1. 退款\n2. 红包 被拦"}}},
		{"label too long in bytes", chat.Reply{Key: "k", Text: "?", Choices: choices[:1]}, chat.Caps{Choices: chat.Full, MaxLabel: 5, TextUnit: chat.Bytes}, []chat.Reply{{Key: "k", Text: "?\n1. 退款"}}},
		{"label just fits", chat.Reply{Key: "k", Text: "?", Choices: choices[:1]}, chat.Caps{Choices: chat.Full, MaxLabel: 6, TextUnit: chat.Bytes}, []chat.Reply{{Key: "k", Text: "?", Choices: choices[:1]}}},
		{"data too long", chat.Reply{Key: "k", Text: "?", Choices: []chat.Choice{{ID: "红", Label: "x"}}}, chat.Caps{Choices: chat.Full, MaxData: 2}, []chat.Reply{{Key: "k", Text: "?\n1. x"}}},
		{
			"links take no number",
			chat.Reply{Key: "k", Text: "看看", Choices: []chat.Choice{{ID: "a", Label: "甲"}, {Label: "官网", URL: "https://shop.example"}, {ID: "b", Label: "乙"}}},
			chat.Caps{},
			[]chat.Reply{{Key: "k", Text: "看看\n1. 甲\n官网 https://shop.example\n2. 乙"}},
		},
		{
			"choices ride on the last part", chat.Reply{Key: "k", Text: "第一句。第二句。", Choices: choices}, chat.Caps{MaxText: 5, Choices: chat.Full},
			[]chat.Reply{{Key: "k", Text: "第一句。"}, {Key: "k-1", Text: "第二句。", Choices: choices}},
		},
		{
			"buttons that the text leaves no room", chat.Reply{Key: "k", Text: "第一句。第二句。", Choices: choices, Source: "s"}, chat.Caps{Choices: chat.Full, MaxBeside: 7},
			[]chat.Reply{{Key: "k", Text: "第一句。", Source: "s"}, {Key: "k-1", Text: "第二句。", Choices: choices, Source: "s"}},
		},
		{
			"buttons with the last of three parts", chat.Reply{Key: "k", Text: "第一句。\n第二句。 第三句。", Choices: choices}, chat.Caps{Choices: chat.Full, MaxBeside: 5},
			[]chat.Reply{{Key: "k", Text: "第一句。\n第二句。"}, {Key: "k-1", Text: "第三句。", Choices: choices}},
		},
		{"and just enough", chat.Reply{Key: "k", Text: "第一句。第二句。", Choices: choices}, chat.Caps{Choices: chat.Full, MaxBeside: 8}, []chat.Reply{{Key: "k", Text: "第一句。第二句。", Choices: choices}}},
		{"image as a line", chat.Reply{Key: "k", Text: "见图", Media: []chat.Media{image}}, chat.Caps{}, []chat.Reply{{Key: "k", Text: "见图\n[图片] https://cdn.example/a.png"}}},
		{
			"an image as a line stands above what introduces the choices",
			chat.Reply{Key: "k", Text: "看图。\n\n您可能还想问：", Media: []chat.Media{image}, Choices: append([]chat.Choice{{Label: "详情", URL: "https://shop.example"}}, choices...)}, chat.Caps{},
			[]chat.Reply{{Key: "k", Text: "看图。\n[图片] https://cdn.example/a.png\n\n您可能还想问：\n详情 https://shop.example\n1. 退款\n2. 红包 被拦"}},
		},
		{"private voice as a line", chat.Reply{Key: "k", Media: []chat.Media{{Kind: "voice", Ref: "m1"}}}, chat.Caps{Voice: chat.Drop}, []chat.Reply{{Key: "k", Text: "[语音]"}}},
		{
			"image shown", chat.Reply{Key: "k", Text: "见图", Media: []chat.Media{image}, Choices: choices}, chat.Caps{Image: chat.Full, Choices: chat.Full},
			[]chat.Reply{{Key: "k", Media: []chat.Media{image}}, {Key: "k-1", Text: "见图", Choices: choices}},
		},
		{"native only", chat.Reply{Key: "k", Native: "queue"}, chat.Caps{}, []chat.Reply{{Key: "k", Native: "queue"}}},
		{"native is the last message", chat.Reply{Key: "k", Text: "第一句。第二句。", Native: "q"}, chat.Caps{MaxText: 4}, []chat.Reply{{Key: "k", Text: "第一句。"}, {Key: "k-1", Text: "第二句。"}, {Key: "k-2", Native: "q"}}},
		{"broken bytes become a sign", chat.Reply{Key: "k", Text: "a\xffb"}, chat.Caps{}, []chat.Reply{{Key: "k", Text: "a\uFFFDb"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := adapters.Fit(tt.in, tt.caps)
			if d := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("Fit(%+v) = (-want +got)\n%s", tt.in, d)
			}
		})
	}
}

func TestFitCuts(t *testing.T) {
	t.Parallel()
	family := "👨\u200d👩\u200d👧"
	tests := []struct {
		name, in string
		limit    int
		unit     chat.Unit
		want     []string
	}{
		{"paragraph before sentence", "一二三四。\n\n五六。七八九", 10, chat.Runes, []string{"一二三四。", "五六。七八九"}},
		{"line", "一二三四五六\n七。八九十", 10, chat.Runes, []string{"一二三四五六", "七。八九十"}},
		{"only past half", "一。二三四五六七八九十", 8, chat.Runes, []string{"一。二三四五六七", "八九十"}},
		{"sentence keeps its quote", "他说“一二三四。”然后走了", 11, chat.Runes, []string{"他说“一二三四。”", "然后走了"}},
		{"full stop, not in a number", "pay 3.14159 now. and then go", 17, chat.Runes, []string{"pay 3.14159 now.", "and then go"}},
		{"an address keeps its question mark", "see http://a.example/x?y=1234", 24, chat.Runes, []string{"see http://a.example/x?y", "=1234"}},
		{"space", "aaaa bbbb cccc", 10, chat.Runes, []string{"aaaa bbbb", "cccc"}},
		{"bytes", "你好你好", 7, chat.Bytes, []string{"你好", "你好"}},
		{"utf16 pair", "😀😀😀", 5, chat.UTF16, []string{"😀😀", "😀"}},
		{"family stays together", "abc" + family + "d", 7, chat.Runes, []string{"abc", family + "d"}},
		{"skin tone stays", "abc👍🏽d", 4, chat.Runes, []string{"abc", "👍🏽d"}},
		{"heart keeps its variation", "abc❤\uFE0Fd", 4, chat.Runes, []string{"abc", "❤\uFE0Fd"}},
		{"flags", "🇨🇳🇨🇳🇨🇳", 5, chat.Runes, []string{"🇨🇳🇨🇳", "🇨🇳"}},
		{"crlf", "abc\r\ndef", 4, chat.Runes, []string{"abc", "def"}},
		{"link", `一二三<a href="x">点 这里</a>完`, 21, chat.Runes, []string{"一二三", `<a href="x">点 这里</a>完`}},
		{"link longer than a message", `<a href="xxxxxxxxxxxxxxxxxxxx">点</a>`, 10, chat.Runes, []string{`<a href="x`, "xxxxxxxxxx", `xxxxxxxxx"`, ">点</a>"}},
		{"blank run longer than a message", "a" + strings.Repeat(" ", 30) + "b", 5, chat.Runes, []string{"a", "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := texts(adapters.Fit(chat.Reply{Key: "k", Text: tt.in}, chat.Caps{MaxText: tt.limit, TextUnit: tt.unit}))
			if !slices.Equal(got, tt.want) {
				t.Errorf("Fit(%q) at %d = %q, want %q", tt.in, tt.limit, got, tt.want)
			}
		})
	}
}

func TestFitPassive(t *testing.T) {
	t.Parallel()
	wechat := chat.Caps{Passive: 1, MaxText: 20, Push: chat.Full}
	image := []chat.Media{{Kind: "image", Ref: "m"}}
	tests := []struct {
		name          string
		in            []chat.Reply
		caps          chat.Caps
		passive, rest []chat.Reply
	}{
		{"none", nil, wechat, nil, nil},
		{"no passive", []chat.Reply{{Key: "a", Text: "x"}}, chat.Caps{}, nil, []chat.Reply{{Key: "a", Text: "x"}}},
		{
			"joins", []chat.Reply{{Key: "a", Text: "一", Source: "kb:1"}, {Key: "b", Text: "二", Source: "offer", Choices: choices[:1]}}, wechat,
			[]chat.Reply{{Key: "a", Text: "一\n\n二\n1. 退款", Source: "kb:1,offer"}}, nil,
		},
		{
			"native choices although pushed ones are numbered", []chat.Reply{{Key: "a", Text: "一", Choices: choices}, {Key: "b", Text: "二"}},
			chat.Caps{Passive: 1, PassiveChoices: chat.Part}, []chat.Reply{{Key: "a", Text: "一\n\n二", Choices: choices}}, nil,
		},
		{
			"only the last list has numbers", []chat.Reply{{Key: "a", Text: "一", Choices: choices[:1]}, {Key: "b", Text: "二", Choices: choices[:1]}}, wechat,
			[]chat.Reply{{Key: "a", Text: "一\n· 退款\n\n二\n1. 退款"}}, nil,
		},
		{
			"what does not fit stays as it was", []chat.Reply{{Key: "a", Text: "一"}, {Key: "b", Text: strings.Repeat("二", 18), Choices: choices}, {Key: "c", Text: "三"}}, wechat,
			[]chat.Reply{{Key: "a", Text: "一"}}, []chat.Reply{{Key: "b", Text: strings.Repeat("二", 18), Choices: choices}, {Key: "c", Text: "三"}},
		},
		{
			"the beginning of the first", []chat.Reply{{Key: "a", Text: strings.Repeat("一", 19) + "。二", Choices: choices}}, wechat,
			[]chat.Reply{{Key: "a", Text: strings.Repeat("一", 19) + "。"}}, []chat.Reply{{Key: "a-r", Text: "二", Choices: choices}},
		},
		{
			"a list that does not fit is pushed whole", []chat.Reply{{Key: "a", Text: strings.Repeat("一", 19), Choices: choices}}, wechat,
			nil, []chat.Reply{{Key: "a", Text: strings.Repeat("一", 19), Choices: choices}},
		},
		{
			"a list that can not be pushed is cut", []chat.Reply{{Key: "a", Text: strings.Repeat("一", 14), Choices: choices}}, chat.Caps{Passive: 1, MaxText: 20},
			[]chat.Reply{{Key: "a", Text: strings.Repeat("一", 14) + "\n1. 退款"}}, []chat.Reply{{Key: "a-r", Text: "2. 红包 被拦"}},
		},
		{
			"two messages", []chat.Reply{{Key: "a", Text: "图", Media: image}, {Key: "b", Text: "二"}}, chat.Caps{Passive: 2, Image: chat.Part, PassiveImage: chat.Part},
			[]chat.Reply{{Key: "a", Media: image}, {Key: "a-p1", Text: "图\n\n二"}}, nil,
		},
		{
			"image fills the only one", []chat.Reply{{Key: "a", Text: "图", Media: image}}, chat.Caps{Passive: 1, Image: chat.Part, PassiveImage: chat.Part},
			[]chat.Reply{{Key: "a", Media: image}}, []chat.Reply{{Key: "a-r", Text: "图", Media: []chat.Media{}}},
		},
		{
			"two speakers", []chat.Reply{{Key: "a", Text: "在的", From: "小王", Speaker: "客服："}, {Key: "b", Text: "你好"}}, wechat,
			[]chat.Reply{{Key: "a", Text: "客服：在的\n\n你好"}}, nil,
		},
		{
			"one speaker", []chat.Reply{{Key: "a", Text: "在的", From: "小王", Speaker: "客服："}}, wechat,
			[]chat.Reply{{Key: "a", Text: "客服：在的", From: "小王"}}, nil,
		},
		{
			"a transfer is alone", []chat.Reply{{Key: "a", Native: "q"}, {Key: "b", Text: "二"}}, chat.Caps{Passive: 1, PassiveNative: chat.Full},
			[]chat.Reply{{Key: "a", Native: "q"}}, []chat.Reply{{Key: "b", Text: "二"}},
		},
		{
			"a transfer behind words is pushed", []chat.Reply{{Key: "a", Text: "转接"}, {Key: "b", Native: "q"}}, chat.Caps{Passive: 1, PassiveNative: chat.Full, Push: chat.Full, Native: chat.Full},
			[]chat.Reply{{Key: "a", Text: "转接"}}, []chat.Reply{{Key: "b", Native: "q"}},
		},
		{
			"an image that can be pushed is not cut off", []chat.Reply{{Key: "a", Text: "图", Media: image}}, chat.Caps{Passive: 1, Image: chat.Full, Push: chat.Full},
			nil, []chat.Reply{{Key: "a", Text: "图", Media: image}},
		},
		{
			"an image that nobody can see is a line", []chat.Reply{{Key: "a", Text: "图", Media: image}}, chat.Caps{Passive: 1},
			[]chat.Reply{{Key: "a", Text: "图\n[图片]"}}, nil,
		},
		{
			"menus are pushed", []chat.Reply{{Key: "a", Text: "一"}, {Key: "b", Text: "二", Choices: choices}}, chat.Caps{Passive: 1, PreferPush: true, Push: chat.Full, Choices: chat.Full},
			[]chat.Reply{{Key: "a", Text: "一"}}, []chat.Reply{{Key: "b", Text: "二", Choices: choices}},
		},
		{
			"menus that may not be pushed", []chat.Reply{{Key: "b", Text: "二", Choices: choices[:1]}}, chat.Caps{Passive: 1, PreferPush: true, Choices: chat.Full},
			[]chat.Reply{{Key: "b", Text: "二\n1. 退款"}}, nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			passive, rest := adapters.FitPassive(tt.in, tt.caps)
			if d := cmp.Diff(tt.passive, passive, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("FitPassive(%+v): passive (-want +got)\n%s", tt.in, d)
			}
			if d := cmp.Diff(tt.rest, rest, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("FitPassive(%+v): rest (-want +got)\n%s", tt.in, d)
			}
		})
	}
}
