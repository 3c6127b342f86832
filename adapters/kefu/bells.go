package kefu

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
)

// tokenFor is how long we use a callback's token; it is good for 10 minutes (path 94670).
const tokenFor = 9 * time.Minute

// maxToken is the length of a callback's token in bytes (path 94670).
const maxToken = 128

// bells are the callbacks that nobody answered yet by pulling. Many are one: the next pull brings what all of them announced. One for an
// account that this process does not pull goes into the vault, where the process that does looks. It is safe for concurrent use.
type bells struct {
	a     *Adapter
	bell  chan struct{} // rings in this process
	mu    sync.Mutex    // guards all below
	rung  bool
	token string
	since time.Time // of token
	heard string    // the last one of the vault
}

func newBells(a *Adapter) *bells { return &bells{a: a, bell: make(chan struct{}, 1)} }

// Handler answers the platform: the console's verification (GET) and callbacks (POST).
func (a *Adapter) Handler(in adapters.Inbox) http.Handler { return a.porch.Handler(in, a.read) }

// read reads a callback. WeCom sends those of all accounts of an app to one address.
func (a *Adapter) read(p *weixin.Push, _ time.Time) (weixin.Visit, error) {
	x, err := weixin.ParseXML(p.Message)
	if err != nil {
		return weixin.Visit{}, err
	}
	if err := x.Flat("MsgType", "Event", "Token", "OpenKfId"); err != nil {
		return weixin.Visit{}, err
	}
	account, token := x.Leaf("OpenKfId"), x.Leaf("Token")
	switch {
	case x.Leaf("MsgType") == "":
		return weixin.Visit{}, errors.New("MsgType is missing")
	case x.Leaf("MsgType") != "event" || x.Leaf("Event") != "kf_msg_or_event":
		return weixin.Visit{Ignored: "other callback"}, nil
	case account == "":
		account = a.cfg.OpenKFID
	case !idForm.MatchString(account):
		return weixin.Visit{}, errors.New("OpenKfId is malformed")
	}
	if len(token) > maxToken || strings.ContainsAny(token, " \t\r\n") {
		token = "" // without it a pull is merely slower
	}
	return weixin.Visit{Bell: func(ctx context.Context) error { return a.bells.ring(ctx, account, token) }}, nil
}

// ring notes a callback so that it is not lost: here while this process pulls, else in the vault. An error: the platform shall ring again.
func (b *bells) ring(ctx context.Context, account, token string) error {
	if account == b.a.cfg.OpenKFID && b.a.lease.Held() {
		b.note(token)
		return nil
	}
	id, err := nonce(b.a.deps.Random)
	if err != nil {
		return err
	}
	if err := b.a.deps.Vault.Put(ctx, b.a.vaultKey("bell", account), id+" "+token, tokenFor); err != nil {
		return err
	}
	b.wake() // nobody may have the lease
	return nil
}

// note keeps a callback until the next pull.
func (b *bells) note(token string) {
	b.mu.Lock()
	b.rung = true
	if token != "" {
		b.token, b.since = token, b.a.deps.Clock()
	}
	b.mu.Unlock()
	b.wake()
}

func (b *bells) wake() {
	select {
	case b.bell <- struct{}{}:
	default: // it rings already
	}
}

// look takes over what other processes put into the vault.
func (b *bells) look(ctx context.Context) {
	kept, err := b.a.deps.Vault.Get(ctx, b.a.vaultKey("bell", b.a.cfg.OpenKFID))
	b.mu.Lock()
	fresh := err == nil && kept != "" && kept != b.heard
	if fresh {
		b.heard = kept
	}
	b.mu.Unlock()
	if fresh {
		_, token, _ := strings.Cut(kept, " ")
		b.note(token)
	}
}

// waits tells whether a callback waits to be answered by pulling.
func (b *bells) waits() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rung
}

// armed tells whether one with a token waits.
func (b *bells) armed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rung && b.token != ""
}

// answer begins to answer all callbacks: what rings from now on wants another pull. It returns the newest token that is still good.
func (b *bells) answer() (token string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rung = false
	if b.a.deps.Clock().Sub(b.since) >= tokenFor {
		b.token = ""
	}
	return b.token
}

// refused forgets a token that the platform does not take.
func (b *bells) refused(token string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.token == token {
		b.token = ""
	}
}

func nonce(random io.Reader) (string, error) {
	var b [12]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}
