package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// browsers are people with one browser each, by a short name.
type browsers struct {
	door http.Handler

	mu    sync.Mutex // guards all
	names map[string]*http.Cookie
}

// post sends a message as the page does, and keeps the cookie.
func (b *browsers) post(name, body string) *httptest.ResponseRecorder {
	r := message(body)
	b.mu.Lock()
	if c := b.names[name]; c != nil {
		r.AddCookie(c)
	}
	b.mu.Unlock()
	return b.serve(name, r)
}

func (b *browsers) serve(name string, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.door.ServeHTTP(w, r)
	b.keep(name, w.Result().Cookies())
	return w
}

func (b *browsers) keep(name string, cookies []*http.Cookie) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range cookies {
		b.names[name] = c
	}
}

func (b *browsers) cookie(name string) *http.Cookie {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.names[name]
}

func message(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/web/site/messages", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// event is one server-sent event.
type event struct{ name, id, data string }

// tape is a response that is read while it is written.
type tape struct {
	header http.Header
	status chan int
	events chan event
	w      *io.PipeWriter
	once   sync.Once
}

func (t *tape) Header() http.Header { return t.header }
func (t *tape) WriteHeader(status int) {
	t.once.Do(func() { t.status <- status })
}
func (t *tape) Write(p []byte) (int, error) {
	t.WriteHeader(http.StatusOK)
	return t.w.Write(p)
}
func (t *tape) Flush() {}

// listen serves r until the test ends, stop is called or the stream ends by itself; then events is closed.
func listen(t testing.TB, door http.Handler, r *http.Request) (tp *tape, stop func()) {
	t.Helper()
	in, out := io.Pipe()
	tp = &tape{header: http.Header{}, status: make(chan int, 1), events: make(chan event, 1024), w: out}
	ctx, cancel := context.WithCancel(t.Context())
	over, read := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		door.ServeHTTP(tp, r.WithContext(ctx))
		tp.once.Do(func() { tp.status <- http.StatusOK })
		_ = out.Close()
	}()
	go func() {
		defer close(read)
		defer close(tp.events)
		var e event
		for lines := bufio.NewScanner(in); lines.Scan(); {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
				if e.name != "" {
					tp.events <- e
				}
				e = event{}
			}
		}
	}()
	stop = func() {
		cancel()
		_ = in.Close()
		<-over
		<-read
	}
	t.Cleanup(stop)
	return tp, stop
}

// until reads events up to the first of which done says so, that one included.
func (tp *tape) until(t testing.TB, done func(event) bool) (all []event) {
	t.Helper()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		select {
		case e, ok := <-tp.events:
			if !ok {
				t.Fatalf("the stream ended after %v", all)
			}
			if all = append(all, e); done(e) {
				return all
			}
		case <-late.C:
			t.Fatalf("the stream did not bring what was wanted, only %v", all)
		}
	}
}

func ready(e event) bool { return e.name == "state" && strings.Contains(e.data, `"ready":true`) }

func named(name string) func(event) bool { return func(e event) bool { return e.name == name } }

// bubbleOf reads the data of an event.
func bubbleOf(t testing.TB, e event) (b bubble) {
	t.Helper()
	if err := json.Unmarshal([]byte(e.data), &b); err != nil {
		t.Fatalf("event %+v: %v", e, err)
	}
	return b
}

func streamRequest(query string, cookie *http.Cookie, last string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/web/site/stream"+query, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if cookie != nil {
		r.AddCookie(cookie)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	return r
}

// hall is one page and a house behind it that keeps what it gets.
type hall struct {
	*Adapter
	browsers
	record *adapterstest.Record
	feeds  *adapterstest.Feeds

	lock sync.Mutex // guards the two below
	got  []chat.Message
	fail error
}

func newHall(t testing.TB, s Section) *hall {
	t.Helper()
	d, record := adapterstest.NewDeps()
	h := &hall{Adapter: mustNew(t, s, d), record: record, feeds: d.Feeds.(*adapterstest.Feeds)}
	h.names = map[string]*http.Cookie{}
	h.door = h.Handler(func(_ context.Context, m chat.Message) ([]chat.Reply, error) {
		h.lock.Lock()
		defer h.lock.Unlock()
		if h.fail != nil {
			return nil, h.fail
		}
		h.got = append(h.got, m)
		return nil, chat.ErrLater
	})
	return h
}

func (h *hall) heard() []chat.Message {
	h.lock.Lock()
	defer h.lock.Unlock()
	return append([]chat.Message(nil), h.got...)
}

func (h *hall) fails(err error) {
	h.lock.Lock()
	defer h.lock.Unlock()
	h.fail = err
}

// open opens the page's stream as name, keeps the cookie and reads up to ready.
func (h *hall) open(t testing.TB, name, query, last string) (tp *tape, begin []event, stop func()) {
	t.Helper()
	tp, stop = listen(t, h.door, streamRequest(query, h.cookie(name), last))
	if status := <-tp.status; status != http.StatusOK {
		t.Fatalf("the stream was answered with %d", status)
	}
	h.keep(name, (&http.Response{Header: tp.header}).Cookies())
	return tp, tp.until(t, ready), stop
}

// peer is who a stream's first event says that it is.
func peer(t testing.TB, begin []event) string {
	t.Helper()
	var s state
	if err := json.Unmarshal([]byte(begin[0].data), &s); err != nil || begin[0].name != "state" || s.Peer == "" {
		t.Fatalf("the stream begins with %+v, want a state with the peer", begin[0])
	}
	return s.Peer
}

func (h *hall) says(t testing.TB, peer string, r chat.Reply) {
	t.Helper()
	if _, err := h.Send(t.Context(), h.address(peer), r, nil); err != nil {
		t.Fatalf("Send = %v", err)
	}
}

func body(id, text string) string { return fmt.Sprintf(`{"id":%q,"text":%q}`, id, text) }

// memory is what is in use after a collection: heap and stacks.
func memory() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
