package release

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/kb"
	"github.com/xianda-bot/xianda/kb/sheet"
)

// readEntries reads one file of kb/: YAML, or CSV as a table program writes it.
func readEntries(src script.Source, loc *time.Location) ([]kb.Entry, []script.Finding) {
	read := sheet.ReadYAML
	if strings.EqualFold(path.Ext(src.Name), ".csv") {
		read = sheet.ReadCSV
	}
	entries, found := read(src.Name, src.Data, loc)
	var findings []script.Finding
	notYAML := func(f sheet.Finding) bool { return strings.HasPrefix(f.Rule, "yaml") && !f.Warning }
	if slices.ContainsFunc(found, notYAML) { // explained as in every other file, with the line mended
		if page := script.ReadPage(src); script.Broken(page.Findings) {
			return nil, page.Findings
		}
	}
	for _, f := range found {
		findings = append(findings, script.Finding{
			Pos: script.Pos{File: f.File, Line: f.Line, Col: f.Col}, Rule: f.Rule, Text: f.Text, Edit: f.Edit, Warning: f.Warning,
		})
	}
	return entries, findings
}
