package cli

import (
	"bytes"
	"strings"
	"testing"

	"rsc.io/qr"
)

// TestDrawnCode holds that what is drawn with half blocks is the code, with the margin that a reader needs, and that a terminal's own
// colours do not turn it round.
func TestDrawnCode(t *testing.T) {
	t.Parallel()
	code, err := qr.Encode("https://help.example/web/site/?scene=_1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", qr.M)
	if err != nil {
		t.Fatal(err)
	}
	var out, talk bytes.Buffer
	c := &common{env: testEnv(&out, &talk)}
	if err := c.draw(code); err != nil {
		t.Fatal(err)
	}
	light := map[rune][2]bool{' ': {false, false}, '▀': {true, false}, '▄': {false, true}, '█': {true, true}}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if want := (code.Size + 2*margin + 1) / 2; len(lines) != want {
		t.Fatalf("%d lines, want %d", len(lines), want)
	}
	for row, line := range lines {
		modules := []rune(line)
		if len(modules) != code.Size+2*margin {
			t.Fatalf("line %d has %d modules, want %d", row, len(modules), code.Size+2*margin)
		}
		for x, r := range modules {
			for half, got := range light[r] {
				mx, my := x-margin, 2*row+half-margin
				inside := mx >= 0 && my >= 0 && mx < code.Size && my < code.Size
				if want := !inside || !code.Black(mx, my); got != want {
					t.Fatalf("module %d,%d is light: %v, want %v", mx, my, got, want)
				}
			}
		}
	}
	out.Reset()
	c.env.Terminal = true
	if err := c.draw(code); err != nil {
		t.Fatal(err)
	}
	if drawn := strings.Split(out.String(), "\n"); !strings.HasPrefix(drawn[0], "\x1b[97;40m█") || !strings.HasSuffix(drawn[0], "█\x1b[0m") {
		t.Errorf("on a terminal the first line is %q, want it white on black", drawn[0])
	}
}
