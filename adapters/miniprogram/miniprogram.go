// Package miniprogram speaks for a WeChat mini-program (小程序): pushes come in as XML or JSON, and everything goes out by the
// customer-service API, because a push can be answered with nothing. It knows no dialog and no seat, and renders nothing that the core
// has not fitted.
package miniprogram

import (
	"context"
	"errors"
	"net/url"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/weixin"
	"github.com/xianda-bot/xianda/chat"
)

// Section is a channel of kind miniprogram in the configuration.
type Section struct {
	Path           string `yaml:"path" json:"path,omitempty"`                         // of the webhook; default /miniprogram/<name>
	AppID          string `yaml:"app_id" json:"app_id"`                               // AppID(小程序ID): wx and 16 hex digits
	AppSecret      string `yaml:"app_secret" json:"app_secret"`                       // AppSecret(小程序密钥)
	Token          string `yaml:"token" json:"token"`                                 // of 消息推送: 3 to 32 letters and digits
	TokenPrevious  string `yaml:"token_previous" json:"token_previous,omitempty"`     // accepted as well, during a rotation
	AESKey         string `yaml:"aes_key" json:"aes_key,omitempty"`                   // set: only encrypted pushes are accepted
	AESKeyPrevious string `yaml:"aes_key_previous" json:"aes_key_previous,omitempty"` // accepted as well, during a rotation
	CardImage      string `yaml:"card_image" json:"card_image,omitempty"`             // https picture of link cards; none: links are lines
	APIBase        string `yaml:"api_base" json:"api_base,omitempty"`                 // default https://api.weixin.qq.com
}

// Adapter is one mini-program.
type Adapter struct {
	name  string
	cfg   Section
	deps  adapters.Deps
	gate  *weixin.Gate
	api   *weixin.API
	media *weixin.Media
	seats *weixin.Seats
	porch *weixin.Porch
}

var (
	_ adapters.Factory     = New
	_ adapters.Webhook     = (*Adapter)(nil)
	_ adapters.Typer       = (*Adapter)(nil)
	_ adapters.Fetcher     = (*Adapter)(nil)
	_ adapters.NativeSeats = (*Adapter)(nil)
	_ adapters.Linker      = (*Adapter)(nil)
	_ adapters.Prober      = (*Adapter)(nil)
)

// New makes the adapter of one mini-program.
func New(name string, decode func(into any) error, d adapters.Deps) (adapters.Adapter, error) {
	s := Section{Path: "/miniprogram/" + name, APIBase: "https://api.weixin.qq.com"}
	if err := decode(&s); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	desk, err := s.account().Open("miniprogram", name, d)
	if err != nil {
		return nil, err
	}
	desk.Gate.JSON = true
	return &Adapter{name: name, cfg: s, deps: d, gate: desk.Gate, api: desk.API, seats: desk.Seats, media: desk.Media, porch: desk.Porch}, nil
}

// account is what the section has in common with other messengers of the family.
func (s *Section) account() *weixin.Account {
	return &weixin.Account{Path: s.Path, AppID: s.AppID, AppSecret: s.AppSecret, Token: s.Token, TokenPrevious: s.TokenPrevious,
		AESKey: s.AESKey, AESKeyPrevious: s.AESKeyPrevious, APIBase: s.APIBase}
}

// check names the key and the remedy; it never repeats a secret.
func (s *Section) check() error {
	if s.AppSecret == "" {
		return errors.New("app_secret is missing: a mini-program answers by the API only; copy it from the console's 开发设置")
	}
	if u, err := url.Parse(s.CardImage); s.CardImage != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		return errors.New("card_image must be the address of a picture such as https://shop.example/card.png, or left out")
	}
	return nil
}

// Name is the configured name of the channel.
func (a *Adapter) Name() string { return a.name }

// Path is where the webhook is mounted.
func (a *Adapter) Path() string { return a.cfg.Path }

// Caps is what the mini-program can show. That it takes msgmenu is unconfirmed, so that choices are numbered; with a picture for cards
// the one link of a reply is left to the adapter. Persons are handed to the platform's seats by the API (kfsession/create) only: that a
// push in JSON may be answered with a transfer is unconfirmed too.
func (a *Adapter) Caps(chat.Address) chat.Caps {
	c := chat.Caps{
		MaxText:    weixin.MaxTextBytes,
		TextUnit:   chat.Bytes,
		Image:      chat.Full,
		Push:       chat.Full,
		Native:     chat.Full,
		Window:     weixin.Window,
		AckWithin:  weixin.AckWithin,
		Redelivery: weixin.Redelivery,
		Resend:     true,
	}
	if a.cfg.CardImage != "" {
		c.Choices, c.MaxChoices = chat.Part, 1
	}
	return c
}

// Run waits for ctx and for the deliveries that are being answered: this adapter is called, it never pulls.
func (a *Adapter) Run(ctx context.Context, _ adapters.Inbox) error {
	<-ctx.Done()
	a.porch.Wait()
	return nil
}
