package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/xianda-bot/xianda/kb"
)

// headers are the names that columns may have besides the keys themselves, as people write them in spreadsheets.
var headers = map[string]string{
	"编号": "id", "标识": "id", "知识编号": "id",
	"问题": "question", "标准问": "question", "标准问题": "question", "标准问法": "question",
	"相似问": "phrasings", "相似问法": "phrasings", "相似问题": "phrasings", "问法": "phrasings", "其他问法": "phrasings",
	"答案": "answer", "回答": "answer", "答复": "answer",
	"步骤": "steps", "操作步骤": "steps",
	"图片": "image", "图片地址": "image",
	"链接": "link", "网址": "link",
	"分类": "category", "类别": "category",
	"生效日期": "valid_from", "开始日期": "valid_from", "生效": "valid_from",
	"失效日期": "valid_to", "截止日期": "valid_to", "有效期至": "valid_to", "失效": "valid_to",
	"负责人": "owner", "负责": "owner",
	"相关": "related", "相关问题": "related", "相关知识": "related",
	"不答": "reject", "拒答": "reject",
	"停用": "disabled", "禁用": "disabled",
}

const channelColumn = "channels."

// column finds the key of a header: a key, a Chinese name, one channel's answer (channels.wechat, 答案.wechat, 渠道.wechat), or one
// language's field (question.en, answer.en). of is the channel, or the field and language.
func column(header string) (key, of string) {
	h := strings.TrimSpace(unguard(header))
	for _, prefix := range []string{channelColumn, "答案.", "渠道."} {
		if c, ok := strings.CutPrefix(h, prefix); ok && strings.TrimSpace(c) != "" {
			return "channels", strings.TrimSpace(c)
		}
	}
	if field, tag, _ := strings.Cut(h, "."); tag != "" && slices.Contains(variantKeys, strings.ToLower(field)) {
		return "languages", strings.ToLower(field) + "." + tag
	}
	low := strings.ToLower(h)
	if slices.Contains(keys, low) && low != "channels" && low != "languages" {
		return low, ""
	}
	return headers[h], ""
}

// ReadCSV reads one entry per line under a line of headers. Text may be UTF-8, with or without a mark, or GB18030 as Chinese Excel saves
// it; columns may be separated by commas, semicolons or tabs. Phrasings, related ids and pictures are separated by | or line breaks, steps
// by line breaks. Another language has columns of its own: question.en, answer.en. Days are those of loc (nil: UTC).
func ReadCSV(name string, data []byte, loc *time.Location) ([]kb.Entry, []Finding) {
	r := newReader(name, loc)
	if len(data) > maxFile {
		r.add(place{1, 1}, "file-size", "文件太大，最多 8 MB", "拆成几个文件")
		return nil, r.findings
	}
	text, ok := decode(data)
	if !ok {
		r.add(place{1, 1}, "encoding", "文件的编码认不出来", "用 UTF-8 另存一次")
		return nil, r.findings
	}
	return r.entries(r.csvRows(text)), r.findings
}

// decode takes UTF-8 as it is and reads anything else as GB18030.
func decode(data []byte) ([]byte, bool) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if utf8.Valid(data) {
		return data, true
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	return text, err == nil && !bytes.ContainsRune(text, utf8.RuneError) && !bytes.Contains(text, []byte{0})
}

// separator is the mark that divides the headers most often.
func separator(text []byte) rune {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, c := range []rune{'\t', ';'} {
		if n := bytes.Count(line, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

func (r *reader) csvRows(text []byte) []row {
	lines := bytes.Split(text, []byte("\n"))
	c := csv.NewReader(bytes.NewReader(text))
	c.Comma, c.FieldsPerRecord, c.ReuseRecord = separator(text), -1, true
	at := func(i int) place { // csv counts bytes, people count characters
		line, col := c.FieldPos(i)
		if line >= 1 && line <= len(lines) {
			col = utf8.RuneCount(lines[line-1][:min(col-1, len(lines[line-1]))]) + 1
		}
		return place{line, col}
	}
	var head []struct{ key, channel string }
	var rows []row
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.csvBroken(err, lines)
			break
		}
		if head == nil {
			seen := map[string]bool{}
			for i, h := range record {
				key, channel := column(h)
				head = append(head, struct{ key, channel string }{key, channel})
				switch {
				case key == "" && strings.TrimSpace(h) != "":
					r.unknown(at(i), strings.TrimSpace(h), keys)
				case key != "" && seen[key+" "+channel]:
					r.add(at(i), "duplicate-column", "“"+strings.TrimSpace(h)+"”这一列有两个", "删掉其中一列")
				}
				seen[key+" "+channel] = true
			}
			if !seen["id "] || !seen["question "] {
				r.add(place{1, 1}, "missing-column", "第一行要写列名，至少要有 id 和 question（问题）", "例如 id,question,phrasings,answer")
				return nil
			}
			continue
		}
		if !slices.ContainsFunc(record, func(s string) bool { return strings.TrimSpace(s) != "" }) {
			continue
		}
		w := row{at: at(0), cells: map[string]cell{}}
		for i, field := range record {
			switch {
			case i >= len(head):
				if strings.TrimSpace(field) != "" {
					r.add(at(i), "extra-cell", "这一格上面没有列名", "给这一列写上列名，或检查答案里的逗号是否加了引号")
				}
			case head[i].key != "":
				w.put(head[i].key, head[i].channel, strings.TrimSpace(unguard(strings.TrimSpace(field))), at(i))
			}
		}
		rows = append(rows, w)
	}
	return rows
}

func (w row) put(key, channel, text string, at place) {
	if _, twice := w.cells[key]; twice && key != "channels" && key != "languages" {
		return
	}
	switch key {
	case "phrasings", "related", "image":
		w.cells[key] = cell{at: at, list: split(text, '|')}
	case "steps":
		w.cells[key] = cell{at: at, list: split(text, '\n')}
	case "languages":
		w.putVariant(channel, text, at)
	case "channels":
		c, ok := w.cells[key]
		if !ok {
			c = cell{at: at}
		}
		if text != "" {
			if c.named == nil {
				c.named = map[string]string{}
			}
			c.named[channel] = text
		}
		w.cells[key] = c
	default:
		w.cells[key] = cell{at: at, text: text}
	}
}

// putVariant keeps one field of one language; a language whose cells are all empty is none.
func (w row) putVariant(column, text string, at place) {
	field, tag, _ := strings.Cut(column, ".")
	if text == "" {
		return
	}
	c, ok := w.cells["languages"]
	if !ok {
		c = cell{at: at, tags: map[string]variant{}}
		w.cells["languages"] = c
	}
	v, ok := c.tags[tag]
	if !ok {
		v.at = at
	}
	switch field {
	case "question":
		v.Question = text
	case "answer":
		v.Answer = text
	case "phrasings":
		v.Phrasings = split(text, '|')
	case "steps":
		v.Steps = split(text, '\n')
	}
	c.tags[tag] = v
}

func (r *reader) csvBroken(err error, lines [][]byte) {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		r.add(place{1, 1}, "csv", "这个文件读不懂", "在表格软件里重新另存为 CSV")
		return
	}
	at := place{p.Line, p.Column}
	if p.Line >= 1 && p.Line <= len(lines) {
		at.col = utf8.RuneCount(lines[p.Line-1][:max(min(p.Column-1, len(lines[p.Line-1])), 0)]) + 1
	}
	r.add(at, "csv", "引号没有配对", `格子里的引号要写两遍（""），整格用引号括起来`)
}

// unguard takes away the ' that keeps spreadsheets from running a text as a formula.
func unguard(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && dangerous(rest) {
		return rest
	}
	return s
}

// dangerous tells whether a spreadsheet would run s as a formula, or unguard would take a ' of its own for a guard.
func dangerous(s string) bool { return s != "" && strings.ContainsRune("=+-@\t\r'", rune(s[0])) }

// split reads a list: the divider or a line break divides, \| \\ and \n stand for themselves and a line break.
func split(text string, divider byte) []string {
	var out []string
	var b strings.Builder
	flush := func() {
		if s := strings.TrimSpace(b.String()); s != "" {
			out = append(out, s)
		}
		b.Reset()
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == divider || c == '\n':
			flush()
		case c == '\\' && i+1 < len(text) && (text[i+1] == '|' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		case c == '\\' && i+1 < len(text) && text[i+1] == 'n':
			i++
			b.WriteByte('\n')
		default:
			b.WriteByte(c)
		}
	}
	flush()
	return out
}
