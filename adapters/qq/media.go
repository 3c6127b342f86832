package qq

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters/internal/calls"
	"github.com/xianda-bot/xianda/adapters/internal/claims"
	"github.com/xianda-bot/xianda/chat"
)

// maxAttachments is how many of a message are kept: the app sends at most twenty pictures at once.
const maxAttachments = 20

// media are the attachments of a message. What has no address that can be opened is still told.
func media(all []attachment) (out []chat.Media) {
	for _, x := range all[:min(len(all), maxAttachments)] {
		m := chat.Media{Kind: "file", Name: claims.Name(x.Name), MIME: claims.Type(x.Type)}
		kind, _, _ := strings.Cut(x.Type, "/")
		switch kind {
		case "image", "video":
			m.Kind = kind
		case "voice", "audio":
			m.Kind = "voice"
		}
		if x.Size > 0 && x.Size < 1<<40 {
			m.Size = int64(x.Size)
		}
		if strings.HasPrefix(x.URL, "https://") {
			m.URL = claims.Address(x.URL)
		}
		out = append(out, m)
	}
	return out
}

// heard is what the platform understood of the voice messages.
func heard(all []attachment) string {
	var texts []string
	for _, x := range all[:min(len(all), maxAttachments)] {
		if s := strings.TrimSpace(x.Speech); s != "" {
			texts = append(texts, s)
		}
	}
	return strings.Join(texts, "\n")
}

// Open opens a person's attachment by the address that the platform gave for it, which ends after some hours. Errors are those of
// calls.Open.
func (a *Adapter) Open(ctx context.Context, m chat.Media) (io.ReadCloser, error) {
	return calls.Open(ctx, a.deps.Outside, m.URL)
}

// longestUpload is how long an uploaded image is used again at most, and uploadMargin how long before its end it is no more.
const (
	longestUpload = 24 * time.Hour
	uploadMargin  = time.Minute
)

// uploaded returns the platform's handle of an image: a kept one, or that of a new upload, by its address. What was uploaded for groups
// cannot be shown to one person, nor the other way round (message/send-receive/rich-media).
func (a *Adapter) uploaded(ctx context.Context, to chat.Address, m chat.Media) (string, error) {
	u, err := url.Parse(m.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return "", &chat.Failure{Kind: chat.BadMedia, Err: errors.New("an image is sent by its https address, which the platform fetches")}
	}
	key := a.uploadKey(to, m)
	if info, err := a.deps.Vault.Get(ctx, key); err == nil && info != "" {
		return info, nil
	}
	var out struct {
		Info string `json:"file_info"`
		TTL  int64  `json:"ttl"` // seconds; 0: for long
	}
	if err := a.api.call(ctx, http.MethodPost, place(to)+"/files", upload{Type: imageFile, URL: m.URL}, &out); err != nil {
		f := classify(err)
		f.Unknown = false // a file that nobody sees
		return "", f
	}
	if out.Info == "" {
		return "", &chat.Failure{Kind: chat.BadMedia, Err: errors.New("the platform took the image and gave no handle for it")}
	}
	life := longestUpload
	if out.TTL > 0 {
		life = min(life, time.Duration(min(out.TTL, 1<<30))*time.Second-uploadMargin)
	}
	if life > 0 {
		_ = a.deps.Vault.Put(ctx, key, out.Info, life) // without it the next one is uploaded again
	}
	return out.Info, nil
}

func (a *Adapter) uploadKey(to chat.Address, m chat.Media) string {
	kind := "users"
	if to.Thread != "" {
		kind = "groups"
	}
	return "qq/upload/" + a.cfg.AppID + "/" + kind + "/" + digest(m.URL)
}
