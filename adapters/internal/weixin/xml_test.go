package weixin

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseXML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{ // want: Content
		{"CDATA", "<xml><Content><![CDATA[你好]]></Content></xml>", "你好"},
		{"split CDATA", "<xml><Content><![CDATA[a]]]]><![CDATA[>b]]></Content></xml>", "a]]>b"},
		{"entities of XML itself", "<xml><Content>&lt;a&gt; &amp; &quot;b&quot;</Content></xml>", `<a> & "b"`},
		{"line breaks between", "\n<xml>\n <Content>x</Content>\n</xml>\n", "x"},
		{"emoji", "<xml><Content><![CDATA[👨‍👩‍👧]]></Content></xml>", "👨‍👩‍👧"},
		{"the replacement character itself", "<xml><Content>\uFFFD</Content></xml>", "\uFFFD"},
		{"photos", "<xml><Content>x</Content><SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>1</PicMd5Sum></item><item><PicMd5Sum>2</PicMd5Sum></item></PicList></SendPicsInfo></xml>", "x"},
	} {
		x, err := ParseXML([]byte(c.in))
		if err != nil || x.Leaf("Content") != c.want {
			t.Errorf("%s: ParseXML(…) Content = %q, %v, want %q", c.name, x.Leaf("Content"), err, c.want)
		}
	}
}

func TestParseXMLRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in string }{
		{"empty", ""},
		{"blank", " \n"},
		{"DTD", `<!DOCTYPE x [<!ENTITY e "eeee">]><xml><Content>&e;</Content></xml>`},
		{"external entity", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Content>&e;</Content></xml>`},
		{"unknown entity", "<xml><Content>&e;</Content></xml>"},
		{"declaration", `<?xml version="1.0" encoding="GBK"?><xml><Content>x</Content></xml>`},
		{"instruction in a text", "<xml><Content>a<?x y?>b</Content></xml>"},
		{"comment in a text", "<xml><Content>a<!-- -->b</Content></xml>"},
		{"attribute", `<xml><Content a="1">x</Content></xml>`},
		{"namespace", `<xml><a:Content>x</a:Content></xml>`},
		{"depth", "<xml>" + strings.Repeat("<a>", 5) + strings.Repeat("</a>", 5) + "</xml>"},
		{"elements", "<xml><l>" + strings.Repeat("<item>1</item>", 63) + "</l></xml>"},
		{"unclosed", "<xml><Content>x"},
		{"wrong root", "<html></html>"},
		{"two roots", "<xml></xml><xml></xml>"},
		{"garbage behind", "<xml></xml>x"},
		{"garbage before", "x<xml></xml>"},
		{"byte order mark", "\uFEFF<xml></xml>"},
		{"repeated", "<xml><Content>a</Content><Content>b</Content></xml>"},
		{"text beside elements", "<xml>x<Content>a</Content></xml>"},
		{"NUL", "<xml><Content>a\x00b</Content></xml>"},
		{"control in CDATA", "<xml><Content><![CDATA[a\x08b]]></Content></xml>"},
		{"not UTF-8", "<xml><Content><![CDATA[a\xffb]]></Content></xml>"},
		{"lone surrogate", "<xml><Content>&#xD800;</Content></xml>"},
		{"JSON", `{"Content":"x"}`},
	} {
		if x, err := ParseXML([]byte(c.in)); err == nil {
			t.Errorf("%s: ParseXML(…) = %+v, want an error", c.name, x)
		}
	}
}

func TestFlat(t *testing.T) {
	t.Parallel()
	x, err := ParseXML([]byte("<xml><Content><b>x</b></Content><Event>y</Event></xml>"))
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Flat("Event", "Absent"); err != nil {
		t.Errorf("Flat(Event) = %v, want nil", err)
	}
	if err := x.Flat("Content"); err == nil {
		t.Error("Flat(Content) = nil, want an error: it holds an element")
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"text", "你好\n\tab 😀", "你好\n\tab 😀"},
		{"controls", "a\x00\x08\x0b\x0c\x1fb", "ab"},
		{"non-characters", "a\uFFFE\uFFFFb", "ab"},
		{"broken UTF-8", "a\xff\xed\xa0\x80b", "ab"},
		{"line separators", "a\u2028b\u2029c", "a\nb\nc"},
	} {
		if got := Clean(c.in); got != c.want {
			t.Errorf("%s: Clean(%q) = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func FuzzParseXML(f *testing.F) {
	for _, s := range []string{
		"<xml><Content><![CDATA[你好]]></Content><MsgId>1</MsgId></xml>", "<xml><a>&#65;&lt;</a></xml>", `<!DOCTYPE x><xml/>`,
		"<xml><P><item>1</item><item>2</item></P></xml>", "<xml>" + strings.Repeat("<a>", 100), "<xml/>x",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := ParseXML(b)
		if err != nil {
			return
		}
		// What was let in can be written and read again as the same, and CDATA quotes it without loss.
		for _, k := range x.Kids {
			if len(k.Kids) > 0 {
				continue
			}
			if !utf8.ValidString(k.Text) {
				t.Errorf("text %q is not UTF-8", k.Text)
			}
			again, err := ParseXML([]byte("<xml><Content>" + CDATA(k.Text) + "</Content></xml>"))
			want := strings.ReplaceAll(strings.ReplaceAll(Clean(k.Text), "\r\n", "\n"), "\r", "\n")
			if err != nil || again.Leaf("Content") != want {
				t.Errorf("CDATA(%q) reads back as %q, %v, want %q", k.Text, again.Leaf("Content"), err, want)
			}
		}
	})
}
