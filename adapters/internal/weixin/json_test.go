package weixin

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestParseJSON(t *testing.T) {
	t.Parallel()
	leaf := func(name, text string) *Element { return &Element{Name: name, Text: text} }
	for _, c := range []struct {
		name, in string
		want     []*Element
	}{
		{"the page's text", `{"FromUserName":"o","CreateTime":1482048670,"Content":"你好 \"x\" \u4f60 😀\ud83d\ude00","MsgId":1234567890123456}`,
			[]*Element{leaf("FromUserName", "o"), leaf("CreateTime", "1482048670"), leaf("Content", "你好 \"x\" 你 😀😀"), leaf("MsgId", "1234567890123456")}},
		{"D13 ids beyond 2^53 keep their digits", `{"a":25373744922163388,"b":9223372036854775807}`, []*Element{leaf("a", "25373744922163388"), leaf("b", "9223372036854775807")}},
		{"white space", " {\n\"a\" : 1 }\r\n", []*Element{leaf("a", "1")}},
		{"null, true, no members", `{"a":null,"b":true,"c":{},"d":[]}`, []*Element{leaf("a", ""), leaf("b", "true"), leaf("c", ""), leaf("d", "")}},
		{"nested", `{"List":[{"a":1},{"a":2}],"c":{"d":"e"}}`, []*Element{
			{Name: "List", Kids: []*Element{{Name: "item", Kids: []*Element{leaf("a", "1")}}, {Name: "item", Kids: []*Element{leaf("a", "2")}}}},
			{Name: "c", Kids: []*Element{leaf("d", "e")}},
		}},
		{"line ends as in XML", `{"a":"x\r\ny\rz"}`, []*Element{leaf("a", "x\ny\nz")}},
		{"what looks escaped is not", `{"a":"\\ud800 \\\\u0000"}`, []*Element{leaf("a", `\ud800 \\u0000`)}},
	} {
		got, err := ParseJSON([]byte(c.in))
		if err != nil || !reflect.DeepEqual(got, &Element{Name: "xml", Kids: c.want}) {
			t.Errorf("%s: ParseJSON = %+v, %v", c.name, got, err)
		}
	}
}

// Group D of the catalogue, as far as one document can show it.
func TestParseJSONRefuses(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"empty":                           "",
		"D1 truncated":                    `{"a":"b`,
		"D1 truncated behind a value":     `{"a":1`,
		"D1 truncated behind a comma":     `{"a":1,`,
		"D2 repeated name":                `{"Content":"a","Content":"b"}`,
		"D2 repeated name, escaped":       `{"Content":"a","Conte\u006et":"b"}`,
		"D2 repeated deeper":              `{"x":{"a":1,"a":2}}`,
		"D3 a name in two cases":          `{"Content":"a","content":"b"}`,
		"D3 a name that folds to another": `{"MsgType":"a","M\u017fgType":"b"}`,
		"D4 depth 10,001":                 `{"a":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}`,
		"D4 depth 6":                      `{"a":{"a":{"a":{"a":{"a":{}}}}}}`,
		"D4 65 members":                   `{"a0":0` + members(64) + `}`,
		"D5 a number that is none":        `{"a":0x10}`,
		"D5 leading zero":                 `{"a":01}`,
		"D6 null":                         `null`,
		"D7 array":                        `[{"a":1}]`,
		"D7 string":                       `"{}"`,
		"D8 trailing bytes":               `{"a":1}x`,
		"D8 two objects":                  `{"a":1}{"a":2}`,
		"D8 a trailing NUL":               "{\"a\":1}\x00",
		"D9 byte order mark":              "\uFEFF{\"a\":1}",
		"D10 NUL":                         `{"a":"x\u0000y"}`,
		"D10 NUL as it is":                "{\"a\":\"x\x00y\"}",
		"D10 lone high surrogate":         `{"a":"\ud800"}`,
		"D10 high surrogate, then text":   `{"a":"\ud800x\udc00"}`,
		"D10 lone low surrogate":          `{"a":"\udc00"}`,
		"D10 two high surrogates":         `{"a":"\ud83d\ud83d\ude00"}`,
		"D10 lone surrogate in a name":    `{"\ud800":1}`,
		"escape character":                `{"a":"\u001b[2J"}`,
		"not UTF-8":                       "{\"a\":\"\xff\"}",
		"a comment":                       `{"a":1/**/}`,
		"a trailing comma":                `{"a":1,}`,
		"a name that no push has":         `{"a b":1}`,
		"no name":                         `{"":1}`,
		"NaN":                             `{"a":NaN}`,
	} {
		if got, err := ParseJSON([]byte(in)); err == nil {
			t.Errorf("%s: ParseJSON = %+v, want an error", name, got)
		} else if strings.Contains(err.Error(), "\"") {
			t.Errorf("%s: the error %q may quote a person", name, err)
		}
	}
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"a` + strconv.Itoa(i+1) + `":0`)
	}
	return b.String()
}

// A JSON envelope opens where JSON is pushed, and nowhere else; the format is told by the first character, never by Content-Type (E2).
func TestGateFormats(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	key := mustKey(t, keyB, appB)
	message := []byte(`{"Content":"hi"}`)
	sealed, err := key.Seal(bytes.NewReader(make([]byte, 16)), message)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, body string
		json       bool
		want       int // status; 0: opened
		reason     string
	}{
		{"JSON", `{"ToUserName":"gh_1","Encrypt":"` + sealed + `"}`, true, 0, ""},
		{"JSON, plain text beside it", `{"ToUserName":"gh_1","Content":"forged","Encrypt":"` + sealed + `"}`, true, 0, ""},
		{"XML to an account that may push both", "<xml><Encrypt>" + sealed + "</Encrypt></xml>", true, 0, ""},
		{"JSON to an account of XML", `{"Encrypt":"` + sealed + `"}`, false, 400, "json"},
		{"two envelopes", `{"Encrypt":"x","encrypt":"` + sealed + `"}`, true, 400, "json"},
		{"an object for an envelope", `{"Encrypt":{"a":"` + sealed + `"}}`, true, 400, "json"},
		{"no envelope", `{"ToUserName":"gh_1"}`, true, 403, "msg_signature"},
		{"trailing bytes", `{"Encrypt":"` + sealed + `"}}`, true, 400, "json"},
		{"an array", `[{"Encrypt":"` + sealed + `"}]`, true, 400, "xml"},
	} {
		g := Gate{Tokens: []string{"pamtest"}, Keys: []*Key{key}, JSON: c.json, Clock: func() time.Time { return now }}
		q := "timestamp=1800000000&nonce=1&signature=" + Sign("pamtest", "1800000000", "1") + "&encrypt_type=aes&msg_signature=" + Sign("pamtest", "1800000000", "1", sealed)
		r := httptest.NewRequest(http.MethodPost, "https://bot.example/m?"+q, strings.NewReader(c.body))
		r.Header.Set("Content-Type", "text/xml")
		p, refusal := g.Open(httptest.NewRecorder(), r)
		switch {
		case c.want == 0 && (refusal != nil || !bytes.Equal(p.Message, message)):
			t.Errorf("%s: Open = %v, want the message", c.name, refusal)
		case c.want != 0 && (refusal == nil || refusal.Status != c.want || refusal.Reason != c.reason):
			t.Errorf("%s: Open = %v, want %d %s", c.name, refusal, c.want, c.reason)
		}
	}
}

// FuzzParseJSON: what is accepted, encoding/json reads alike.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{
		`{"ToUserName":"gh_1","FromUserName":"o","CreateTime":1482048670,"MsgType":"text","Content":"a\ud83d\ude00\u2028","MsgId":25373744922163388}`,
		`{"List":[{"a":1},[]],"b":null}`, `{"a":"\ud800"}`, `{"a":1,"A":2}`, `{"a":1e400}`, "{\"a\":1}\x00", `{`, `null`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ParseJSON(b)
		if err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		var want map[string]any
		if err := d.Decode(&want); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", b, err)
		}
		alike(t, got, want)
	})
}

func alike(t *testing.T, e *Element, want any) {
	t.Helper()
	switch w := want.(type) {
	case map[string]any:
		if len(w) != len(e.Kids) {
			t.Errorf("%s has %d members, want %d", e.Name, len(e.Kids), len(w))
		}
		for _, k := range e.Kids {
			alike(t, k, w[k.Name])
		}
	case []any:
		if len(w) != len(e.Kids) {
			t.Fatalf("%s has %d members, want %d", e.Name, len(e.Kids), len(w))
		}
		for i, k := range e.Kids {
			alike(t, k, w[i])
		}
	case string:
		if e.Text != newlines(w) || len(e.Kids) > 0 {
			t.Errorf("%s = %q, want %q", e.Name, e.Text, w)
		}
	case json.Number:
		if e.Text != w.String() {
			t.Errorf("%s = %q, want %q", e.Name, e.Text, w)
		}
	}
}
