package adapters_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

var goodKey = regexp.MustCompile(`^[0-9A-Za-z_-]{1,32}$`)

// length is written anew, so that the unit is not measured by the code under test.
func length(s string, u chat.Unit) int {
	switch u {
	case chat.Bytes:
		return len(s)
	case chat.UTF16:
		return len(utf16.Encode([]rune(s)))
	}
	return utf8.RuneCountInString(s)
}

// bare is s without whitespace: cuts may lose that.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

var piece = rapid.SampledFrom([]string{
	"一", "退款", "。", "！", "？”", "; ", ". ", " ", "\n", "\n\n", "\r\n", "a", "word", "3.14", "😀", "👨‍👩‍👧", "👍🏽", "❤️", "🇨🇳", "1️⃣",
	"e\u0301", "z\u0300\u0301\u0302\u0303", `<a href="https://x.example">点这里</a>`, "<a ", "</a>", "\u3000", "\u200d", "&amp;",
})

func someText(t *rapid.T, name string) string {
	return strings.Join(rapid.SliceOfN(piece, 0, 60).Draw(t, name), "")
}

func someCaps(t *rapid.T) chat.Caps {
	level := rapid.SampledFrom([]chat.Level{chat.Drop, chat.None, chat.Part, chat.Full})
	return chat.Caps{
		MaxText:        rapid.SampledFrom([]int{0, 4, 5, 9, 20, 48, 200}).Draw(t, "max text"),
		MaxChoices:     rapid.IntRange(0, 4).Draw(t, "max choices"),
		MaxLabel:       rapid.SampledFrom([]int{0, 2, 6, 20}).Draw(t, "max label"),
		MaxData:        rapid.SampledFrom([]int{0, 1, 8}).Draw(t, "max data"),
		TextUnit:       chat.Unit(rapid.IntRange(0, 2).Draw(t, "unit")),
		Choices:        level.Draw(t, "choices"),
		PassiveChoices: level.Draw(t, "passive choices"),
		Image:          level.Draw(t, "image"),
		PassiveImage:   level.Draw(t, "passive image"),
		Push:           level.Draw(t, "push"),
		Passive:        rapid.IntRange(0, 3).Draw(t, "passive"),
		PreferPush:     rapid.Bool().Draw(t, "prefer push"),
	}
}

func someReply(t *rapid.T, key string) chat.Reply {
	r := chat.Reply{Key: key, Text: someText(t, "text")}
	for range rapid.IntRange(0, 5).Draw(t, "how many choices") {
		c := chat.Choice{ID: rapid.SampledFrom([]string{"m", "m3:2"}).Draw(t, "id"), Label: rapid.SampledFrom([]string{"退款", "x", "红包被拦了怎么办"}).Draw(t, "label")}
		if rapid.IntRange(0, 3).Draw(t, "link") == 0 {
			c.URL = "https://x.example/y"
		}
		r.Choices = append(r.Choices, c)
	}
	if rapid.IntRange(0, 3).Draw(t, "image") == 0 {
		r.Media = []chat.Media{{Kind: "image", Ref: "m1"}}
	}
	r.From = rapid.SampledFrom([]string{"", "", "小王"}).Draw(t, "from")
	return r
}

func keepsLimits(t *rapid.T, r chat.Reply, c chat.Caps, choices chat.Level) {
	if r.Text == "" && len(r.Media) == 0 && r.Native == "" || r.Text != "" && strings.TrimSpace(r.Text) == "" {
		t.Fatalf("an empty message: %+v", r)
	}
	if n := length(r.Text, c.TextUnit); c.MaxText > 0 && n > c.MaxText {
		t.Fatalf("%q has length %d, the limit is %d", r.Text, n, c.MaxText)
	}
	if !utf8.ValidString(r.Text) {
		t.Fatalf("%q is cut inside a character", r.Text)
	}
	if len(r.Choices) > 0 && (choices <= chat.None || c.MaxChoices > 0 && len(r.Choices) > c.MaxChoices || r.Text == "") {
		t.Fatalf("choices where they can not be: %+v", r)
	}
	if !goodKey.MatchString(r.Key) {
		t.Fatalf("key %q", r.Key)
	}
}

// read is what a person reads: texts, labels and the number of pictures.
func read(rs []chat.Reply) (text string, labels, pictures int) {
	for _, r := range rs {
		text += bare(r.Text)
		for _, c := range r.Choices {
			text += bare(c.Label + c.URL)
		}
		labels += len(r.Choices)
		pictures += len(r.Media)
	}
	return text, labels, pictures
}

func TestFitLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, c := someReply(t, rapid.StringMatching(`[0-9A-Za-z_-]{1,32}`).Draw(t, "key")), someCaps(t)
		out := adapters.Fit(r, c)
		seen := map[string]bool{}
		for i, m := range out {
			keepsLimits(t, m, c, c.Choices)
			if seen[m.Key] {
				t.Fatalf("key %q twice", m.Key)
			}
			seen[m.Key] = true
			if len(m.Choices) > 0 && i < len(out)-1 {
				t.Fatalf("choices on message %d of %d", i+1, len(out))
			}
		}
		want := bare(r.Text)
		for _, x := range r.Choices {
			want += bare(x.Label + x.URL)
		}
		got, _, pictures := read(out)
		if pictures == 0 && len(r.Media) > 0 {
			want = bare(r.Text) + "[图片]" + strings.TrimPrefix(want, bare(r.Text))
		}
		if number.ReplaceAllString(got, "") != number.ReplaceAllString(want, "") {
			t.Fatalf("got %q\nwant %q", got, want)
		}
		if again := adapters.Fit(r, c); len(again) != len(out) || len(out) > 0 && again[0].Text != out[0].Text {
			t.Fatal("the same reply was fitted differently")
		}
	})
}

// number is what Fit and FitPassive add: "1." before labels, "·", and the name of a speaker. The texts of these tests are compared
// without them.
var number = regexp.MustCompile(`[0-9]\.?|·|客服：|\[图片\]`)

func TestFitPassiveLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := someCaps(t)
		var rs []chat.Reply
		for i := range rapid.IntRange(0, 4).Draw(t, "replies") {
			rs = append(rs, someReply(t, "t"+string(rune('a'+i))))
		}
		if rapid.Bool().Draw(t, "pieces of Fit") { // as a host does that carries what is owed
			var pieces []chat.Reply
			for _, r := range rs {
				pieces = append(pieces, adapters.Fit(r, c)...)
			}
			rs = pieces
		}
		passive, rest := adapters.FitPassive(rs, c)
		if len(passive) > c.Passive {
			t.Fatalf("%d messages in a response of %d", len(passive), c.Passive)
		}
		seen := map[string]bool{}
		for _, m := range passive {
			keepsLimits(t, m, c, c.PassiveChoices)
			if seen[m.Key] {
				t.Fatalf("key %q twice", m.Key)
			}
			seen[m.Key] = true
		}
		for i, m := range rest {
			if seen[m.Key] {
				t.Fatalf("key %q twice", m.Key)
			}
			if from := len(rs) - len(rest) + i; i > 0 && m.Key != rs[from].Key {
				t.Fatalf("rest is not the tail of what came: %+v", rest)
			}
		}
		for _, m := range rest {
			for i, piece := range adapters.Fit(m, c) {
				if seen[piece.Key] || i > 0 && slices.ContainsFunc(rest, func(x chat.Reply) bool { return x.Key == piece.Key }) {
					t.Fatalf("key %q twice", piece.Key)
				}
				seen[piece.Key] = true
			}
		}
		if c.Push <= chat.None && c.Passive > 0 && len(passive) == 0 {
			for _, r := range rest {
				if len(adapters.Fit(r, c)) > 0 {
					t.Fatalf("a channel that can not push shows nothing of %+v", rs)
				}
			}
		}
		gotText, _, _ := read(append(append([]chat.Reply{}, passive...), rest...))
		wantText, _, _ := read(rs)
		// A native list moves behind the texts that are joined to its message, so letters are counted, not compared in order.
		if got, want := letters(gotText), letters(wantText); got != want {
			t.Fatalf("got %q\nwant %q", gotText, wantText)
		}
	})
}

func letters(s string) (sum [2]int) {
	for _, r := range number.ReplaceAllString(s, "") {
		sum[0]++
		sum[1] += int(r)
	}
	return sum
}

func FuzzFit(f *testing.F) {
	f.Add("退款。\r\n<a href=\"x\">点</a>👨‍👩‍👧", 4, uint8(1))
	f.Add("\xff\xfe<a <a <a </a>", 1, uint8(2))
	f.Add(strings.Repeat("\u0301", 300), 9, uint8(0))
	f.Fuzz(func(t *testing.T, text string, limit int, unit uint8) {
		c := chat.Caps{MaxText: limit, TextUnit: chat.Unit(unit % 3)}
		out := adapters.Fit(chat.Reply{Key: "k", Text: text}, c)
		got := ""
		for _, m := range out {
			if limit >= 4 && length(m.Text, c.TextUnit) > limit {
				t.Errorf("%q is longer than %d", m.Text, limit)
			}
			got += m.Text
		}
		if bare(got) != bare(strings.ToValidUTF8(text, "\uFFFD")) {
			t.Errorf("Fit(%q) = %q", text, got)
		}
	})
}

func BenchmarkFit(b *testing.B) {
	r := chat.Reply{Key: "k", Text: strings.Repeat("您的红包会在二十四小时内退回。<a href=\"https://x.example\">详情</a>\n", 100)}
	for b.Loop() {
		adapters.Fit(r, chat.Caps{MaxText: 2048, TextUnit: chat.Bytes})
	}
}
