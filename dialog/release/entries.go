package release

import (
	"path"
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
	for _, f := range found {
		findings = append(findings, script.Finding{
			Pos: script.Pos{File: f.File, Line: f.Line, Col: f.Col}, Rule: f.Rule, Text: f.Text, Edit: f.Edit, Warning: f.Warning,
		})
	}
	return entries, findings
}
