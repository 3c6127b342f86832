package media

import (
	"bytes"
	"mime"
	"net/http"
	"strings"

	"github.com/xianda-bot/xianda/chat"
)

// look describes a content by what it is, whatever its sender says: of f it keeps the id, and the name as far as that is harmless. Ref and
// URL are the platform's and of no use later.
func look(f chat.Media, content []byte) chat.Media {
	out := chat.Media{ID: f.ID, Kind: f.Kind, MIME: typeOf(content), Size: int64(len(content))}
	family, _, _ := strings.Cut(out.MIME, "/")
	switch {
	case Safe(out.MIME) && picture(content, out.MIME):
		out.Kind = "image"
	case f.Kind == "image", Safe(out.MIME): // no picture, or one that would take a viewer's memory
		out.Kind = "file"
	case (f.Kind == "voice" || f.Kind == "video") && family != "audio" && family != "video" &&
		out.MIME != unknown && out.MIME != "application/ogg":
		out.Kind = "file"
	}
	out.Name = cleanName(f.Name, out.Kind, out.MIME)
	return out
}

// Safe tells whether a browser may show a content of this type by itself: raster pictures, which run nothing.
func Safe(kind string) bool {
	return kind == "image/png" || kind == "image/jpeg" || kind == "image/gif" || kind == "image/webp"
}

const unknown = "application/octet-stream"

// signatures are those that net/http does not know and people's phones send.
var signatures = []struct {
	at   int
	head string
	kind string
}{
	{0, "#!AMR", "audio/amr"}, // RFC 4867; voices of WeChat
	{0, "#!SILK", "audio/silk"},
	{0, "\x02#!SILK", "audio/silk"}, // as Tencent writes it
	{0, "\xff\xfb", "audio/mpeg"},   // MP3 without ID3
	{0, "\xff\xf3", "audio/mpeg"},
	{0, "\xff\xf2", "audio/mpeg"},
	{4, "ftypheic", "image/heic"},
	{4, "ftypheix", "image/heic"},
	{4, "ftypmif1", "image/heif"},
	{4, "ftypqt", "video/quicktime"},
	{4, "ftyp3g", "video/3gpp"},
	{4, "ftypM4A", "audio/mp4"},
}

// typeOf is the type that a content itself shows.
func typeOf(content []byte) string {
	for _, s := range signatures {
		if len(content) > s.at && bytes.HasPrefix(content[s.at:], []byte(s.head)) {
			return s.kind
		}
	}
	if isSVG(content) {
		return "image/svg+xml"
	}
	kind, _, err := mime.ParseMediaType(http.DetectContentType(content))
	if err != nil {
		return unknown
	}
	return kind
}

// isSVG looks for the root element behind whatever may stand before it.
func isSVG(content []byte) bool {
	head := bytes.TrimLeft(content[:min(len(content), 4<<10)], "\xef\xbb\xbf \t\r\n")
	return bytes.HasPrefix(head, []byte("<")) && bytes.Contains(bytes.ToLower(head), []byte("<svg"))
}
