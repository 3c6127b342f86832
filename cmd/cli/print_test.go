package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// evil is what somebody may send who wants to be read on an operator's terminal.
const evil = "\x1b[2Jred\x07\u009b31m\u202Eback\nnext\tcell"

func TestTableShowsInsteadOfObeying(t *testing.T) {
	t.Parallel()
	for _, terminal := range []bool{false, true} {
		var out bytes.Buffer
		c := &common{env: &Env{Out: &out, Terminal: terminal}}
		c.printTable([]string{"case", "wanted"}, [][]string{{"27c0ffee1234", evil}})
		if strings.ContainsAny(out.String(), "\x1b\x07\u009b\u202e") || !strings.Contains(out.String(), "red") {
			t.Errorf("terminal %v: the table is %q, want controls shown as ·", terminal, out.String())
		}
		if lines := strings.Count(out.String(), "\n"); !terminal && lines != 1 {
			t.Errorf("a row takes %d lines in a pipe, want 1", lines)
		}
	}
}

func TestPipeHasNoColours(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		terminal      bool
		noColor, want string
	}{{true, "", "\x1b[1mx\x1b[0m"}, {false, "", "x"}, {true, "1", "x"}} {
		env := &Env{Terminal: tt.terminal, Getenv: func(name string) (string, bool) { return tt.noColor, name == "NO_COLOR" }}
		if got := (&common{env: env}).bold("x"); got != tt.want {
			t.Errorf("terminal %v, NO_COLOR=%s: bold(x) = %q, want %q", tt.terminal, tt.noColor, got, tt.want)
		}
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 28, 20, 0, 0, 0, time.UTC)
	c := &common{env: &Env{Clock: func() time.Time { return now }}}
	tests := []struct {
		name string
		in   time.Time
		want string
	}{
		{"never", time.Time{}, "-"},
		{"now", now.Add(-59 * time.Second), "now"},
		{"a clock ahead of ours", now.Add(time.Minute), "now"},
		{"minutes", now.Add(-59 * time.Minute), "59m ago"},
		{"hours", now.Add(-47*time.Hour - 5*time.Minute), "47h05m ago"},
		{"days", now.Add(-72 * time.Hour), now.Add(-72 * time.Hour).Local().Format("2006-01-02 15:04")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := c.since(tt.in); got != tt.want {
				t.Errorf("since(%v) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}
