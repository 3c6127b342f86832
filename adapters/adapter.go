// Package adapters is the contract between a messenger and the rest of the house: Adapter, its optional abilities, Fit and the
// Registry. It knows no messenger by name, and no dialog, seat or store at all.
package adapters

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// Inbox is the one door. It takes a message and returns what to show in the platform's own response, fitted already.
//
//   - replies, nil: answer the delivery with them; then call Deps.Shown.
//   - nil, nil: accepted, nothing to show: acknowledge empty.
//   - nil, chat.ErrLater: accepted, the answer comes by Send or with the next message: acknowledge empty.
//   - any other error: do not acknowledge (WeChat: 503 with an empty body within 3 s), so that the platform delivers again.
//
// It returns before m.ReplyBy when that is set; the caller may cancel ctx as soon as it has its answer, the turn goes on.
type Inbox func(ctx context.Context, m chat.Message) ([]chat.Reply, error)

// Adapter speaks for one channel. All methods may be called concurrently.
type Adapter interface {
	// Name is the configured name of the channel, which is Address.Channel of every message that it brings.
	Name() string
	// Caps is what can be shown in one conversation. It is cheap, does no I/O and may change (an account that turns out to be unverified).
	Caps(chat.Address) chat.Caps
	// Run pulls, or refreshes tokens; it returns nil when ctx ends and its handlers are done. A webhook-only adapter waits for ctx.
	Run(ctx context.Context, in Inbox) error
	// Send shows one fitted reply. right is what permits it, nil when sending is not counted. It makes one attempt (a refreshed access
	// token excepted), respects ctx's deadline, and every error is a *chat.Failure.
	Send(ctx context.Context, to chat.Address, r chat.Reply, right *chat.ReplyRight) (id string, err error)
}

// Optional abilities, found by type assertion.
type (
	// Webhook is an adapter that the platform calls. The handler is mounted at Path of its configuration.
	Webhook interface {
		Path() string
		Handler(in Inbox) http.Handler
	}
	// Typer shows that an answer is being written. Errors are of no consequence.
	Typer interface {
		Typing(context.Context, chat.Address) error
	}
	// Editor changes a message that Send showed.
	Editor interface {
		Edit(ctx context.Context, to chat.Address, id string, r chat.Reply) error
	}
	// TapAcker stops the spinner of a tapped button.
	TapAcker interface {
		AckTap(ctx context.Context, m chat.Message, note string) error
	}
	// Fetcher opens a person's media. The caller closes it and bounds what it reads.
	Fetcher interface {
		Open(context.Context, chat.Media) (io.ReadCloser, error)
	}
	// NativeSeats asks the platform about its own seats (the WeChat family). Both calls go to the platform.
	NativeSeats interface {
		// FreeSeat returns what to put into Reply.Native so that somebody who is there now takes the conversation: a seat's account or
		// chat.AnySeat; "" when nobody is there.
		FreeSeat(ctx context.Context, to chat.Address) (seat string, err error)
		// NativeState tells where the conversation stands, and with which seat.
		NativeState(ctx context.Context, to chat.Address) (state chat.NativeState, seat string, err error)
	}
	// Identifier asks the platform for the person's id over several accounts of one owner (unionid), with its realm: "weixin:o6_b…"; ""
	// when the platform gives none. It goes to the platform: ask once a conversation.
	Identifier interface {
		Union(ctx context.Context, a chat.Address) (string, error)
	}
	// Linker makes links by which a person enters the channel with a scene, which then comes with chat.Arrived. It may ask the platform.
	// scene is signed already, at most MaxScene bytes of [0-9A-Za-z_-].
	Linker interface {
		MaxScene() int
		Link(ctx context.Context, scene string, until time.Time) (Link, error)
	}
	// MenuKeeper reads and sets the account's menu on the platform.
	MenuKeeper interface {
		Menu(ctx context.Context) (Menu, error)
		SetMenu(ctx context.Context, m Menu) error
	}
	// Holder holds requests open (streams). LetGo ends them soon, and those that come later at once, so that a house that stops does not
	// wait for them. It does not block.
	Holder interface{ LetGo() }
	// Prober checks credentials and reachability for xianda doctor and channel probe: one line per check.
	Prober interface {
		Probe(ctx context.Context) []Check
	}
)

// Check is one line of a probe.
type Check struct {
	Name   string // "credentials"
	OK     bool
	Detail string // what was found, or the remedy; never a secret
}

// Link is one way in.
type Link struct {
	URL  string // to open or to print as a QR code; "" when there is only a Code
	QR   string // address of the platform's own picture of the QR code; "" when it makes none
	Code string // a snippet to paste where the person enters, such as a mini-program's button; "" when URL says it all
	Note string // what the operator should know, in a sentence; may be ""
}

// Menu is an account's menu: at most 3 items, each with at most 5 below it.
type Menu struct {
	Items []MenuItem `json:"items"`
}

// MenuItem is one button. It opens Items, or has exactly one of Key, URL and Page; with Page, URL is where clients without mini-programs
// go.
type MenuItem struct {
	Label string     `json:"label"`
	Key   string     `json:"key,omitempty"`    // comes back as Message.Scene["menu"]
	URL   string     `json:"url,omitempty"`    // opens a page
	AppID string     `json:"app_id,omitempty"` // of the mini-program that Page belongs to
	Page  string     `json:"page,omitempty"`   // opens a page of a mini-program
	Items []MenuItem `json:"items,omitempty"`
}

// Vault keeps small shared values for adapters over all processes: access tokens, cursors, leases. Keys are the adapter's own and are
// kept apart from everything else. Values may be secret.
type Vault interface {
	// Get returns "" when the key is absent or expired.
	Get(ctx context.Context, key string) (string, error)
	Put(ctx context.Context, key, value string, ttl time.Duration) error
	// Drop removes key if it still has this value.
	Drop(ctx context.Context, key, value string) error
	// Lock takes key for at most ttl if nobody has it. ok tells; unlock is never nil and gives it back only if it is still ours.
	Lock(ctx context.Context, key string, ttl time.Duration) (unlock func(), ok bool, err error)
}

// Counter counts things for the metrics page; labels are fixed words, never texts of people.
type Counter interface {
	Count(metric string, labels ...string)
}

// Deps is what a factory gets from the house. Every field is set.
type Deps struct {
	Log   *slog.Logger
	Clock func() time.Time
	HTTP  *http.Client // for calls to the platform: with a timeout, following no redirects
	// Outside fetches what strangers name: it reaches no private address, follows no redirects, and gives up in time. The caller bounds
	// what it reads.
	Outside *http.Client
	Vault   Vault
	Feeds   Feeds
	Count   Counter
	Random  io.Reader // cryptographic; a fixed one in tests
	// Scene reads what an entry carries: a signed scene that Linker made a link of, or plain "page=pay,error=RP_HOLD". What is forged,
	// expired or malformed is left out and counted; the result is still untrusted as to who sent it. nil when nothing is left.
	Scene func(channel, raw string) map[string]string
	// Shown tells the house that a passive reply was written into its response. It does not block.
	Shown func(m chat.Message)
}

// Factory makes an adapter from its raw section of the configuration, which decode reads strictly (an unknown key is an error).
// It does no I/O; its errors name the key and the remedy.
type Factory func(name string, decode func(into any) error, d Deps) (Adapter, error)

// Kind is one kind of messenger.
type Kind struct {
	New Factory
	// Title is the messenger's name and Receives how messages come, for the table of messengers: a few words each, such as "WeChat
	// official account (公众号)" and "webhook: plain, compatible, encrypted". What a channel can show they do not say: Caps does.
	Title, Receives string
	// Spoken is how people call it, in Chinese, for words such as 您在微信小程序里的对话: "微信小程序".
	Spoken string
	// Sample is an item of channels: in the configuration, with comments, good enough for New when every variable is "sample". It is what
	// xianda init writes, and tells what the kind can mostly show.
	Sample string
	// Section is the zero value of the struct that New decodes, so that editors are offered its keys.
	Section any
}

// Registry names the kinds of messenger that are built in. The one literal is in adapters/all.
type Registry map[string]Kind
