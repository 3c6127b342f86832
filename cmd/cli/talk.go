package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/cmd/app/rehearse"
	"github.com/xianda-bot/xianda/dialog/release"
	"github.com/xianda-bot/xianda/dialog/session"
)

// talk is one "xianda chat".
type talk struct {
	c     *common
	rel   *release.Release
	given rehearse.Given
	o     rehearse.Options
	begun time.Time    // what its clock showed when it began
	skew  atomic.Int64 // by which :wait moved the clock on
	since time.Time    // what our clock showed then

	t      *rehearse.Talk
	raised string // the case that was told last
}

// now is the talk's own clock: it begins at --at, and :wait moves it on.
func (t *talk) now() time.Time {
	return t.begun.Add(t.c.env.Clock().Sub(t.since)).Add(time.Duration(t.skew.Load()))
}

// words are what is for the operator, and not for the bot.
var words = []struct{ name, args, help string }{
	{"why", "", "why the last turn came out so: what was heard, what the words find, what was known, where the answer comes from"},
	{"slots", "", "what the dialog under way knows"},
	{"state", "", "everything that is remembered of this conversation, as JSON"},
	{"event", "KIND [NAME=VALUE …]", "the product reports an operation"},
	{"enter", "[NAME=VALUE …]", "the person arrives again, from another page"},
	{"seat", "TEXT", "a human takes the case and says this"},
	{"close", "[REASON]", "the human closes the case"},
	{"wait", "TIME", "let time pass: 10m, 24h"},
	{"restart", "", "begin again, as somebody who was never here"},
	{"help", "", "this list; a text that begins with a colon is written with two"},
	{"quit", "", "end it"},
}

var errQuit = errors.New("quit")

func (t *talk) run(ctx context.Context) (err error) {
	t.since = t.c.env.Clock()
	defer func() {
		if t.t != nil {
			err = errors.Join(err, t.t.Close())
		}
	}()
	if err := t.begin(ctx); err != nil {
		return err
	}
	lines, ended := t.c.lines(ctx)
	for {
		t.c.prompt()
		select {
		case <-ctx.Done():
			t.c.endLine()
			return nil
		case err := <-ended:
			t.c.endLine()
			return err
		case line := <-lines:
			err := t.hear(ctx, strings.TrimSpace(line))
			if ctx.Err() != nil || errors.Is(err, errQuit) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}
}

// begin opens the conversation and lets the person arrive.
func (t *talk) begin(ctx context.Context) (err error) {
	if t.t != nil {
		if err := t.t.Close(); err != nil {
			return err
		}
		t.t, t.raised = nil, ""
	}
	if t.t, err = rehearse.Open(t.rel, t.given, t.o); err != nil {
		return err
	}
	replies, err := t.t.Enter(ctx)
	if err != nil {
		return err
	}
	t.show(replies)
	return nil
}

// hear takes one line. Its error ends the talk.
func (t *talk) hear(ctx context.Context, line string) error {
	if line == "" {
		return nil
	}
	if !t.c.env.Terminal {
		fmt.Fprintf(t.c.env.Out, "> %s\n", visible(line))
	}
	line = strings.Replace(line, "：", ":", 1) // what a Chinese keyboard writes
	if word, ok := strings.CutPrefix(line, ":"); ok && !strings.HasPrefix(word, ":") {
		return t.obey(ctx, word)
	} else if ok {
		line = word
	}
	return t.do(ctx, rehearse.Turn{User: &line})
}

// do lets something happen and shows what comes of it.
func (t *talk) do(ctx context.Context, turn rehearse.Turn) error {
	replies, err := t.t.Do(ctx, turn)
	if err != nil {
		return err
	}
	t.show(replies)
	t.tellCase(ctx)
	return nil
}

// obey follows what is for the operator. What cannot be done is said, and the talk goes on.
func (t *talk) obey(ctx context.Context, line string) error {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	rest = strings.TrimSpace(rest)
	var err error
	switch word {
	case "why":
		err = t.why(ctx)
	case "slots":
		err = t.slots(ctx)
	case "state":
		err = t.state(ctx)
	case "event":
		err = t.event(ctx, rest)
	case "enter":
		var scene map[string]string
		if scene, err = pairs(":enter", strings.Fields(rest)); err == nil {
			err = t.do(ctx, rehearse.Turn{Enter: &rehearse.Enter{Scene: scene}})
		}
	case "seat":
		if rest == "" {
			err = errors.New("say what the human says: :seat 您好，我是客服小王")
		} else {
			err = t.do(ctx, rehearse.Turn{Seat: rest})
		}
	case "close":
		if rest == "" {
			rest = "solved"
		}
		err = t.do(ctx, rehearse.Turn{Close: rest})
	case "wait":
		err = t.wait(ctx, rest)
	case "restart":
		return t.begin(ctx)
	case "help":
		t.help()
	case "quit":
		return errQuit
	default:
		var known []string
		for _, w := range words {
			known = append(known, w.name)
		}
		err = fmt.Errorf("there is no :%s%s", word, near(word, known))
	}
	if err != nil && ctx.Err() == nil {
		t.note("%v", err)
		return nil
	}
	return err
}

func (t *talk) help() {
	for _, w := range words {
		fmt.Fprintf(t.c.env.Out, "  :%-28s %s\n", strings.TrimSpace(w.name+" "+w.args), w.help)
	}
}

func (t *talk) event(ctx context.Context, rest string) error {
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return errors.New("name the kind of the operation: :event redpacket.held error=RP_HOLD")
	}
	data, err := pairs(":event", fields[1:])
	if err != nil {
		return err
	}
	o := rehearse.Operation{Kind: fields[0]}
	for name, v := range data {
		if o.Data == nil {
			o.Data = map[string]any{}
		}
		o.Data[name] = scalar(v)
	}
	return t.do(ctx, rehearse.Turn{Event: &o})
}

// wait lets time pass in steps, so that what is due on the way happens at its time.
func (t *talk) wait(ctx context.Context, rest string) error {
	d, err := time.ParseDuration(rest)
	if err != nil || d <= 0 || d > maxWait {
		return fmt.Errorf("want a time of at most %d days, such as :wait 10m or :wait 24h", int(maxWait.Hours()/24))
	}
	for step := max(time.Minute, d/200); d > 0; d -= step {
		step = min(step, d)
		t.skew.Add(int64(step))
		if err := t.do(ctx, rehearse.Turn{Wait: step}); err != nil {
			return err
		}
	}
	t.note("it is %s now", t.now().In(t.zone()).Format("2006-01-02 15:04"))
	return nil
}

// maxWait is longer than anything that is kept.
const maxWait = 400 * 24 * time.Hour

func (t *talk) zone() *time.Location {
	if t.rel.Hours.Zone != nil {
		return t.rel.Hours.Zone
	}
	return time.Local
}

// tellCase tells of a case that was raised since.
func (t *talk) tellCase(ctx context.Context) {
	if k, err := t.t.Case(ctx); err == nil && k.ID != t.raised { // an error says that none is open
		t.raised = k.ID
		t.note("case %s raised in queue %s, %s, wanted: %s", k.ID, visible(k.Queue), k.Priority, visible(k.Wanted))
	}
}

// note is a line of ours, not of the bot.
func (t *talk) note(format string, args ...any) {
	fmt.Fprintln(t.c.env.Out, t.c.dim("["+fmt.Sprintf(format, args...)+"]"))
}

// view is the conversation as it is kept; an empty one before anything happened.
func (t *talk) view(ctx context.Context) (*session.View, error) {
	v, err := t.t.View(ctx)
	if errors.Is(err, session.ErrUnknown) {
		return &session.View{}, nil
	}
	return v, err
}

// show prints replies as they look on the channel that is played.
func (t *talk) show(replies []chat.Reply) {
	w := t.c.env.Out
	caps, _ := t.o.Caps(t.given.Channel)
	var sizes []string
	for _, r := range replies {
		text := visibleLines(r.Text)
		if r.From != "" {
			text = t.c.bold(visible(r.From)+":") + " " + text
		}
		if text != "" {
			fmt.Fprintln(w, text)
		}
		for _, m := range r.Media {
			fmt.Fprintf(w, "[%s %s]\n", visible(m.Kind), visible(cmp.Or(m.Name, m.URL, m.Ref)))
		}
		for _, line := range buttons(r.Choices) {
			fmt.Fprintln(w, t.c.bold(line))
		}
		sizes = append(sizes, fmt.Sprint(size(r.Text, caps.TextUnit)))
	}
	if len(replies) > 1 && caps.MaxText > 0 {
		t.note("%d messages of %s %s; %s takes %d", len(replies), strings.Join(sizes, " and "), unit(caps.TextUnit), t.given.Channel, caps.MaxText)
	}
}
