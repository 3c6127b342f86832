package release

import (
	"strings"
	"time"

	"github.com/xianda-bot/xianda/dialog/script"
	"github.com/xianda-bot/xianda/kb"
)

// readEntries reads one file of kb/.
func readEntries(src script.Source, loc *time.Location) ([]kb.Entry, []script.Finding) {
	page := script.ReadPage(src)
	if page.Root == nil {
		return nil, page.Findings
	}
	var out []kb.Entry
	for _, n := range page.Root.Items {
		e := kb.Entry{File: n.Pos.File, Line: n.Pos.Line, Col: n.Pos.Col, Version: script.Hash(src.Data)}
		for _, p := range n.Fields("知识", "id", "question", "phrasings", "answer", "channels", "category", "valid_from", "valid_to", "owner", "related", "reject", "disabled") {
			v := p.Value
			switch p.Name {
			case "id":
				e.ID, _ = v.Text("id")
			case "question":
				e.Question, _ = v.Text("question")
			case "phrasings":
				e.Phrasings, _ = v.Texts("phrasings")
			case "answer":
				e.Answer, _ = v.Text("answer")
			case "channels":
				e.Channels = map[string]string{}
				for _, c := range v.Entries("channels") {
					e.Channels[c.Name], _ = c.Value.Text("channels")
				}
			case "category":
				e.Category, _ = v.Text("category")
			case "owner":
				e.Owner, _ = v.Text("owner")
			case "related":
				e.Related, _ = v.Texts("related")
			case "reject":
				e.Reject = strings.EqualFold(v.Raw(), "true")
			case "disabled":
				e.Disabled = strings.EqualFold(v.Raw(), "true")
			case "valid_from":
				e.ValidFrom, _ = time.ParseInLocation(time.DateOnly, v.Raw(), loc)
			case "valid_to":
				if t, err := time.ParseInLocation(time.DateOnly, v.Raw(), loc); err == nil {
					e.ValidTo = t.AddDate(0, 0, 1)
				}
			}
		}
		if e.ID == "" || e.Question == "" {
			n.Fault("missing-key", "知识缺少 id 或 question", "写上 id 和 question")
		}
		out = append(out, e)
	}
	return out, page.Findings
}
