package kb

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	x := newTable(0)
	for i := range uint64(1000) {
		if n, fresh := x.put(i*i + 7); n != int32(i) || !fresh {
			t.Fatalf("put(%d) = %d, %v, want %d, a new one", i*i+7, n, fresh, i)
		}
	}
	for i := range uint64(1000) {
		if n, fresh := x.put(i*i + 7); n != int32(i) || fresh {
			t.Fatalf("put(%d) again = %d, %v, want %d", i*i+7, n, fresh, i)
		}
		if n, ok := x.of(i*i + 7); n != int32(i) || !ok {
			t.Fatalf("of(%d) = %d, %v, want %d", i*i+7, n, ok, i)
		}
	}
	if _, ok := x.of(5); ok {
		t.Error("of(5) finds a key that was never put")
	}
	if keys := x.list(); len(keys) != 1000 || keys[999] != 999*999+7 {
		t.Errorf("list has %d keys, the last %d", len(keys), keys[len(keys)-1])
	}
}

// TestLearn holds that documents that share their words are told apart by what differs, in both languages.
func TestLearn(t *testing.T) {
	t.Parallel()
	x := NewIndex([]Doc{
		{"send", []string{"红包发不出去", "发不了红包", "怎么发红包发不了", "红包发送失败", "why can't I send a red packet"}, ""},
		{"take", []string{"红包收不了", "收不到红包", "领不了红包", "红包领取失败", "why can't I open a red packet"}, ""},
		{"back", []string{"红包多久退回", "没人领的红包退到哪", "红包退款", "红包什么时候退回来", "where is the refund of a red packet"}, ""},
	}, Options{})
	if x.linear == nil {
		t.Fatal("a small base learned nothing")
	}
	for text, want := range map[string]string{
		"我的红包怎么发不出": "send", "别人的红包领不到": "take", "红包过期了钱退哪里": "back",
		"i cannot send red packets": "send", "cannot open the red packet": "take", "refunded red packet": "back",
	} {
		if hits := x.Find(text, 3, nil); len(hits) == 0 || hits[0].ID != want {
			t.Errorf("Find(%q) = %+v, want %s", text, hits, want)
		}
	}
}

// TestLearnIsTheSameEverywhere holds that the number of processors changes nothing. Not parallel: it changes that number.
func TestLearnIsTheSameEverywhere(t *testing.T) {
	docs := large(120)
	for _, effort := range []Effort{AtLoad, 3_000_000} { // all phrases, chosen ones
		many := NewIndex(docs, Options{Effort: effort})
		was := runtime.GOMAXPROCS(1)
		one := NewIndex(docs, Options{Effort: effort})
		runtime.GOMAXPROCS(was)
		if many.linear == nil || !slices.Equal(many.linear.much, one.linear.much) || !slices.Equal(many.linear.bias, one.linear.bias) {
			t.Errorf("with effort %d the lines of one processor differ from those of %d", effort, was)
		}
	}
}

// TestEffort holds that a base that is too large for the effort still finds, by counting alone.
func TestEffort(t *testing.T) {
	t.Parallel()
	docs := large(120)
	x := NewIndex(docs, Options{Effort: 1})
	if x.linear != nil {
		t.Fatal("it learned without effort")
	}
	for i := range 20 {
		text := docs[i].Phrases[0][3:]
		if hits := x.Find(text, 1, nil); len(hits) != 1 || hits[0].ID != fmt.Sprintf("kb:%05d", i) {
			t.Errorf("Find(%q) = %+v, want kb:%05d", text, hits, i)
		}
	}
}
