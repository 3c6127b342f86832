package wechat

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// grace is what a turn gets beyond ReplyBy before its context ends: it should have returned by then.
const grace = 300 * time.Millisecond

// Handler answers the platform: the console's verification (GET) and pushes (POST).
func (a *Adapter) Handler(in adapters.Inbox) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer a.porch.enter()()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch r.Method {
		case http.MethodGet:
			echo, refusal := a.gate.Echo(r)
			if refusal != nil {
				a.refuse(w, refusal)
				return
			}
			respond(w, "text/plain; charset=utf-8", []byte(echo))
		case http.MethodPost:
			a.receive(w, r, in)
		default:
			w.Header().Set("Allow", "GET, POST")
			a.refuse(w, &weixin.Refusal{Status: http.StatusMethodNotAllowed, Reason: "method"})
		}
	})
}

// receive takes one push.
func (a *Adapter) receive(w http.ResponseWriter, r *http.Request, in adapters.Inbox) {
	received := a.deps.Clock()
	p, refusal := a.gate.Open(w, r)
	if refusal != nil {
		a.refuse(w, refusal)
		return
	}
	pushed, err := readPush(p.Message)
	if err != nil {
		a.deps.Log.Debug("a push is malformed", "channel", a.name, "error", err.Error())
		a.refuse(w, &weixin.Refusal{Status: http.StatusBadRequest, Reason: "xml"})
		return
	}
	m, ignored := a.message(pushed, received)
	if ignored != "" {
		a.deps.Count.Count("ignored", a.name, ignored)
		acknowledge(w)
		return
	}
	// The platform hangs up at 5 s and the request's context ends with it; a half-done turn would lose the message.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), weixin.ReplyWithin+grace)
	defer cancel()
	replies, err := a.ask(ctx, in, m)
	switch {
	case errors.Is(err, chat.ErrLater):
		acknowledge(w)
	case err != nil:
		// Not accepted: the platform shall deliver it again.
		a.deps.Count.Count("unaccepted", a.name)
		if a.notes.First("unaccepted") {
			a.deps.Log.Error("messages are not accepted; the platform delivers them again (said once a minute)", "channel", a.name, "error", a.scrub(err.Error()))
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		a.show(w, r, p, pushed, m, replies)
	}
}

// ask gives m to the house. A panic behind the door is an error like any other: the message is not acknowledged.
func (a *Adapter) ask(ctx context.Context, in adapters.Inbox, m chat.Message) (replies []chat.Reply, err error) {
	defer func() {
		if recover() != nil {
			a.deps.Log.Error("a turn panicked", "channel", a.name, "stack", a.scrub(string(debug.Stack())))
			replies, err = nil, errors.New("the turn panicked")
		}
	}()
	return in(ctx, m)
}

// show writes the passive reply, of which the platform takes exactly one.
func (a *Adapter) show(w http.ResponseWriter, r *http.Request, p *weixin.Push, pushed *weixin.Element, m chat.Message, replies []chat.Reply) {
	text := joined(replies)
	if text == "" { // an empty Content makes the platform show its fault text
		acknowledge(w)
		return
	}
	now := a.deps.Clock()
	body := textReply(m.From.Peer, pushed.Leaf("ToUserName"), text, now)
	body, err := p.Answer(a.deps.Random, now, body)
	if err != nil {
		a.deps.Log.Error("a passive reply cannot be sealed", "channel", a.name, "error", err.Error())
		acknowledge(w)
		return
	}
	// A reply that nobody was there to read is not shown: its redelivery fetches it. Asked before writing, because whoever has read the
	// whole response may hang up at once, and that ends the context too.
	there := r.Context().Err() == nil
	if respond(w, "text/xml; charset=utf-8", body) && there {
		a.deps.Shown(m)
	}
}

// joined is the text of replies as one message.
func joined(replies []chat.Reply) string {
	var texts []string
	for _, r := range replies {
		if t := weixin.Clean(r.Text); strings.TrimSpace(t) != "" {
			texts = append(texts, t)
		}
	}
	return strings.Join(texts, "\n")
}

func acknowledge(w http.ResponseWriter) { respond(w, "text/plain; charset=utf-8", []byte("success")) }

// respond writes a 200 response and tells whether it left us.
func respond(w http.ResponseWriter, contentType string, body []byte) bool {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err != nil {
		return false
	}
	err := http.NewResponseController(w).Flush()
	return err == nil || errors.Is(err, http.ErrNotSupported)
}

// refuse answers a request that is not let in, with nothing to learn from but the status.
func (a *Adapter) refuse(w http.ResponseWriter, r *weixin.Refusal) {
	a.deps.Count.Count("rejected", a.name, r.Reason)
	if a.notes.First(r.Reason) {
		a.deps.Log.Warn("a request was turned away (said once a minute for each reason)", "channel", a.name, "reason", r.Reason, "remedy", remedies(r.Reason))
	}
	w.WriteHeader(r.Status)
	_, _ = io.WriteString(w, http.StatusText(r.Status)) // whoever asked may have gone
}

// remedies is what an operator can do if the refused requests are the platform's own.
func remedies(reason string) string {
	switch reason {
	case "signature", "msg_signature":
		return "if messages stay away: compare token with the console's Token"
	case "stale":
		return "if messages stay away: set this machine's clock"
	case "downgrade":
		return "if messages stay away: choose 安全模式 in the console, or remove aes_key"
	case "encrypted":
		return "the console encrypts: set aes_key"
	case "envelope":
		return "if messages stay away: compare aes_key and app_id with the console's"
	}
	return ""
}

func (a *Adapter) scrub(s string) string {
	return weixin.Scrub(s, a.cfg.AppSecret, a.cfg.Token, a.cfg.TokenPrevious, a.cfg.AESKey, a.cfg.AESKeyPrevious)
}

// porch knows how many deliveries are being answered.
type porch struct {
	mu    sync.Mutex // guards all below
	count int
	idle  chan struct{} // closed when count becomes 0; nil while nobody waits
}

// enter counts one in and returns what counts it out.
func (p *porch) enter() (leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.count--; p.count == 0 && p.idle != nil {
			close(p.idle)
			p.idle = nil
		}
	}
}

// wait returns when nobody is in.
func (p *porch) wait() {
	p.mu.Lock()
	if p.count == 0 {
		p.mu.Unlock()
		return
	}
	if p.idle == nil {
		p.idle = make(chan struct{})
	}
	idle := p.idle
	p.mu.Unlock()
	<-idle
}
