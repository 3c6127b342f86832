package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/xianda-bot/xianda/kb/exam"
)

// measurement is one line of make eval: how we do on the development part of a set, beside what data/README.md asks. It compares
// nothing: a figure is for reading, and a gate belongs to whoever keeps data apart. Each subject has a file of its own.
type measurement struct{ set, measure, ours, floor, gate, stretch string }

func (m measurement) print(b *testing.B) {
	b.Helper()
	b.Logf("%-34s %-22s ours %-22s floor %-18s gate %-18s stretch %s", m.set, m.measure, m.ours, m.floor, m.gate, m.stretch)
}

// figures writes shares as data/README.md does: .722 / .856.
func figures(shares ...float64) string {
	out := ""
	for i, s := range shares {
		if i > 0 {
			out += " / "
		}
		text := fmt.Sprintf("%.3f", s)
		if text[0] == '0' {
			text = text[1:]
		}
		out += text
	}
	return out
}

// sharedData is the folder of public sets.
func sharedData(b *testing.B) string {
	b.Helper()
	shared := os.Getenv("SHARED")
	if shared == "" {
		b.Fatal("set SHARED to the folder that holds data/: make eval SHARED=../shared")
	}
	return filepath.Join(shared, "data")
}

// dataTable reads a table of a set.
func dataTable(b *testing.B, name string) *exam.Table {
	b.Helper()
	f, err := os.Open(filepath.Join(sharedData(b), name))
	if err != nil {
		b.Fatalf("SHARED is the folder that holds data/: %v", err)
	}
	defer f.Close()
	t, err := exam.Read(name, f)
	if err != nil {
		b.Fatal(err)
	}
	return t
}
