package replay

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/dialog/likely"
	"github.com/xianda-bot/xianda/kb/exam"
)

// Columns says what the columns of a table mean.
type Columns struct {
	Target  string   // what was wanted
	Date    string   // when; "": the rows have no date
	Factors []string // "channel", or "scene.page=product": the factor and its column, if that is called otherwise
}

// traceColumn and traceFactor: a column of operations, oldest first, with spaces between, is several factors.
const (
	traceColumn = "trace"
	traceFactor = "event"
)

// Rows reads a table. With dates its rows must be in the order of time. An error names file and line.
func Rows(t *exam.Table, c Columns) ([]Row, error) {
	target, err := t.Column(c.Target)
	if err != nil {
		return nil, err
	}
	date := -1
	if c.Date != "" {
		if date, err = t.Column(c.Date); err != nil {
			return nil, err
		}
	}
	names, at := make([]string, len(c.Factors)), make([]int, len(c.Factors))
	for i, f := range c.Factors {
		name, column, other := strings.Cut(f, "=")
		if !other {
			column = name
		}
		if name == traceColumn {
			name = traceFactor
		}
		if at[i], err = t.Column(column); err != nil {
			return nil, err
		}
		names[i] = name
	}
	rows := make([]Row, 0, len(t.Rows))
	for i, fields := range t.Rows {
		r := Row{Want: fields[target]}
		if r.Want == "" {
			return nil, fmt.Errorf("%s:%d: the %s is empty: leave such rows out", t.Name, i+2, c.Target)
		}
		if date >= 0 {
			if r.At, err = parseDate(fields[date]); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", t.Name, i+2, err)
			}
			if i > 0 && r.At.Before(rows[i-1].At) {
				return nil, fmt.Errorf("%s:%d: %s is before the row above: sort the rows by %s", t.Name, i+2, fields[date], c.Date)
			}
		}
		for k, name := range names {
			r.Factors = append(r.Factors, factors(name, fields[at[k]])...)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// factors are those of one field: operations are taken apart, the latest first, as if they were minutes apart.
func factors(name, value string) []likely.Factor {
	if name != traceFactor {
		return []likely.Factor{{Name: name, Value: value}}
	}
	var all []likely.Factor
	for _, op := range slices.Backward(strings.Fields(value)) {
		all = append(all, likely.Factor{Name: name, Value: op, Age: time.Duration(len(all)) * time.Minute})
	}
	return all
}

func parseDate(s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, time.DateTime} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no date: write 2026-01-31 or 2026-01-31T09:30:00+08:00", s)
}
