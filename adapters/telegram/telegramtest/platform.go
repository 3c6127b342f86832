// Package telegramtest is a fake Bot API that is as strict as the true one: it reads multipart forms, holds polls, forgets what is
// confirmed and nothing else, and refuses what the true one refuses. It is for tests, and needs no network.
package telegramtest

import (
	"encoding/json"
	"hash/fnv"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// The bot of the tests. Secrets are words that occur nowhere else.
const (
	Token    = "7000000001:canary-bot-token"
	Secret   = "canary-webhook-secret"
	BotID    = int64(7000000001)
	Username = "shop_bot"
)

// Platform is Telegram's side of one bot. All methods may be called concurrently.
type Platform struct {
	t testing.TB

	mu      sync.Mutex // guards all below
	hooked  bool       // updates are delivered by webhook
	changed chan struct{}
	updates []*delivery          // not forgotten, in order
	known   map[string]*delivery // by peer and delivery id
	nextID  int64
	poll    chan struct{} // closed to end the poll that is held

	people  map[int64]string // id → short name of those who wrote
	groups  map[int64]bool
	blocked map[int64]bool
	moved   map[int64]int64
	topics  map[int64]map[int]bool
	numbers map[int64]int // the last message of each chat
	shown   map[int64]map[int]*Sent
	order   []*Sent
	calls   []Call
	until   map[int64]time.Time // told to wait
	told    []string            // breaches
	faults  []string
	slow    map[int64]int // the next send to this chat is answered with 429 and this retry_after

	taps    map[string]bool // callback queries: acknowledged?
	files   map[string]File
	web     map[string]bool // addresses that the platform can fetch
	webhook struct {
		url, secret string
		allowed     []string
	}
	lanes map[string]*sync.Mutex // one chat's messages are delivered one at a time, and one person's taps
}

// delivery is one update.
type delivery struct {
	id    int64
	body  json.RawMessage
	given int  // how often a poll brought it
	done  bool // confirmed
	again bool // to be given once more whatever the offset
}

// Sent is one message that a chat sees.
type Sent struct {
	Chat, Topic, ID int64
	Text            string
	Buttons         [][]Button
	Kind            string // "" text, "photo", "document", "video", "voice"
	File            string // address, handle, or the name of what was uploaded
	Bytes           int    // of an upload
	Answers         int64  // the message that it answers
	At              time.Time
	gone            bool
}

// Button is one button of an inline keyboard.
type Button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
	URL  string `json:"url"`
}

// Call is one request.
type Call struct {
	Method string
	Chat   int64
	At     time.Time
	Code   int
}

// File is a person's file that getFile gives out.
type File struct {
	Path string
	Size int64 // as the platform says; 0: that of Body
	Body []byte
}

// New returns a platform whose bot is polled. It says of t what no client ever does.
func New(t testing.TB) *Platform {
	return &Platform{
		t: t, changed: make(chan struct{}), known: map[string]*delivery{}, nextID: 810_000_000, people: map[int64]string{},
		groups: map[int64]bool{}, blocked: map[int64]bool{}, moved: map[int64]int64{}, topics: map[int64]map[int]bool{},
		numbers: map[int64]int{}, shown: map[int64]map[int]*Sent{},
		until: map[int64]time.Time{}, slow: map[int64]int{}, taps: map[string]bool{}, files: map[string]File{}, web: map[string]bool{},
		lanes: map[string]*sync.Mutex{},
	}
}

// Webhook makes the bot one whose updates are delivered by webhook: Section says so, and polls are refused.
func (p *Platform) Webhook() *Platform {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hooked, p.webhook.url, p.webhook.secret = true, "https://bot.example/telegram/tg", Secret
	return p
}

// Section holds the keys of a channel whose API is at base.
func (p *Platform) Section(base string) map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := map[string]any{"token": Token, "api_base": base}
	if p.hooked {
		s["mode"], s["secret"] = "webhook", Secret
	}
	return s
}

// Secrets are what must never show.
func (p *Platform) Secrets() []string {
	_, secret, _ := strings.Cut(Token, ":")
	return []string{Token, secret, Secret}
}

// ID is the platform's id of a person, by the short name.
func ID(peer string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(peer)) // a hash never fails
	return 1_000_000_000 + int64(h.Sum32()%1_000_000_000)
}

// Meet makes a person somebody who wrote to the bot before.
func (p *Platform) Meet(peers ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, peer := range peers {
		p.people[ID(peer)] = peer
	}
}

// Group makes a group with these topics that the bot is in.
func (p *Platform) Group(id int64, topics ...int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.groups[id], p.topics[id] = true, map[int]bool{}
	for _, n := range topics {
		p.topics[id][n] = true
	}
}

// Move makes a group another one: what is sent to the old id is refused with the new one.
func (p *Platform) Move(from, to int64) {
	p.Group(to)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved[from] = to
}

// Block makes a person refuse the bot.
func (p *Platform) Block(peer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked[ID(peer)] = true
}

// Keep puts a person's file where getFile finds it; Reach makes an address one that the platform can fetch.
func (p *Platform) Keep(id string, f File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[id] = f
}

// Reach makes an address one that the platform can fetch.
func (p *Platform) Reach(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.web[address] = true
}

// Fail makes the next n sends fail: "busy" (429, retry_after 3), "500", "502" (a proxy's page), "page" (one with status 200), "blocked",
// "gone" (chat not found), "token" (401), "refused" (a 400 of no known kind), "timeout-after-send" (shown, then the connection is lost).
func (p *Platform) Fail(n int, how string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		p.faults = append(p.faults, how)
	}
}

// Slow answers the next send to chat with 429 and retry_after. What is sent there sooner is a breach.
func (p *Platform) Slow(chat int64, retryAfter int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slow[chat] = retryAfter
}

// ServeHTTP is the Bot API.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path, ok := strings.CutPrefix(r.URL.Path, "/file/bot"+Token+"/"); ok {
		p.download(w, path)
		return
	}
	method, ok := strings.CutPrefix(r.URL.Path, "/bot"+Token+"/")
	if !ok {
		p.mu.Lock()
		p.breach("a wrong token or path")
		p.mu.Unlock()
		refuse(w, http.StatusNotFound, "Not Found", nil)
		return
	}
	in, err := readForm(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "Bad Request: "+err.Error(), nil)
		return
	}
	if method == "getUpdates" {
		p.getUpdates(w, r, in)
		return
	}
	p.mu.Lock()
	chat := in.number("chat_id")
	a := p.act(method, chat, in)
	code := a.code
	if code == 0 {
		code = http.StatusOK
	}
	p.calls = append(p.calls, Call{Method: method, Chat: chat, At: time.Now(), Code: code})
	p.mu.Unlock()
	a.write(w, r)
}
