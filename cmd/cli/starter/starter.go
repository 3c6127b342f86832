// Package starter holds the helpdesk that xianda init writes: a small release about payments, ready to be tried and rewritten. It
// builds, checks and runs nothing.
package starter

import (
	"embed"
	"io/fs"
)

//go:embed all:helpdesk
var helpdesk embed.FS

// Files returns the release; its root holds release.yaml, README.md and the folders dialogs, kb and tests. It is safe for
// concurrent use.
func Files() fs.FS {
	root, err := fs.Sub(helpdesk, "helpdesk")
	if err != nil {
		panic(err) // only for an invalid path, and this one is a constant
	}
	return root
}
