// Package toy is the smallest whole messenger, made of JSON and one signature: the suite is tried on it, and it shows what a new
// messenger's folder holds. It speaks for no real platform and is not built in.
package toy

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
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// Section is a channel of kind toy in the configuration.
type Section struct {
	Secret  string `yaml:"secret" json:"secret"`     // signs deliveries, and opens the API
	APIBase string `yaml:"api_base" json:"api_base"` // "https://toy.example"
}

// Adapter is one toy account.
type Adapter struct {
	name string
	cfg  Section
	deps adapters.Deps
}

var (
	_ adapters.Factory = New
	_ adapters.Webhook = (*Adapter)(nil)
)

// New makes the adapter of one account.
func New(name string, decode func(into any) error, d adapters.Deps) (adapters.Adapter, error) {
	var s Section
	if err := decode(&s); err != nil {
		return nil, err
	}
	if s.Secret == "" {
		return nil, errors.New("secret is missing: anybody could write in a person's name")
	}
	return &Adapter{name: name, cfg: s, deps: d}, nil
}

// Name is the configured name.
func (a *Adapter) Name() string { return a.name }

// Path is where the webhook is mounted.
func (a *Adapter) Path() string { return "/toy/" + a.name }

// Caps of every conversation are the same.
func (a *Adapter) Caps(chat.Address) chat.Caps {
	return chat.Caps{
		MaxText: 200, TextUnit: chat.UTF16, MaxChoices: 3, MaxLabel: 20, MaxData: 64,
		Choices: chat.Full, Tap: chat.Full, Push: chat.Full, Passive: 2, PassiveChoices: chat.Full,
		AckWithin: 5 * time.Second, Redelivery: 15 * time.Second,
	}
}

// Run waits: the adapter is called.
func (a *Adapter) Run(ctx context.Context, _ adapters.Inbox) error {
	<-ctx.Done()
	return nil
}

// Delivered is what the platform posts, and Reply what it takes.
type (
	Delivered struct {
		ID, Who, Text, Tap, Menu string
		At                       int64
	}
	Reply struct {
		To, Key, Text string
		Buttons       []chat.Choice
	}
)

// Sign is the platform's signature of body.
func Sign(secret string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}

// Handler answers deliveries.
func (a *Adapter) Handler(in adapters.Inbox) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := a.deps.Clock()
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		if !hmac.Equal([]byte(r.Header.Get("X-Signature")), []byte(Sign(a.cfg.Secret, body))) {
			http.Error(w, "forbidden", http.StatusForbidden)
			return
		}
		var d Delivered
		if err := json.Unmarshal(body, &d); err != nil || d.ID == "" || d.Who == "" {
			http.Error(w, "malformed", http.StatusBadRequest)
			return
		}
		m := chat.Message{
			ID: d.ID, Kind: chat.Said, From: chat.Address{Channel: a.name, Peer: d.Who}, Text: d.Text,
			At: time.Unix(d.At, 0), ReplyBy: now.Add(4500 * time.Millisecond),
		}
		switch {
		case d.Tap != "":
			m.Kind, m.Choice = chat.Chose, d.Tap
		case d.Menu != "":
			m.Kind, m.Scene = chat.Arrived, map[string]string{"menu": d.Menu}
		}
		replies, err := in(context.WithoutCancel(r.Context()), m)
		if err != nil && !errors.Is(err, chat.ErrLater) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		out := []Reply{}
		for _, reply := range replies {
			out = append(out, a.encode(m.From, reply))
		}
		if json.NewEncoder(w).Encode(out) == nil && len(out) > 0 {
			a.deps.Shown(m)
		}
	})
}

func (a *Adapter) encode(to chat.Address, r chat.Reply) Reply {
	return Reply{To: to.Peer, Key: r.Key, Text: r.Text, Buttons: r.Choices}
}

// Send posts one reply.
func (a *Adapter) Send(ctx context.Context, to chat.Address, r chat.Reply, _ *chat.ReplyRight) (string, error) {
	body, err := json.Marshal(a.encode(to, r))
	if err != nil {
		return "", &chat.Failure{Kind: chat.Refused, Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.cfg.APIBase+"/send", bytes.NewReader(body))
	if err != nil {
		return "", &chat.Failure{Kind: chat.Refused, Err: errors.New("api_base is no address")}
	}
	req.Header.Set("X-Signature", Sign(a.cfg.Secret, body))
	res, err := a.deps.HTTP.Do(req)
	if err != nil {
		// Before the call is begun nothing can have been accepted.
		return "", &chat.Failure{Kind: chat.Temporary, Unknown: ctx.Err() == nil, Err: errors.New("the platform did not answer")}
	}
	defer res.Body.Close()
	cause := fmt.Errorf("the platform answered %d", res.StatusCode)
	switch {
	case res.StatusCode == http.StatusOK:
		return r.Key, nil
	case res.StatusCode == http.StatusTooManyRequests:
		return "", &chat.Failure{Kind: chat.Rate, Retry: 3 * time.Second, Err: cause}
	case res.StatusCode >= 500:
		return "", &chat.Failure{Kind: chat.Temporary, Err: cause}
	}
	return "", &chat.Failure{Kind: chat.Refused, Err: cause}
}
