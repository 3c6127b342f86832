package main

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// until asks again and again, until xianda's answer holds the text: what one conversation tells another needs a moment.
func until(ts *testscript.TestScript, _ bool, args []string) {
	runningOf(ts).until(ts, "until "+strings.Join(args, " "), func() bool {
		xianda(ts, 0, args[1:])
		return strings.Contains(ts.ReadFile("stdout"), args[0])
	})
}
