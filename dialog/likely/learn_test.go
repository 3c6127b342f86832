package likely

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCountsAreBounded(t *testing.T) {
	t.Parallel()
	var f []Factor
	for i := range 40 {
		f = append(f, Factor{Name: fmt.Sprintf("scene.k%d", i), Value: strings.Repeat("长", 1000)}, Factor{Name: "event", Value: fmt.Sprint(i)},
			Factor{Name: "tag", Value: fmt.Sprint(i)}, Factor{Name: "topic", Value: "kb:a"})
	}
	c := map[string]int64{}
	CountWanted(c, f, "kb:a")
	CountOffer(c, f, []string{"kb:1", "kb:2", "kb:3", "kb:4", "kb:5", "kb:6", "kb:7"}, "kb:a")
	CountWanted(c, f, strings.Repeat("x", 500))
	if len(c) > 2+maxShown+1 {
		t.Errorf("one turn counts %d names, want at most %d", len(c), 2+maxShown+1)
	}
	for name := range c {
		if !strings.HasPrefix(name, Prefix) || len(name) > 64 {
			t.Errorf("name %q, want a short one that begins with %s", name, Prefix)
		}
	}
}

func TestScenesShareFewBuckets(t *testing.T) {
	t.Parallel()
	c := map[string]int64{}
	for i := range 50_000 {
		CountWanted(c, []Factor{{Name: "scene.page", Value: fmt.Sprint("forged-", i)}}, "kb:a")
	}
	if len(c) > 1<<sceneBits {
		t.Errorf("50,000 forged scenes count %d names, want at most %d", len(c), 1<<sceneBits)
	}
}

// TestLearnedIsBounded: whatever people send for days, what is learned does not grow, and what is usual stays known.
func TestLearnedIsBounded(t *testing.T) {
	t.Parallel()
	web := Factor{Name: "channel", Value: "web"}
	var l *Learned
	at := noon.Add(-48 * time.Hour)
	for i := range 6 {
		counts := counting(nil, 3000, "kb:usual", web)
		for j := range 3000 {
			f := []Factor{{Name: fmt.Sprint("scene.", i, j%50), Value: fmt.Sprint(j)}, web, {Name: "profile.id", Value: fmt.Sprint(i, j)}, {Name: "event", Value: fmt.Sprint(j % 7)}}
			CountWanted(counts, f, fmt.Sprint("kb:", j%300))
		}
		l = Learn(l, []Hour{{At: at, Counts: counts}}, at.Add(2*time.Hour))
		at = at.Add(time.Hour)
		if n := l.now; len(n.contexts) > 2*maxContexts || n.cells > 2*maxCells || len(n.weights) > maxShapes {
			t.Fatalf("hour %d: %d contexts, %d cells, %d shapes, want no more than twice the limits", i, len(n.contexts), n.cells, len(n.weights))
		}
	}
	got := Rank(l, Query{Candidates: []string{"kb:1", "kb:usual"}, Factors: []Factor{web}, Now: at, N: 1})
	if len(got) == 0 || got[0].ID != "kb:usual" {
		t.Errorf("Rank = %+v, want kb:usual, which most people wanted", got)
	}
}

func TestLearnLeavesWhatIsShared(t *testing.T) {
	t.Parallel()
	web := []Factor{{Name: "channel", Value: "web"}}
	q := Query{Candidates: abc, Factors: web, Now: noon, N: 3}
	old := Learn(nil, []Hour{hour(50*time.Hour, counting(nil, 30, "kb:a", web...))}, noon)
	before := fmt.Sprint(Rank(old, q))
	Learn(old, []Hour{hour(3*time.Hour, counting(nil, 300, "kb:b", web...)), hour(time.Minute, counting(nil, 300, "kb:c", web...))}, noon)
	if after := fmt.Sprint(Rank(old, q)); after != before {
		t.Errorf("Rank of the older snapshot = %s, was %s", after, before)
	}
	if until := old.Until(); !until.Equal(noon.Add(-49 * time.Hour)) {
		t.Errorf("Until = %v, want the end of the only hour", until)
	}
}

func TestLearnLastsForYears(t *testing.T) {
	t.Parallel()
	web := []Factor{{Name: "channel", Value: "web"}}
	var l *Learned
	at := noon.Add(-20 * 365 * 24 * time.Hour)
	for range 20 * 12 {
		l = Learn(l, []Hour{{At: at, Counts: counting(counting(nil, 30, "kb:a", web...), 10, "kb:b", web...)}}, at.Add(2*time.Hour))
		at = at.Add(30 * 24 * time.Hour)
	}
	got := Rank(l, Query{Candidates: abc, Factors: web, Now: at, N: 3})
	if len(got) != 2 || got[0].ID != "kb:a" || got[0].P < .6 || got[0].P > .85 {
		t.Errorf("Rank after twenty years = %+v, want kb:a with about .75", got)
	}
}

func FuzzLearn(f *testing.F) {
	c := counting(nil, 1, "kb:a", refundPage, Factor{Name: "channel", Value: "web"})
	for name := range c {
		f.Add(name, int64(3))
	}
	for _, name := range []string{"", "l:", "l:w:", "l:w::", "l:w:abc:kb:a", "l:x:abcde:kb:a", "l:r:1", "l:r:0", "l:w:abcdeabcdeabcdeabcdeabcdeabcdeabcde:kb:a", "answered:x"} {
		f.Add(name, int64(-1))
	}
	f.Fuzz(func(t *testing.T, name string, n int64) {
		l := Learn(nil, []Hour{hour(3*time.Hour, map[string]int64{name: n}), hour(time.Minute, map[string]int64{name: n})}, noon)
		for _, g := range Rank(l, Query{Candidates: abc, Now: noon, N: 3}) {
			if !(g.P > 0 && g.P <= 1) {
				t.Errorf("P = %v after the count %q, want one between 0 and 1", g.P, name)
			}
		}
	})
}
