package kb

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// shop is a small base of three entries, as a new operator has it.
func shop() []Doc {
	return []Doc{
		{"kb:hours", []string{"你们的营业时间是几点？", "几点开门", "几点关门", "周末营业吗", "营业时间", "今天开到几点"}, "我们每天早上九点开门，晚上九点关门，节假日照常。"},
		{"kb:return", []string{"怎么申请退货？", "我要退货", "退货怎么弄", "不想要了能退吗", "申请退货", "退货流程"}, "打开“订单”，选中要退的商品，点“申请退货”，写明原因后提交即可。"},
		{"kb:invoice", []string{"怎么开发票？", "开发票", "要发票", "电子发票在哪里", "发票怎么开", "补开发票"}, "在“订单详情”里点“开发票”，填好抬头，电子发票会发到您的邮箱。"},
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	x := NewIndex(shop(), Options{Synonyms: [][]string{{"发票", "票据", "Invoice", "fa piao"}, {"退货", "退换"}}})
	for _, c := range []struct {
		text     string
		want     string // best hit, "" when nothing may reach low
		low, top float64
		exact    bool
	}{
		{"你们的营业时间是几点？", "kb:hours", 1, 1, true},
		{"你們的營業時間是幾點", "kb:hours", 1, 1, true},
		{"周末营业", "kb:hours", 1, 1, true},
		{"周末营业了吗？？", "kb:hours", 1, 1, true},
		{"周末开门吗", "kb:hours", 0.6, 0.99, false},
		{"怎么退货", "kb:return", 0.6, 0.99, false},
		{"请问怎么退换啊", "kb:return", 0.6, 0.99, false},
		{"要票据", "kb:invoice", 0.9, 0.99, false},
		{"INVOICE怎么开", "kb:invoice", 0.9, 0.99, false},
		{"invoices", "", 0.25, 1, false},
		{"今天天气怎么样", "", 0.25, 1, false},
		{"怎么办", "", 0.25, 1, false},
		{"a]]>b <xml> & \"c\" 😀 ]]>", "", 0.25, 1, false},
		{"", "", 0.01, 1, false},
		{"？！", "", 0.01, 1, false},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			hits := x.Find(c.text, 3, nil)
			if c.want == "" {
				if len(hits) > 0 && hits[0].Score >= c.low {
					t.Errorf("Find(%q) = %+v, want nothing at %.2f", c.text, hits[0], c.low)
				}
				return
			}
			if len(hits) == 0 || hits[0].ID != c.want || hits[0].Exact != c.exact || hits[0].Score < c.low || hits[0].Score > c.top {
				t.Errorf("Find(%q) = %+v, want first %s between %.2f and %.2f, exact %v", c.text, hits, c.want, c.low, c.top, c.exact)
			}
		})
	}
}

func TestFindExactFirst(t *testing.T) {
	t.Parallel()
	x := NewIndex([]Doc{
		{ID: "a", Phrases: []string{"红包退款了吗"}},
		{ID: "b", Phrases: []string{"红包退款"}},
		{ID: "c", Phrases: []string{"红包退款"}},
		{ID: "d", Phrases: []string{"红包退款要多久"}},
		{ID: "e"},
	}, Options{})
	ids := func(text string, n int, keep func(string) bool) string {
		var out []string
		for _, h := range x.Find(text, n, keep) {
			out = append(out, fmt.Sprintf("%s %v", h.ID, h.Exact))
		}
		return strings.Join(out, ", ")
	}
	for _, c := range []struct {
		name, text string
		n          int
		keep       func(string) bool
		want       string
	}{
		{"folded alike before bare alike", "红包退款!", 5, nil, "b true, c true, a true, d false"},
		{"bare", "红包退款了吗", 5, nil, "a true, b true, c true, d false"},
		{"keep", "红包退款", 5, func(id string) bool { return id != "b" && id != "d" }, "c true, a true"},
		{"n", "红包退款", 1, nil, "b true"},
		{"none wanted", "红包退款", 0, nil, ""},
		{"none kept", "红包退款", 5, func(string) bool { return false }, ""},
		{"nothing shared", "电灯", 5, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := ids(c.text, c.n, c.keep); got != c.want {
				t.Errorf("Find(%q, %d) = %s, want %s", c.text, c.n, got, c.want)
			}
		})
	}
	var none *Index
	if got := none.Find("红包", 1, nil); got != nil {
		t.Errorf("Find of no index = %v, want nothing", got)
	}
	if got := NewIndex(nil, Options{}).Find("红包", 1, nil); got != nil {
		t.Errorf("Find of an empty index = %v, want nothing", got)
	}
}

func TestFindProperties(t *testing.T) {
	t.Parallel()
	text := rapid.StringOf(rapid.SampledFrom([]rune("红包退款转账微信吗了怎么的，。 aB1②紅\u200d\xff😀ก")))
	rapid.Check(t, func(t *rapid.T) {
		docs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Doc {
			return Doc{ID: rapid.StringMatching(`[a-z]{6}`).Draw(t, "id"), Phrases: rapid.SliceOfN(text, 0, 4).Draw(t, "phrases"), Weak: text.Draw(t, "weak")}
		}), 0, 8).Draw(t, "docs")
		o := Options{Synonyms: rapid.SliceOfN(rapid.SliceOfN(text, 0, 3), 0, 3).Draw(t, "synonyms")}
		query, n := text.Draw(t, "query"), rapid.IntRange(0, 9).Draw(t, "n")
		keep := func(id string) bool { return id[0] != 'a' }
		x := NewIndex(docs, o)
		all := x.Find(query, 100, keep)
		hits := x.Find(query, n, keep)
		if again := NewIndex(docs, o).Find(query, n, keep); !slices.Equal(hits, again) {
			t.Fatalf("Find = %v, then %v, want the same", hits, again)
		}
		if !slices.Equal(hits, all[:min(n, len(all))]) {
			t.Fatalf("Find of %d = %v, want the head of %v", n, hits, all)
		}
		for i, h := range all {
			if h.Score < 0 || h.Score > 1 || !keep(h.ID) || (h.Score == 1) != h.Exact {
				t.Fatalf("Find = %+v, want kept, 0 to 1, and 1 when exact only", h)
			}
			if i > 0 && h.Score > all[i-1].Score {
				t.Fatalf("Find = %+v after %+v, want best first", h, all[i-1])
			}
		}
		for _, d := range docs {
			if !keep(d.ID) {
				continue
			}
			for _, p := range d.Phrases {
				got := x.Find(p, len(docs), keep)
				if Fold(p) != "" && !slices.ContainsFunc(got, func(h Hit) bool { return h.ID == d.ID && h.Exact }) {
					t.Fatalf("Find(%q) = %v, want %s exactly", p, got, d.ID)
				}
			}
		}
	})
}

func TestFindShared(t *testing.T) {
	t.Parallel()
	x := NewIndex(shop(), Options{})
	texts := []string{"周末开门吗", "怎么退货", strings.Repeat("怎么退货，开发票。", 400)}
	want := map[string][]Hit{}
	for _, s := range texts {
		want[s] = x.Find(s, 3, nil)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 200 {
				s := texts[(i+j)%len(texts)]
				if got := x.Find(s, 3, nil); !slices.Equal(got, want[s]) {
					t.Errorf("Find(%.20q) = %v while shared, want %v", s, got, want[s])
				}
			}
		})
	}
	all.Wait()
}

// large is a base of n entries with six phrases each, of words of two characters as unevenly spread as in real texts.
func large(n int) []Doc {
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 3000)
	for i := range words {
		words[i] = string([]rune{0x4E00 + r.Int32N(2000), 0x4E00 + r.Int32N(2000)})
	}
	say := func(n int) string {
		out := ""
		for range n {
			f := r.Float64()
			out += words[int(f*f*f*float64(len(words)))]
		}
		return out
	}
	docs := make([]Doc, n)
	for i := range docs {
		docs[i].ID = fmt.Sprintf("kb:%05d", i)
		for range 6 {
			docs[i].Phrases = append(docs[i].Phrases, say(3+r.IntN(5)))
		}
		docs[i].Weak = say(40)
	}
	return docs
}

func BenchmarkNewIndex(b *testing.B) {
	docs := large(10_000)
	b.ReportAllocs()
	for b.Loop() {
		NewIndex(docs, Options{})
	}
}

func BenchmarkFind(b *testing.B) {
	docs := large(10_000)
	x := NewIndex(docs, Options{Effort: Compile}) // with lines: the most that a text can cost
	short := docs[77].Phrases[2]
	long := strings.Join(slices.Concat(docs[1].Phrases, docs[2].Phrases, docs[3].Phrases), "，")
	for _, c := range []struct{ name, text string }{
		{"exact", short}, {"question", "请问" + short[3:] + "怎么办"}, {"long", long}, {"8KB", strings.Repeat(long, 1+8192/cmp.Or(len(long), 1))},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Find(c.text, 3, nil)
			}
		})
	}
}

// Exact is Find's first hit when that is exact, and nothing otherwise.
func TestExact(t *testing.T) {
	t.Parallel()
	x := NewIndex([]Doc{{ID: "a", Phrases: []string{"红包怎么退", "退红包"}}, {ID: "b", Phrases: []string{"转账限额", "退红包"}}}, Options{})
	for _, c := range []struct {
		text, want string
		keep       func(string) bool
	}{
		{"红包怎么退？", "a", nil}, {"退红包", "a", nil}, {"退红包", "b", func(id string) bool { return id != "a" }}, {"转账限额是多少呢", "", nil}, {"", "", nil},
		{"红包", "", nil},
	} {
		h, ok := x.Exact(c.text, c.keep)
		if ok != (c.want != "") || h.ID != c.want || ok && (!h.Exact || h.Score != 1) {
			t.Errorf("Exact(%q) = %+v, %t, want %q", c.text, h, ok, c.want)
		}
		if hits := x.Find(c.text, 1, c.keep); ok && (len(hits) == 0 || hits[0] != h) {
			t.Errorf("Find(%q) = %+v, want %+v first", c.text, hits, h)
		}
	}
	if _, ok := (*Index)(nil).Exact("退红包", nil); ok {
		t.Error("a nil index has an exact phrase")
	}
}
