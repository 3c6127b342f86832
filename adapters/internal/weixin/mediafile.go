package weixin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"path"
	"strings"
	"unicode"

	"github.com/xianda-bot/xianda/chat"
)

// uploads are the limits of what may be uploaded (api_uploadtempmedia; WeCom 90253): bytes, and what its first bytes must say, whatever
// its name and Content-Type claim. A file of kind file may be anything.
var uploads = map[string]struct {
	max   int64
	types map[string]string // sniffed type to the extension of its name
}{
	"image": {10 << 20, map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif"}},
	"thumb": {64 << 10, map[string]string{"image/jpeg": ".jpg"}},
	"voice": {2 << 20, map[string]string{"audio/amr": ".amr", "audio/mpeg": ".mp3"}},
	"video": {10 << 20, map[string]string{"video/mp4": ".mp4"}},
	"file":  {MaxMedia, nil},
}

// minFile is the platform's least size of a file (WeCom 90253).
const minFile = 5

// read fetches medium and makes the body of an upload of it.
func (m *Media) read(ctx context.Context, kind string, medium chat.Media) (*form, error) {
	rule, known := uploads[kind]
	if !known {
		return nil, badMedia("the platform keeps no " + kind)
	}
	file, err := m.fetch(ctx, medium.URL)
	switch {
	case ctx.Err() != nil:
		return nil, &chat.Failure{Kind: chat.Temporary, Err: ctx.Err()}
	case err != nil: // an answer does not wait until its picture's host is back
		return nil, &chat.Failure{Kind: chat.BadMedia, Err: errors.Unwrap(err)}
	}
	defer func() { _ = file.Close() }() // it is read only
	data, err := io.ReadAll(bound(file, file, rule.max))
	switch {
	case ctx.Err() != nil:
		return nil, &chat.Failure{Kind: chat.Temporary, Err: ctx.Err()}
	case errors.Is(err, errTooBig):
		return nil, badMedia("the medium is larger than the platform's limit of " + kind)
	case err != nil:
		return nil, badMedia("the medium cannot be read to its end")
	case len(data) <= minFile:
		return nil, badMedia("the medium is empty")
	}
	is := sniff(data)
	extension, ok := rule.types[is]
	if rule.types != nil && !ok {
		return nil, badMedia("the medium is " + is + ", which the platform does not take as " + kind)
	}
	name := "media" + extension
	if rule.types == nil {
		name = FileName(medium.Name)
	}
	return multipartOf(name, is, data)
}

// sniff is the type that data has by its first bytes.
func sniff(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("#!AMR\n")):
		return "audio/amr"
	case len(data) > 1 && data[0] == 0xFF && data[1]&0xE6 == 0xE2: // an MPEG audio frame of layer III
		return "audio/mpeg"
	}
	is, _, _ := strings.Cut(http.DetectContentType(data), ";")
	return is
}

// multipartOf is a form with data as its one file, named media as the platform wants.
func multipartOf(name, is string, data []byte) (*form, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="media"; filename="` + name + `"`},
		"Content-Type":        {is},
	})
	if err == nil {
		_, err = part.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, err
	}
	return &form{w.FormDataContentType(), b.Bytes()}, nil
}

// maxFileName is in bytes, by the platform's habit and that of file systems.
const maxFileName = 120

// FileName is name without folders and without what could break out of a header or mean something to a file system; "file" when
// nothing is left. It is at most maxFileName bytes long and keeps its extension.
func FileName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`"<>:|?*/`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	if name == "" {
		return "file"
	}
	if len(name) > maxFileName {
		extension := path.Ext(name)
		if len(extension) > 16 {
			extension = ""
		}
		name = strings.TrimRight(chat.Cut(name, maxFileName-len(extension)), ". ") + extension
	}
	return name
}
