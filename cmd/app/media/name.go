package media

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/xianda-bot/xianda/chat"
)

// maxName is how long a name may be, in bytes, its extension included.
const maxName = 120

// devices are names that open no file on Windows, whatever extension follows.
var devices = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$`)

// extensions are those that a content of a type may bear; the first is given to a name that bears another. What a browser would run when
// it is opened from a disk becomes a text.
var extensions = map[string][]string{
	"image/png": {".png"}, "image/jpeg": {".jpg", ".jpeg"}, "image/gif": {".gif"}, "image/webp": {".webp"}, "image/heic": {".heic"},
	"image/heif": {".heif", ".heic"}, "image/bmp": {".bmp"}, "image/svg+xml": {".txt"}, "text/html": {".txt"}, "text/xml": {".txt"},
	"audio/amr": {".amr"}, "audio/silk": {".silk"}, "audio/mpeg": {".mp3"}, "audio/mp4": {".m4a"}, "audio/wave": {".wav"},
	"video/mp4": {".mp4", ".m4v"}, "video/quicktime": {".mov"}, "video/3gpp": {".3gp"}, "video/webm": {".webm"}, "video/avi": {".avi"},
	"application/pdf": {".pdf"},
}

// cleanName is a name that can be given to a file anywhere: no folder, no control character, nothing that a shell or Windows reads as
// something else, and the extension of what it is.
func cleanName(name, kind, mime string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), strings.ContainsRune(`<>:"/\|?*`, r):
			return -1 // of Cf: marks that turn the direction of writing hide an extension
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	ext := path.Ext(name)
	stem := strings.TrimRight(strings.TrimSuffix(name, ext), ". ")
	if stem == "" {
		stem, ext = strings.TrimPrefix(ext, "."), ""
	}
	if own := extensions[mime]; own != nil && !slices.Contains(own, strings.ToLower(ext)) {
		stem, ext = stem+ext, own[0]
	}
	first, _, _ := strings.Cut(stem, ".")
	if stem == "" || devices.MatchString(strings.TrimSpace(first)) {
		stem = kind
	}
	if len(ext) > 16 {
		stem, ext = stem+ext, ""
	}
	return chat.Cut(stem, maxName-len(ext)) + ext
}
