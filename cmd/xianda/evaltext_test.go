package main

import (
	"crypto/sha1"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/kb"
	"github.com/xianda-bot/xianda/kb/exam"
)

// What data/README.md says about typed text is measured on the very index that serves people, compiled as publishing compiles it.
// Thresholds for what is out of scope are chosen as "xianda kb eval --help" says, on the other half of the rows. One benchmark prints
// no more than ten lines, so each set has its own.

// ask is the outcomes of questions over docs.
func ask(b *testing.B, docs []kb.Doc, questions []exam.Question) []exam.Outcome {
	b.Helper()
	outcomes, _, err := exam.Ask(b.Context(), kb.NewIndex(docs, kb.Options{Effort: kb.Compile}), questions)
	if err != nil {
		b.Fatal(err)
	}
	return outcomes
}

func BenchmarkEvalFAQ(b *testing.B) {
	entries, similar := dataTable(b, "zh-faq/kb.tsv"), dataTable(b, "zh-faq/similar.tsv")
	questions, err := exam.Queries(dataTable(b, "zh-faq/dev.tsv"))
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range []struct {
		name                 string
		rank                 int
		floor, gate, stretch string
		oosFloor, oosGate    string
		oosStretch           string
	}{
		{"zh-faq, standard question only", 0, ".379 / .530", ".37 / .54", ".40 / .57", "", "", ""},
		{"zh-faq, <= 5 similar each", 5, ".704 / .835 / .778", ".71 / .84 / .78", ".74 / .86 / .81", ".801", ".80", ".83"},
		{"zh-faq, <= 20 similar each", 20, ".872 / .955", ".875 / .945", ".89 / .955", "-", "-", "-"},
		{"zh-faq, all similar", math.MaxInt32, ".975", ".972", ".978", ".902", ".925", ".945"},
	} {
		docs, err := exam.Base(entries, similar, size.rank)
		if err != nil {
			b.Fatal(err)
		}
		r := exam.JudgeHalves(ask(b, docs, questions), exam.MostRight)
		measurement{size.name, "acc@1 / @3 / MRR", figures(r.Acc1, r.Acc3, r.MRR), size.floor, size.gate, size.stretch}.print(b)
		if size.oosFloor != "" {
			measurement{size.name, "out-of-scope F1", figures(r.OOSF1), size.oosFloor, size.oosGate, size.oosStretch}.print(b)
		}
	}
}

func BenchmarkEvalIntents(b *testing.B) {
	for _, set := range []struct {
		name, dir            string
		shots                int // 0: all
		floor, gate, stretch string
	}{
		{"zh-intents", "zh-intents", 0, ".817 / .945", ".819 / .942", ".84 / .955"},
		{"banking77", "banking77", 0, ".901 / .973", ".911 / .973", ".92 / .98"},
		{"banking77, 10-shot", "banking77", 10, ".752", ".758", ".775"},
		{"hwu64", "hwu64", 0, ".880", ".886", ".90"},
	} {
		train := dataTable(b, set.dir+"/train.tsv")
		if set.shots > 0 {
			train = smallest(b, train, set.shots)
		}
		docs, questions := labelled(b, train, dataTable(b, set.dir+"/dev.tsv"))
		r := exam.Judge(ask(b, docs, questions), 0)
		measurement{set.name, "acc@1 / @3", figures(r.Acc1, r.Acc3), set.floor, set.gate, set.stretch}.print(b)
	}
	dev := dataTable(b, "clinc150/dev.tsv")
	extra := dataTable(b, "clinc150/oos_extra.tsv")
	dev.Rows = append(slices.Clone(dev.Rows), extra.Rows...)
	docs, questions := labelled(b, dataTable(b, "clinc150/train.tsv"), dev)
	outcomes := ask(b, docs, questions)
	r := exam.JudgeHalves(outcomes, exam.Keep)
	measurement{"clinc150", "acc in scope", figures(r.Acc1), ".922", ".92", ".93"}.print(b)
	measurement{"clinc150, one threshold", "in scope / oos recall", figures(r.InScopeAcc, r.OOSRecall), ".905 / .729", ".90 / .75", ".91 / .78"}.print(b)
	measurement{"clinc150", "AUROC", figures(r.AUROC), ".947", ".948", ".96"}.print(b)
}

func labelled(b *testing.B, train, queries *exam.Table) ([]kb.Doc, []exam.Question) {
	b.Helper()
	docs, err := exam.Labelled(train, "intent", "text", "oos")
	if err != nil {
		b.Fatal(err)
	}
	questions, err := exam.Questions(queries, "intent", "text", "oos")
	if err != nil {
		b.Fatal(err)
	}
	return docs, questions
}

// smallest keeps of each intent the texts with the smallest hashes, as the set's README says.
func smallest(b *testing.B, t *exam.Table, n int) *exam.Table {
	b.Helper()
	text, err := t.Column("text")
	if err != nil {
		b.Fatal(err)
	}
	intent, err := t.Column("intent")
	if err != nil {
		b.Fatal(err)
	}
	hash := func(row []string) string { h := sha1.Sum([]byte(row[text])); return hex.EncodeToString(h[:]) }
	rows := slices.Clone(t.Rows)
	slices.SortStableFunc(rows, func(a, b []string) int { return strings.Compare(hash(a), hash(b)) })
	has := map[string]int{}
	out := &exam.Table{Name: t.Name, Columns: t.Columns}
	for _, row := range rows {
		if has[row[intent]]++; has[row[intent]] <= n {
			out.Rows = append(out.Rows, row)
		}
	}
	return out
}

// BenchmarkEvalCorpora leaves each sentence out once and asks it of an index of the others.
func BenchmarkEvalCorpora(b *testing.B) {
	right, all := 0.0, 0.0
	for _, set := range []struct{ name, floor string }{{"AskUbuntu", ".906"}, {"WebApplications", ".800"}, {"Chatbot", ".970"}} {
		t := dataTable(b, "nlu-eval-corpora/"+set.name+".train.tsv")
		ok := 0.0
		for i := range t.Rows {
			others, one := *t, *t
			others.Rows = slices.Delete(slices.Clone(t.Rows), i, i+1)
			one.Rows = t.Rows[i : i+1]
			docs, questions := labelled(b, &others, &one)
			ok += exam.Judge(ask(b, docs, questions), 0).Acc1
		}
		measurement{"nlu-eval-corpora, " + set.name, "acc, leave-one-out", figures(ok / float64(len(t.Rows))), set.floor, "-", "-"}.print(b)
		right, all = right+ok, all+float64(len(t.Rows))
	}
	measurement{"nlu-eval-corpora, three together", "micro F1, leave-one-out", figures(right / all), ".923", ".92", ".935"}.print(b)
}

// BenchmarkEvalSentiment classifies: the labels are the documents. Each fifth of a source is asked of an index of the other four.
func BenchmarkEvalSentiment(b *testing.B) {
	for _, set := range []struct{ source, file, floor, gate, stretch string }{
		{"bot-feedback", "dev.tsv", ".958", "-", "-"}, {"cold", "dev.tsv", ".799", ".755", ".78"},
		{"xed-cn", "dev.tsv", ".583", "-", "-"}, {"xed-en", "en-dev.tsv", ".577", "-", "-"},
	} {
		t := dataTable(b, "zh-sentiment/"+set.file)
		source, err := t.Column("source")
		if err != nil {
			b.Fatal(err)
		}
		var outcomes []exam.Outcome
		for fold := range 5 {
			train, test := *t, *t
			train.Rows, test.Rows = nil, nil
			n := 0
			for _, row := range t.Rows {
				if row[source] != set.source {
					continue
				}
				if n++; n%5 == fold {
					test.Rows = append(test.Rows, row)
				} else {
					train.Rows = append(train.Rows, row)
				}
			}
			docs, err := exam.Labelled(&train, "label", "text", "")
			if err != nil {
				b.Fatal(err)
			}
			questions, err := exam.Questions(&test, "label", "text", "")
			if err != nil {
				b.Fatal(err)
			}
			outcomes = append(outcomes, ask(b, docs, questions)...)
		}
		r := exam.Judge(outcomes, 0)
		measurement{"zh-sentiment, " + set.source, "acc, 5-fold", figures(r.Acc1), set.floor, set.gate, set.stretch}.print(b)
	}
	b.Log("crosswoz-zh: not measured: it asks for acts, slots and states over many turns, which an index of single questions does not have; no gate yet")
}
