// Package sheet reads and writes knowledge entries as YAML and CSV. It takes and gives bytes, opens no files and checks no dialogs.
package sheet

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat/typo"
	"github.com/xianda-bot/xianda/kb"
)

// Finding is one thing that is wrong with a file. Line and Col count from 1, Col in characters.
type Finding struct {
	File      string
	Line, Col int
	Rule      string // "missing-key"
	Text      string // one sentence in Chinese
	Edit      string // what mends it; may be empty
	Warning   bool   // the entries may be used as they are
}

// String is the finding on one line, as compilers print it.
func (f Finding) String() string {
	s := fmt.Sprintf("%s:%d:%d: [%s] %s", f.File, f.Line, f.Col, f.Rule, f.Text)
	if f.Edit != "" {
		s += "（" + f.Edit + "）"
	}
	return s
}

// maxFile is how large one file may be, in bytes.
const maxFile = 8 << 20

// keys are the fields of an entry as files name them, in the order in which they are written.
var keys = []string{
	"id", "question", "phrasings", "answer", "steps", "image", "link", "channels", "languages", "category",
	"valid_from", "valid_to", "owner", "related", "reject", "disabled",
}

// place is where something stands in a file.
type place struct{ line, col int }

// cell is one value of a row. Which of the fields is set depends on the key.
type cell struct {
	at    place
	text  string
	list  []string
	named map[string]string  // channels
	tags  map[string]variant // languages
}

// variant is one language of a row, as it was written.
type variant struct {
	at place
	kb.Variant
}

// row is one entry as it was written, before it is judged.
type row struct {
	at    place
	cells map[string]cell
}

// reader turns rows into entries and keeps what is wrong with them.
type reader struct {
	file     string
	loc      *time.Location
	findings []Finding
}

func newReader(name string, loc *time.Location) *reader {
	if loc == nil {
		loc = time.UTC
	}
	return &reader{file: name, loc: loc}
}

func (r *reader) add(at place, rule, text, edit string) {
	r.findings = append(r.findings, Finding{File: r.file, Line: max(at.line, 1), Col: max(at.col, 1), Rule: rule, Text: text, Edit: edit})
}

func (r *reader) warn(at place, rule, text, edit string) {
	r.add(at, rule, text, edit)
	r.findings[len(r.findings)-1].Warning = true
}

var goodID = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}_.\-]*$`)

// entries judges rows. Every row gives an entry, so that numbers agree; those with an error must not be used.
func (r *reader) entries(rows []row) []kb.Entry {
	out := make([]kb.Entry, 0, len(rows))
	first := map[string]place{}
	for _, w := range rows {
		e := kb.Entry{File: r.file, Line: w.at.line, Col: w.at.col,
			ID: w.cells["id"].text, Question: w.cells["question"].text, Phrasings: w.cells["phrasings"].list,
			Answer: w.cells["answer"].text, Steps: w.cells["steps"].list, Images: w.cells["image"].list,
			Link: w.cells["link"].text, Channels: w.cells["channels"].named, Category: w.cells["category"].text,
			Owner: w.cells["owner"].text, Related: w.cells["related"].list}
		for tag, v := range w.cells["languages"].tags {
			if e.Languages == nil {
				e.Languages = map[string]kb.Variant{}
			}
			e.Languages[tag] = v.Variant
		}
		e.ValidFrom, _ = r.instant(w, "valid_from")
		var day bool
		if e.ValidTo, day = r.instant(w, "valid_to"); day {
			e.ValidTo = e.ValidTo.AddDate(0, 0, 1) // the day itself is still valid
		}
		e.Reject = r.flag(w, "reject")
		e.Disabled = r.flag(w, "disabled")
		e.Version = Version(&e)
		r.judge(w, &e, first)
		out = append(out, e)
	}
	return out
}

func (r *reader) judge(w row, e *kb.Entry, first map[string]place) {
	at := func(key string) place {
		if c, ok := w.cells[key]; ok {
			return c.at
		}
		return w.at
	}
	switch before, twice := first[e.ID]; {
	case e.ID == "":
		r.add(at("id"), "missing-key", "这条知识没有 id", "写上 id，例如 redpacket.refund_time")
	case !goodID.MatchString(e.ID):
		r.add(at("id"), "id", "id“"+e.ID+"”里有不能用的字符", "只用字母、数字、点、- 和 _，例如 redpacket.refund_time")
	case twice:
		r.add(at("id"), "duplicate-entry", fmt.Sprintf("id“%s”写了两次，上一次在第 %d 行", e.ID, before.line), "给其中一条换个 id，或删掉一条")
	default:
		first[e.ID] = at("id")
	}
	if e.Question == "" {
		r.add(at("question"), "missing-key", "这条知识没有 question（问题）", "写上标准问法")
	}
	if e.Answer == "" && len(e.Channels) == 0 {
		r.add(at("answer"), "missing-key", "这条知识没有 answer（答案）", "写上答案；还不想回答就写 disabled: true 并留一句说明")
	}
	for _, c := range slices.Sorted(maps.Keys(e.Channels)) {
		if e.Channels[c] == "" {
			r.add(at("channels"), "missing-key", "渠道“"+c+"”的答案是空的", "写上答案，或删掉这个渠道")
		}
	}
	r.judgeAddresses(e, at)
	r.judgeLanguages(w.cells["languages"].tags)
	if !e.ValidFrom.IsZero() && !e.ValidTo.IsZero() && !e.ValidFrom.Before(e.ValidTo) {
		r.add(at("valid_to"), "date-order", "valid_to 早于 valid_from，这条知识永远不会生效", "改其中一个日期")
	}
}

func (r *reader) judgeAddresses(e *kb.Entry, at func(key string) place) {
	for _, image := range e.Images {
		if problem := kb.BadAddress(image); problem != "" {
			r.add(at("image"), "address", "图片的"+problem, "写成 https:// 开头、不用登录就能打开的图片地址")
		}
	}
	if len(e.Images) > kb.MaxImages {
		r.add(at("image"), "address", fmt.Sprintf("一条答案最多 %d 张图片，这里有 %d 张", kb.MaxImages, len(e.Images)), "留下最要紧的几张，其余的放到 link 的页面里")
	}
	if problem := kb.BadAddress(e.Link); e.Link != "" && problem != "" {
		r.add(at("link"), "address", "链接的"+problem, "写成 https:// 开头的网址")
	}
}

// goodTag is a language tag as platforms and browsers send it: en, zh-TW, zh-Hant.
var goodTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

func (r *reader) judgeLanguages(tags map[string]variant) {
	folded := map[string]string{}
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		v := tags[tag]
		switch other := folded[strings.ToLower(tag)]; {
		case !goodTag.MatchString(tag):
			r.add(v.at, "language", "“"+tag+"”不是语言代码", "写成 en、ja、zh-TW 这样")
		case other != "":
			r.add(v.at, "language", "语言“"+other+"”和“"+tag+"”是同一种", "留下一个")
		case v.Answer == "":
			r.add(v.at, "missing-key", "语言“"+tag+"”没有 answer（答案）", "写上答案，或删掉这种语言")
		case v.Question == "":
			r.warn(v.at, "missing-key", "语言“"+tag+"”没有 question（问题），推荐时会显示原来的问法", "写上这种语言的标准问法")
		}
		folded[strings.ToLower(tag)] = tag
	}
}

// instant reads a day, which begins at midnight of the release's zone, or an exact time of RFC 3339.
func (r *reader) instant(w row, key string) (t time.Time, day bool) {
	s := w.cells[key].text
	if s == "" {
		return time.Time{}, false
	}
	for _, layout := range []string{time.DateOnly, "2006/1/2", "2006-1-2", "2006年1月2日"} {
		if t, err := time.ParseInLocation(layout, s, r.loc); err == nil && t.Year() > 0 {
			return t, true
		}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() <= 0 {
		r.add(w.cells[key].at, "date", key+"“"+s+"”不是日期", "写成 2026-12-31")
		return time.Time{}, false
	}
	return t, false
}

func (r *reader) flag(w row, key string) bool {
	c := w.cells[key]
	switch strings.ToLower(c.text) {
	case "", "false", "否", "0", "no", "n":
		return false
	case "true", "是", "1", "yes", "y":
		return true
	}
	r.add(c.at, "type", key+"“"+c.text+"”不是“是与否”", "写 true 或 false")
	return false
}

// unknown reports a key that no entry has.
func (r *reader) unknown(at place, key string, known []string) {
	edit := "可用的是 " + strings.Join(known, "、")
	if k := typo.Nearest(key, known); k != "" {
		edit = "是不是 " + k + "？"
	}
	r.add(at, "unknown-key", "知识里没有“"+key+"”这一项", edit)
}

// Version is the content hash of an entry, 12 hexadecimal digits: the same content has the same one in every format and file.
func Version(e *kb.Entry) string {
	h := sha256.New()
	put := func(parts ...string) {
		for _, p := range parts {
			h.Write([]byte(strconv.Itoa(len(p)) + ":" + p)) // lengths: no two contents run into each other
		}
		h.Write([]byte{'\n'})
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	put(e.ID, e.Question, e.Answer, e.Category, e.Owner, stamp(e.ValidFrom), stamp(e.ValidTo), strconv.FormatBool(e.Reject), strconv.FormatBool(e.Disabled))
	put(e.Phrasings...)
	put(e.Related...)
	put(e.Steps...)
	if len(e.Images) > 0 || e.Link != "" { // entries without them keep the hash that they had before there were any
		put(append([]string{"shown", e.Link}, e.Images...)...)
	}
	for _, c := range slices.Sorted(maps.Keys(e.Channels)) {
		put(c, e.Channels[c])
	}
	for _, tag := range slices.Sorted(maps.Keys(e.Languages)) {
		v := e.Languages[tag]
		put("language", tag, v.Question, v.Answer)
		put(v.Phrasings...)
		put(v.Steps...)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
