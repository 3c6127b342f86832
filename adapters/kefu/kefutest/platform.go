// Package kefutest is a fake WeCom that is as strict about WeChat Kefu as the true one: tokens, signatures, cursors, service states, codes,
// quotas and limits. It knows the platform's protocol only, nothing of how we speak it.
package kefutest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
)

// The account of the tests. Secrets are words that occur nowhere else.
const (
	Corp    = "ww3000000000000001"
	Account = "wkCanary000000000000000000001"
	Other   = "wkCanary000000000000000000002" // of the same app; nobody writes to it

	secret   = "canary/corp+secret0123456789"
	token    = "canarytoken1"
	oldToken = "canarytoken0"
	aesKey   = "canarykeyABCDEFGHIJKLMNOPQRSTUVWXYZ01234567"
	access   = "canaryaccess"
)

// Limits of the platform (developer.work.weixin.qq.com).
const (
	quota        = 5
	window       = 48 * time.Hour
	codeLife     = 20 * time.Second
	ringLife     = 10 * time.Minute
	barePerMin   = 20
	maxPageItems = 1000
	keptFor      = 72 * time.Hour
)

// Service states.
const (
	stateNew = iota
	stateBot
	statePool
	stateSeat
	stateEnded
)

// Platform is WeCom's side of one Kefu account. All methods are safe for concurrent use.
type Platform struct {
	t   testing.TB
	key *weixin.Key

	mu       sync.Mutex // guards all below
	items    []*entry
	open     map[string]*entry // of items, those that are not confirmed
	low      int               // everything before it is confirmed
	high     int               // nothing from here on was served
	page     int
	blank    int
	rings    map[string]time.Time
	bare     []time.Time
	tokens   int
	revoked  map[string]bool
	people   map[string]*person
	codes    map[string]*once
	sentIDs  map[string]bool // true: the answer that it was taken was lost
	sent     []adapterstest.Shown
	breaches []string
	calls    map[string]int
	fails    map[string][]string
	seats    map[string]bool
	media    map[string][]byte
}

// entry is one thing in the list that is pulled.
type entry struct {
	key    string // peer and delivery id
	at     time.Time
	msg    map[string]any
	served bool
	told   chan bool // true: confirmed; false: asked for again
	done   bool
}

type person struct {
	name  string
	state int
	seat  string
	left  int
	last  time.Time
	union string
}

// once is a code for one message.
type once struct {
	who     *person
	welcome bool
	until   time.Time
	used    bool
}

// New returns a platform with one seat that does not receive.
func New(t testing.TB) *Platform {
	t.Helper()
	k, err := weixin.NewKey(aesKey, Corp)
	if err != nil {
		t.Fatal(err)
	}
	return &Platform{
		t: t, key: k, page: maxPageItems,
		open: map[string]*entry{}, rings: map[string]time.Time{}, revoked: map[string]bool{},
		people: map[string]*person{}, codes: map[string]*once{},
		sentIDs: map[string]bool{}, calls: map[string]int{}, fails: map[string][]string{},
		seats: map[string]bool{"zhangsan": false}, media: map[string][]byte{},
	}
}

// Section is the configuration of a channel of this account, without name and kind; base is where the platform is reached.
func (p *Platform) Section(base string) map[string]any {
	return map[string]any{
		"corp_id": Corp, "secret": secret, "token": token, "token_previous": oldToken, "aes_key": aesKey, "open_kfid": Account, "api_base": base,
	}
}

// Secrets are words that may show nowhere.
func (p *Platform) Secrets() []string {
	return []string{secret, "canary%2Fcorp%2Bsecret0123456789", token, aesKey, access}
}

// Sent is what persons saw, in order.
func (p *Platform) Sent() []adapterstest.Shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]adapterstest.Shown(nil), p.sent...)
}

// Breaches is what a correct product never provokes.
func (p *Platform) Breaches() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.breaches...)
}

// Fail makes the next n sends fail: FailCall of both ways to send.
func (p *Platform) Fail(n int, how string) {
	p.FailCall("/cgi-bin/kf/send_msg", n, how)
	p.FailCall("/cgi-bin/kf/send_msg_on_event", n, how)
}

// FailCall makes the next n calls of path fail. how is an errcode ("45009"), or
//
//	busy                errcode -1, nothing happened
//	502                 a page of a proxy, nothing happened
//	page                the same with status 200
//	502-after-send      it happened, and a proxy answers
//	timeout-after-send  it happened, and nobody answers
//	seat                a seat takes the person before the call, so that the state refuses it
//	ended               the session ends before the call
func (p *Platform) FailCall(path string, n int, how string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		p.fails[path] = append(p.fails[path], how)
	}
}

// Called tells how often a path was called.
func (p *Platform) Called(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[path]
}

// Page limits how many items one page brings, whatever is asked for.
func (p *Platform) Page(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.page = n
}

// Blank makes the next n pages empty, with more to come.
func (p *Platform) Blank(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blank = n
}

// Lose makes the platform forget all that it keeps, and with it where cursors point.
func (p *Platform) Lose() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.items, p.low, p.high = nil, 0, 0
	clear(p.open)
}

// Revoke makes the access token invalid.
func (p *Platform) Revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revoked[p.access()] = true
}

// ForgetRings makes the tokens of all callbacks expire.
func (p *Platform) ForgetRings() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.rings)
}

// Seat makes somebody of WeCom a seat of the account, who receives or not.
func (p *Platform) Seat(user string, receives bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seats[user] = receives
}

// Media keeps a file that a person sends and returns its id.
func (p *Platform) Media(data []byte) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keep(data)
}

func (p *Platform) keep(data []byte) string {
	id := "media-" + random(12)
	p.media[id] = data
	return id
}

// State is a person's service state and seat.
func (p *Platform) State(peer string) (state int, seat string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	who := p.person(peer)
	return who.state, who.seat
}

// Bind gives a person a unionid.
func (p *Platform) Bind(peer, union string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person(peer).union = union
}

func (p *Platform) access() string { return fmt.Sprint(access, p.tokens) }

func (p *Platform) breach(format string, args ...any) {
	p.breaches = append(p.breaches, fmt.Sprintf(format, args...))
}

// id is the platform's id of a person.
func id(peer string) string { return "wm-" + peer }

func (p *Platform) person(peer string) *person {
	who := p.people[id(peer)]
	if who == nil {
		who = &person{name: peer, state: stateEnded}
		p.people[id(peer)] = who
	}
	return who
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
