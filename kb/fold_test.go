package kb

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"punctuation alone", "？！……", ""},
		{"one character", "退", "退"},
		{"full width", "ＡＢＣ１２３", "abc123"},
		{"circled", "②", "2"},
		{"traditional", "紅包退款什麼時候到帳？", "红包退款什么时候到帐"},
		{"spaces", "  怎么 \t\n 退货　吧 ", "怎么 退货"},
		{"shouted", "人工!!", "人工"},
		{"soft particle", "转人工吧～", "转人工"},
		{"particles that ask or tell stay", "取消了吗", "取消了吗"},
		{"particle that is the word", "好吧", "好吧"},
		{"laugh", "哈哈哈", "哈哈哈"},
		{"joiner and marks", "红\u200b包\u200d\ufeff退\u202e款", "红包退款"},
		{"controls", "红\x00包\x07", "红包"},
		{"invalid bytes", "红\xff包", "红包"},
		{"compatibility", "㎏ﬁ", "kgfi"},
		{"mixed", "【App】打不开😭", "app】打不开"},
		{"quotes inside", "提示“已暂停”怎么办", "提示“已暂停”怎么办"},
		{"combining after joiner", "e\u200d\u0301x", "éx"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Fold(c.in); got != c.want {
				t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestBare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"能退款吗", "能退款"}, {"钱没了呢", "钱没"}, {"算了", "算了"}, {"为什么", "为什么"}, {"", ""}, {"开门了吗", "开门"},
	} {
		if got := bare(c.in); got != c.want {
			t.Errorf("bare(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"", "紅包，退款吧！", "②Ａ\u200d", "e\u200d\u0301", "İſϒẞ", "ﷺ㍿", "\xff\xfe", "薴", "가\u1100\u1161", "啊啊吧"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if twice := Fold(once); twice != once {
			t.Fatalf("Fold(%q) = %q, folded again %q, want the same", s, once, twice)
		}
		if !norm.NFKC.IsNormalString(once) {
			t.Fatalf("Fold(%q) = %q, want NFKC", s, once)
		}
		if b := bare(once); bare(b) != b {
			t.Fatalf("bare(%q) = %q, bared again %q", once, b, bare(b))
		}
	})
}

func BenchmarkFold(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"question", "微信红包退款多久能到账？"}, {"traditional", "請問紅包退款①多久能到帳？"}, {"8KB", strings.Repeat("微信红包，", 546)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Fold(c.text)
			}
		})
	}
}
