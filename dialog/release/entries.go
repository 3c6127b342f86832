package release

import (
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
	if len(page.Root.Items) == 0 {
		page.Root.Fault("type", "知识要写成一个列表", "每条写成 - id: …")
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
				e.Reject = flag(v, p.Name)
			case "disabled":
				e.Disabled = flag(v, p.Name)
			case "valid_from":
				e.ValidFrom, _ = instant(v, p.Name, loc)
			case "valid_to":
				day := false
				if e.ValidTo, day = instant(v, p.Name, loc); day {
					e.ValidTo = e.ValidTo.AddDate(0, 0, 1) // the day itself is still valid
				}
			}
		}
		if e.ID == "" || e.Question == "" || e.Answer == "" && len(e.Channels) == 0 {
			n.Fault("missing-key", "知识缺少 id、question 或 answer", "写上 id、question 和 answer")
		}
		out = append(out, e)
	}
	return out, page.Findings
}

// flag reads true or false.
func flag(n *script.Node, name string) bool {
	switch n.Raw() {
	case "true":
		return true
	case "false":
		return false
	}
	n.Fault("type", name+" 要写 true 或 false", name+": true")
	return false
}

// instant reads a day, which begins at midnight of loc, or an exact time of RFC 3339.
func instant(n *script.Node, name string, loc *time.Location) (t time.Time, day bool) {
	if t, err := time.ParseInLocation(time.DateOnly, n.Raw(), loc); err == nil {
		return t, true
	}
	t, err := time.Parse(time.RFC3339, n.Raw())
	if err != nil {
		n.Fault("date", name+"“"+n.Raw()+"”不是日期", "写成 2026-12-31")
	}
	return t, false
}
