package starter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/adapters/all"
	"github.com/xianda-bot/xianda/adapters/console"
	"github.com/xianda-bot/xianda/adapters/kefu/kefutest"
	"github.com/xianda-bot/xianda/adapters/miniprogram/miniprogramtest"
	"github.com/xianda-bot/xianda/adapters/qq/qqtest"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
	"github.com/xianda-bot/xianda/adapters/wechat/wechattest"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/config"
)

// platform is a messenger's fake.
type platform interface {
	http.Handler
	Section(base string) map[string]any
	Deliver(t testing.TB, door http.Handler, d adapterstest.Delivery) adapterstest.Answer
	Sent() []adapterstest.Shown
	Breaches() []string
}

// platforms are the fakes of all messengers that have a platform, in a mode that can be read.
func platforms() map[string]func(t testing.TB) platform {
	return map[string]func(t testing.TB) platform{
		"kefu":        func(t testing.TB) platform { return kefutest.New(t) },
		"miniprogram": func(t testing.TB) platform { return miniprogramtest.NewPushing(t, false, true) },
		"qq":          func(t testing.TB) platform { return qqtest.New(t) },
		"telegram":    func(t testing.TB) platform { return telegramtest.New(t).Webhook() },
		"wechat":      func(t testing.TB) platform { return wechattest.NewPlain(t) },
	}
}

const (
	base   = "https://platform.example"
	person = "person"
)

// line is the wire between a messenger's adapter and its fake platform: what the rehearsed house says goes through the adapter itself.
// There is a new one for each conversation; the log goes on.
type line struct {
	t        *testing.T
	kind     string
	caps     chat.Caps
	adapter  adapters.Adapter
	platform platform // nil: a terminal or our own page
	door     http.Handler
	feeds    *adapterstest.Feeds
	screen   *bytes.Buffer // of the terminal
	end      func()

	came   chan chat.Message
	from   chat.Address
	right  *chat.ReplyRight
	last   []chat.Reply // what the person saw last
	seen   int          // messages that the platform showed
	sent   int          // deliveries
	posted int          // on our own page

	mu      sync.Mutex   // guards both
	answer  []chat.Reply // what the inbox says
	written *strings.Builder
}

// next begins another conversation.
func (l *line) next(t *testing.T, kind string) *line {
	t.Helper()
	n := &line{t: t, kind: kind, came: make(chan chat.Message, 4), written: &strings.Builder{}}
	if l != nil {
		l.close()
		n.written = l.written
	}
	deps, _ := adapterstest.NewDeps()
	n.feeds = deps.Feeds.(*adapterstest.Feeds)
	if open := platforms()[kind]; open != nil {
		n.platform = open(t)
		deps.HTTP = adapterstest.Client(n)
		n.adapter = built(t, kind, n.platform.Section(base), deps)
	} else {
		n.own(deps)
	}
	n.caps = n.adapter.Caps(chat.Address{Channel: n.adapter.Name(), Peer: person})
	if hook, ok := n.adapter.(adapters.Webhook); ok {
		n.door = hook.Handler(n.inbox)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := n.adapter.Run(ctx, n.inbox); err != nil {
			t.Errorf("%s: Run: %v", kind, err)
		}
	}()
	n.end = func() { cancel(); <-done }
	return n
}

// own are the messengers without a platform of somebody else.
func (l *line) own(deps adapters.Deps) {
	l.t.Helper()
	switch l.kind {
	case "console":
		l.screen = &bytes.Buffer{}
		a, err := console.NewOn("term", strings.NewReader(""), l.screen, deps)
		if err != nil {
			l.t.Fatal(err)
		}
		l.adapter, l.from = a, chat.Address{Channel: "term", Peer: "terminal"}
	case "web":
		l.adapter, l.from = built(l.t, "web", map[string]any{}, deps), chat.Address{Channel: "web", Peer: person}
	default:
		l.t.Fatalf("%s has no fake platform in platforms()", l.kind)
	}
}

// built makes an adapter from a section, as a configuration does.
func built(t *testing.T, kind string, section map[string]any, deps adapters.Deps) adapters.Adapter {
	t.Helper()
	section["name"], section["kind"] = kind, kind
	text, err := json.Marshal(map[string]any{"release": ".", "channels": []any{section}})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse(text, "wire.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := all.Registry().Build(kind, kind, cfg.Channels[0].Decode, deps)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (l *line) close() {
	l.end()
	if l.platform != nil {
		for _, b := range l.platform.Breaches() {
			l.t.Errorf("%s: the platform says: %s", l.kind, b)
		}
	}
}

// log ends the line.
func (l *line) log() string {
	l.close()
	return l.written.String()
}

func (l *line) inbox(_ context.Context, m chat.Message) ([]chat.Reply, error) {
	l.came <- m
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answer, nil
}

// play brings a turn over the wire: what the person does, the platform's own response, what is pushed.
func (l *line) play(s rehearse.Seen) {
	l.t.Helper()
	turn := s.Test.Turns[s.Turn]
	if s.Turn == 0 {
		l.write("==== %s", s.Test.Name)
	}
	did, acts := l.did(s, turn)
	l.write("%s", strings.SplitN(s.Transcript(), "\n", 2)[0])
	passive := 0
	var saw []adapterstest.Shown
	if acts && l.platform != nil {
		passive = s.Passive
		saw = l.deliver(did, s.Shown[:passive])
	}
	for _, r := range s.Shown[passive:] {
		r.Until = time.Time{} // on the rehearsal's clock
		if _, err := l.adapter.Send(l.t.Context(), l.from, r, l.right); err != nil {
			l.t.Errorf("%s, %s, turn %d: Send: %v", l.kind, s.Test.Name, s.Turn+1, err)
		}
	}
	l.flush()
	if l.platform != nil {
		sent := l.platform.Sent()
		saw = append(saw, sent[l.seen:]...)
		l.seen = len(sent)
		l.compare(s, saw)
	}
	if len(s.Shown) > 0 {
		l.last = s.Shown
	}
	l.write("")
}

// did is what the person does in a turn, as their phone can; false when it is not theirs.
func (l *line) did(s rehearse.Seen, turn rehearse.Turn) (d adapterstest.Delivery, acts bool) {
	l.sent++
	d = adapterstest.Delivery{Kind: chat.Said, Peer: person, ID: fmt.Sprintf("%s-%d", s.Test.Name, l.sent), At: time.Now()}
	enter := turn.Enter
	switch {
	case turn.User != nil:
		d.Text = *turn.User
		return d, true
	case turn.Choose != "":
		d.Text, d.Label = turn.Choose, turn.Choose
		for _, r := range l.last {
			for _, c := range r.Choices {
				if c.Label == turn.Choose {
					d.Kind, d.Choice, d.Text = chat.Chose, c.ID, ""
				}
			}
		}
		return d, true
	case enter == nil && s.Turn == 0 && turn.Seat == "" && turn.Close == "" && turn.Native == "" && turn.Event == nil && turn.Wait == 0:
		if enter = s.Test.Given.Enter; enter == nil {
			return d, false
		}
	}
	if enter == nil {
		return d, false
	}
	d.Kind, d.Scene = chat.Arrived, map[string]string{"menu": "HELP"} // where there are menus: else the platform has no such event
	if key, value, ok := strings.Cut(enter.Event, "."); ok {
		d.Scene[key] = value
	}
	maps.Copy(d.Scene, enter.Scene)
	return d, true
}

// deliver lets the person do d, answered with replies, and returns what they see at once.
func (l *line) deliver(d adapterstest.Delivery, replies []chat.Reply) []adapterstest.Shown {
	l.t.Helper()
	l.mu.Lock()
	l.answer = replies
	l.mu.Unlock()
	a := l.platform.Deliver(l.t, l.door, d)
	if !a.Acknowledged() {
		l.t.Fatalf("%s: %+v was answered with %d", l.kind, d, a.Status)
	}
	select {
	case m := <-l.came:
		l.from = m.From
		if m.Right != nil {
			l.right = m.Right
		}
		if d.Kind == chat.Said && m.Text != d.Text || d.Kind == chat.Chose && m.Choice != d.Choice && m.Text != d.Label {
			l.t.Errorf("%s: the person did %+v, the house hears %+v", l.kind, d, m)
		}
	case <-time.After(20 * time.Second):
		l.t.Fatalf("%s: the house hears nothing of %+v", l.kind, d)
	}
	if len(replies) > 0 {
		l.write("response %s", normal(a.Body))
	}
	return a.Shown
}

// compare holds that the platform shows the person what the house said.
func (l *line) compare(s rehearse.Seen, saw []adapterstest.Shown) {
	l.t.Helper()
	var said, shown []string
	for _, r := range s.Shown {
		var labels []string
		for _, c := range r.Choices {
			if c.URL == "" {
				labels = append(labels, c.Label)
			}
		}
		said = append(said, r.Text+"\n"+strings.Join(labels, "|"))
	}
	for _, x := range saw {
		shown = append(shown, x.Text+"\n"+strings.Join(x.Choices, "|"))
	}
	if !slices.Equal(said, shown) {
		l.t.Errorf("%s, %s, turn %d: the house says\n%q\nand the person sees\n%q", l.kind, s.Test.Name, s.Turn+1, said, shown)
	}
}

// flush writes what a terminal or our own page shows.
func (l *line) flush() {
	l.t.Helper()
	switch {
	case l.screen != nil:
		if l.screen.Len() > 0 {
			l.write("%s", strings.TrimSuffix(l.screen.String(), "\n"))
			l.screen.Reset()
		}
	case l.platform == nil:
		posts, _, err := l.feeds.Read(l.t.Context(), l.from, "", chat.MaxPosts)
		if err != nil {
			l.t.Fatal(err)
		}
		for _, p := range posts[l.posted:] {
			l.write("event %s", normal(string(p.Body)))
		}
		l.posted = len(posts)
	}
}

func (l *line) write(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.written, format+"\n", args...)
}

// ServeHTTP carries a call of the adapter to the platform, and notes those that show something.
func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		l.t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	path := botToken.ReplaceAllString(r.URL.Path, "/bot…/")
	if speaks.MatchString(path) {
		l.write("%s %s %s", r.Method, path, normal(readable(r.Header.Get("Content-Type"), body)))
	}
	l.platform.ServeHTTP(w, r)
}

var (
	botToken = regexp.MustCompile(`/bot[^/]+/`)
	speaks   = regexp.MustCompile(`send|messages|interactions`)
)

// readable writes a form as its fields, and everything else as it is.
func readable(contentType string, body []byte) string {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return strings.TrimSpace(string(body))
	}
	var fields []string
	for parts := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		p, err := parts.NextPart()
		if err != nil {
			break
		}
		value, err := io.ReadAll(p)
		if err != nil {
			break
		}
		fields = append(fields, p.FormName()+"="+string(value))
	}
	slices.Sort(fields)
	return strings.Join(fields, " ")
}

// normal leaves out when something was said, and the codes that a platform makes up: all else is the same in every run, for the rehearsal
// has a clock and ids of its own.
func normal(wire string) string {
	return fleeting.ReplaceAllString(wire, "$1…")
}

var fleeting = regexp.MustCompile(`(<CreateTime>|"at":"|"code":"code-)[0-9A-Za-z:.+-]+`)
