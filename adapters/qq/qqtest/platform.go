// Package qqtest is a fake QQ bot platform that is as strict as the true one: it signs, gives tokens, counts replies and refuses what the
// documents of bot.q.qq.com say is refused. It is written from the documents and shares no code with adapters/qq.
package qqtest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters/adapterstest"
)

// The bot of the platform. Secrets are words that occur nowhere else.
const (
	AppID  = "102000001"
	Secret = "canary-qq-secret"
	token  = "canary-qq-token-" // with a number behind
)

// Secrets are those that may show nowhere.
func Secrets() []string { return []string{Secret, token} }

// Platform is the platform's side of one bot. All methods may be called concurrently; Group and Buttons are set before.
type Platform struct {
	Group   bool // people speak in one group, by mentioning the bot; else alone with it
	Buttons bool // the bot was invited to send markdown with buttons

	key ed25519.PrivateKey

	mu       sync.Mutex         // guards all below
	people   map[string]string  // openid → short name
	pushes   map[string][]byte  // what was delivered, by who and id
	anchors  map[string]*anchor // what may be answered, by msg_id or event_id
	files    map[string]string  // file_info → "users" or "groups"
	uploads  int
	spinning map[string]bool   // interactions that are not released
	links    map[string]string // scenes of links by their address
	sent     []adapterstest.Shown
	breaches []string
	fails    []string
	tokens   int
	known    []string // registered hosts of addresses in texts
	fetches  int      // of tokens
}

// anchor is a message or event that may be answered.
type anchor struct {
	place   string // path of the conversation: "users/E4F4…"
	peer    string
	event   bool
	expires time.Time
	left    int
	used    map[uint32]bool
	excused map[uint32]bool // shown though the answer was lost: a repetition is no fault
}

// What may be answered, for how long and how often.
const (
	privateWindow, privateReplies = 60 * time.Minute, 4
	groupWindow, groupReplies     = 5 * time.Minute, 5
)

// theGroup is the group in which everybody speaks when Group is set.
var theGroup = openID("the group")

// New returns a platform whose clock is time.Now.
func New(testing.TB) *Platform {
	seed := strings.Repeat(Secret, 2)[:ed25519.SeedSize]
	return &Platform{
		key: ed25519.NewKeyFromSeed([]byte(seed)), people: map[string]string{}, pushes: map[string][]byte{}, anchors: map[string]*anchor{},
		files: map[string]string{}, spinning: map[string]bool{}, links: map[string]string{}, tokens: 1,
	}
}

// Section is a channel of kind qq at base, without name and kind.
func (p *Platform) Section(base string) map[string]any {
	return map[string]any{"app_id": AppID, "secret": Secret, "api_base": base, "token_base": base, "markdown_buttons": p.Buttons}
}

// Sent is what people saw, in order.
func (p *Platform) Sent() []adapterstest.Shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}

// Breaches are what a correct product never provokes, in order: messages that answer nothing, too late or too often, twice, too long or
// malformed, for people who never wrote; buttons left to spin.
func (p *Platform) Breaches() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := slices.Clone(p.breaches)
	for id := range p.spinning {
		out = append(out, "the tap "+id+" was not acknowledged")
	}
	return out
}

// Fail makes the next n messages fail: "busy" (429, Retry-After 3), "502" (a proxy's page), "page" (a page with 200), "audit" (202: it
// waits to be looked through, and is shown), "timeout-after-send" (it is shown, and the answer never comes), "401" (the token ends), or a
// code of the platform in digits.
func (p *Platform) Fail(n int, how string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		p.fails = append(p.fails, how)
	}
}

// Register lets texts hold addresses of host.
func (p *Platform) Register(host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = append(p.known, host)
}

// Expire ends the access token in force.
func (p *Platform) Expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens++
}

// TokensFetched is how often the token endpoint was asked.
func (p *Platform) TokensFetched() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetches
}

// Uploads is how often an image was uploaded.
func (p *Platform) Uploads() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.uploads
}

// Scene is what the link at address carries.
func (p *Platform) Scene(address string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.links[address]
}

func (p *Platform) breach(format string, args ...any) {
	p.breaches = append(p.breaches, fmt.Sprintf(format, args...))
}

// openID is the platform's id of somebody: 32 upper-case hex digits.
func openID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return strings.ToUpper(hex.EncodeToString(sum[:16]))
}
