package weixintest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"
)

// mediaLife is how long a temporary medium lives (media/upload).
const mediaLife = 3 * 24 * time.Hour

// file is a temporary medium.
type file struct {
	kind, mime string
	data       []byte
	until      time.Time
}

// Keep puts a medium on the platform, as a person who sent it does, and returns its id.
func (p *Platform) Keep(kind, mime string, data []byte) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keep(file{kind, mime, data, time.Now().Add(mediaLife)})
}

// Forget forgets every medium, earlier than the platform promises.
func (p *Platform) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.media)
}

func (p *Platform) keep(f file) string {
	p.mediaID++
	id := fmt.Sprintf("media-%d", p.mediaID)
	p.media[id] = f
	return id
}

func (p *Platform) has(id string) bool {
	f, ok := p.media[id]
	return ok && time.Now().Before(f.until)
}

// mediaCall is media/upload and media/get. The caller holds the lock.
func (p *Platform) mediaCall(w http.ResponseWriter, r *http.Request, body []byte) {
	switch r.URL.Path {
	case "/cgi-bin/media/get":
		id := r.URL.Query().Get("media_id")
		if !p.has(id) {
			Answer(w, 40007, errmsg[40007])
			return
		}
		w.Header().Set("Content-Type", p.media[id].mime)
		_, _ = w.Write(p.media[id].data) // whoever asked may have gone
	case "/cgi-bin/media/upload":
		f, err := uploaded(r, body)
		if err != nil {
			Answer(w, 41005, err.Error())
			return
		}
		id := p.keep(f)
		_ = json.NewEncoder(w).Encode(map[string]any{"type": f.kind, "media_id": id, "created_at": time.Now().Unix()})
	default:
		Answer(w, 40066, errmsg[40066])
	}
}

// uploaded reads the one file of a multipart body, which must have a name with an extension.
func uploaded(r *http.Request, body []byte) (f file, err error) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return f, err
	}
	form, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(32 << 20)
	if err != nil {
		return f, err
	}
	kind := r.URL.Query().Get("type")
	if len(form.File["media"]) != 1 || kind == "" {
		return f, fmt.Errorf("media data missing")
	}
	at, err := form.File["media"][0].Open()
	if err != nil {
		return f, err
	}
	defer func() { _ = at.Close() }() // it is in memory
	data, err := io.ReadAll(at)
	if err != nil || len(data) == 0 {
		return f, fmt.Errorf("media data missing")
	}
	return file{kind, http.DetectContentType(data), data, time.Now().Add(mediaLife)}, nil
}
