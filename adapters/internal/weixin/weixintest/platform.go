// Package weixintest is a fake of what WeChat does alike for official accounts and mini-programs, as strict as the true one: it signs and
// encrypts pushes, counts the right to reply, and its API refuses what the true one refuses. It knows no kind of push and is for tests
// only.
package weixintest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
)

// Account is what an account is known by. Choose secrets that occur nowhere else.
type Account struct {
	App, Secret, Token string
	Key                string // EncodingAESKey; "" in plain mode
	Origin             string // gh_…
	Access             string // what its access tokens begin with
	Webhook            string // its address, of which nothing but the path matters
	JSON               bool   // pushes are JSON (mini-programs)
}

// Secrets are what may never show in a log or an error.
func (a Account) Secrets() []string {
	return slices.DeleteFunc([]string{a.Secret, a.Token, a.Key, a.Access}, func(s string) bool { return s == "" })
}

// Platform is WeChat's side of one account. Its fields are set before it is used; all methods may be called concurrently.
type Platform struct {
	Account    Account
	Unverified bool // the API answers 48001
	NoMenu     bool // custom/send takes no msgmenu (40200)
	NoSeats    bool // the console has no seats (65400)
	Silent     bool // a push is answered with success, nothing or a transfer (mini-programs)
	// Messages are the msgtypes that custom/send takes.
	Messages []string
	// Routes are further paths of the API; a code that is not 0 refuses. They are called one at a time.
	Routes map[string]func(r *http.Request, body []byte) (out any, code int)

	key *weixin.Key // nil: plain mode

	mu       sync.Mutex        // guards all below
	people   map[string]string // openid → short name of everybody who was here
	gone     map[string]bool   // of them, who left, by openid
	rights   map[string]map[string]right
	sent     []adapterstest.Shown
	breaches []string
	calls    []string
	tokens   int
	revoked  map[string]bool
	faults   []Fault
	pushes   map[string]*Push // by person and delivery, for redeliveries
	order    []string         // of pushes, oldest first
	seats    []*seat
	sessions map[string]*session // by openid
	events   [][]byte            // of the seats, not delivered yet
	media    map[string]file
	mediaID  int
}

// Fault answers one call in the platform's stead.
type Fault func(w http.ResponseWriter, r *http.Request, accept func())

// New returns the platform of an account that is verified.
func New(t testing.TB, a Account) *Platform {
	t.Helper()
	p := &Platform{
		Account: a, Messages: []string{"text", "image", "msgmenu"},
		people: map[string]string{}, gone: map[string]bool{}, rights: map[string]map[string]right{},
		revoked: map[string]bool{}, pushes: map[string]*Push{},
		sessions: map[string]*session{}, media: map[string]file{},
	}
	if a.Key != "" {
		p.key = Key(t, a.Key, a.App)
	}
	return p
}

// Key is an EncodingAESKey of app.
func Key(t testing.TB, key, app string) *weixin.Key {
	t.Helper()
	k, err := weixin.NewKey(key, app)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Key is the account's, nil in plain mode.
func (p *Platform) Key() *weixin.Key { return p.key }

// OpenID is the id of the person with this short name.
func OpenID(name string) string { return "openid-" + name }

// right is a permission to write: left messages until then; a negative left is no limit.
type right struct {
	left  int
	until time.Time
}

// Grant permits to write to a person: left messages (-1: any number) for a time, in place of an earlier grant of the same pool.
func (p *Platform) Grant(name, pool string, left int, life time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.grant(name, pool, left, life)
}

func (p *Platform) grant(name, pool string, left int, life time.Duration) {
	id := OpenID(name)
	p.people[id] = name
	delete(p.gone, id)
	if p.rights[id] == nil {
		p.rights[id] = map[string]right{}
	}
	p.rights[id][pool] = right{left, time.Now().Add(life)}
}

// Leave ends every permission to write to a person.
func (p *Platform) Leave(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := OpenID(name)
	p.people[id], p.gone[id] = name, true
	delete(p.rights, id)
}

// Befriend permits to write to a person without end.
func (p *Platform) Befriend(name string) { p.Grant(name, "friend", -1, 365*24*time.Hour) }

// spend takes one message from every live right, or says with which code the platform refuses (api_sendcustommessage).
func (p *Platform) spend(id string) (code int) {
	live, now := 0, time.Now()
	some := false
	for pool, r := range p.rights[id] {
		if now.After(r.until) {
			delete(p.rights[id], pool)
			continue
		}
		live++
		some = some || r.left != 0
	}
	switch {
	case live == 0:
		return 45015
	case !some:
		return 45047
	}
	for pool, r := range p.rights[id] {
		if r.left > 0 {
			r.left--
			p.rights[id][pool] = r
		}
	}
	return 0
}

// Sent are the messages that persons saw by the API, in order.
func (p *Platform) Sent() []adapterstest.Shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}

// Breaches are what a correct product never provokes, in order: refused messages, a reply that shows the platform's fault text, words in
// the middle of a seat's conversation.
func (p *Platform) Breaches() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.breaches)
}

func (p *Platform) breach(format string, args ...any) {
	p.breaches = append(p.breaches, fmt.Sprintf(format, args...))
}

// Called tells how often a path of the API was called.
func (p *Platform) Called(path string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		if c == path {
			n++
		}
	}
	return n
}

// Revoke makes the access token in force worthless.
func (p *Platform) Revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revoked[p.access()] = true
}

func (p *Platform) access() string { return fmt.Sprintf("%s%d", p.Account.Access, p.tokens) }

// Leak tells whether text holds a secret of the account.
func (p *Platform) Leak(text string) bool {
	return slices.ContainsFunc(p.Account.Secrets(), func(s string) bool { return strings.Contains(text, s) })
}
