package media

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/xianda-bot/xianda/chat"
)

func pngOf(w, h int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func jpegOf(w, h int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func gifOf(w, h int) []byte {
	var b bytes.Buffer
	if err := gif.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// bomb is a picture whose header says 50,000 x 50,000 (G4).
func bomb() []byte {
	b := pngOf(1, 1)
	binary.BigEndian.PutUint32(b[16:], 50_000)
	binary.BigEndian.PutUint32(b[20:], 50_000)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func webp(chunk string, data ...byte) []byte {
	b := append([]byte("RIFF\x00\x00\x00\x00WEBP"+chunk+"\x00\x00\x00\x00"), data...)
	return append(b, make([]byte, 32)...)
}

// TestLook is G3, G4 and G6: a content is what it is, not what it is called.
func TestLook(t *testing.T) {
	t.Parallel()
	mp4 := []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")
	for _, tt := range []struct {
		name       string
		kind, file string
		content    []byte
		want       string // kind type name
	}{
		{"png", "image", "小票.png", pngOf(3, 2), "image image/png 小票.png"},
		{"jpeg without a name", "image", "", jpegOf(3, 2), "image image/jpeg image.jpg"},
		{"gif called png", "image", "a.png", gifOf(3, 2), "image image/gif a.png.gif"},
		{"webp lossy", "image", "", webp("VP8 ", 0, 0, 0, 0x9d, 1, 0x2a, 16, 0, 16, 0), "image image/webp image.webp"},
		{"webp lossless", "image", "", webp("VP8L", 0x2f, 15, 0, 0, 0), "image image/webp image.webp"},
		{"webp extended", "image", "", webp("VP8X", 0, 0, 0, 0, 0xff, 0, 0, 0xff, 0, 0), "image image/webp image.webp"},
		{"G4 webp extended", "image", "", webp("VP8X", 0, 0, 0, 0, 0x50, 0xc3, 0, 0x50, 0xc3, 0), "file image/webp file.webp"},
		{"webp of no kind", "image", "", webp("ABCD"), "file application/octet-stream file"},
		{"a picture sent as a file", "file", "scan.png", pngOf(1, 1), "image image/png scan.png"},
		{"G4 bomb", "image", "big.png", bomb(), "file image/png big.png"},
		{"png that is cut off", "image", "x.png", pngOf(3, 2)[:20], "file image/png x.png"},
		{"G3 svg as png", "image", "x.png", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "file image/svg+xml x.png.txt"},
		{"G3 svg behind a head", "image", "x.svg", []byte("\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- a -->\n<SVG/>"), "file image/svg+xml x.svg.txt"},
		{"G3 html as jpeg", "image", "x.jpg", []byte("<!DOCTYPE html><script>alert(1)</script>"), "file text/html x.jpg.txt"},
		{"G3 html as voice", "voice", "", []byte("<html>"), "file text/html file.txt"},
		{"G3 pdf as video", "video", "a.mp4", []byte("%PDF-1.7"), "file application/pdf a.mp4.pdf"},
		{"amr", "voice", "", []byte("#!AMR\n..."), "voice audio/amr voice.amr"},
		{"silk", "voice", "", []byte("\x02#!SILK_V3..."), "voice audio/silk voice.silk"},
		{"voice of no known type", "voice", "a.spx", []byte{1, 2, 3, 0xfe}, "voice application/octet-stream a.spx"},
		{"mp4", "video", "v.MP4", mp4, "video video/mp4 v.MP4"},
		{"heic", "image", "IMG_1.HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00"), "file image/heic IMG_1.HEIC"},
		{"zip stays whole", "file", "a.docx", []byte("PK\x03\x04...."), "file application/zip a.docx"},
		{"text", "file", "说明.txt", []byte("你好"), "file text/plain 说明.txt"},
	} {
		got := look(chat.Media{ID: "i", Kind: tt.kind, Name: tt.file, Ref: "r", URL: "u", MIME: "image/png"}, tt.content)
		if s := got.Kind + " " + got.MIME + " " + got.Name; s != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, s, tt.want)
		}
		if got.ID != "i" || got.Ref != "" || got.URL != "" || got.Size != int64(len(tt.content)) {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

// TestNames is G6.
func TestNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                 "file",
		"../../etc/passwd":                 "passwd",
		`..\..\windows\system32\cmd.exe`:   "cmd.exe",
		"a\x00b.pdf":                       "ab.pdf",
		"a\r\nSet-Cookie: x.txt":           "aSet-Cookie x.txt",
		"CON":                              "file",
		"nul.txt":                          "file.txt",
		"com1.tar.gz":                      "file.gz",
		"..":                               "file",
		".htaccess":                        "htaccess",
		"a.txt.":                           "a.txt",
		"invoice\u202efdp.exe":             "invoicefdp.exe",
		"\xff\xfe.txt":                     "txt",
		`<img src=x onerror="alert(1)">`:   "img src=x onerror=alert(1)",
		"  空 格　.doc ":                      "空 格.doc",
		"a." + strings.Repeat("x", 40):     "a." + strings.Repeat("x", 40),
		strings.Repeat("长", 100) + ".docx": strings.Repeat("长", 37) + "….docx",
	} {
		got := cleanName(in, "file", unknown)
		if got != want {
			t.Errorf("cleanName(%q) = %q, want %q", in, got, want)
		}
		if len(got) > maxName {
			t.Errorf("cleanName(%q) has %d bytes", in, len(got))
		}
	}
	if got := cleanName(strings.Repeat("n", 300), "image", "image/png"); len(got) > maxName || !strings.HasSuffix(got, ".png") {
		t.Errorf("300 characters become %q", got)
	}
}

func FuzzLook(f *testing.F) {
	for _, seed := range [][]byte{pngOf(2, 2), jpegOf(2, 2), gifOf(2, 2), bomb(), webp("VP8X", 1, 2, 3), []byte("<svg>"), []byte("#!AMR")} {
		f.Add(uint8(0), "a.png", seed)
	}
	f.Add(uint8(3), "../../x\x00", []byte("PK"))
	f.Fuzz(func(t *testing.T, kind uint8, name string, content []byte) {
		got := look(chat.Media{Kind: contents[int(kind)%len(contents)], Name: name}, content)
		if got.Kind == "image" && !Safe(got.MIME) {
			t.Errorf("an image of type %s", got.MIME)
		}
		if strings.ContainsAny(got.Name, "/\\\x00\r\n\"") || len(got.Name) > maxName {
			t.Errorf("the name %q", got.Name)
		}
	})
}
