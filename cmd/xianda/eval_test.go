package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/kb"
)

// BenchmarkEvalZhFAQ prints how the very index that serves people does on public data (make eval SHARED=../shared): ours beside the floors of
// data/README.md. It compares nothing: a figure is for reading, a gate belongs to whoever keeps data apart.
func BenchmarkEvalZhFAQ(b *testing.B) {
	shared := os.Getenv("SHARED")
	if shared == "" {
		b.Fatal("set SHARED to the folder that holds data/: make eval SHARED=../shared")
	}
	dir := filepath.Join(shared, "data", "zh-faq")
	base := readTSV(b, filepath.Join(dir, "kb.tsv"))
	similar := readTSV(b, filepath.Join(dir, "similar.tsv"))
	queries := readTSV(b, filepath.Join(dir, "dev.tsv"))
	for _, size := range []struct {
		name  string
		most  int
		floor string
	}{
		{"standard question only", 0, ".379 / .530"}, {"<= 5 similar each", 5, ".704 / .835"},
		{"<= 20 similar each", 20, ".872 / .955"}, {"all similar", 1 << 30, ".975 / -"},
	} {
		docs := map[string]*kb.Doc{}
		var order []string
		for _, r := range base {
			docs[r["faq_id"]] = &kb.Doc{ID: r["faq_id"], Phrases: []string{r["standard_question"]}, Weak: r["answer"]}
			order = append(order, r["faq_id"])
		}
		for _, r := range similar {
			rank, err := strconv.Atoi(r["rank"])
			if err != nil {
				b.Fatalf("similar.tsv: rank %q: %v", r["rank"], err)
			}
			if d := docs[r["faq_id"]]; d != nil && rank <= size.most {
				d.Phrases = append(d.Phrases, r["similar_question"])
			}
		}
		var list []kb.Doc
		for _, id := range order {
			list = append(list, *docs[id])
		}
		x := kb.NewIndex(list, kb.Options{})
		first, third, n := 0, 0, 0
		began := time.Now()
		for _, q := range queries {
			if docs[q["faq_id"]] == nil {
				continue // out of scope
			}
			n++
			for i, h := range x.Find(q["query"], 3, nil) {
				if h.ID == q["faq_id"] {
					third++
					if i == 0 {
						first++
					}
				}
			}
		}
		b.Logf("zh-faq, %-24s acc@1 %.3f  acc@3 %.3f  floor %s  (%d queries, %s each)", size.name, float64(first)/float64(n), float64(third)/float64(n),
			size.floor, n, fmt.Sprint(time.Since(began)/time.Duration(n)))
	}
}

// readTSV reads a file with a header and no quoting.
func readTSV(b *testing.B, name string) []map[string]string {
	b.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		b.Fatalf("SHARED is the folder that holds data/: %v", err)
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	head := strings.Split(lines[0], "\t")
	var rows []map[string]string
	for _, l := range lines[1:] {
		row := map[string]string{}
		for i, f := range strings.Split(l, "\t") {
			if i < len(head) {
				row[head[i]] = f
			}
		}
		rows = append(rows, row)
	}
	return rows
}
