package exam

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/kb"
)

// maxTable is how large a table may be, in bytes.
const maxTable = 256 << 20

// Table is a file of rows under a line of column names, separated by tabs, without quoting.
type Table struct {
	Name    string
	Columns []string
	Rows    [][]string // as many fields as columns; row i stands in line i+2
}

// Read reads a table; an error names file and line.
func Read(name string, r io.Reader) (*Table, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxTable+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(data) > maxTable:
		return nil, fmt.Errorf("%s: it is larger than %d MB: split it", name, maxTable>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	t := &Table{Name: name}
	line := 0
	for text := range bytes.Lines(data) {
		line++
		text = bytes.TrimRight(text, "\r\n")
		if !utf8.Valid(text) {
			return nil, fmt.Errorf("%s:%d: it is not UTF-8: save the file as UTF-8", name, line)
		}
		fields := strings.Split(string(text), "\t")
		if line == 1 {
			t.Columns = fields
			if twice := duplicate(fields); twice != "" {
				return nil, fmt.Errorf("%s:1: two columns are called %q: rename one", name, twice)
			}
			continue
		}
		if len(fields) != len(t.Columns) {
			return nil, fmt.Errorf("%s:%d: %d columns, the first line has %d: check the tabs", name, line, len(fields), len(t.Columns))
		}
		t.Rows = append(t.Rows, fields)
	}
	if len(t.Rows) == 0 {
		return nil, fmt.Errorf("%s: no rows: want a line of column names and one line for each row", name)
	}
	return t, nil
}

func duplicate(names []string) string {
	for i, n := range names {
		if slices.Contains(names[:i], n) {
			return n
		}
	}
	return ""
}

// Column is where a column stands.
func (t *Table) Column(name string) (int, error) {
	if i := slices.Index(t.Columns, name); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("%s:1: no column %q: it has %s", t.Name, name, strings.Join(t.Columns, ", "))
}

func (t *Table) columns(names ...string) ([]int, error) {
	at := make([]int, len(names))
	for i, n := range names {
		var err error
		if at[i], err = t.Column(n); err != nil {
			return nil, err
		}
	}
	return at, nil
}

// base collects documents in the order in which they come first.
type base struct {
	docs []kb.Doc
	at   map[string]int
}

// Base is the documents of a knowledge base: faq_id, standard_question and answer, and of the similar questions (nil: none) those with
// a rank of no more than most.
func Base(entries, similar *Table, most int) ([]kb.Doc, error) {
	at, err := entries.columns("faq_id", "standard_question", "answer")
	if err != nil {
		return nil, err
	}
	b := base{at: map[string]int{}}
	for i, row := range entries.Rows {
		id := row[at[0]]
		if _, twice := b.at[id]; twice || id == "" || id == none {
			return nil, fmt.Errorf("%s:%d: faq_id %q is empty, taken or reserved: give it another one", entries.Name, i+2, id)
		}
		b.at[id] = len(b.docs)
		b.docs = append(b.docs, kb.Doc{ID: id, Phrases: []string{row[at[1]]}, Weak: row[at[2]]})
	}
	if similar == nil {
		return b.docs, nil
	}
	if at, err = similar.columns("faq_id", "rank", "similar_question"); err != nil {
		return nil, err
	}
	for i, row := range similar.Rows {
		rank, err := strconv.Atoi(row[at[1]])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: rank %q is no number", similar.Name, i+2, row[at[1]])
		}
		doc, ok := b.at[row[at[0]]]
		if !ok {
			return nil, fmt.Errorf("%s:%d: faq_id %q is not in %s", similar.Name, i+2, row[at[0]], entries.Name)
		}
		if rank <= most {
			b.docs[doc].Phrases = append(b.docs[doc].Phrases, row[at[2]])
		}
	}
	return b.docs, nil
}

// none is the faq_id of what is out of scope.
const none = "OOS"

// Labelled is one document for each label of a table but oos, with the texts as its phrases.
func Labelled(t *Table, label, text, oos string) ([]kb.Doc, error) {
	at, err := t.columns(label, text)
	if err != nil {
		return nil, err
	}
	b := base{at: map[string]int{}}
	for i, row := range t.Rows {
		id := row[at[0]]
		if id == "" {
			return nil, fmt.Errorf("%s:%d: the %s is empty", t.Name, i+2, label)
		}
		if id == oos {
			continue
		}
		if _, ok := b.at[id]; !ok {
			b.at[id] = len(b.docs)
			b.docs = append(b.docs, kb.Doc{ID: id})
		}
		doc := &b.docs[b.at[id]]
		doc.Phrases = append(doc.Phrases, row[at[1]])
	}
	return b.docs, nil
}

// Queries are the questions of a knowledge base: query and faq_id, which is OOS where no entry is right.
func Queries(t *Table) ([]Question, error) { return Questions(t, "faq_id", "query", none) }

// Questions are the texts of a table with their labels; those of oos are out of scope.
func Questions(t *Table, label, text, oos string) ([]Question, error) {
	at, err := t.columns(label, text)
	if err != nil {
		return nil, err
	}
	out := make([]Question, 0, len(t.Rows))
	for i, row := range t.Rows {
		q := Question{Text: row[at[1]], Want: row[at[0]]}
		if q.Want == "" {
			return nil, fmt.Errorf("%s:%d: the %s is empty: write %s where nothing is right", t.Name, i+2, label, oos)
		}
		if q.Want == oos {
			q.Want = ""
		}
		out = append(out, q)
	}
	return out, nil
}

// Strange counts the questions whose label no document has; they count as in scope and are never right.
func Strange(questions []Question, docs []kb.Doc) int {
	known := map[string]bool{"": true}
	for _, d := range docs {
		known[d.ID] = true
	}
	n := 0
	for _, q := range questions {
		if !known[q.Want] {
			n++
		}
	}
	return n
}
