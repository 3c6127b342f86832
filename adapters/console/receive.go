package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// What the person reads of the terminal itself.
const (
	unaccepted = "（刚才那句没有送达，请再发一次）\n"
	unknown    = "（可用的命令：/arrive 场景=值 …、/leave；其他以 / 开头的话请在前面加一个空格）\n"
)

// Run reads lines until ctx ends. When the input ends before, it waits for ctx: replies may still come.
//
// A line is said as it stands. "/arrive menu=refund" arrives with a scene, "/leave" leaves; a line that begins with a blank is said
// without it, so that "/" can be said too.
func (a *Adapter) Run(ctx context.Context, in adapters.Inbox) error {
	lines := make(chan string)
	go a.read(ctx, lines)
	if a.prompt {
		a.take(ctx, in, a.message(chat.Arrived, "", map[string]string{"page": "console"}))
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, ok := <-lines:
			if !ok {
				<-ctx.Done()
				return nil
			}
			a.line(ctx, in, line)
		}
	}
}

// read ends with the input, or with the first line after ctx: a Read of a terminal can not be interrupted.
func (a *Adapter) read(ctx context.Context, lines chan<- string) {
	defer close(lines)
	r := bufio.NewReader(a.in)
	for {
		line, err := readLine(r)
		if err != nil && line == "" {
			if !errors.Is(err, io.EOF) {
				a.deps.Log.Warn("the terminal can not be read any more", "channel", a.name, "err", err)
			}
			return
		}
		select {
		case lines <- line:
		case <-ctx.Done():
			return
		}
	}
}

// readLine reads one line without its end. What is longer than chat.MaxText is cut at a rune and marked.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if room := chat.MaxText + utf8.UTFMax - len(line); room > 0 {
			line = append(line, part[:min(room, len(part))]...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		s := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
		if len(s) > chat.MaxText {
			const mark = "…"
			end := chat.MaxText - len(mark)
			for !utf8.RuneStart(s[end]) {
				end--
			}
			s = s[:end] + mark
		}
		return s, err
	}
}

func (a *Adapter) line(ctx context.Context, in adapters.Inbox, line string) {
	line = strings.ToValidUTF8(line, "\uFFFD")
	command, rest, _ := strings.Cut(line, " ")
	switch {
	case strings.TrimSpace(line) == "":
		a.say("") // only the prompt again
	case command == "/arrive":
		scene := map[string]string{}
		for _, pair := range strings.Fields(rest) {
			if k, v, ok := strings.Cut(pair, "="); ok && k != "" {
				scene[k] = v
			}
		}
		a.take(ctx, in, a.message(chat.Arrived, "", scene))
	case command == "/leave":
		a.take(ctx, in, a.message(chat.Left, "", nil))
	case strings.HasPrefix(line, "/"):
		a.say(unknown)
	default:
		a.take(ctx, in, a.message(chat.Said, strings.TrimPrefix(line, " "), nil))
	}
}

func (a *Adapter) message(kind chat.Kind, text string, scene map[string]string) chat.Message {
	return chat.Message{
		ID: fmt.Sprintf("%s-%d", a.boot, a.count.Add(1)), Kind: kind, From: chat.Address{Channel: a.name, Peer: peer},
		Text: text, Scene: scene, At: a.deps.Clock(),
	}
}

// take gives m to the house. Nobody can deliver it again, so the person is told when it was not accepted.
func (a *Adapter) take(ctx context.Context, in adapters.Inbox, m chat.Message) {
	replies, err := in(ctx, m)
	if err != nil && !errors.Is(err, chat.ErrLater) {
		if ctx.Err() == nil {
			a.deps.Log.Error("a typed message was not accepted", "channel", a.name, "err", err)
		}
		a.say(unaccepted)
		return
	}
	for _, r := range replies {
		a.say(show(r))
	}
	if len(replies) == 0 {
		a.say("")
	}
}

// say writes what nobody waits for: a terminal that is gone is noticed by Send.
func (a *Adapter) say(text string) {
	if text == "" && !a.prompt {
		return
	}
	if err := a.write(text); err != nil {
		a.deps.Log.Debug("the terminal takes no text", "channel", a.name, "err", err)
	}
}
