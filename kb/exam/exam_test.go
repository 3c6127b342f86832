package exam

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/kb"
)

func read(t *testing.T, text string) *Table {
	t.Helper()
	table, err := Read("x.tsv", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "x.tsv: no rows: want a line of column names and one line for each row"},
		{"no rows", "a\tb\n", "x.tsv: no rows: want a line of column names and one line for each row"},
		{"short row", "a\tb\n1\t2\n3\n", "x.tsv:3: 1 columns, the first line has 2: check the tabs"},
		{"column twice", "a\ta\n1\t2\n", `x.tsv:1: two columns are called "a": rename one`},
		{"encoding", "a\tb\n1\t\xff\n", "x.tsv:2: it is not UTF-8: save the file as UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Read("x.tsv", strings.NewReader(c.in)); err == nil || err.Error() != c.want {
				t.Errorf("Read(%q) = %v, want %s", c.in, err, c.want)
			}
		})
	}
	entries := read(t, "faq_id\tstandard_question\tanswer\na\t怎么退货\t点退货\n")
	for _, c := range []struct{ name, similar, want string }{
		{"rank", "faq_id\trank\tsimilar_question\na\tx\t退货\n", `x.tsv:2: rank "x" is no number`},
		{"entry", "faq_id\trank\tsimilar_question\nb\t1\t退货\n", `x.tsv:2: faq_id "b" is not in x.tsv`},
		{"column", "faq_id\tquestion\na\t退货\n", `x.tsv:1: no column "rank": it has faq_id, question`},
	} {
		if _, err := Base(entries, read(t, c.similar), 5); err == nil || err.Error() != c.want {
			t.Errorf("%s: Base = %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := Questions(read(t, "text\tintent\n你好\t\n"), "intent", "text", "oos"); err == nil || err.Error() != "x.tsv:2: the intent is empty: write oos where nothing is right" {
		t.Errorf("Questions = %v", err)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	entries := read(t, "\xef\xbb\xbffaq_id\tstandard_question\tanswer\r\na\t怎么退货\t点退货\r\nb\t怎么开发票\t\"点\"发票\r\n")
	similar := read(t, "faq_id\trank\tsimilar_question\nb\t1\t开票\nb\t2\t要发票\n")
	docs, err := Base(entries, similar, 1)
	if d := cmp.Diff([]kb.Doc{{ID: "a", Phrases: []string{"怎么退货"}, Weak: "点退货"}, {ID: "b", Phrases: []string{"怎么开发票", "开票"}, Weak: `"点"发票`}}, docs); err != nil || d != "" {
		t.Errorf("Base, %v (-want +got):\n%s", err, d)
	}
	train := read(t, "text\tintent\nhi\tgreet\nwhat\toos\nhello\tgreet\n")
	docs, err = Labelled(train, "intent", "text", "oos")
	if d := cmp.Diff([]kb.Doc{{ID: "greet", Phrases: []string{"hi", "hello"}}}, docs); err != nil || d != "" {
		t.Errorf("Labelled, %v (-want +got):\n%s", err, d)
	}
	questions, err := Questions(read(t, "text\tintent\nhi\tgreet\nwhat\toos\nbye\tleave\n"), "intent", "text", "oos")
	if d := cmp.Diff([]Question{{"hi", "greet"}, {"what", ""}, {"bye", "leave"}}, questions); err != nil || d != "" {
		t.Errorf("Questions, %v (-want +got):\n%s", err, d)
	}
	if n := Strange(questions, docs); n != 1 {
		t.Errorf("Strange = %d, want 1", n)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	outcomes := []Outcome{
		{"a", "a", 1, 0.9}, {"a", "b", 2, 0.8}, {"a", "a", 1, 0.3}, {"a", "b", 4, 0.2}, {"a", "", 0, -1},
		{"", "a", 0, 0.8}, {"", "a", 0, 0.1}, {"", "", 0, -1},
	}
	got := Judge(outcomes, 0.5)
	want := Report{Queries: 8, InScope: 5, Acc1: 0.4, Acc3: 0.6, MRR: (1 + 0.5 + 1 + 0.25) / 5, Threshold: 0.5, InScopeAcc: 0.2,
		OOSRecall: 2.0 / 3, OOSF1: 2 * (2.0 / 5) * (2.0 / 3) / (2.0/5 + 2.0/3), AUROC: (3 + 2.5 + 2 + 2 + 0.5) / 15}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })); d != "" {
		t.Errorf("Judge (-want +got):\n%s", d)
	}
	if got := Judge(outcomes, 0); got.InScopeAcc != 0.4 || got.OOSRecall != 1.0/3 {
		t.Errorf("Judge at 0 = %+v, want what found nothing rejected and all else kept", got)
	}
}

func TestThresholds(t *testing.T) {
	t.Parallel()
	var outcomes []Outcome
	for i := range 100 { // in scope, right, from 0.50 to 0.995
		outcomes = append(outcomes, Outcome{"a", "a", 1, 0.5 + float64(i)/200})
	}
	for i := range 20 { // out of scope, from 0.40 to 0.59
		outcomes = append(outcomes, Outcome{"", "a", 0, 0.4 + float64(i)/100})
	}
	if at := MostRight(outcomes); at < 0.49 || at > 0.5 {
		t.Errorf("MostRight = %v, want just below 0.5: above it two right answers go for each one rejected", at)
	}
	if at := Keep(outcomes); math.Abs(at-0.5075) > 1e-9 {
		t.Errorf("Keep = %v, want 0.5075, which costs two of a hundred", at)
	}
	r := JudgeHalves(outcomes, MostRight)
	if r.InScopeAcc < 0.98 || r.OOSRecall < 0.4 || r.OOSRecall > 0.6 {
		t.Errorf("JudgeHalves = %+v, want about half of what is out of scope rejected and nearly nothing else", r)
	}
	curve := Curve(outcomes)
	if first, last := curve[0], curve[len(curve)-1]; first.InScopeAcc != 1 || first.OOSRecall != 0 || last.InScopeAcc != 0 || last.OOSRecall != 1 {
		t.Errorf("Curve goes from %+v to %+v", first, last)
	}
	if at := MostRight(nil); at != 0 {
		t.Errorf("MostRight of nothing = %v", at)
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	x := kb.NewIndex([]kb.Doc{{ID: "a", Phrases: []string{"怎么退货"}}, {ID: "b", Phrases: []string{"怎么开发票"}}}, kb.Options{})
	got, _, err := Ask(t.Context(), x, []Question{{"怎么退货", "a"}, {"怎么退货呢", "b"}, {"火星", ""}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Outcome{{"a", "a", 1, 1}, {"b", "a", 2, 1}, {"", "", 0, -1}}, got); d != "" {
		t.Errorf("Ask (-want +got):\n%s", d)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"", "a\tb\n1\t2\n", "\xef\xbb\xbfquery\tfaq_id\r\n你好\tOOS\r\n", "faq_id\tstandard_question\tanswer\na\tb\tc\n", "\t\n\t\n", "a\n\xff\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Read("x", strings.NewReader(string(data)))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "x:") {
				t.Fatalf("the error %q names no place", err)
			}
			return
		}
		for i, row := range table.Rows {
			if len(row) != len(table.Columns) {
				t.Fatalf("row %d has %d fields, want %d", i, len(row), len(table.Columns))
			}
		}
		if docs, err := Base(table, nil, 0); err == nil && len(docs) != len(table.Rows) {
			t.Fatalf("%d rows give %d documents", len(table.Rows), len(docs))
		}
	})
}
