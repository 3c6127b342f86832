package weixin

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// library reads a document with encoding/xml, without our refusals.
func library(b []byte) (root *Element, err error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	var stack []*Element
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			e := &Element{Name: t.Name.Local}
			if len(stack) > 0 {
				top := stack[len(stack)-1]
				top.Kids = append(top.Kids, e)
			} else {
				root = e
			}
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].Text += string(t)
			}
		}
	}
}

// differ tells where two documents differ; texts beside elements are white space and do not count.
func differ(a, b *Element) error {
	if a.Name != b.Name || len(a.Kids) != len(b.Kids) || len(a.Kids) == 0 && a.Text != b.Text {
		return fmt.Errorf("<%s>%q with %d elements, and <%s>%q with %d", a.Name, a.Text, len(a.Kids), b.Name, b.Text, len(b.Kids))
	}
	for i := range a.Kids {
		if err := differ(a.Kids[i], b.Kids[i]); err != nil {
			return err
		}
	}
	return nil
}

// FuzzParsersAgree: what our scanner lets in, encoding/xml reads as the same: no two parsers disagree.
func FuzzParsersAgree(f *testing.F) {
	for _, s := range []string{
		"<xml><Content><![CDATA[你好]]></Content><MsgId>1</MsgId></xml>", "<xml ><a >&#65;&lt;&#x4f60;\r\nx\r</a ></xml >\n", "<xml><a/></xml>",
		"<xml><P><item>1</item><item>2</item></P></xml>", "<xml><a>x]]>y</a></xml>", "<xml><a><![CDATA[]]]]><![CDATA[>]]></a></xml>",
		"<xml><a>&#xD800;</a></xml>", "<xml><a>&bad;</a></xml>", "<xml><a b='c'/></xml>", "<xml></xml><xml/>", "\ufeff<xml/>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, err := ParseXML(b)
		if err != nil {
			return
		}
		theirs, err := library(b)
		if err != nil {
			t.Fatalf("ParseXML lets %q in, encoding/xml says %v", b, err)
		}
		if err := differ(ours, theirs); err != nil {
			t.Errorf("ParseXML and encoding/xml read %q differently: %v", b, err)
		}
	})
}

// TestScannerTakesWhatThePlatformSends: our scanner is not stricter than it means to be. Every push that other tests send is read.
func TestScannerTakesWhatThePlatformSends(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/push/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/push holds no pushes: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		x, err := ParseXML(b)
		if err != nil {
			t.Errorf("%s: ParseXML = %v", name, err)
			continue
		}
		y, err := library(b)
		if err == nil {
			err = differ(x, y)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkParseXML(b *testing.B) {
	push, err := os.ReadFile("testdata/push/text.xml")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseXML(push); err != nil {
			b.Fatal(err)
		}
	}
}
