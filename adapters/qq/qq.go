// Package qq speaks for a QQ official bot (QQ 官方机器人): events come in by webhook, and every reply names the message or event that it
// answers, because the platform permits nothing else. It uses no SDK, knows no dialog and no seat, and renders nothing that the core has
// not fitted.
package qq

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/door"
	"github.com/xianda-bot/xianda/adapters/internal/sparing"
	"github.com/xianda-bot/xianda/chat"
)

// Section is a channel of kind qq in the configuration.
type Section struct {
	Path            string `yaml:"path" json:"path,omitempty"`                         // of the webhook; default /qq/<name>
	AppID           string `yaml:"app_id" json:"app_id"`                               // BotAppID: digits
	Secret          string `yaml:"secret" json:"secret"`                               // AppSecret: signs events, and gets access tokens
	Sandbox         bool   `yaml:"sandbox" json:"sandbox,omitempty"`                   // the platform's sandbox, for test groups and people
	MarkdownButtons bool   `yaml:"markdown_buttons" json:"markdown_buttons,omitempty"` // the bot was invited to send buttons (内邀)
	APIBase         string `yaml:"api_base" json:"api_base,omitempty"`                 // default https://api.sgroup.qq.com, or its sandbox
	TokenBase       string `yaml:"token_base" json:"token_base,omitempty"`             // default https://bots.qq.com
}

// Addresses of the platform (bot.q.qq.com/wiki, interface-framework/api-use).
const (
	apiBase     = "https://api.sgroup.qq.com"
	sandboxBase = "https://sandbox.api.sgroup.qq.com"
	tokenBase   = "https://bots.qq.com"
)

// What a person's message or event permits (bot.q.qq.com/wiki, message/overview): so many replies in so long a time. For a chat of two
// the documents of 2025 say five replies, those of 2026 four: the careful reading.
const (
	privateWindow  = 60 * time.Minute
	privateReplies = 4
	groupWindow    = 5 * time.Minute
	groupReplies   = 5
)

const (
	// maxText is the length of one message in characters. The platform publishes none; a longer one is refused as 40054007.
	maxText = 1000
	// maxRows rows of maxColumns buttons fit below one message, each with a label of maxLabel characters (message/trans/msg-btn).
	maxRows, maxColumns, maxLabel = 5, 5, 10
	// perSecond is the platform's limit of one bot (v2_users_user_openid_messages, v2_groups_group_openid_messages).
	perSecond = 100
)

// Adapter is one bot.
type Adapter struct {
	name  string
	cfg   Section
	deps  adapters.Deps
	gate  gate
	door  *door.Door
	api   *api
	notes *sparing.Notes

	noButtons atomic.Bool // the platform says that the bot was not invited
}

var (
	_ adapters.Factory  = New
	_ adapters.Webhook  = (*Adapter)(nil)
	_ adapters.TapAcker = (*Adapter)(nil)
	_ adapters.Fetcher  = (*Adapter)(nil)
	_ adapters.Linker   = (*Adapter)(nil)
	_ adapters.Prober   = (*Adapter)(nil)
)

// New makes the adapter of one bot.
func New(name string, decode func(into any) error, d adapters.Deps) (adapters.Adapter, error) {
	s := Section{Path: "/qq/" + name, TokenBase: tokenBase}
	if err := decode(&s); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.APIBase == "" {
		s.APIBase = apiBase
		if s.Sandbox {
			s.APIBase = sandboxBase
		}
	}
	a := &Adapter{name: name, cfg: s, deps: d, gate: newGate(s.AppID, s.Secret, d.Clock), notes: sparing.New(d.Clock)}
	a.api = newAPI(s, d)
	a.door = door.New(name, d, a.notes, func(s string) string { return a.api.scrub(s, "") })
	return a, nil
}

var appIDForm = regexp.MustCompile(`^[0-9]{5,20}$`)

// check names the key and the remedy; it never repeats a secret.
func (s *Section) check() error {
	switch {
	case !strings.HasPrefix(s.Path, "/") || strings.ContainsAny(s.Path, " ?#{}"):
		return fmt.Errorf("path %q must begin with / and be a plain path, as in the console's callback address", s.Path)
	case s.AppID == "":
		return errors.New("app_id is missing: copy the AppID (机器人 ID) from 开发设置 of q.qq.com")
	case !appIDForm.MatchString(s.AppID):
		return errors.New("app_id must be 5 to 20 digits: copy the AppID (机器人 ID) from 开发设置 of q.qq.com")
	case s.Secret == "":
		return errors.New("secret is missing: without it anybody could forge messages; copy the AppSecret (机器人密钥) from 开发设置 of q.qq.com")
	case s.Sandbox && s.APIBase != "":
		return errors.New("sandbox and api_base are both set: sandbox chooses the address, so remove one of them")
	}
	for _, b := range []struct{ key, address string }{{"api_base", s.APIBase}, {"token_base", s.TokenBase}} {
		u, err := url.Parse(b.address)
		if err == nil && b.address == "" {
			continue
		}
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.User != nil {
			return fmt.Errorf("%s must be an address such as %s", b.key, apiBase)
		}
	}
	if s.TokenBase == "" {
		return fmt.Errorf("token_base is empty: leave it out for %s", tokenBase)
	}
	return nil
}

// Name is the configured name of the channel.
func (a *Adapter) Name() string { return a.name }

// Path is where the webhook is mounted.
func (a *Adapter) Path() string { return a.cfg.Path }

// Caps is what the bot can show: in a group for 5 minutes after a message, alone with a person for 60. It loses buttons when the platform
// says that the bot was not invited to send them.
func (a *Adapter) Caps(to chat.Address) chat.Caps {
	c := chat.Caps{
		MaxText:    maxText,
		TextUnit:   chat.Runes,
		Image:      chat.Full,
		Push:       chat.Full, // while a right is left: Window says how long after a message
		Window:     privateWindow,
		Redelivery: 2 * fresh, // a body is let in from fresh before its timestamp to fresh after it
		Resend:     true,
		Once:       true, // msg_seq
		PerAccount: perSecond,
	}
	if to.Thread != "" {
		c.Window = groupWindow
	}
	if a.buttons() {
		c.Choices, c.Tap = chat.Full, chat.Full
		c.MaxChoices, c.MaxLabel = maxRows*maxColumns, maxLabel
	}
	return c
}

func (a *Adapter) buttons() bool { return a.cfg.MarkdownButtons && !a.noButtons.Load() }

// Run waits for ctx and for the deliveries under way: this adapter is called, it never pulls.
func (a *Adapter) Run(ctx context.Context, _ adapters.Inbox) error {
	<-ctx.Done()
	a.door.Wait()
	return nil
}
