// Package kefu speaks for an account of WeChat Kefu (微信客服) on WeCom: a push only rings, the messages are pulled, answers go out by the
// API, and a conversation can be handed to the account's own seats. It knows no dialog and no seat of the house.
package kefu

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/lease"
	"github.com/xianda-bot/xianda/adapters/internal/sparing"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// Section is a channel of kind kefu in the configuration.
type Section struct {
	Path           string `yaml:"path" json:"path,omitempty"`                         // of the webhook; default /kefu/<name>
	CorpID         string `yaml:"corp_id" json:"corp_id"`                             // 企业ID
	Secret         string `yaml:"secret" json:"secret"`                               // of the app that may call the Kefu API
	Token          string `yaml:"token" json:"token"`                                 // of the app's callback: 3 to 32 letters and digits
	TokenPrevious  string `yaml:"token_previous" json:"token_previous,omitempty"`     // accepted as well, during a rotation
	AESKey         string `yaml:"aes_key" json:"aes_key"`                             // EncodingAESKey of the callback
	AESKeyPrevious string `yaml:"aes_key_previous" json:"aes_key_previous,omitempty"` // accepted as well, during a rotation
	OpenKFID       string `yaml:"open_kfid" json:"open_kfid"`                         // the Kefu account
	Seats          string `yaml:"seats" json:"seats,omitempty"`                       // of the platform: pool (default), none, or a userid
	APIBase        string `yaml:"api_base" json:"api_base,omitempty"`                 // default https://qyapi.weixin.qq.com
}

// Words of Section.Seats beside a userid.
const (
	pool = "pool" // whoever of the account's seats takes the conversation
	none = "none" // the platform's seats are not used
)

// Limits of the platform (developer.work.weixin.qq.com, path 94677), here so that they are changed in one place.
const (
	maxChoices = 10
	maxLabel   = 128              // bytes of the text of an item that can be tapped
	maxID      = 64               // bytes of its id; one source says 128
	maxHead    = 1024             // bytes of the text above a menu, and of the one below
	maxURL     = 2048             // bytes of an item that is a link
	maxScene   = 128              // bytes of scene_param (path 94665)
	replies    = 5                // messages after one of the person's, within weixin.Window
	codeFor    = 20 * time.Second // of a welcome or end code (path 95122)

	// Ours: in what time a page may come again after a process died.
	redelivery = 10 * time.Minute
)

// Adapter is one Kefu account. All methods may be called concurrently.
type Adapter struct {
	name  string
	cfg   Section
	deps  adapters.Deps
	api   *weixin.API
	media *weixin.Media
	porch *weixin.Porch
	notes *sparing.Notes
	lease *lease.Lease
	bells *bells
	doubt *doubts

	sessions   *sessions
	queueKeeps atomic.Bool // the platform was asked to let somebody leave its queue, and does not know how
}

var (
	_ adapters.Factory     = New
	_ adapters.Webhook     = (*Adapter)(nil)
	_ adapters.NativeSeats = (*Adapter)(nil)
	_ adapters.Fetcher     = (*Adapter)(nil)
	_ adapters.Identifier  = (*Adapter)(nil)
	_ adapters.Linker      = (*Adapter)(nil)
	_ adapters.Prober      = (*Adapter)(nil)
)

// New makes the adapter of one account.
func New(name string, decode func(into any) error, d adapters.Deps) (adapters.Adapter, error) {
	s := Section{Path: "/kefu/" + name, Seats: pool, APIBase: "https://qyapi.weixin.qq.com"}
	if err := decode(&s); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	gate, err := s.callback().Gate(d.Clock)
	if err != nil {
		return nil, err
	}
	// The secret travels in an address: both of its forms must not show.
	secrets := weixin.Given(s.Secret, url.QueryEscape(s.Secret), s.Token, s.TokenPrevious, s.AESKey, s.AESKeyPrevious)
	a := &Adapter{
		name: name, cfg: s, deps: d, notes: sparing.New(d.Clock), doubt: newDoubts(d.Clock), sessions: newSessions(d.Clock),
		api:   weixin.NewAPI(s.APIBase, d.HTTP, secrets...),
		porch: weixin.NewPorch(name, d, &weixin.WorkGate{Gate: gate}, secrets...),
	}
	a.media = weixin.NewMedia(a.api, d, "kefu/"+s.CorpID)
	// A token belongs to corp and secret; several accounts of one app share it.
	key := a.vaultKey("token", weixin.Fingerprint(s.Secret))
	a.api.Tokens = weixin.NewTokens(key, d.Vault, d.Clock, a.api.WorkToken(s.CorpID, s.Secret))
	a.lease = lease.New(a.vaultKey("lease", s.OpenKFID), d)
	a.bells = newBells(a)
	return a, nil
}

// vaultKey is where something of a Kefu account is kept.
func (a *Adapter) vaultKey(what, account string) string {
	return "kefu/" + what + "/" + a.cfg.CorpID + "/" + account
}

var idForm = regexp.MustCompile(`^[0-9A-Za-z_.@-]{1,64}$`)

// callback is what WeCom's callbacks have in common with the pushes of the rest of the family.
func (s *Section) callback() *weixin.Account {
	return &weixin.Account{
		Path: s.Path, AppID: s.CorpID, Token: s.Token, TokenPrevious: s.TokenPrevious, AESKey: s.AESKey, AESKeyPrevious: s.AESKeyPrevious,
		APIBase: s.APIBase,
	}
}

// check names the key and the remedy; it never repeats a secret.
func (s *Section) check() error {
	switch {
	case s.CorpID == "":
		return errors.New("corp_id is missing: copy the 企业ID from the WeCom console (我的企业)")
	case !idForm.MatchString(s.CorpID):
		return errors.New("corp_id may hold letters, digits, - and _ only: copy it from the WeCom console")
	case s.Secret == "":
		return errors.New("secret is missing: copy the Secret of the app that is listed under 微信客服 → 可调用接口的应用")
	case s.AESKey == "":
		return errors.New("aes_key is missing: WeCom encrypts every callback; copy the EncodingAESKey from the console")
	case s.OpenKFID == "":
		return errors.New("open_kfid is missing: copy the account's id from the console (微信客服 → 客服账号)")
	case !idForm.MatchString(s.OpenKFID):
		return errors.New("open_kfid may hold letters, digits, - and _ only: copy it from the console")
	case s.Seats == "" || s.Seats != pool && s.Seats != none && !idForm.MatchString(s.Seats):
		return errors.New("seats must be pool, none, or the userid of one seat")
	}
	return s.callback().CheckCallback()
}

// Name is the configured name of the channel.
func (a *Adapter) Name() string { return a.name }

// Path is where the webhook is mounted.
func (a *Adapter) Path() string { return a.cfg.Path }

// Caps is what the account can show.
func (a *Adapter) Caps(chat.Address) chat.Caps {
	c := chat.Caps{
		MaxText: weixin.MaxTextBytes, MaxChoices: maxChoices, MaxLabel: maxLabel, MaxData: maxID, MaxBeside: maxHead, TextUnit: chat.Bytes,
		Choices: chat.Full, Tap: chat.Full, Image: chat.Full, File: chat.Full, Push: chat.Full,
		Window: weixin.Window, Redelivery: redelivery, Resend: true, Once: true, // msgid
	}
	if a.cfg.Seats != none {
		c.Native = chat.Full
	}
	return c
}

// Run pulls until ctx ends, while no other process does.
func (a *Adapter) Run(ctx context.Context, in adapters.Inbox) error {
	a.pull(ctx, in)
	a.porch.Wait()
	return nil
}
