// Package web speaks for a chat page that we serve ourselves: a full page, and a widget for pages of allowed origins. What is shown is
// kept in adapters.Feeds, so that every process and every tab shows the same; events go out by server-sent events, messages come in by
// POST. It knows no dialog and no seat, and puts no text into HTML.
package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/door"
	"github.com/xianda-bot/xianda/adapters/internal/sparing"
	"github.com/xianda-bot/xianda/chat"
)

// Section is a channel of kind web in the configuration.
type Section struct {
	Path           string   `yaml:"path" json:"path,omitempty"`                       // of the page; default /web/<name>
	URL            string   `yaml:"url" json:"url,omitempty"`                         // where people reach the page, for entry links
	Origins        []string `yaml:"origins" json:"origins,omitempty"`                 // of pages that may hold the widget: https://shop.example
	Title          string   `yaml:"title" json:"title,omitempty"`                     // what stands above the conversation; default 在线客服
	Colour         string   `yaml:"colour" json:"colour,omitempty"`                   // of buttons and of the person's words, #rrggbb; default #3257d6
	Secret         string   `yaml:"secret" json:"secret,omitempty"`                   // signs who a person is; default: one that all processes share in the store
	SecretPrevious string   `yaml:"secret_previous" json:"secret_previous,omitempty"` // accepted as well, during a rotation
}

// Limits of what the page shows and takes.
const (
	maxText    = 4000 // characters of one reply
	maxChoices = 12
	maxLabel   = 60
	redelivery = 10 * time.Minute // a page sends a message again until it is accepted
	newPeople  = 500              // a second, of one process: when something breaks everybody comes at once; more are no people
)

// Adapter is one page.
type Adapter struct {
	name    string
	cfg     Section
	deps    adapters.Deps
	keys    *keys
	guard   *http.CrossOriginProtection
	streams *streams
	pace    *pace
	news    *pace // of people who were never here
	notes   *sparing.Notes
	asks    *door.Door
}

var (
	_ adapters.Factory = New
	_ adapters.Webhook = (*Adapter)(nil)
	_ adapters.Typer   = (*Adapter)(nil)
	_ adapters.Holder  = (*Adapter)(nil)
	_ adapters.Prober  = (*Adapter)(nil)
	_ adapters.Linker  = (*Adapter)(nil)
)

// New makes the adapter of one page.
func New(name string, decode func(into any) error, d adapters.Deps) (adapters.Adapter, error) {
	s := Section{Path: "/web/" + name, Title: "在线客服", Colour: "#3257d6"}
	if err := decode(&s); err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	a := &Adapter{
		name: name, cfg: s, deps: d, keys: newKeys(name, s.Secret, s.SecretPrevious, d), guard: http.NewCrossOriginProtection(),
		streams: newStreams(maxStreams, maxStreamsEach), pace: newPace(1, 10, d.Clock), news: newPace(newPeople, 4*newPeople, d.Clock),
		notes: sparing.New(d.Clock),
	}
	a.asks = door.New(name, d, a.notes, func(s string) string { return s }) // its one secret stays in keys
	return a, nil
}

var (
	pathForm   = regexp.MustCompile(`^(/[0-9A-Za-z._~-]+)+$`)
	colourForm = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

// check names the key and the remedy; it never repeats a secret.
func (s *Section) check() error {
	s.Path = strings.TrimSuffix(s.Path, "/")
	switch {
	case !pathForm.MatchString(s.Path) || strings.Contains(s.Path, "/."):
		return fmt.Errorf("path %q must be a plain path such as /web/site", s.Path)
	case !colourForm.MatchString(s.Colour):
		return fmt.Errorf("colour %q must be written #rrggbb", s.Colour)
	case strings.TrimSpace(s.Title) == "" || len(s.Title) > 120:
		return errors.New("title must have 1 to 120 bytes, or be left out")
	case s.Secret != "" && len(s.Secret) < 32, s.SecretPrevious != "" && len(s.SecretPrevious) < 32:
		return errors.New("secret and secret_previous must have at least 32 characters (openssl rand -hex 32), or be left out")
	case s.Secret == "" && s.SecretPrevious != "":
		return errors.New("secret_previous is set without secret: set secret, or remove both")
	case len(s.Origins) > 100:
		return errors.New("origins has more than 100 entries: give the widget's pages fewer hosts")
	}
	if s.URL != "" {
		u, err := url.Parse(s.URL)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("url must be the page's public address, without user and query, such as https://help.example%s/", s.Path)
		}
		s.URL = strings.TrimSuffix(s.URL, "/") + "/"
	}
	for i, o := range s.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != o || strings.ContainsAny(o, "*,;'\" ") {
			return fmt.Errorf("origins[%d] %q must be an origin such as https://shop.example: scheme and host, no path, no *", i, o)
		}
		s.Origins[i] = strings.ToLower(o)
	}
	return nil
}

// Name is the configured name of the channel.
func (a *Adapter) Name() string { return a.name }

// Path is where the page is mounted, with all that lies below it.
func (a *Adapter) Path() string { return a.cfg.Path + "/" }

// Caps of every conversation are the same: the page is ours, so that nothing needs to be degraded but what a browser cannot show.
func (a *Adapter) Caps(chat.Address) chat.Caps {
	return chat.Caps{
		MaxText: maxText, TextUnit: chat.Runes, MaxChoices: maxChoices, MaxLabel: maxLabel, MaxData: 128,
		Choices: chat.Full, Tap: chat.Full, Links: chat.Full, Image: chat.Full, File: chat.Part, Push: chat.Full,
		Speaker: chat.Full, Redelivery: redelivery, Resend: true, Once: true,
	}
}

// Run waits for ctx, and then for the streams that are open: this adapter is called, it never pulls.
func (a *Adapter) Run(ctx context.Context, _ adapters.Inbox) error {
	<-ctx.Done()
	a.LetGo()
	a.streams.wait()
	return nil
}

// LetGo ends all streams; pages come back by themselves, to another process if there is one.
func (a *Adapter) LetGo() { a.streams.end() }

// allowed tells whether pages of origin may hold the widget.
func (a *Adapter) allowed(origin string) bool {
	return slices.Contains(a.cfg.Origins, strings.ToLower(origin))
}

func (a *Adapter) address(peer string) chat.Address { return chat.Address{Channel: a.name, Peer: peer} }
