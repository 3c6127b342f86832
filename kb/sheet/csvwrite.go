package sheet

import (
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/xianda-bot/xianda/kb"
)

// WriteCSV writes entries under a line of headers, with a mark by which Excel knows UTF-8. A text that a spreadsheet would run as a
// formula gets a ' in front. ReadCSV gives the same entries back.
func WriteCSV(w io.Writer, entries []kb.Entry) error {
	if _, err := io.WriteString(w, "\xef\xbb\xbf"); err != nil {
		return err
	}
	named, tagged := map[string]bool{}, map[string]bool{}
	for i := range entries {
		for c := range entries[i].Channels {
			named[c] = true
		}
		for tag := range entries[i].Languages {
			tagged[tag] = true
		}
	}
	channels, tags := slices.Sorted(maps.Keys(named)), slices.Sorted(maps.Keys(tagged))
	var head []string
	for _, k := range keys {
		switch k {
		case "channels":
			for _, c := range channels {
				head = append(head, channelColumn+c)
			}
		case "languages":
			for _, tag := range tags {
				for _, field := range variantKeys {
					head = append(head, field+"."+tag)
				}
			}
		default:
			head = append(head, k)
		}
	}
	out := csv.NewWriter(w)
	if err := out.Write(head); err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		record := []string{e.ID, e.Question, join(e.Phrasings, "|"), e.Answer, join(e.Steps, "\n"), join(e.Images, "|"), e.Link}
		for _, c := range channels {
			record = append(record, e.Channels[c])
		}
		for _, tag := range tags {
			v := e.Languages[tag]
			record = append(record, v.Question, join(v.Phrasings, "|"), v.Answer, join(v.Steps, "\n"))
		}
		record = append(record, e.Category, from(e.ValidFrom), to(e.ValidTo), e.Owner, join(e.Related, "|"), yes(e.Reject), yes(e.Disabled))
		for j, field := range record {
			if dangerous(field) {
				record[j] = "'" + field
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

var joiner = strings.NewReplacer(`\`, `\\`, `|`, `\|`, "\n", `\n`)

func join(list []string, divider string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = joiner.Replace(s)
	}
	return strings.Join(out, divider)
}
