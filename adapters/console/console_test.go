package console

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/adapterstest"
	"github.com/xianda-bot/xianda/chat"
)

// desk is the person at the terminal: what they type, and what they read.
type desk struct {
	typing sync.Mutex  // one line at a time
	lines  chan string // unbuffered: a line is gone when Read took it
	left   chan struct{}
	rest   string // of a line, between two calls of Read

	mu   sync.Mutex // guards all below
	page strings.Builder
	fail error // of the next Write
}

func newDesk(t *testing.T) *desk {
	d := &desk{lines: make(chan string), left: make(chan struct{})}
	t.Cleanup(func() { close(d.left) })
	return d
}

func (d *desk) Read(p []byte) (int, error) {
	if d.rest == "" {
		select {
		case d.rest = <-d.lines:
		case <-d.left:
			return 0, io.EOF
		}
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

func (d *desk) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.fail; err != nil {
		d.fail = nil
		return 0, err
	}
	return d.page.Write(p)
}

// enter types one line and returns what was written until it was done with.
func (d *desk) enter(line string) string {
	d.typing.Lock()
	defer d.typing.Unlock()
	before := len(d.read())
	d.lines <- line + "\n"
	// The terminal reads ahead by one line. It takes the second of these only when it has done with line.
	d.lines <- "\n"
	d.lines <- "\n"
	return d.read()[before:]
}

func (d *desk) read() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.page.String()
}

// shown reads the page as a person does.
func (d *desk) shown() (out []adapterstest.Shown) {
	for line := range strings.Lines(d.read()) {
		line = strings.TrimSuffix(line, "\n")
		if more, ok := strings.CutPrefix(line, "  "); ok {
			out[len(out)-1].Text += "\n" + more
		} else if _, text, ok := strings.Cut(line, "："); ok {
			out = append(out, adapterstest.Shown{Peer: "alice", Text: text})
		}
	}
	return out
}

func terminalOf(t *testing.T, in io.Reader, out io.Writer) *Adapter {
	t.Helper()
	d, _ := adapterstest.NewDeps()
	a, err := NewOn("term", in, out, d)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSuite(t *testing.T) {
	adapterstest.Run(t, func(t *testing.T, d adapters.Deps) adapterstest.Harness {
		desk := newDesk(t)
		a, err := NewOn("term", desk, desk, d)
		if err != nil {
			t.Fatal(err)
		}
		return adapterstest.Harness{
			Adapter: a,
			Deliver: func(_ *testing.T, _ http.Handler, d adapterstest.Delivery) adapterstest.Answer {
				line := d.Text
				if d.Kind == chat.Arrived {
					line = "/arrive"
					for k, v := range d.Scene {
						line += " " + k + "=" + v
					}
				}
				if strings.Contains(desk.enter(line), unaccepted) {
					return adapterstest.Answer{Status: http.StatusServiceUnavailable}
				}
				return adapterstest.Answer{Status: http.StatusOK}
			},
			Sent: desk.shown,
			Faults: []adapterstest.Fault{{
				Name: "write fails", Want: chat.Failure{Kind: chat.Temporary, Unknown: true},
				Set: func(*testing.T) {
					desk.mu.Lock()
					defer desk.mu.Unlock()
					desk.fail = errors.New("broken pipe")
				},
			}},
		}
	})
}

func TestLines(t *testing.T) {
	t.Parallel()
	from := chat.Address{Channel: "term", Peer: peer}
	tests := []struct {
		name, in string
		want     []chat.Message
		out      string
	}{
		{"said", "退款\r\n", []chat.Message{{Kind: chat.Said, Text: "退款"}}, ""},
		{"without an end", "退款", []chat.Message{{Kind: chat.Said, Text: "退款"}}, ""},
		{"blank", " \n\n", nil, ""},
		{"arrives", "/arrive menu=refund qr= junk\n", []chat.Message{{Kind: chat.Arrived, Scene: map[string]string{"menu": "refund", "qr": ""}}}, ""},
		{"leaves", "/leave\n", []chat.Message{{Kind: chat.Left}}, ""},
		{"unknown command", "/levae\n", nil, unknown},
		{"slash said", " /levae\n", []chat.Message{{Kind: chat.Said, Text: "/levae"}}, ""},
		{"broken bytes", "a\xffb\n", []chat.Message{{Kind: chat.Said, Text: "a\uFFFDb"}}, ""},
		{"too long", strings.Repeat("长", 1<<20) + "\nb\n", []chat.Message{{Kind: chat.Said, Text: strings.Repeat("长", chat.MaxText/3-1) + "…"}, {Kind: chat.Said, Text: "b"}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out strings.Builder
				var got []chat.Message
				a := terminalOf(t, strings.NewReader(tt.in), &out)
				ctx, cancel := context.WithCancel(t.Context())
				over := make(chan error)
				go func() {
					over <- a.Run(ctx, func(_ context.Context, m chat.Message) ([]chat.Reply, error) {
						got = append(got, m)
						return nil, nil
					})
				}()
				synctest.Wait() // everything is read, Run waits for its end
				cancel()
				if err := <-over; err != nil {
					t.Errorf("Run = %v", err)
				}
				for i := range got {
					if got[i].ID == "" || got[i].At.IsZero() || got[i].From != from {
						t.Errorf("message %+v lacks id, time or address", got[i])
					}
					got[i] = chat.Message{Kind: got[i].Kind, Text: got[i].Text, Scene: got[i].Scene}
				}
				if d := cmp.Diff(tt.want, got); d != "" {
					t.Errorf("read %q (-want +got)\n%s", tt.in[:min(40, len(tt.in))], d)
				}
				if out.String() != tt.out {
					t.Errorf("wrote %q, want %q", out.String(), tt.out)
				}
			})
		})
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   chat.Reply
		want string
	}{
		{"bot", chat.Reply{Text: "你好"}, "先答：你好\n"},
		{"seat", chat.Reply{Text: "在的", From: "小王"}, "客服：在的\n"},
		{"lines", chat.Reply{Text: "哪个？\r\n1. 退款\n2. 红包"}, "先答：哪个？\n  1. 退款\n  2. 红包\n"},
		{"colour", chat.Reply{Text: "\x1b[31m红\x1b]0;title\x07"}, "先答：␛[31m红␛]0;title␇\n"},
		{"carriage return", chat.Reply{Text: "abc\rX\x7f\x00"}, "先答：abc␍X␡␀\n"},
		{"eight bit controls", chat.Reply{Text: "a\u009b31m\u0085"}, "先答：a\\u009b31m\\u0085\n"},
		{"right to left", chat.Reply{Text: "a\u202Eb\u2066c\u200F"}, "先答：a\\u202eb\\u2066c\\u200f\n"},
		{"in a name", chat.Reply{Text: "x", From: "s", Speaker: "\x1b[2J："}, "␛[2J：x\n"},
		{"a seat's account does not show", chat.Reply{Text: "x", From: "wang@shop", Speaker: "Agent: "}, "Agent：x\n"},
		{"emoji stay", chat.Reply{Text: "👨\u200d👩\u200d👧"}, "先答：👨\u200d👩\u200d👧\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := show(tt.in); got != tt.want {
				t.Errorf("show(%+v) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestPromptAndArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		a := terminalOf(t, strings.NewReader("在吗\n"), &out)
		a.prompt = true // no test has a terminal
		ctx, cancel := context.WithCancel(t.Context())
		var kinds []chat.Kind
		over := make(chan error)
		go func() {
			over <- a.Run(ctx, func(_ context.Context, m chat.Message) ([]chat.Reply, error) {
				kinds = append(kinds, m.Kind)
				return []chat.Reply{{Text: "好"}}, nil
			})
		}()
		synctest.Wait()
		cancel()
		if err := <-over; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		if d := cmp.Diff([]chat.Kind{chat.Arrived, chat.Said}, kinds); d != "" {
			t.Errorf("kinds (-want +got)\n%s", d)
		}
		if want := strings.Repeat("\r\x1b[K先答：好\n> ", 2); out.String() != want {
			t.Errorf("wrote %q, want %q", out.String(), want)
		}
	})
}

func TestSendToNobody(t *testing.T) {
	t.Parallel()
	a := terminalOf(t, strings.NewReader(""), io.Discard)
	_, err := a.Send(t.Context(), chat.Address{Channel: "term", Peer: "other"}, chat.Reply{Text: "x"}, nil)
	var f *chat.Failure
	if !errors.As(err, &f) || f.Kind != chat.Blocked {
		t.Errorf("Send to another peer = %v, want blocked", err)
	}
}

func TestNewReadsItsSectionStrictly(t *testing.T) {
	t.Parallel()
	d, _ := adapterstest.NewDeps()
	unknownKey := errors.New("unknown key colour")
	if _, err := New("term", func(any) error { return unknownKey }, d); !errors.Is(err, unknownKey) {
		t.Errorf("New = %v, want %v", err, unknownKey)
	}
}
