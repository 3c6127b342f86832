//go:build ignore

// This program writes t2s.txt: go run t2s_gen.go > t2s.txt. It needs opencc (apt-get install opencc), asks it for each Han character
// alone, and keeps what becomes one other character.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	var from []rune
	for _, block := range [][2]rune{{0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0x20000, 0x2EBEF}, {0x30000, 0x323AF}} {
		for r := block[0]; r <= block[1]; r++ {
			from = append(from, r)
		}
	}
	cmd := exec.Command("opencc", "-c", "t2s.json")
	cmd.Stdin = strings.NewReader(strings.Join(strings.Split(string(from), ""), "\n"))
	out, err := cmd.Output()
	if err != nil {
		fail("opencc: %v (apt-get install opencc)", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(from) {
		fail("opencc gave %d lines for %d characters", len(lines), len(from))
	}
	simple := map[rune]rune{}
	for i, line := range lines {
		if to := []rune(line); len(to) == 1 && to[0] != from[i] {
			simple[from[i]] = to[0]
		}
	}
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	fmt.Fprintln(w, "# Traditional and simplified characters, side by side. Derived from OpenCC (https://github.com/BYVoid/OpenCC, Apache-2.0)")
	fmt.Fprintln(w, "# by t2s_gen.go; chains are followed to their end, so that folding twice changes nothing.")
	n := 0
	for _, r := range from {
		to, ok := simple[r]
		if !ok {
			continue
		}
		for simple[to] != 0 {
			to = simple[to]
		}
		w.WriteRune(r)
		w.WriteRune(to)
		if n++; n%40 == 0 {
			w.WriteByte('\n')
		}
	}
	w.WriteByte('\n')
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}
