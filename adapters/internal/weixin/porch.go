package weixin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/door"
	"github.com/xianda-bot/xianda/adapters/internal/sparing"
	"github.com/xianda-bot/xianda/chat"
)

// grace is what a turn gets beyond ReplyWithin before its context ends: it should have returned by then.
const grace = 300 * time.Millisecond

// Guard tells genuine requests from others; Gate is one.
type Guard interface {
	// Echo checks the console's verification, a GET, and returns the text to answer it with.
	Echo(r *http.Request) (string, *Refusal)
	// Open checks a push, a POST, and returns it.
	Open(w http.ResponseWriter, r *http.Request) (*Push, *Refusal)
}

// Visit is a push as its messenger read it.
type Visit struct {
	Message chat.Message
	Ignored string // the fixed word under which a push that is no message is counted, and only acknowledged; "" for a message
	// Bell is of a push that only says that there is something to fetch: it notes that, and Message is nothing. An error: not noted, the
	// platform shall push again. nil for a push with a message.
	Bell func(ctx context.Context) error
	// Reply is the response that shows replies, not sealed yet; nil of it, or no Reply: the push is acknowledged. done says that the
	// replies need no response any more: they were carried out by the API.
	Reply func(ctx context.Context, replies []chat.Reply, now time.Time) (body []byte, done bool)
}

// Porch is where the deliveries of one account come in: a door that reads a push once it is known to be genuine, and answers in the
// platform's words. It is safe for concurrent use.
type Porch struct {
	*door.Door

	name    string
	deps    adapters.Deps
	guard   Guard
	secrets []string
}

// NewPorch returns the porch of the channel name. secrets never show in its logs.
func NewPorch(name string, d adapters.Deps, guard Guard, secrets ...string) *Porch {
	p := &Porch{name: name, deps: d, guard: guard, secrets: secrets}
	p.Door = door.New(name, d, sparing.New(d.Clock), p.Scrub)
	return p
}

// Handler answers the platform: the console's verification (GET) and pushes (POST), which read reads. An error of read is a push that is
// malformed; it is logged at debug level and must not quote the person.
func (p *Porch) Handler(in adapters.Inbox, read func(push *Push, received time.Time) (Visit, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer p.Enter()()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch r.Method {
		case http.MethodGet:
			echo, refusal := p.guard.Echo(r)
			if refusal != nil {
				p.Refuse(w, refusal)
				return
			}
			respond(w, "text/plain; charset=utf-8", []byte(echo))
		case http.MethodPost:
			p.receive(w, r, in, read)
		default:
			w.Header().Set("Allow", "GET, POST")
			p.Refuse(w, &Refusal{Status: http.StatusMethodNotAllowed, Reason: "method"})
		}
	})
}

// receive takes one push.
func (p *Porch) receive(w http.ResponseWriter, r *http.Request, in adapters.Inbox, read func(*Push, time.Time) (Visit, error)) {
	received := p.deps.Clock()
	push, refusal := p.guard.Open(w, r)
	if refusal != nil {
		p.Refuse(w, refusal)
		return
	}
	v, err := read(push, received)
	if err != nil {
		p.deps.Log.Debug("a push is malformed", "channel", p.name, "error", err.Error())
		p.Refuse(w, malformed(format(push.Message)))
		return
	}
	if v.Ignored != "" {
		p.deps.Count.Count("ignored", p.name, v.Ignored)
		acknowledge(w)
		return
	}
	// The platform hangs up at 5 s and the request's context ends with it; a half-done turn would lose the message.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), ReplyWithin+grace)
	defer cancel()
	var replies []chat.Reply
	if v.Bell != nil {
		err = v.Bell(ctx)
	} else {
		replies, err = p.Ask(ctx, in, v.Message)
	}
	switch {
	case errors.Is(err, chat.ErrLater):
		acknowledge(w)
	case err != nil:
		// Not accepted: the platform shall deliver it again.
		p.Unaccepted(err)
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		p.show(ctx, w, r, push, v, replies)
	}
}

// show writes the passive reply, of which the platform takes exactly one.
func (p *Porch) show(ctx context.Context, w http.ResponseWriter, r *http.Request, push *Push, v Visit, replies []chat.Reply) {
	var body []byte
	var done bool
	now := p.deps.Clock()
	if v.Reply != nil && len(replies) > 0 {
		body, done = v.Reply(ctx, replies, now)
	}
	if len(body) == 0 {
		acknowledge(w)
		if done {
			p.deps.Shown(v.Message)
		}
		return
	}
	body, err := push.Answer(p.deps.Random, now, body)
	if err != nil {
		p.deps.Log.Error("a passive reply cannot be sealed", "channel", p.name, "error", err.Error())
		acknowledge(w)
		return
	}
	// A reply that nobody was there to read is not shown: its redelivery fetches it. Asked before writing, because whoever has read the
	// whole response may hang up at once, and that ends the context too.
	there := r.Context().Err() == nil
	if respond(w, "text/xml; charset=utf-8", body) && there {
		p.deps.Shown(v.Message)
	}
}

// acknowledge tells the platform that a push was taken and shows nothing.
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

// Refuse answers a request that is not let in, with nothing to learn from but the status.
func (p *Porch) Refuse(w http.ResponseWriter, r *Refusal) {
	p.Door.Refuse(w, r.Status, r.Reason, r.remedy())
}

// Scrub returns s without the account's secrets.
func (p *Porch) Scrub(s string) string { return Scrub(s, p.secrets...) }
