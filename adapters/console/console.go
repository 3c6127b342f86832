// Package console speaks for a terminal: one person types lines and reads replies. It is meant for trying a house out; it has no
// window, no quota and no redelivery, and what is typed is lost when the house does not accept it.
package console

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/term"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// Section is a channel of kind console in the configuration: it has no keys of its own.
type Section struct{}

// peer is the one person at the terminal.
const peer = "terminal"

// Adapter is one terminal.
type Adapter struct {
	name   string
	in     io.Reader
	deps   adapters.Deps
	prompt bool          // somebody sits there: prompts are shown, and opening the terminal is an arrival
	boot   string        // makes the ids of this process differ from those of an earlier one
	count  atomic.Uint64 // of messages

	mu  sync.Mutex // guards out: a reply is written in one piece
	out io.Writer
}

var (
	_ adapters.Factory = New
	_ adapters.Adapter = (*Adapter)(nil)
)

// New makes the adapter of this process's own terminal.
func New(name string, decode func(into any) error, d adapters.Deps) (adapters.Adapter, error) {
	var s Section
	if err := decode(&s); err != nil {
		return nil, err
	}
	return NewOn(name, os.Stdin, os.Stdout, d)
}

// NewOn makes a terminal of in and out. Prompts are shown when both are terminals. Run reads in until it ends; a Read that is under way
// when Run ends is left to the caller, who may close in.
func NewOn(name string, in io.Reader, out io.Writer, d adapters.Deps) (*Adapter, error) {
	var boot [6]byte
	if _, err := io.ReadFull(d.Random, boot[:]); err != nil {
		return nil, fmt.Errorf("random: %w", err)
	}
	return &Adapter{name: name, in: in, out: out, deps: d, prompt: terminal(in) && terminal(out), boot: hex.EncodeToString(boot[:])}, nil
}

func terminal(x any) bool {
	f, ok := x.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Name is the configured name of the channel.
func (a *Adapter) Name() string { return a.name }

// Caps are those of plain lines: every reply is pushed, choices are numbered.
func (a *Adapter) Caps(chat.Address) chat.Caps {
	return chat.Caps{Speaker: chat.Full, Push: chat.Full, Resend: true}
}

// Send writes one reply. A write that fails may have shown a part of it.
func (a *Adapter) Send(ctx context.Context, to chat.Address, r chat.Reply, _ *chat.ReplyRight) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", &chat.Failure{Kind: chat.Temporary, Err: err}
	}
	if to.Channel != a.name || to.Peer != peer {
		return "", &chat.Failure{Kind: chat.Blocked, Err: errors.New("nobody of that name sits at this terminal")}
	}
	if err := a.write(show(r)); err != nil {
		return "", &chat.Failure{Kind: chat.Temporary, Unknown: true, Err: fmt.Errorf("the terminal: %w", err)}
	}
	return r.Key, nil
}

// write puts text above the prompt.
func (a *Adapter) write(text string) error {
	if a.prompt {
		text = "\r\x1b[K" + text + "> " // back to the beginning of the line, and clear it
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, err := io.WriteString(a.out, text)
	return err
}
