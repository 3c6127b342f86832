package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/postman"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/media"
	"github.com/xianda-bot/xianda/config"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/store/cos"
	"github.com/xianda-bot/xianda/store/folder"
)

// openMedia opens where cfg keeps what people send; nil: nowhere.
func openMedia(cfg *config.Config) (s media.Store, shared bool, err error) {
	where := cfg.Media.Store
	switch {
	case where == "" || where == config.KeepNone:
		return nil, false, nil
	case strings.HasPrefix(where, "cos://"):
		s, err = cos.Open(where, cos.Options{
			SecretID: string(cfg.COS.SecretID), SecretKey: string(cfg.COS.SecretKey), Endpoint: cfg.COS.Endpoint,
		})
		shared = true
	default:
		s, err = folder.Open(where, folder.Options{})
	}
	if err != nil {
		return nil, false, fmt.Errorf("media.store: %w", err)
	}
	return s, shared, nil
}

// examineMedia looks whether media can be kept, without keeping any: a bucket is asked for what it does not have.
func examineMedia(ctx context.Context, cfg *config.Config) Check {
	where := cfg.Media.Store
	k := Check{Name: "media " + where}
	if where == "" || where == config.KeepNone {
		return Check{"media", true, "nothing that people send is kept for seats: media.store would keep it"}
	}
	var err error
	if !strings.HasPrefix(where, "cos://") { // opening it would make it
		err = writable(where)
	} else if s, _, e := openMedia(cfg); e != nil {
		err = e
	} else {
		_, _, body, e := s.Open(ctx, "doctor-asks-for-nothing")
		if e == nil {
			e = body.Close()
		}
		if err = e; errors.Is(e, fs.ErrNotExist) {
			err = nil
		} else if e != nil {
			err = fmt.Errorf("%w: do cos.secret_id and cos.secret_key belong to this bucket, and may they read and write below its prefix?", e)
		}
	}
	if err != nil {
		k.Detail = err.Error()
		return k
	}
	k.OK, k.Detail = true, fmt.Sprintf("kept for %s, at most %d MB each", cfg.Media.Keep, cfg.Media.MaxMB)
	return k
}

// sweepShared is how long a process that swept a store of media keeps the others from doing the same.
const sweepShared = 50 * time.Minute

// keep sets up the keeping of media; without a store h.media stays nil.
func (h *House) keep(cfg *config.Config) error {
	store, shared, err := openMedia(cfg)
	if err != nil || store == nil {
		return err
	}
	once := func() bool { return true } // a folder may be this machine's alone
	if shared {
		once = func() bool {
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			_, ok, err := h.store.Vault().Lock(ctx, "media/sweep", sweepShared) // and not unlocked: that is the pause
			return ok && err == nil
		}
	}
	h.media = media.New(store, media.Options{
		Fetcher: h.fetcher, Known: h.remembers, Tell: h.tellLost, Key: mediaKey(string(cfg.Admin.Token)),
		Keep: cfg.Media.Keep, MaxBytes: int64(cfg.Media.MaxMB) << 20, Once: once, Log: h.log, Count: h.metrics,
	})
	return nil
}

// mediaKey makes ids that nobody can guess, the same in all processes of a house. Without an admin listener nobody opens a medium by its
// id, and each process may have a key of its own.
func mediaKey(token string) []byte {
	if token == "" {
		return nil
	}
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("ids of media"))
	return mac.Sum(nil)
}

// fetcher is who opens what people of a channel send.
func (h *House) fetcher(channel string) (adapters.Fetcher, bool) {
	a, ok := h.adapter(channel)
	if !ok {
		return nil, false
	}
	f, ok := a.(adapters.Fetcher)
	return f, ok
}

func (h *House) remembers(ctx context.Context, a chat.Address) (bool, error) {
	_, err := h.store.Look(ctx, a)
	if errors.Is(err, session.ErrUnknown) {
		return false, nil
	}
	return err == nil, err
}

// tellLost tells a conversation of a medium that could not be kept; one that was forgotten meanwhile is not begun anew for it.
func (h *House) tellLost(ctx context.Context, m chat.Message) error {
	known, err := h.remembers(ctx, m.From)
	if err != nil || !known {
		return err
	}
	if _, err := h.post(ctx, m); err != nil && !errors.Is(err, session.ErrUnknown) {
		return err
	}
	h.beside.run(kickWithin, func(ctx context.Context) { h.resume(ctx, m.From) })
	return nil
}

// mediaID is the id under which the nth medium of m will be kept.
func (h *House) mediaID() func(m chat.Message, n int, now time.Time) string {
	if h.media == nil {
		return nil
	}
	return h.media.ID
}

// mediaPayer keeps media; in a house that does not any more, what is still owed is let go.
func (h *House) mediaPayer() postman.Payer {
	if h.media == nil {
		return unkept{}
	}
	return h.media
}

// unkept pays debts of media by doing nothing.
type unkept struct{}

var _ postman.Payer = unkept{}

// Pay does nothing.
func (unkept) Pay(context.Context, postman.Loan) error { return nil }

// Schedule is empty: Pay never fails.
func (unkept) Schedule() []time.Duration { return nil }

// Timeout is short.
func (unkept) Timeout() time.Duration { return time.Second }
