package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/xianda-bot/xianda/adapters/internal/calls"
	"github.com/xianda-bot/xianda/chat"
)

// maxDownload is the largest file that the platform gives out (core.telegram.org/bots/api#getfile).
const maxDownload = 20 << 20

// openWithin bounds a download that nobody else bounds.
const openWithin = 2 * time.Minute

// Open opens a person's file. Its address holds the token and stays in here. Every error is a *chat.Failure: BadMedia for what can never be
// had (a file beyond 20 MB, a handle that expired).
func (a *Adapter) Open(ctx context.Context, m chat.Media) (io.ReadCloser, error) {
	bad := func(err error) error { return &chat.Failure{Kind: chat.BadMedia, Err: err} }
	switch {
	case m.Kind == "location" || m.Ref == "" && m.URL == "":
		return nil, bad(errors.New("there is no file"))
	case m.Ref == "":
		return calls.Open(ctx, a.deps.Outside, m.URL)
	case m.Size > maxDownload:
		return nil, bad(errors.New("the platform gives out no file beyond 20 MB"))
	}
	raw, err := a.api.call(ctx, "getFile", func(ctx context.Context, b *bot.Bot) error {
		_, err := b.GetFile(ctx, &bot.GetFileParams{FileID: m.Ref})
		return err
	})
	if err != nil {
		return nil, a.failure(ctx, place{}, err, true)
	}
	var f models.File
	if json.Unmarshal(raw, &f) != nil || !plainPath(f.FilePath) {
		return nil, bad(errors.New("the platform names no path of the file (a server of your own must not run with --local)"))
	}
	body, err := a.api.download(ctx, f.FilePath)
	if e := (*Error)(nil); errors.As(err, &e) && e.Code == http.StatusNotFound {
		return nil, bad(err) // the path is good for an hour
	}
	if err != nil {
		return nil, a.failure(ctx, place{}, err, true)
	}
	return body, nil
}

// plainPath tells whether a path stays below the place of the bot's files.
func plainPath(p string) bool {
	if p == "" || strings.HasPrefix(p, "/") || strings.Contains(p, `\`) {
		return false
	}
	for _, part := range strings.Split(p, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}

// download opens a file of the bot. Errors are *Error.
func (c *client) download(ctx context.Context, file string) (io.ReadCloser, error) {
	address := c.base + "/file/bot" + c.token + "/" + (&url.URL{Path: file}).EscapedPath()
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		cancel()
		return nil, &Error{Op: "download", Cause: errors.New("the file's path is none")}
	}
	res, err := c.patient.Do(r)
	if err != nil {
		cancel()
		return nil, &Error{Op: "download", Cause: c.scrubbed(err), Sent: true}
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close() // nothing is left to do about it
		cancel()
		text := fmt.Sprintf("HTTP status %d", res.StatusCode)
		return nil, &Error{Op: "download", Code: res.StatusCode, Text: text, Sent: true, API: res.StatusCode < 500}
	}
	return &downloading{ReadCloser: res.Body, done: cancel, scrubbed: c.scrubbed}, nil
}

// downloading is the body of a download; its errors hold no address either.
type downloading struct {
	io.ReadCloser
	done     context.CancelFunc
	scrubbed func(error) error
}

// Read reads, as io.Reader says.
func (d *downloading) Read(p []byte) (int, error) {
	n, err := d.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = d.scrubbed(err)
	}
	return n, err
}

// Close ends the download.
func (d *downloading) Close() error {
	d.done()
	return d.ReadCloser.Close()
}
