package telegram

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

const (
	maxBody      = 1 << 20
	acceptWithin = 5 * time.Second // by when the house has accepted a message, or not
	callWithin   = 5 * time.Second // one call beside a delivery
	secretHeader = "X-Telegram-Bot-Api-Secret-Token"
)

// hooked is a bot whose updates the platform posts to us.
type hooked struct{ *Adapter }

// Path is where the webhook is mounted.
func (h *hooked) Path() string { return h.cfg.Path }

// Run registers the webhook if its public address is configured, and waits for ctx and for what goes on beside the deliveries.
func (h *hooked) Run(ctx context.Context, _ adapters.Inbox) error {
	h.works.Go(func() { h.introduce(ctx) })
	if h.cfg.URL != "" {
		h.works.Go(func() { h.register(ctx) })
	}
	<-ctx.Done()
	h.works.Wait()
	return nil
}

// Handler takes updates. The platform delivers those of one chat one after the other, and again until it gets a 2xx, for 24 hours.
func (h *hooked) Handler(in adapters.Inbox) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer h.works.Enter()()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		body, status, reason := h.open(w, r)
		if status != 0 {
			h.refuse(w, status, reason)
			return
		}
		u, err := decode(body)
		if errors.Is(err, errBroken) {
			h.refuse(w, http.StatusBadRequest, "json")
			return
		}
		if err == nil {
			err = h.take(r.Context(), in, &u)
		} else {
			h.unreadable(u.ID)
			err = nil // delivered again for 24 hours it would hold up its chat, and be no better
		}
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
}

// open checks who calls before anything is read, and reads the body. status is 0 or what to refuse with.
func (h *hooked) open(w http.ResponseWriter, r *http.Request) (body []byte, status int, reason string) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, http.StatusMethodNotAllowed, "method"
	}
	if !h.proves(r.Header.Values(secretHeader)) {
		return nil, http.StatusUnauthorized, "secret"
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, http.StatusUnsupportedMediaType, "encoding"
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, http.StatusRequestEntityTooLarge, "large"
	case err != nil:
		return nil, http.StatusBadRequest, "body"
	}
	return body, 0, ""
}

// proves compares in constant time, whatever the length: sums are compared.
func (h *hooked) proves(given []string) bool {
	if len(given) != 1 {
		return false
	}
	got := sha256.Sum256([]byte(given[0]))
	now, before := sha256.Sum256([]byte(h.cfg.Secret)), sha256.Sum256([]byte(h.cfg.SecretPrevious))
	ok := subtle.ConstantTimeCompare(got[:], now[:])
	if h.cfg.SecretPrevious != "" {
		ok |= subtle.ConstantTimeCompare(got[:], before[:])
	}
	return ok == 1
}

// refuse answers a request that is not let in, with nothing to learn from but the status.
func (h *hooked) refuse(w http.ResponseWriter, status int, reason string) {
	remedy := ""
	if reason == "secret" {
		remedy = "if messages stay away: set url, so that the webhook is registered with this secret, or register it so yourself"
	}
	h.works.Refuse(w, status, reason, remedy)
}

// unreadable notes an update that is not what the API describes. It is lost: someone must know.
func (a *Adapter) unreadable(id int64) {
	a.deps.Count.Count("ignored", a.name, "unreadable")
	if a.notes.First("unreadable") {
		a.deps.Log.Error("an update is not what the Bot API describes, and was left out (said once a minute)",
			"channel", a.name, "update", id)
	}
}

// take gives one update to the house. nil: the platform may forget it.
func (a *Adapter) take(ctx context.Context, in adapters.Inbox, u *update) error {
	// The request's context ends with the connection; a half-done turn would lose the message.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptWithin)
	defer cancel()
	m, ignored, err := a.message(ctx, u)
	if ignored != "" {
		a.deps.Count.Count("ignored", a.name, ignored)
		if u.Tap != nil {
			a.ackSoon(u.Tap.ID)
		}
		return nil
	}
	if err == nil {
		if m.Kind == chat.Chose {
			a.ackSoon(u.Tap.ID)
		}
		// There is no response to show replies in.
		_, err = a.works.Ask(ctx, in, m)
	}
	if err == nil || errors.Is(err, chat.ErrLater) {
		return nil
	}
	a.works.Unaccepted(err)
	return err
}
