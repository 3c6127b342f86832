// Package webhook tells a seat system of cases: it pays chat.CaseDebt debts by signed POSTs, one attempt each.
// It does not retry and keeps nothing: the postman repeats by Schedule, and a repeated signal bears the same delivery id.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/handoff"
)

// Cases reads a case as it is when its signal is sent. handoff.Queue is one.
type Cases interface {
	Case(ctx context.Context, id string) (*chat.Case, error)
}

// Options of a Webhook. Every field may be left out.
type Options struct {
	HTTP  *http.Client     // default: one of its own; redirects are never followed, whatever it says
	Clock func() time.Time // default: time.Now
}

// Webhook pays case signals. It is safe for concurrent use.
type Webhook struct {
	url    string
	secret []byte
	cases  Cases
	http   http.Client
	clock  func() time.Time
}

// New returns the payer for the seat system at url, which knows our calls by secret. Without a url there is nobody to tell: every
// signal is settled as paid, so that none piles up while seats work through the admin API alone.
func New(url, secret string, cases Cases, o Options) *Webhook {
	w := &Webhook{url: url, secret: []byte(secret), cases: cases, clock: o.Clock}
	if o.HTTP != nil {
		w.http = *o.HTTP
	}
	if w.http.Transport == nil { // not the process's: whoever closes its idle connections would cut our calls
		w.http.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 4 * time.Second}
	}
	w.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if w.clock == nil {
		w.clock = time.Now
	}
	return w
}

// Schedule is how long to wait after the first, second … failed attempt (reference/api.md).
func (w *Webhook) Schedule() []time.Duration {
	return []time.Duration{5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour}
}

// Timeout is how long the receiver has for its answer.
func (w *Webhook) Timeout() time.Duration { return 5 * time.Second }

// maxAnswer is how much of an answer is read, so that its connection can be used again.
const maxAnswer = 64 << 10

// Pay makes one attempt at the signal that d holds. Only a 2xx answer is success: a redirect is a failure, because following it would
// hand a case to an address that the operator never named. Every error is a *chat.Failure without address, secret or words of people;
// it is Refused when no attempt can ever succeed (the case was forgotten), else Temporary.
func (w *Webhook) Pay(ctx context.Context, d chat.Debt) error {
	if w.url == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, w.Timeout())
	defer cancel()
	var s chat.Signal
	if err := json.Unmarshal(d.Body, &s); err != nil || s.Event == "" || s.Case == nil || s.Case.ID == "" {
		return refused(errors.New("the debt holds no case signal"))
	}
	body, err := w.body(ctx, s)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return temporary(errors.New("handoff.webhook.url is no address"))
	}
	at := strconv.FormatInt(w.clock().Unix(), 10)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "xianda")
	req.Header.Set("X-Xianda-Event", s.Event)
	req.Header.Set("X-Xianda-Delivery", delivery(d))
	req.Header.Set("X-Xianda-Timestamp", at)
	req.Header.Set("X-Xianda-Signature", "sha256="+w.sign(at, body))
	resp, err := w.http.Do(req)
	if err != nil {
		return temporary(withoutAddress(err, ctx))
	}
	defer resp.Body.Close()
	// What the answer says is of no use to us; an error here does not unsay its status.
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return temporary(fmt.Errorf("the seat system answered with status %d", resp.StatusCode))
	}
	return nil
}

// body is the whole case, or with case.message its id and the message.
func (w *Webhook) body(ctx context.Context, s chat.Signal) ([]byte, error) {
	var what any
	if s.Message != nil {
		what = struct {
			Case    string     `json:"case"`
			Message *chat.Line `json:"message"`
		}{s.Case.ID, s.Message}
	} else {
		c, err := w.cases.Case(ctx, s.Case.ID)
		switch {
		case errors.Is(err, handoff.ErrUnknown):
			return nil, refused(fmt.Errorf("case %s: %w", s.Case.ID, err))
		case err != nil:
			return nil, temporary(fmt.Errorf("case %s: %w", s.Case.ID, err))
		}
		what = c
	}
	body, err := json.Marshal(what)
	if err != nil {
		return nil, refused(fmt.Errorf("case %s: %w", s.Case.ID, err))
	}
	return body, nil
}

// sign is the hex HMAC-SHA256 over timestamp, dot and body: the timestamp is signed too, so that a recorded call grows old.
func (w *Webhook) sign(at string, body []byte) string {
	mac := hmac.New(sha256.New, w.secret)
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// delivery names a signal the same way at every attempt. A debt's id is unique in its conversation only, so that the conversation's
// hash goes before it.
func delivery(d chat.Debt) string {
	sum := sha256.Sum256([]byte(d.To.String()))
	return hex.EncodeToString(sum[:6]) + "-" + url.PathEscape(d.ID)
}

// withoutAddress drops what net/http puts around an error: the address may hold a key.
func withoutAddress(err error, ctx context.Context) error {
	if ctx.Err() == context.DeadlineExceeded {
		return errors.New("the seat system did not answer in time")
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

func temporary(err error) *chat.Failure { return &chat.Failure{Kind: chat.Temporary, Err: err} }

func refused(err error) *chat.Failure { return &chat.Failure{Kind: chat.Refused, Err: err} }
