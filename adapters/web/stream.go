package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

const (
	maxStreams     = 20_000 // of one process
	maxStreamsEach = 4      // of one person; browsers open no more than six connections to a host
	replayed       = 50     // posts that a page shows when it is opened
	heartbeat      = 20 * time.Second
	writeWithin    = 10 * time.Second  // one event, to a browser that does not read
	nothingYet     = "0"               // what Last-Event-ID is before anything was shown
	again          = "retry: 1000\n\n" // ms after which a plain EventSource comes back; browsers' own default is longer
)

var errFull = wrong{503, "streams", "too_many", "", "too many pages are open: try again later"}

// stream shows what is in the conversation and what comes. Opening it is an arrival, unless Last-Event-ID says that somebody
// known goes on.
func (a *Adapter) stream(w http.ResponseWriter, r *http.Request, in adapters.Inbox) {
	peer, minted, refusal := a.person(w, r, true)
	if refusal != nil {
		a.refuse(w, *refusal)
		return
	}
	s, ok := a.streams.enter(peer)
	if !ok {
		a.refuse(w, errFull)
		return
	}
	defer a.streams.leave(s)
	v := &viewer{a: a, w: w, rc: http.NewResponseController(w), to: a.address(peer), last: r.Header.Get("Last-Event-ID")}
	went := minted && v.last != "" // on, as somebody who is not known any more: what the page shows is another's
	stale := went && v.last != nothingYet
	fresh := minted || v.last == ""
	bell, unwatch := a.deps.Feeds.Watch(v.to)
	defer unwatch()
	first, err := v.open(r.Context(), fresh)
	first.reset = first.reset || stale
	if err == nil && fresh {
		err = a.arrive(r, v.to, in)
	}
	if err != nil {
		if went {
			w.Header().Del("Set-Cookie") // who came back known, with the header, would not arrive
		}
		a.refuse(w, *a.unavailable("stream", err))
		return
	}
	// The server's limits are for requests that end.
	if err := v.rc.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	if v.begin(first) == nil {
		v.follow(r.Context(), s, bell)
	}
}

// arrive tells the house that the person opened the page. A page that opens again and again is no news.
func (a *Adapter) arrive(r *http.Request, to chat.Address, in adapters.Inbox) error {
	q := r.URL.Query()
	scene := a.deps.Scene(a.name, q.Get("scene"))
	if lang := q.Get("lang"); langForm.MatchString(lang) {
		if scene == nil {
			scene = map[string]string{}
		}
		scene["lang"] = lang
	} else if lang != "" {
		a.deps.Count.Count("ignored", a.name, "lang")
	}
	id := q.Get("open") // a page that tries again to open is not opened twice
	if !idForm.MatchString(id) {
		var err error
		if id, err = a.mint(); err != nil {
			return err
		}
	}
	if !a.pace.take("open:" + to.Peer) {
		a.deps.Count.Count("ignored", a.name, "arrival")
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), acceptWithin)
	defer cancel()
	_, err := a.asks.Ask(ctx, in, chat.Message{ID: "open:" + id, Kind: chat.Arrived, From: to, Scene: scene, At: a.deps.Clock()})
	if errors.Is(err, chat.ErrLater) {
		return nil
	}
	return err
}

// viewer writes one stream.
type viewer struct {
	a    *Adapter
	w    http.ResponseWriter
	rc   *http.ResponseController
	to   chat.Address
	last string // key of the post that was written last
	seat bool   // a seat spoke last for us
}

// opening is what a stream begins with.
type opening struct {
	posts []chat.Post
	reset bool
}

// open reads what a stream begins with; last is what the page has already.
func (v *viewer) open(ctx context.Context, fresh bool) (o opening, err error) {
	recent, _, err := v.a.deps.Feeds.Read(ctx, v.to, "", replayed)
	if err != nil {
		return o, err
	}
	for _, p := range recent {
		v.hears(p)
	}
	if fresh {
		v.last = nothingYet
		return opening{posts: recent}, nil
	}
	return v.more(ctx)
}

// more reads what came behind last.
func (v *viewer) more(ctx context.Context) (o opening, err error) {
	posts, found, err := v.a.deps.Feeds.Read(ctx, v.to, v.last, chat.MaxPosts)
	if err != nil || found {
		return opening{posts: posts}, err
	}
	if v.last != nothingYet {
		// What the page has fell out, was forgotten or taken back.
		return opening{posts: posts[max(0, len(posts)-replayed):], reset: true}, nil
	}
	return opening{posts: posts}, nil
}

// hears notes who speaks for us.
func (v *viewer) hears(p chat.Post) {
	var b bubble
	if json.Unmarshal(p.Body, &b) == nil && b.From != fromPerson {
		v.seat = b.From == fromSeat
	}
}

func (v *viewer) state() state { return state{Peer: v.to.Peer, Seat: v.seat} }

// begin writes the beginning: who the person is, what was shown, and that from here on it is new.
func (v *viewer) begin(o opening) error {
	s := v.state()
	s.Reset = o.reset
	id := ""
	if v.last == nothingYet {
		id = nothingYet // a page that loses its connection now goes on, and does not arrive again
	}
	if err := v.write(again); err != nil {
		return err
	}
	if err := v.event("state", id, s); err != nil {
		return err
	}
	if err := v.posts(o.posts); err != nil {
		return err
	}
	s.Reset, s.Ready, s.Seat = false, true, v.seat
	return v.event("state", "", s)
}

// posts writes posts, and a state when another speaks for us.
func (v *viewer) posts(all []chat.Post) error {
	for _, p := range all {
		name, was := "message", v.seat
		if strings.HasPrefix(p.Key, ownKey("")) {
			name = "said"
		}
		v.hears(p)
		if v.seat != was {
			if err := v.event("state", "", v.state()); err != nil {
				return err
			}
		}
		if err := v.event(name, p.Key, p.Body); err != nil {
			return err
		}
		v.last = p.Key
	}
	return nil
}

// follow writes what comes until somebody ends the stream.
func (v *viewer) follow(ctx context.Context, s *open, bell <-chan string) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-s.over:
			if s.elsewhere {
				elsewhere := v.state()
				elsewhere.Elsewhere = true
				_ = v.event("state", "", elsewhere) // it ends anyway
			}
			return
		case <-beat.C:
			err = v.write(": \n\n")
		case word := <-bell:
			err = v.heard(ctx, word, bell)
		}
		if err != nil {
			return // the browser comes back, and goes on where it was
		}
	}
}

// heard writes what the bell rang for.
func (v *viewer) heard(ctx context.Context, word string, bell <-chan string) error {
	typing := word == typingWord
	for more := true; more; {
		select {
		case word := <-bell:
			typing = typing || word == typingWord
		default:
			more = false
		}
	}
	reading, cancel := context.WithTimeout(ctx, acceptWithin)
	defer cancel()
	o, err := v.more(reading)
	if err != nil {
		return err
	}
	if o.reset {
		v.seat, v.last = false, nothingYet
		s := v.state()
		s.Reset = true
		if err := v.event("state", nothingYet, s); err != nil {
			return err
		}
	}
	if err := v.posts(o.posts); err != nil {
		return err
	}
	if typing && len(o.posts) == 0 {
		return v.event(typingWord, "", map[string]string{"from": fromBot})
	}
	return nil
}

// event writes one event; id "" leaves the browser's Last-Event-ID as it is.
func (v *viewer) event(name, id string, data any) error {
	body, err := json.Marshal(data) // escapes line ends, which would end the event
	if err != nil {
		return err
	}
	if id != "" {
		return v.write(fmt.Sprintf("event: %s\nid: %s\ndata: %s\n\n", name, id, body))
	}
	return v.write(fmt.Sprintf("event: %s\ndata: %s\n\n", name, body))
}

func (v *viewer) write(text string) error {
	if err := v.rc.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := io.WriteString(v.w, text); err != nil {
		return err
	}
	return v.rc.Flush()
}
