// Package telegram speaks for a Telegram bot: updates come in by long polling or by webhook, replies go out by the Bot API. It knows no
// dialog and no seat, and renders nothing that the core has not fitted.
package telegram

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/door"
	"github.com/xianda-bot/xianda/adapters/internal/sparing"
	"github.com/xianda-bot/xianda/chat"
)

// Section is a channel of kind telegram in the configuration.
type Section struct {
	Token          string `yaml:"token" json:"token"`                               // of the bot, from @BotFather: 123456:ABC…
	Mode           string `yaml:"mode" json:"mode,omitempty"`                       // polling (default) or webhook
	Secret         string `yaml:"secret" json:"secret,omitempty"`                   // webhook: by what the platform proves itself
	SecretPrevious string `yaml:"secret_previous" json:"secret_previous,omitempty"` // accepted as well, during a rotation
	Path           string `yaml:"path" json:"path,omitempty"`                       // webhook: default /telegram/<name>
	URL            string `yaml:"url" json:"url,omitempty"`                         // webhook: its public address, registered at the start
	APIBase        string `yaml:"api_base" json:"api_base,omitempty"`               // default https://api.telegram.org
	UnknownSend    string `yaml:"unknown_send" json:"unknown_send,omitempty"`       // what may have arrived: resend (default) or drop
}

// Words of the section.
const (
	polling = "polling"
	webhook = "webhook"
	resend  = "resend"
	drop    = "drop"
)

// Limits of the Bot API (core.telegram.org/bots/api) and of what looks well.
const (
	maxText    = 4096 // UTF-16 units of one message
	maxData    = 64   // bytes of callback_data
	maxLabel   = 64   // UTF-16 units of a button: more is cut by the clients
	maxChoices = 20   // the platform takes about 100; nobody reads them
	ackWithin  = 60 * time.Second
	redelivery = 24 * time.Hour // updates are kept so long
	perChat    = 1              // messages a second to one person
	perGroup   = 1.0 / 3        // to one group, whoever in it is answered: 20 a minute
	perBot     = 30             // to all
)

// Adapter is one bot. What it may be called for depends on its mode: see puller and hooked.
type Adapter struct {
	name  string
	cfg   Section
	deps  adapters.Deps
	api   *client
	self  *self
	holds *holds
	notes *sparing.Notes
	taps  chan struct{} // slots for acknowledgements under way
	works *door.Door    // deliveries, and what goes on beside them
}

var (
	_ adapters.Factory  = New
	_ adapters.Typer    = (*Adapter)(nil)
	_ adapters.Editor   = (*Adapter)(nil)
	_ adapters.TapAcker = (*Adapter)(nil)
	_ adapters.Fetcher  = (*Adapter)(nil)
	_ adapters.Linker   = (*Adapter)(nil)
	_ adapters.Prober   = (*Adapter)(nil)
	_ adapters.Adapter  = (*puller)(nil)
	_ adapters.Webhook  = (*hooked)(nil)
)

// New makes the adapter of one bot.
func New(name string, decode func(into any) error, d adapters.Deps) (adapters.Adapter, error) {
	s := Section{Mode: polling, APIBase: "https://api.telegram.org", UnknownSend: resend}
	if err := decode(&s); err != nil {
		return nil, err
	}
	if s.Path == "" {
		s.Path = "/telegram/" + name
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	api, err := newClient(s.APIBase, s.Token, d.HTTP)
	if err != nil {
		return nil, err
	}
	who := newSelf(s.Token)
	a := &Adapter{
		name: name, cfg: s, deps: d, api: api, self: who, holds: newHolds(d, who.id), notes: sparing.New(d.Clock),
		taps: make(chan struct{}, tapsAtOnce),
	}
	a.works = door.New(name, d, a.notes, api.scrub)
	if s.Mode == webhook {
		return &hooked{Adapter: a}, nil
	}
	return &puller{Adapter: a}, nil
}

var (
	tokenForm  = regexp.MustCompile(`^[0-9A-Za-z_-]+(:[0-9A-Za-z_-]+)?$`) // what cannot change the address that it is put into
	secretForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,256}$`)
	pathForm   = regexp.MustCompile(`^(/[0-9A-Za-z._~-]+)+$`)
)

// check names the key and the remedy; it never repeats a secret.
func (s *Section) check() error {
	switch {
	case s.Token == "":
		return errors.New("token is missing: get one from @BotFather (/newbot, or /token for a bot that exists)")
	case !tokenForm.MatchString(s.Token):
		return errors.New("token must be like 123456:ABC-DEF…: copy it whole from @BotFather")
	case s.Mode != polling && s.Mode != webhook:
		return fmt.Errorf("mode %q is not known: use polling or webhook", s.Mode)
	case s.UnknownSend != resend && s.UnknownSend != drop:
		return fmt.Errorf("unknown_send %q is not known: use resend or drop", s.UnknownSend)
	case !pathForm.MatchString(s.Path) || strings.Contains(s.Path, "/."):
		return fmt.Errorf("path %q must be a plain path such as /telegram/tg", s.Path)
	}
	if err := s.checkWebhook(); err != nil {
		return err
	}
	u, err := url.Parse(s.APIBase)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.User != nil || u.Fragment != "" {
		return errors.New("api_base must be an address such as https://api.telegram.org")
	}
	return nil
}

func (s *Section) checkWebhook() error {
	if s.Mode == polling {
		if s.Secret != "" || s.SecretPrevious != "" || s.URL != "" {
			return errors.New("secret, secret_previous and url belong to mode: webhook: set it, or remove them")
		}
		return nil
	}
	switch {
	case s.Secret == "":
		return errors.New("secret is missing: without it anybody could write in a person's name; set one (openssl rand -hex 32)")
	case !secretForm.MatchString(s.Secret), s.SecretPrevious != "" && !secretForm.MatchString(s.SecretPrevious):
		return errors.New("secret and secret_previous may hold 1 to 256 letters, digits, _ and -, as the platform requires")
	case s.URL == "":
		return nil
	}
	u, err := url.Parse(s.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("url must be the webhook's public address, https://your.host" + s.Path + "; leave it out to register it yourself")
	}
	return nil
}

// Name is the configured name of the channel.
func (a *Adapter) Name() string { return a.name }

// Caps is what can be shown: the same for all but the pace, which a group shares among all who are in it.
func (a *Adapter) Caps(to chat.Address) chat.Caps {
	c := chat.Caps{
		MaxText: maxText, TextUnit: chat.UTF16, MaxChoices: maxChoices, MaxLabel: maxLabel, MaxData: maxData,
		Choices: chat.Full, Tap: chat.Full, Links: chat.Full, Image: chat.Full, File: chat.Full, Voice: chat.Full,
		Push: chat.Full, Redelivery: redelivery, Resend: a.cfg.UnknownSend == resend, PerConversation: perChat, PerAccount: perBot,
	}
	if a.cfg.Mode == webhook {
		c.AckWithin = ackWithin
	}
	if to.Thread != "" {
		c.PerConversation = perGroup
	}
	return c
}
