// Package wechat speaks for a WeChat official account (公众号): pushes come in, the passive reply goes out in the response, the rest by
// the customer-service API. It knows no dialog and no seat, and renders nothing that the core has not fitted.
package wechat

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// Section is a channel of kind wechat in the configuration.
type Section struct {
	Path           string `yaml:"path" json:"path,omitempty"`                         // of the webhook; default /wechat/<name>
	AppID          string `yaml:"app_id" json:"app_id"`                               // 开发者ID: wx and 16 hex digits
	AppSecret      string `yaml:"app_secret" json:"app_secret,omitempty"`             // needed when verified
	Token          string `yaml:"token" json:"token"`                                 // of the server configuration: 3 to 32 letters and digits
	TokenPrevious  string `yaml:"token_previous" json:"token_previous,omitempty"`     // accepted as well, during a rotation
	AESKey         string `yaml:"aes_key" json:"aes_key,omitempty"`                   // set: only encrypted pushes are accepted
	AESKeyPrevious string `yaml:"aes_key_previous" json:"aes_key_previous,omitempty"` // accepted as well, during a rotation
	Verified       bool   `yaml:"verified" json:"verified,omitempty"`                 // may call the customer-service API (微信认证)
	OpenPlatform   bool   `yaml:"open_platform" json:"open_platform,omitempty"`       // bound to one (微信开放平台), so that it has unionids
	Menus          string `yaml:"menus" json:"menus,omitempty"`                       // numbered (default), links or push
	APIBase        string `yaml:"api_base" json:"api_base,omitempty"`                 // default https://api.weixin.qq.com
}

// How choices are shown (Section.Menus).
const (
	numbered = "numbered" // lines of text, in every reply
	links    = "links"    // as numbered; links in texts are clickable
	push     = "push"     // msgmenu by the API: tappable, and spends quota
)

const (
	maxChoices = 10
	maxLabel   = 60 // bytes of one msgmenu item, which is one line on a phone
	// demotedFor is how long an account that answered 48001 counts as unverified before it is tried again.
	demotedFor = time.Hour
)

// Adapter is one official account.
type Adapter struct {
	name  string
	cfg   Section
	deps  adapters.Deps
	gate  *weixin.Gate
	api   *weixin.API
	seats *weixin.Seats
	media *weixin.Media
	porch *weixin.Porch

	demoted atomic.Int64 // Unix second until which the account counts as unverified
	noMenu  atomic.Bool  // the account's type takes no msgmenu (40200, 48008)
}

var (
	_ adapters.Factory     = New
	_ adapters.Webhook     = (*Adapter)(nil)
	_ adapters.Typer       = (*Adapter)(nil)
	_ adapters.NativeSeats = (*Adapter)(nil)
	_ adapters.Identifier  = (*Adapter)(nil)
	_ adapters.Linker      = (*Adapter)(nil)
	_ adapters.MenuKeeper  = (*Adapter)(nil)
	_ adapters.Prober      = (*Adapter)(nil)
)

// New makes the adapter of one account.
func New(name string, decode func(into any) error, d adapters.Deps) (adapters.Adapter, error) {
	s := Section{Path: "/wechat/" + name, Menus: numbered, APIBase: "https://api.weixin.qq.com"}
	if err := decode(&s); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	desk, err := s.account().Open("wechat", name, d)
	if err != nil {
		return nil, err
	}
	return &Adapter{name: name, cfg: s, deps: d, gate: desk.Gate, api: desk.API, seats: desk.Seats, media: desk.Media, porch: desk.Porch}, nil
}

// account is what the section has in common with other messengers of the family.
func (s *Section) account() *weixin.Account {
	return &weixin.Account{Path: s.Path, AppID: s.AppID, AppSecret: s.AppSecret, Token: s.Token, TokenPrevious: s.TokenPrevious,
		AESKey: s.AESKey, AESKeyPrevious: s.AESKeyPrevious, APIBase: s.APIBase}
}

// check names the key and the remedy; it never repeats a secret.
func (s *Section) check() error {
	switch {
	case s.Verified && s.AppSecret == "":
		return errors.New("app_secret is missing: a verified account needs it to push messages; set it, or verified: false")
	case s.Menus != numbered && s.Menus != links && s.Menus != push:
		return fmt.Errorf("menus %q is not known: use numbered, links or push", s.Menus)
	}
	return nil
}

// Name is the configured name of the channel.
func (a *Adapter) Name() string { return a.name }

// Path is where the webhook is mounted.
func (a *Adapter) Path() string { return a.cfg.Path }

// Caps is what the account can show. It loses Push when the platform says that the account is not verified.
func (a *Adapter) Caps(chat.Address) chat.Caps {
	c := chat.Caps{
		MaxText:    weixin.MaxTextBytes,
		TextUnit:   chat.Bytes,
		Tap:        chat.Part,
		Passive:    1,
		Window:     weixin.Window,
		AckWithin:  weixin.AckWithin,
		Redelivery: weixin.Redelivery,
		Resend:     true,
	}
	if a.cfg.Menus == links {
		c.Links = chat.Part
	}
	if !a.mayPush() {
		return c
	}
	c.Push, c.Image, c.Native, c.PassiveNative = chat.Full, chat.Full, chat.Full, chat.Full
	if a.cfg.Menus == push && !a.noMenu.Load() {
		c.Choices, c.PreferPush = chat.Full, true
		c.MaxChoices, c.MaxLabel = maxChoices, maxLabel
	}
	return c
}

// mayPush tells whether the customer-service API may be used.
func (a *Adapter) mayPush() bool {
	return a.cfg.Verified && a.deps.Clock().Unix() >= a.demoted.Load()
}

// Run waits for ctx and for the deliveries that are being answered: this adapter is called, it never pulls.
func (a *Adapter) Run(ctx context.Context, _ adapters.Inbox) error {
	<-ctx.Done()
	a.porch.Wait()
	return nil
}
