package weixin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/calls"
	"github.com/xianda-bot/xianda/chat"
)

const (
	getPath    = "/cgi-bin/media/get"
	uploadPath = "/cgi-bin/media/upload"

	// MaxMedia is the largest file that the platform keeps for three days (WeCom's 20 MB of a file; all else is at most 10 MB).
	MaxMedia = 20 << 20
	// keepMedia is how long an uploaded file's id is used; the platform forgets it after three days.
	keepMedia = 60 * time.Hour
	// maxExcuse is how long an answer may be to be taken for the API's words in place of a file.
	maxExcuse = 4 << 10
)

// errTooBig is a file beyond its limit.
var errTooBig = errors.New("the file is larger than the platform keeps")

// Media brings the files of one account from the platform and to it; api.weixin.qq.com and qyapi.weixin.qq.com do it alike. It may be
// shared.
type Media struct {
	api     *API
	outside *http.Client
	vault   adapters.Vault
	clock   func() time.Time
	account string

	mu     sync.Mutex // guards flight
	flight map[string]chan struct{}
}

// NewMedia returns the media of the account that its vault keys begin with: "miniprogram/wx0123".
func NewMedia(api *API, d adapters.Deps, account string) *Media {
	return &Media{api: api, outside: d.Outside, vault: d.Vault, clock: d.Clock, account: account, flight: map[string]chan struct{}{}}
}

// Open opens what a person sent, by its id, or by its address when the platform gave none. As Download.
func (m *Media) Open(ctx context.Context, medium chat.Media) (io.ReadCloser, error) {
	if medium.Ref != "" {
		return m.Download(ctx, medium.Ref)
	}
	return m.fetch(ctx, medium.URL)
}

// Download opens what a person sent. Reading fails beyond MaxMedia; the caller closes it. An error is a *chat.Failure; BadMedia is of an
// id that expired after three days, or never was.
func (m *Media) Download(ctx context.Context, id string) (io.ReadCloser, error) {
	if id == "" {
		return nil, badMedia("there is no media_id")
	}
	var file io.ReadCloser
	err := m.api.authorised(ctx, func(token string) (err error) {
		file, err = m.get(ctx, token, getPath+"?media_id="+url.QueryEscape(id))
		return err
	})
	if f := (*chat.Failure)(nil); errors.As(err, &f) {
		return nil, f
	} else if err != nil {
		f := Classify(err, m.clock())
		f.Unknown = false // nobody saw anything
		return nil, f
	}
	return file, nil
}

// get makes one attempt. The platform answers with the file, with why there is none, or, of a video of an official account, with where
// it lies (Get_temporary_materials).
func (m *Media) get(ctx context.Context, token, path string) (io.ReadCloser, error) {
	res, err := m.api.open(ctx, path, token, nil)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusOK && !mayExcuse(res.Header) {
		return bound(res.Body, res.Body, MaxMedia), nil
	}
	b := bufio.NewReaderSize(res.Body, maxExcuse)
	head, err := b.Peek(maxExcuse)
	if res.StatusCode == http.StatusOK && (err == nil || !isObject(head)) && (err == nil || errors.Is(err, io.EOF)) {
		return bound(b, res.Body, MaxMedia), nil
	}
	_ = res.Body.Close() // all of it is read
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &Error{Op: getPath, Cause: m.api.scrubbed(err, token), Sent: true}
	}
	var out struct {
		Video string `json:"video_url"`
	}
	if err := m.api.answer(path, token, res.StatusCode, head, &out); err != nil {
		return nil, err
	}
	if out.Video == "" {
		return nil, &Error{Op: getPath, Text: "(it holds no file)", Garbled: true}
	}
	return m.fetch(ctx, out.Video)
}

// mayExcuse tells whether an answer may be the API's words: a file comes with its name, or as what it is.
func mayExcuse(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	named := strings.HasPrefix(strings.ToLower(h.Get("Content-Disposition")), "attachment")
	return !named && (err != nil || kind == "application/json" || kind == "text/plain" || kind == "text/json")
}

// isObject tells whether b is a whole JSON object.
func isObject(b []byte) bool {
	var any map[string]json.RawMessage
	return json.Unmarshal(b, &any) == nil
}

// Use shows a medium that we send: show is called with a media_id, of the platform's own when it has one (Ref), else of what URL names,
// uploaded now or in the last days. When the platform has forgotten the id, the file is uploaded once more and show called once more. kind
// is image, voice, video or file. What cannot be had, or is not what the platform takes, is a *chat.Failure of kind BadMedia; errors of
// the API are for Classify.
func (m *Media) Use(ctx context.Context, kind string, medium chat.Media, show func(id string) error) error {
	if medium.Ref != "" {
		return show(medium.Ref)
	}
	id, err := m.upload(ctx, kind, medium)
	if err != nil {
		return err
	}
	if err = show(id); errcode(err) != codeMediaID {
		return err
	}
	// If that fails, the id is taken for good again, refused again and the text goes alone.
	_ = m.vault.Drop(ctx, m.key(kind, medium.URL), id)
	if id, err = m.upload(ctx, kind, medium); err != nil {
		return err
	}
	return show(id)
}

// codeMediaID is the errcode of an id that expired.
const codeMediaID = 40007

// upload returns a media_id of what medium.URL names. The id is kept for all processes, under the address: a picture that changes without
// changing its name is shown as it was for up to keepMedia. Errors are those of Use.
func (m *Media) upload(ctx context.Context, kind string, medium chat.Media) (string, error) {
	key := m.key(kind, medium.URL)
	for {
		// A vault that fails costs an upload, no more.
		if id, err := m.vault.Get(ctx, key); err == nil && id != "" {
			return id, nil
		}
		done, first := m.begin(key)
		if first {
			defer m.end(key)
			break
		}
		select {
		case <-done: // whoever was first may have failed
		case <-ctx.Done():
			return "", &chat.Failure{Kind: chat.Temporary, Err: ctx.Err()}
		}
	}
	post, err := m.read(ctx, kind, medium)
	if err != nil {
		return "", err
	}
	var out struct {
		ID    string `json:"media_id"`
		Thumb string `json:"thumb_media_id"`
	}
	if err := m.api.Call(ctx, uploadPath+"?type="+url.QueryEscape(kind), post, &out); err != nil {
		return "", err
	}
	if out.ID == "" && out.Thumb == "" {
		return "", &Error{Op: uploadPath, Text: "(it holds no media_id)", Garbled: true}
	}
	id := out.ID + out.Thumb
	_ = m.vault.Put(ctx, key, id, keepMedia) // as above
	return id, nil
}

// key is where the id of a file is kept. The address is not written out: it may be signed.
func (m *Media) key(kind, address string) string {
	return m.account + "/media/" + kind + "/" + Fingerprint(address)
}

// begin makes the caller the one who uploads key, or returns what is closed when that one is done.
func (m *Media) begin(key string) (done chan struct{}, first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if done = m.flight[key]; done != nil {
		return done, false
	}
	m.flight[key] = make(chan struct{})
	return nil, true
}

func (m *Media) end(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.flight[key])
	delete(m.flight, key)
}

// fetch opens what a stranger's address names.
func (m *Media) fetch(ctx context.Context, address string) (io.ReadCloser, error) {
	body, err := calls.Open(ctx, m.outside, address)
	if err != nil {
		return nil, err
	}
	return bound(body, body, MaxMedia), nil
}

func badMedia(why string) *chat.Failure {
	return &chat.Failure{Kind: chat.BadMedia, Err: errors.New(why)}
}

// bounded fails beyond left bytes, so that nobody takes the beginning of a file for the whole.
type bounded struct {
	io.Reader
	io.Closer
	left int64
}

func bound(r io.Reader, c io.Closer, limit int64) io.ReadCloser {
	return &bounded{Reader: r, Closer: c, left: limit}
}

// Read is io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooBig
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more tells whether there is more
	}
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, errTooBig
	}
	return n, err
}
