package kefu

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

const (
	abreast     = 32              // persons whose messages are handed over at the same time
	acceptFor   = 5 * time.Second // for the house to take one
	patientWith = time.Minute     // somebody whose mailbox is full: then their surplus is left out, because everybody else waits behind it
)

// accept hands a page over: what one person sent one after the other, persons side by side. An error: not everything was taken, and the
// page must come again.
func (p *puller) accept(ctx context.Context, list []json.RawMessage) error {
	var order []string
	of := map[string][]chat.Message{}
	now := p.a.deps.Clock()
	for _, raw := range list {
		m, ignored := p.a.message(ctx, raw, now)
		if ignored == "" && !p.worth(m, now) {
			ignored = "stale"
		}
		if ignored != "" {
			p.a.deps.Count.Count("ignored", p.a.name, ignored)
			continue
		}
		if p.done[m.ID] {
			continue
		}
		if of[m.From.Peer] == nil {
			order = append(order, m.From.Peer)
		}
		of[m.From.Peer] = append(of[m.From.Peer], m)
	}
	var (
		wait  sync.WaitGroup
		room  = make(chan struct{}, abreast)
		mu    sync.Mutex // guards p.done, p.busy and first
		first error
	)
	for _, person := range order {
		room <- struct{}{}
		wait.Go(func() {
			defer func() { <-room }()
			for _, m := range of[person] {
				err := p.hand(ctx, m)
				mu.Lock()
				if errors.Is(err, chat.ErrBusy) && p.surplus(m.ID, now) {
					p.a.overflow()
					err = nil
				}
				if err == nil {
					p.done[m.ID] = true
				} else if first == nil {
					first = err
				}
				mu.Unlock()
				if err != nil {
					return // what they said later must not come first
				}
			}
		})
	}
	wait.Wait()
	if first != nil && ctx.Err() == nil {
		p.a.porch.Unaccepted(first)
	}
	return first
}

// hand gives one message to the house. One that is begun is finished, though we stop.
func (p *puller) hand(ctx context.Context, m chat.Message) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptFor)
	defer cancel()
	if first := p.a.routed(ctx, m); first != nil {
		if err := p.give(ctx, *first); err != nil {
			p.a.sessions.drop(m.From.Peer) // told again
			return err
		}
	}
	return p.give(ctx, m)
}

func (p *puller) give(ctx context.Context, m chat.Message) error {
	if _, err := p.a.porch.Ask(ctx, p.in, m); err != nil && !errors.Is(err, chat.ErrLater) {
		return err
	}
	return nil
}

// surplus tells whether the house had no room for a message for too long.
func (p *puller) surplus(id string, now time.Time) bool {
	since, known := p.busy[id]
	if !known {
		p.busy[id] = now
		return false
	}
	return now.Sub(since) >= patientWith
}

// overflow tells of a message that is lost on purpose. It is the only such place.
func (a *Adapter) overflow() {
	a.deps.Count.Count("ignored", a.name, "overflow")
	if a.notes.First("overflow") {
		a.deps.Log.Error("a person writes more than the house keeps: what exceeds it is left out (said once a minute)", "channel", a.name)
	}
}
