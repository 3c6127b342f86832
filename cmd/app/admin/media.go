package admin

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/media"
)

// Media opens what people sent. media.Keeper is one; its errors are those of package media.
type Media interface {
	Open(ctx context.Context, id string) (chat.Media, io.ReadCloser, error)
}

// sendMedia is how long a caller may take for one medium; the server's own limit is for short answers.
const sendMedia = 2 * time.Minute

// showMedia sends what is kept. Whoever sent it may want to harm who looks: only raster pictures are shown by a browser, everything else is
// downloaded, under a type that runs nothing.
func (a *api) showMedia(w http.ResponseWriter, r *http.Request) {
	if a.Media == nil {
		a.refuse(w, &problem{http.StatusNotFound, "not_found", "",
			"this house keeps nothing that people send: see media.store of the configuration"})
		return
	}
	m, body, err := a.Media.Open(r.Context(), r.PathValue("id"))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	defer body.Close()
	// A server that has no such limits is no error.
	_ = http.NewResponseController(w).SetWriteDeadline(a.Clock().Add(sendMedia))
	kind, shown := harmless(m)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.FormatInt(m.Size, 10))
	h.Set("Content-Disposition", mime.FormatMediaType(shown, map[string]string{"filename": m.Name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, no-store")
	if r.Method == http.MethodHead {
		return
	}
	if n, err := io.Copy(w, body); err != nil || n != m.Size {
		a.Log.Warn("a medium was not sent whole", "error", err)
		panic(http.ErrAbortHandler) // so that the caller does not take the beginning for all of it
	}
}

// harmless is the type under which a medium is sent, and how a browser treats it.
func harmless(m chat.Media) (kind, shown string) {
	family, _, _ := strings.Cut(m.MIME, "/")
	switch {
	case m.Kind == "image" && media.Safe(m.MIME):
		return m.MIME, "inline"
	case family == "audio", family == "video":
		return m.MIME, "attachment"
	}
	return "application/octet-stream", "attachment"
}

// mediaProblem is what Open says; nil: it is none of its own.
func mediaProblem(err error) *problem {
	switch {
	case errors.Is(err, media.ErrUnknown):
		return &problem{http.StatusNotFound, "not_found", "", media.ErrUnknown.Error()}
	case errors.Is(err, media.ErrNotYet):
		return &problem{http.StatusNotFound, "not_yet", "", media.ErrNotYet.Error() + "; try again in a few seconds"}
	case errors.Is(err, media.ErrExpired):
		return &problem{http.StatusGone, "expired", "", media.ErrExpired.Error()}
	case errors.Is(err, media.ErrLost):
		return &problem{http.StatusGone, "lost", "", err.Error()}
	}
	return nil
}
