package sheet

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"github.com/xianda-bot/xianda/kb"
)

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// whereabouts differ between formats.
var whereabouts = cmp.Options{cmpopts.IgnoreFields(kb.Entry{}, "File", "Line", "Col", "Version"), cmpopts.EquateEmpty()}

const page = `# 红包
- id: redpacket.refund_time
  question: 红包退款多久到账？
  phrasings: [红包没人领钱去哪了, "红包过期，多久退回来"]
  answer: |
    红包 24 小时内没人领取，会自动退回。
    用零钱付的退到零钱。
  steps: [打开“钱包”。, 点“账单”。]
  channels: {wechat: 可在“账单”里查看。}
  languages:
    en: {question: When is it refunded?, phrasings: [red packet refund, where is my money], answer: Within 24 hours., steps: [Open the wallet., Tap Bills.]}
  category: 红包
  valid_from: 2026-01-01
  valid_to: 2026-12-31
  owner: 支付组
  related: [privacy.other]
- id: privacy.other
  question: 能帮我查别人的记录吗？
  answer: 抱歉，不能查询他人的记录。
  reject: true
`

func want() []kb.Entry {
	return []kb.Entry{
		{ID: "redpacket.refund_time", Question: "红包退款多久到账？", Phrasings: []string{"红包没人领钱去哪了", "红包过期，多久退回来"},
			Answer: "红包 24 小时内没人领取，会自动退回。\n用零钱付的退到零钱。", Steps: []string{"打开“钱包”。", "点“账单”。"}, Channels: map[string]string{"wechat": "可在“账单”里查看。"}, Category: "红包",
			Languages: map[string]kb.Variant{"en": {Question: "When is it refunded?", Phrasings: []string{"red packet refund", "where is my money"},
				Answer: "Within 24 hours.", Steps: []string{"Open the wallet.", "Tap Bills."}}},
			ValidFrom: time.Date(2026, 1, 1, 0, 0, 0, 0, shanghai), ValidTo: time.Date(2027, 1, 1, 0, 0, 0, 0, shanghai), Owner: "支付组", Related: []string{"privacy.other"}},
		{ID: "privacy.other", Question: "能帮我查别人的记录吗？", Answer: "抱歉，不能查询他人的记录。", Reject: true},
	}
}

func TestReadYAML(t *testing.T) {
	t.Parallel()
	got, findings := ReadYAML("kb/a.yaml", []byte(page), shanghai)
	if len(findings) > 0 {
		t.Fatalf("ReadYAML findings = %v, want none", findings)
	}
	if d := cmp.Diff(want(), got, whereabouts); d != "" {
		t.Errorf("ReadYAML (-want +got):\n%s", d)
	}
	if got[1].File != "kb/a.yaml" || got[1].Line != 17 || got[1].Col != 3 {
		t.Errorf("second entry stands at %s:%d:%d, want kb/a.yaml:17:3", got[1].File, got[1].Line, got[1].Col)
	}
	if len(got[0].Version) != 12 || got[0].Version == got[1].Version {
		t.Errorf("versions = %q, %q, want two of 12 digits", got[0].Version, got[1].Version)
	}
}

func TestReadYAMLFindings(t *testing.T) {
	t.Parallel()
	const head = "- id: a\n  question: 问\n"
	for _, c := range []struct{ name, in, want string }{
		{"unknown key", head + "  anwser: 答\n  answer: 答\n", "x.yaml:3:3: [unknown-key] 知识里没有“anwser”这一项（是不是 answer？）"},
		{"no answer", head, "x.yaml:1:3: [missing-key] 这条知识没有 answer（答案）（写上答案；还不想回答就写 disabled: true 并留一句说明）"},
		{"empty answer", head + "  answer: \"\"\n", "x.yaml:3:11: [missing-key] 这条知识没有 answer（答案）（写上答案；还不想回答就写 disabled: true 并留一句说明）"},
		{"no id", "- question: 问\n  answer: 答\n", "x.yaml:1:3: [missing-key] 这条知识没有 id（写上 id，例如 redpacket.refund_time）"},
		{"bad id", "- id: a b\n  question: 问\n  answer: 答\n", "x.yaml:1:7: [id] id“a b”里有不能用的字符（只用字母、数字、点、- 和 _，例如 redpacket.refund_time）"},
		{"twice", head + "  answer: 答\n" + head + "  answer: 答\n", "x.yaml:4:7: [duplicate-entry] id“a”写了两次，上一次在第 1 行（给其中一条换个 id，或删掉一条）"},
		{"bad date", head + "  answer: 答\n  valid_to: 2026-02-30\n", "x.yaml:4:13: [date] valid_to“2026-02-30”不是日期（写成 2026-12-31）"},
		{"dates crossed", head + "  answer: 答\n  valid_from: 2026-02-03\n  valid_to: 2026-02-01\n", "x.yaml:5:13: [date-order] valid_to 早于 valid_from，这条知识永远不会生效（改其中一个日期）"},
		{"anchor", head + "  answer: &a 答\n", "x.yaml:3:11: [yaml-anchor] & 和 * 在 YAML 里是引用，这里不能用（把内容写全，或给文字加引号）"},
		{"tag", head + "  answer: !!str 答\n", "x.yaml:3:11: [yaml-tag] ! 在 YAML 里是类型标记，这里不能用（去掉它，或给文字加引号）"},
		{"tab", head + "\tanswer: 答\n", "x.yaml:3:1: [yaml-tab] 缩进里有制表符（Tab），YAML 不允许（把它换成两个空格）"},
		{"word", head + "  answer: no\n", `x.yaml:3:11: [yaml-word] 没加引号的 no 在 YAML 里可能变成是与否（写成 "no"）`},
		{"flag", head + "  answer: 答\n  reject: 也许\n", "x.yaml:4:11: [type] reject“也许”不是“是与否”（写 true 或 false）"},
		{"comma", head + "  answer: 答\n  channels: {wechat: 您好,再见}\n", "x.yaml:4:25: [yaml-comma] 花括号里的英文逗号会开始一个新的键“再见”（把英文逗号改成中文逗号“，”，或给整句加引号）"},
		{"key twice", head + "  id: b\n  answer: 答\n", "x.yaml:3:3: [yaml-duplicate] 同一条里这个键写了两次（删掉其中一个）"},
		{"language without an answer", head + "  answer: 答\n  languages: {en: {question: Q}}\n", "x.yaml:4:15: [missing-key] 语言“en”没有 answer（答案）（写上答案，或删掉这种语言）"},
		{"language without a question", head + "  answer: 答\n  languages: {en: {answer: A}}\n", "x.yaml:4:15: [missing-key] 语言“en”没有 question（问题），推荐时会显示原来的问法（写上这种语言的标准问法）"},
		{"language key", head + "  answer: 答\n  languages: {en: {anser: A}}\n", "x.yaml:4:20: [unknown-key] 知识里没有“anser”这一项（是不是 answer？）"},
		{"no language", head + "  answer: 答\n  languages: {英文: {question: Q, answer: A}}\n", "x.yaml:4:15: [language] “英文”不是语言代码（写成 en、ja、zh-TW 这样）"},
		{"language twice", head + "  answer: 答\n  languages: {EN: {question: Q, answer: A}, en: {question: Q, answer: A}}\n", "x.yaml:4:45: [language] 语言“EN”和“en”是同一种（留下一个）"},
		{"language as a text", head + "  answer: 答\n  languages: {en: A}\n", "x.yaml:4:15: [type] 语言“en”要写成 名字: 值 的形式（例如 en: {question: …, answer: …}）"},
		{"no list", "id: a\n", "x.yaml:1:1: [type] 知识要写成一个列表（每条写成 - id: …）"},
		{"broken", head + "  answer: \"答\n", "x.yaml:3:11: [yaml] 这一行不合 YAML 的写法（检查缩进、英文冒号后的空格、引号和括号）"},
		{"encoding", "\xff\xfe", "x.yaml:1:1: [encoding] 文件不是 UTF-8 编码（用 UTF-8 另存一次）"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, findings := ReadYAML("x.yaml", []byte(c.in), shanghai)
			if got := lines(findings); !strings.HasPrefix(got, c.want) {
				t.Errorf("ReadYAML(%q) finds\n%s, want first\n%s", c.in, got, c.want)
			}
		})
	}
}

func lines(findings []Finding) string {
	var all []string
	for _, f := range findings {
		all = append(all, f.String())
	}
	return strings.Join(all, "\n")
}

const table = "编号,问题,相似问,答案,步骤,channels.wechat,question.en,phrasings.en,answer.en,steps.en,分类,生效日期,失效日期,负责人,相关,拒答\n" +
	"redpacket.refund_time,红包退款多久到账？,红包没人领钱去哪了|红包过期，多久退回来,\"红包 24 小时内没人领取，会自动退回。\r\n用零钱付的退到零钱。\",\"打开“钱包”。\n点“账单”。\",可在“账单”里查看。,When is it refunded?,red packet refund|where is my money,Within 24 hours.,\"Open the wallet.\nTap Bills.\",红包,2026/1/1,2026-12-31,支付组,privacy.other,\n" +
	",,,,,,,,,,,,,,,\n" +
	"privacy.other,能帮我查别人的记录吗？,,抱歉，不能查询他人的记录。,,,,,,,,,,,,是\n"

func TestReadCSV(t *testing.T) {
	t.Parallel()
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(table))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		in   []byte
	}{
		{"UTF-8", []byte(table)},
		{"with a mark", append([]byte("\xef\xbb\xbf"), table...)},
		{"GB18030", gb},
		{"tabs", []byte(strings.ReplaceAll(table, ",", "\t"))},
		{"English", []byte("id,question,phrasings,answer,steps,channels.wechat,question.en,phrasings.en,Answer.en,steps.en,category,valid_from,valid_to,owner,related,reject\n" + table[strings.Index(table, "\n")+1:])},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, findings := ReadCSV("a.csv", c.in, shanghai)
			if len(findings) > 0 {
				t.Fatalf("ReadCSV findings = %v, want none", findings)
			}
			if d := cmp.Diff(want(), got, whereabouts); d != "" {
				t.Errorf("ReadCSV (-want +got):\n%s", d)
			}
			fromYAML, _ := ReadYAML("a.yaml", []byte(page), shanghai)
			if got[0].Version != fromYAML[0].Version {
				t.Errorf("version = %s, want %s as in YAML", got[0].Version, fromYAML[0].Version)
			}
		})
	}
}

func TestReadCSVFindings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"unknown column", "id,question,anser\na,问,答\n", "x.csv:1:13: [unknown-key] 知识里没有“anser”这一项（是不是 answer？）"},
		{"no headers", "a,问,答\n", "x.csv:1:1: [unknown-key] 知识里没有“a”这一项（可用的是 id"},
		{"column twice", "id,问题,question,answer\na,问,问,答\n", "x.csv:1:7: [duplicate-column] “question”这一列有两个（删掉其中一列）"},
		{"extra cell", "id,question,answer\na,问,您好,再见\n", "x.csv:2:8: [extra-cell] 这一格上面没有列名（给这一列写上列名，或检查答案里的逗号是否加了引号）"},
		{"quote", "id,question,answer\na,问,\"答\n", "x.csv:2:7: [csv] 引号没有配对"},
		{"no answer", "id,question,answer\na,问,\n", "x.csv:2:5: [missing-key] 这条知识没有 answer（答案）"},
		{"bad date", "id,question,answer,valid_to\na,问,答,明天\n", "x.csv:2:7: [date] valid_to“明天”不是日期（写成 2026-12-31）"},
		{"encoding", "id,question\na,\xff\xff\n", "x.csv:1:1: [encoding] 文件的编码认不出来（用 UTF-8 另存一次）"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, findings := ReadCSV("x.csv", []byte(c.in), shanghai)
			if got := lines(findings); !strings.HasPrefix(got, c.want) {
				t.Errorf("ReadCSV(%q) finds\n%s, want first\n%s", c.in, got, c.want)
			}
		})
	}
}

// anyEntry draws entries as the readers give them: without blanks at the ends.
func anyEntry(id string) *rapid.Generator[kb.Entry] {
	// not x\u200b: marks that nobody sees are kept as well
	letters := []rune("红包退款aZ09 \t\n'\"=+-@|\\,;:#&*!%{}[]<>`~?，。：“”①é\u200b\u0085\u2028\ufeff😀#yes")
	text := rapid.Map(rapid.StringOf(rapid.SampledFrom(letters)), strings.TrimSpace)
	some := rapid.Map(text, func(s string) string { return "x" + s })
	day := rapid.Custom(func(t *rapid.T) time.Time {
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			return time.Time{}
		case 1:
			return time.Date(2026, 1, rapid.IntRange(1, 31).Draw(t, "day"), 0, 0, 0, 0, shanghai)
		}
		return time.Date(2026, 1, rapid.IntRange(1, 31).Draw(t, "day"), 9, 30, 1, 0, shanghai)
	})
	item := rapid.Custom(func(t *rapid.T) string {
		if s := text.Draw(t, "item"); s != "" {
			return s
		}
		return "on"
	})
	address := rapid.SampledFrom([]string{"https://shop.example/a.png", "https://cdn.shop.example:8443/%E5%9B%BE|1.jpg?x=1", "https://图片.example/图.png", `https://a.example/'"\\.png`})
	return rapid.Custom(func(t *rapid.T) kb.Entry {
		e := kb.Entry{ID: id, Question: some.Draw(t, "question"), Phrasings: rapid.SliceOfN(item, 0, 3).Draw(t, "phrasings"),
			Answer: item.Draw(t, "answer"), Category: text.Draw(t, "category"), Owner: text.Draw(t, "owner"),
			Steps:  rapid.SliceOfN(item, 0, 3).Draw(t, "steps"),
			Images: rapid.SliceOfN(address, 0, 3).Draw(t, "images"), Link: rapid.SampledFrom([]string{"", "https://shop.example/help?a=1|2&b=#x"}).Draw(t, "link"),
			Related: rapid.SliceOfN(item, 0, 2).Draw(t, "related"), Reject: rapid.Bool().Draw(t, "reject"), Disabled: rapid.Bool().Draw(t, "disabled"),
			ValidFrom: day.Draw(t, "from")}
		if to := day.Draw(t, "to"); !to.IsZero() {
			e.ValidTo = to.AddDate(1, 0, 0)
		}
		for _, c := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"wechat", "kefu", "tg", "我的 店"}), 0, 3, rapid.ID).Draw(t, "channels") {
			if e.Channels == nil {
				e.Channels = map[string]string{}
			}
			e.Channels[c] = item.Draw(t, c)
		}
		for _, tag := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"en", "zh-TW"}), 0, 2, rapid.ID).Draw(t, "languages") {
			if e.Languages == nil {
				e.Languages = map[string]kb.Variant{}
			}
			e.Languages[tag] = kb.Variant{Question: some.Draw(t, "question"), Phrasings: rapid.SliceOfN(item, 0, 2).Draw(t, "phrasings"),
				Answer: item.Draw(t, "answer"), Steps: rapid.SliceOfN(item, 0, 2).Draw(t, "steps")}
		}
		return e
	})
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		write func(*bytes.Buffer, []kb.Entry) error
		read  func([]byte) ([]kb.Entry, []Finding)
	}{
		{"YAML", func(b *bytes.Buffer, e []kb.Entry) error { return WriteYAML(b, e) }, func(b []byte) ([]kb.Entry, []Finding) { return ReadYAML("x", b, shanghai) }},
		{"CSV", func(b *bytes.Buffer, e []kb.Entry) error { return WriteCSV(b, e) }, func(b []byte) ([]kb.Entry, []Finding) { return ReadCSV("x", b, shanghai) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				in := []kb.Entry{anyEntry("a").Draw(t, "a"), anyEntry("b.c_d-1").Draw(t, "b")}
				var b bytes.Buffer
				if err := c.write(&b, in); err != nil {
					t.Fatal(err)
				}
				got, findings := c.read(b.Bytes())
				if len(findings) > 0 {
					t.Fatalf("read back with %s\n%s", lines(findings), b.String())
				}
				if d := cmp.Diff(in, got, whereabouts); d != "" {
					t.Fatalf("read back (-in +got):\n%s\n%s", d, b.String())
				}
			})
		})
	}
}

func FuzzReadYAML(f *testing.F) {
	for _, s := range []string{page, "", "- id: &a b\n", "- *a", "[{", "- {id: a, b}\n", "--- \n- id: 1\n---\n", "- id: !!x\n", "- ? a\n", "- <<: {id: a}\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, data, ReadYAML) })
}

func FuzzReadCSV(f *testing.F) {
	for _, s := range []string{table, "", "id,question\n\"", "id;question\n'=1;\\|\n", "id,question\n\x81\x30", "id,question,channels.\na,b,c,d"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { check(t, data, ReadCSV) })
}

// check holds that what can be read without an error can be written and read again.
func check(t *testing.T, data []byte, read func(string, []byte, *time.Location) ([]kb.Entry, []Finding)) {
	entries, findings := read("x", data, shanghai)
	for _, f := range findings {
		if f.Line < 1 || f.Col < 1 || f.Rule == "" || f.Text == "" {
			t.Fatalf("finding %+v, want a place, a rule and a text", f)
		}
	}
	if len(findings) > 0 {
		return
	}
	var b bytes.Buffer
	if err := WriteYAML(&b, entries); err != nil {
		t.Fatal(err)
	}
	again, findings := ReadYAML("x", b.Bytes(), shanghai)
	if d := cmp.Diff(entries, again, whereabouts); d != "" || len(findings) > 0 {
		t.Fatalf("written and read again: %s\n%s\n%q", lines(findings), d, b.String())
	}
}
