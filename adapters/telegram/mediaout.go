package telegram

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/xianda-bot/xianda/adapters/internal/calls"
	"github.com/xianda-bot/xianda/adapters/internal/claims"
	"github.com/xianda-bot/xianda/chat"
)

const (
	maxPhoto  = 10 << 20 // of a photo that we upload (core.telegram.org/bots/api#sending-files)
	maxUpload = 20 << 20 // of anything else; the platform takes 50 MB, a process that answers thousands should not hold them
	// handleFor is how long the platform's handle of a file is used instead of its address. It lasts longer; what is behind an address
	// may change.
	handleFor = 24 * time.Hour
)

// sendMedia shows one medium: by the handle that we know, else by its address, which the platform fetches, and when it cannot, by
// uploading what we fetch ourselves. The platform answers each refused way before it shows anything.
func (a *Adapter) sendMedia(ctx context.Context, l letter, m chat.Media) (string, error) {
	way := methodFor(m.Kind)
	if m.Ref != "" {
		id, _, err := a.sendFile(ctx, l, way, &models.InputFileString{Data: m.Ref})
		return id, a.mediaFailure(ctx, l.place, err)
	}
	if u, err := url.Parse(m.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return "", &chat.Failure{Kind: chat.BadMedia, Err: errors.New("the medium has neither a handle nor an address")}
	}
	key := handleKey(way, m.URL)
	known, err := a.deps.Vault.Get(ctx, key)
	if err != nil {
		known = "" // the address will do
	}
	for _, name := range []string{known, m.URL} {
		if name == "" {
			continue
		}
		id, handle, err := a.sendFile(ctx, l, way, &models.InputFileString{Data: name})
		if err == nil {
			a.remember(ctx, key, known, handle)
			return id, nil
		}
		f := a.failure(ctx, l.place, err, true)
		if f.Kind != chat.BadMedia {
			return "", f
		}
		a.deps.Log.Debug("the platform does not take a medium so", "channel", a.name, "error", f.Err)
	}
	body, kind, err := a.fetch(ctx, m.URL, way)
	if err != nil {
		return "", &chat.Failure{Kind: chat.BadMedia, Err: err}
	}
	id, handle, err := a.sendFile(ctx, l, way, &models.InputFileUpload{Filename: uploadName(m, kind), Data: bytes.NewReader(body)})
	if err == nil {
		a.remember(ctx, key, known, handle)
	}
	return id, a.mediaFailure(ctx, l.place, err)
}

func (a *Adapter) mediaFailure(ctx context.Context, to place, err error) error {
	if err == nil {
		return nil
	}
	return a.failure(ctx, to, err, true)
}

func handleKey(way, address string) string {
	sum := sha256.Sum256([]byte(way + " " + address))
	return "telegram/file/" + hex.EncodeToString(sum[:16])
}

func (a *Adapter) remember(ctx context.Context, key, known, handle string) {
	if handle == "" || handle == known {
		return
	}
	if err := a.deps.Vault.Put(ctx, key, handle, handleFor); err != nil {
		a.deps.Log.Debug("a file's handle is not remembered", "channel", a.name, "error", err)
	}
}

// methodFor is how a kind of medium is sent.
func methodFor(kind string) string {
	switch kind {
	case "image":
		return "sendPhoto"
	case "video":
		return "sendVideo"
	case "voice":
		return "sendVoice"
	}
	return "sendDocument"
}

// sendFile sends a file and returns the platform's handle of it, "" when it says none.
func (a *Adapter) sendFile(ctx context.Context, l letter, way string, f models.InputFile) (id, handle string, err error) {
	raw, err := a.send(ctx, l.place, way, func(ctx context.Context, b *bot.Bot, to place) (err error) {
		if up, ok := f.(*models.InputFileUpload); ok { // once more outside of a topic that is gone
			if _, err := up.Data.(io.Seeker).Seek(0, io.SeekStart); err != nil {
				return err
			}
		}
		topic, reply := to.topic, l.reply()
		switch way {
		case "sendPhoto":
			_, err = b.SendPhoto(ctx, &bot.SendPhotoParams{ChatID: to.chat, MessageThreadID: topic, Photo: f, ReplyParameters: reply})
		case "sendVideo":
			_, err = b.SendVideo(ctx, &bot.SendVideoParams{ChatID: to.chat, MessageThreadID: topic, Video: f, ReplyParameters: reply})
		case "sendVoice":
			_, err = b.SendVoice(ctx, &bot.SendVoiceParams{ChatID: to.chat, MessageThreadID: topic, Voice: f, ReplyParameters: reply})
		default:
			p := &bot.SendDocumentParams{ChatID: to.chat, MessageThreadID: topic, Document: f, ReplyParameters: reply}
			_, err = b.SendDocument(ctx, p)
		}
		return err
	})
	if err != nil {
		return "", "", err
	}
	sent := shown(raw)
	return sent.id(), sent.handle(), nil
}

// fetch reads what is behind an address, within the limits of way, and its true type.
func (a *Adapter) fetch(ctx context.Context, address, way string) (body []byte, kind string, err error) {
	from, err := calls.Open(ctx, a.deps.Outside, address)
	if err != nil {
		return nil, "", errors.Unwrap(err) // of either kind: the words do not wait until a picture's host is back
	}
	defer from.Close()
	limit := int64(maxUpload)
	if way == "sendPhoto" {
		limit = maxPhoto
	}
	if body, err = io.ReadAll(io.LimitReader(from, limit+1)); err != nil {
		return nil, "", errors.New("the medium could not be read whole")
	}
	if int64(len(body)) > limit || len(body) == 0 {
		return nil, "", fmt.Errorf("the medium is empty, or larger than %d MB", limit>>20)
	}
	kind, _, _ = strings.Cut(http.DetectContentType(body), ";")
	if way == "sendPhoto" && kind != "image/jpeg" && kind != "image/png" && kind != "image/gif" && kind != "image/webp" {
		return nil, "", errors.New("the medium is said to be an image, and is " + kind)
	}
	return body, kind, nil
}

// uploadName is a plain name: the platform tells types by it.
func uploadName(m chat.Media, kind string) string {
	if name := claims.Name(m.Name); name != "" {
		return name
	}
	switch kind {
	case "image/jpeg":
		return "image.jpg"
	case "image/png":
		return "image.png"
	case "image/gif":
		return "image.gif"
	case "image/webp":
		return "image.webp"
	case "application/pdf":
		return "file.pdf"
	}
	return "file"
}

// sentMessage is what matters of a message that was shown.
type sentMessage struct {
	ID       int                `json:"message_id"`
	Photo    []models.PhotoSize `json:"photo"`
	Document *models.Document   `json:"document"`
	Video    *models.Video      `json:"video"`
	Voice    *models.Voice      `json:"voice"`
}

func shown(raw json.RawMessage) (m sentMessage) {
	_ = json.Unmarshal(raw, &m) // it is shown, whatever the answer looks like
	return m
}

// id is the platform's number of the message, "" when it says none: then it cannot be edited.
func (m sentMessage) id() string {
	if m.ID == 0 {
		return ""
	}
	return strconv.Itoa(m.ID)
}

// handle is by what the file can be sent again.
func (m sentMessage) handle() string {
	switch {
	case len(m.Photo) > 0:
		return m.Photo[len(m.Photo)-1].FileID
	case m.Document != nil:
		return m.Document.FileID
	case m.Video != nil:
		return m.Video.FileID
	case m.Voice != nil:
		return m.Voice.FileID
	}
	return ""
}
