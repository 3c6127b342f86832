// Package rehearse runs the conversation tests of a release (tests/*.yaml) through the real host over a temporary store, with a clock,
// seats and backends of its own. It needs no network and gives the same result every time.
package rehearse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/xianda-bot/xianda/dialog/script"
)

// Test is one conversation, as tests/*.yaml writes it.
type Test struct {
	Name  string `yaml:"test"`
	Given Given  `yaml:"given"`
	Turns []Turn `yaml:"turns"`
	After After  `yaml:"after"`
	File  string `yaml:"-"`
}

// Given is how things stand when the conversation begins.
type Given struct {
	Channel string                    `yaml:"channel"` // a kind: wechat, console …; default wechat
	Clock   time.Time                 `yaml:"clock"`   // default 2026-01-28 10:00 in Shanghai
	Enter   *Enter                    `yaml:"enter"`
	Seats   map[string]int            `yaml:"seats"` // queue → seats present
	Stub    map[string]map[string]any `yaml:"stub"`  // call → answer; {error: true} makes it fail
	Trace   []Operation               `yaml:"trace"`
}

// Enter is how the person arrives: event "page.redpacket_error" is scene page=redpacket_error.
type Enter struct {
	Event string            `yaml:"event"`
	Scene map[string]string `yaml:"scene"`
}

// Operation is an event of the product's backend before the conversation.
type Operation struct {
	Kind string        `yaml:"kind"`
	Ago  time.Duration `yaml:"ago"`
}

// Turn is one thing that happens, and what must come of it. Exactly one of User, Choose, Media, Seat, Close and Wait is set; a turn
// with none looks at what the arrival brought.
type Turn struct {
	User   *string       `yaml:"user"`
	Choose string        `yaml:"choose"` // taps the choice with this label
	Media  string        `yaml:"media"`  // sends an image, voice, video …
	Seat   string        `yaml:"seat"`   // a seat takes the case, if nobody has it, and says this
	Close  string        `yaml:"close"`  // the seat closes the case for this reason
	Wait   time.Duration `yaml:"wait"`
	Expect Expect        `yaml:"expect"`
}

// Expect is what must come of a turn. What is not named is not looked at.
type Expect struct {
	Says     lines             `yaml:"says"`     // each stands in what the bot said
	Lacks    lines             `yaml:"lacks"`    // none stands in it
	Likely   lines             `yaml:"likely"`   // choices offered, in this order, others may stand between
	KB       string            `yaml:"kb"`       // entry that was answered
	Verbatim bool              `yaml:"verbatim"` // with kb: its text stands in the reply, word for word
	Source   string            `yaml:"source"`   // the reply comes from here: "offer", "pattern:取消", "dialog:x/step"
	Dialog   string            `yaml:"dialog"`
	Step     string            `yaml:"step"` // where the dialog stands now
	Slot     map[string]string `yaml:"slot"`
	Retry    *int              `yaml:"retry"`
	Handoff  *Handoff          `yaml:"handoff"` // a case was raised in this very turn
	Silent   bool              `yaml:"silent"`  // nothing was shown
	ToUser   string            `yaml:"to_user"` // a seat's words that were shown
}

// Handoff is the case that was raised.
type Handoff struct {
	Queue    string   `yaml:"queue"`
	Priority string   `yaml:"priority"`
	Carry    []string `yaml:"carry"`
}

// After is what must hold at the end.
type After struct {
	Outcome    script.Outcome `yaml:"outcome"`
	SentMax    *int           `yaml:"sent_max"`   // messages shown in answer to one message of the person
	Duplicates *int           `yaml:"duplicates"` // messages shown twice
}

// lines is one text or a list of them.
type lines []string

// UnmarshalYAML takes both forms.
func (l *lines) UnmarshalYAML(unmarshal func(any) error) error {
	var one string
	if err := unmarshal(&one); err == nil {
		*l = lines{one}
		return nil
	}
	var many []string
	if err := unmarshal(&many); err != nil {
		return err
	}
	*l = many
	return nil
}

// Parse reads one file of tests: a test, several separated by ---, each strictly: an unknown key is an error with its place.
func Parse(src script.Source) ([]Test, error) {
	d := yaml.NewDecoder(bytes.NewReader(src.Data), yaml.Strict())
	var all []Test
	for {
		var t Test
		err := d.Decode(&t)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s", src.Name, strings.TrimSpace(yaml.FormatError(err, false, true)))
		}
		if t.Name == "" && len(t.Turns) == 0 {
			continue // an empty document
		}
		t.File = src.Name
		if err := t.complete(); err != nil {
			return nil, fmt.Errorf("%s: %w", src.Name, err)
		}
		all = append(all, t)
	}
}

func (t *Test) complete() error {
	if t.Name == "" {
		return errors.New("a test has no name: begin it with test: …")
	}
	if len(t.Turns) == 0 {
		return fmt.Errorf("test %q has no turns", t.Name)
	}
	if t.Given.Channel == "" {
		t.Given.Channel = "wechat"
	}
	if t.Given.Clock.IsZero() {
		t.Given.Clock = time.Date(2026, 1, 28, 2, 0, 0, 0, time.UTC)
	}
	for i, turn := range t.Turns {
		n := 0
		for _, set := range []bool{turn.User != nil, turn.Choose != "", turn.Media != "", turn.Seat != "", turn.Close != "", turn.Wait > 0} {
			if set {
				n++
			}
		}
		if n > 1 || n == 0 && i > 0 {
			return fmt.Errorf("test %q, turn %d: name exactly one of user, choose, media, seat, close and wait", t.Name, i+1)
		}
	}
	return nil
}
