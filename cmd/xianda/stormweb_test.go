package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

// pages is a gate of people on the chat page: each has a browser without a screen, which sends what was not accepted again.
type pages struct {
	mu      sync.Mutex // guards all below
	cookies map[string][]*http.Cookie
	doors   map[string]http.Handler
	order   []string
}

var _ gate = (*pages)(nil)

func newPages() *pages {
	return &pages{cookies: map[string][]*http.Cookie{}, doors: map[string]http.Handler{}}
}

// ServeHTTP: the page is ours, there is no platform.
func (p *pages) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "", http.StatusNotFound)
}

// Section of a page needs nothing.
func (p *pages) Section(string) map[string]any { return map[string]any{} }

// Breaches: nobody counts here.
func (p *pages) Breaches() []string { return nil }

// Fail: what we show ourselves is not refused.
func (p *pages) Fail(int, string) {}

// Deliver posts what a person typed.
func (p *pages) Deliver(_ testing.TB, door http.Handler, d adapterstest.Delivery) adapterstest.Answer {
	p.mu.Lock()
	cookies, known := p.cookies[d.Peer]
	p.mu.Unlock()
	if !known { // opens the page first
		w := httptest.NewRecorder()
		door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if cookies = w.Result().Cookies(); w.Code != http.StatusOK || len(cookies) == 0 {
			return adapterstest.Answer{Status: http.StatusServiceUnavailable}
		}
		p.mu.Lock()
		if other, raced := p.cookies[d.Peer]; raced {
			cookies = other
		} else {
			p.cookies[d.Peer] = cookies
			p.order = append(p.order, d.Peer)
		}
		p.mu.Unlock()
	}
	r := httptest.NewRequest(http.MethodPost, "/messages", strings.NewReader(fmt.Sprintf(`{"id":%q,"text":%q}`, d.ID, d.Text)))
	r.Header.Set("Content-Type", "application/json")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	if w.Code == http.StatusAccepted { // a way on which no answer is lost
		p.mu.Lock()
		p.doors[d.Peer] = door
		p.mu.Unlock()
	}
	return adapterstest.Answer{Status: w.Code, Body: w.Body.String()}
}

// Sent reads what every page shows.
func (p *pages) Sent() (all []adapterstest.Shown) {
	p.mu.Lock()
	order := slices.Clone(p.order)
	p.mu.Unlock()
	for _, who := range order {
		for _, text := range p.stream(who) {
			all = append(all, adapterstest.Shown{Peer: who, Text: text})
		}
	}
	return all
}

// stream reads a page's stream from its beginning until it is silent.
func (p *pages) stream(who string) (texts []string) {
	p.mu.Lock()
	door, cookies := p.doors[who], p.cookies[who]
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r := httptest.NewRequest(http.MethodGet, "/stream", nil).WithContext(ctx)
	r.Header.Set("Last-Event-ID", "0")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	shown := 0
	until := func(line string) bool {
		data, ok := strings.CutPrefix(line, "data: ")
		var b struct{ ID, From, Text string }
		if !ok || json.Unmarshal([]byte(data), &b) != nil || b.ID == "" || b.From != "bot" {
			return true
		}
		texts = append(texts, b.Text)
		shown++
		return shown < each
	}
	door.ServeHTTP(&lines{until: until, stop: cancel, head: http.Header{}}, r)
	return texts
}

// lines is a response that is read line by line while it comes.
type lines struct {
	until func(line string) bool
	stop  func()
	head  http.Header
	part  string
}

func (l *lines) Header() http.Header { return l.head }
func (l *lines) WriteHeader(int)     {}
func (l *lines) Write(b []byte) (int, error) {
	scan := bufio.NewScanner(strings.NewReader(l.part + string(b)))
	l.part = ""
	if i := strings.LastIndexByte(string(b), '\n'); i < 0 {
		l.part = string(b)
		return len(b), nil
	}
	for scan.Scan() {
		if !l.until(scan.Text()) {
			l.stop()
		}
	}
	return len(b), nil
}
