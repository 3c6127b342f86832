package kb

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

func encoded(t testing.TB, x *Index) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := x.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEncode(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]*Index{
		"learned": NewIndex(shop(), Options{Synonyms: [][]string{{"发票", "invoice"}, {"退货", "退换"}}}),
		"counted": NewIndex(large(60), Options{Effort: 1}),
		"english": NewIndex([]Doc{{"a", []string{"where is my card", "my card has not come"}, ""}, {"b", []string{"change the pin", "a new pin"}, ""}}, Options{}),
		"empty":   NewIndex(nil, Options{}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := encoded(t, x)
			y, err := Decode(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{"怎么退换货", "invoice 在哪", "几点关门呀", "where's my new card", "changing pins", "电灯", ""} {
				if a, b := x.Find(text, 5, nil), y.Find(text, 5, nil); !slices.Equal(a, b) {
					t.Errorf("Find(%q) = %v after decoding, want %v", text, b, a)
				}
			}
			if again := encoded(t, y); !bytes.Equal(data, again) {
				t.Error("what was decoded is encoded differently")
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	data := encoded(t, NewIndex(shop(), Options{}))
	newer := slices.Clone(data)
	newer[0]++
	if _, err := Decode(bytes.NewReader(newer), int64(len(newer))); !errors.Is(err, ErrFormat) {
		t.Errorf("Decode of another format = %v, want ErrFormat", err)
	}
	for _, c := range []struct {
		data []byte
		want error
	}{{data, nil}, {newer, ErrFormat}, {data[:3], errBroken}} {
		if err := Readable(bytes.NewReader(c.data)); !errors.Is(err, c.want) {
			t.Errorf("Readable of %d bytes = %v, want %v", len(c.data), err, c.want)
		}
	}
	for n := 0; n < len(data); n += 1 + n/40 {
		if x, err := Decode(bytes.NewReader(data[:n]), int64(n)); err == nil || x != nil {
			t.Fatalf("Decode of the first %d of %d bytes = %v, want an error", n, len(data), x)
		}
	}
}

// TestDecodeOfAnything holds that what Decode lets through can be asked, whatever was changed.
func TestDecodeOfAnything(t *testing.T) {
	t.Parallel()
	data := encoded(t, NewIndex(shop(), Options{Synonyms: [][]string{{"发票", "invoice"}}}))
	r := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		bad := slices.Clone(data)
		for range 1 + r.IntN(3) {
			bad[4+r.IntN(len(bad)-4)] = byte(r.Uint32())
		}
		if x, err := Decode(bytes.NewReader(bad), int64(len(bad))); err == nil {
			x.Find("怎么开发票，invoice abc 几点", 3, nil)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, NewIndex(shop(), Options{Synonyms: [][]string{{"发票", "invoice"}}})))
	f.Add(encoded(f, NewIndex(nil, Options{})))
	f.Fuzz(func(t *testing.T, data []byte) {
		if x, err := Decode(bytes.NewReader(data), int64(len(data))); err == nil {
			x.Find("怎么开发票，invoice abc 几点", 3, nil)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	data := encoded(b, NewIndex(large(10_000), Options{Effort: Compile}))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(bytes.NewReader(data), int64(len(data))); err != nil {
			b.Fatal(err)
		}
	}
}
