package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/internal/lease"
	"github.com/xianda-bot/xianda/adapters/internal/pause"
)

const (
	pollFor    = 25 * time.Second // the platform answers a poll that brings nothing after so long
	pollGrace  = 10 * time.Second // and then we wait no more
	batch      = 100              // the most that one poll brings
	lanes      = 32               // chats whose updates are handed over at the same time
	pollSoon   = 250 * time.Millisecond
	pollLate   = 5 * time.Second
	quickPoll  = time.Second // a poll that brought nothing sooner was not held by the platform
	endWithin  = 2 * time.Second
	standingBy = time.Second // how often a process that may not poll asks whether it may
)

// puller is a bot whose updates we fetch.
type puller struct{ *Adapter }

// allowed are the updates that are asked for.
func allowed() []string {
	return []string{"message", "edited_message", "callback_query", "my_chat_member"}
}

// Run polls whenever no other process does. What was handed over and accepted is confirmed with the next poll, nothing sooner.
func (p *puller) Run(ctx context.Context, in adapters.Inbox) error {
	l := lease.New(fmt.Sprintf("telegram/poller/%d", p.self.id), p.deps)
	p.works.Go(func() { p.introduce(ctx) })
	p.unregister(ctx)
	for ctx.Err() == nil {
		if p.mine(ctx, l) {
			p.hold(ctx, l, in)
			continue
		}
		pause.For(ctx, standingBy)
	}
	p.works.Wait()
	return nil
}

// mine tells whether this process may poll.
func (p *puller) mine(ctx context.Context, l *lease.Lease) bool {
	if !l.Free(ctx) {
		return false
	}
	mine, err := l.Take(ctx, nil)
	if err != nil && ctx.Err() == nil && p.notes.First("lease") {
		p.deps.Log.Warn("the store does not say who polls; asked again (said once a minute)", "channel", p.name, "error", err)
	}
	return mine
}

// hold polls as long as the lease is ours, and gives it back.
func (p *puller) hold(ctx context.Context, l *lease.Lease, in adapters.Inbox) {
	holding, cancel := context.WithCancel(ctx)
	defer cancel()
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer cancel()
		l.Keep(holding)
	}()
	confirm := p.pull(holding, in)
	cancel()
	<-over
	if ctx.Err() == nil {
		p.deps.Log.Warn("another process polls now, or the store is away", "channel", p.name)
		return
	}
	ending, done := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer done()
	if confirm > 0 { // saves the next poller from getting again what is accepted
		if _, err := p.updates(ending, confirm, 1, 0); err != nil {
			p.deps.Log.Debug("the last updates were not confirmed; they come again, and are known", "channel", p.name, "error", err)
		}
	}
	l.Drop(ending)
}

// pull polls until ctx ends, and returns what is to be confirmed still: the offset, 0 for none, as when the last poll has told it already.
func (p *puller) pull(ctx context.Context, in adapters.Inbox) (confirm int64) {
	wait, accepted := time.Duration(0), map[int64]bool{}
	for ctx.Err() == nil {
		begun := p.deps.Clock()
		got, err := p.updates(ctx, confirm, batch, pollFor)
		switch {
		case err != nil && ctx.Err() != nil:
			return 0
		case err != nil:
			wait = p.pollFailed(err, wait)
		case len(got) == 0:
			// Everything below the offset is forgotten by the platform. After a week of silence ids begin anew, maybe below it.
			confirm, wait = 0, 0
			clear(accepted)
			if p.deps.Clock().Sub(begun) < quickPoll {
				wait = quickPoll / 2
			}
		default:
			var all bool
			confirm, all = p.handOver(ctx, in, got, confirm, accepted)
			wait = more(wait, all)
		}
		if wait > 0 {
			pause.For(ctx, wait)
		}
	}
	return confirm
}

// more is the next wait: none when all went well, else twice the last one.
func more(wait time.Duration, well bool) time.Duration {
	if well {
		return 0
	}
	return min(max(2*wait, pollSoon), pollLate)
}

// handOver gives updates to the house: those of one chat one after the other until one is not accepted, chats beside each other. It returns
// the offset up to which all are accepted. Those that are accepted behind one that is not are remembered: they will come again.
func (p *puller) handOver(ctx context.Context, in adapters.Inbox, got []update, confirm int64, accepted map[int64]bool) (int64, bool) {
	byLane := map[int64][]*update{}
	for i := range got {
		if u := &got[i]; !accepted[u.ID] {
			byLane[u.lane()] = append(byLane[u.lane()], u)
		}
	}
	var mu sync.Mutex // guards accepted
	var wait sync.WaitGroup
	slots := make(chan struct{}, lanes)
	for _, lane := range byLane {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			for _, u := range lane {
				if ctx.Err() != nil || p.take(ctx, in, u) != nil {
					return
				}
				mu.Lock()
				accepted[u.ID] = true
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	for _, u := range got {
		if !accepted[u.ID] {
			return confirm, false
		}
		confirm = u.ID + 1
		delete(accepted, u.ID)
	}
	return confirm, true
}

// updates makes one poll. What can not be read is left out, noted, and confirmed like the others.
func (p *puller) updates(ctx context.Context, offset int64, limit int, hold time.Duration) ([]update, error) {
	ctx, cancel := context.WithTimeout(ctx, hold+pollGrace)
	defer cancel()
	raw, err := p.api.post(ctx, "getUpdates", struct {
		Offset  int64    `json:"offset,omitempty"`
		Limit   int      `json:"limit"`
		Timeout int      `json:"timeout"`
		Allowed []string `json:"allowed_updates"`
	}{offset, limit, int(hold / time.Second), allowed()})
	if err != nil {
		return nil, err
	}
	var each []json.RawMessage
	if err := json.Unmarshal(raw, &each); err != nil {
		return nil, &Error{Op: "getUpdates", Code: http.StatusOK, Sent: true}
	}
	var got []update
	for _, b := range each {
		u, err := decode(b)
		if err != nil {
			p.unreadable(u.ID)
		}
		if u.ID > 0 {
			got = append(got, u)
		}
	}
	return got, nil
}

// pollFailed notes why a poll brought nothing and is how long to wait before the next.
func (p *puller) pollFailed(err error, wait time.Duration) time.Duration {
	wait = more(wait, false)
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		return wait
	}
	reason, remedy := "poll", ""
	switch {
	case e.Code == http.StatusConflict && strings.Contains(strings.ToLower(e.Text), "webhook"):
		reason, wait = "webhook set", pollLate
		remedy = "the bot has a webhook, so that polling brings nothing: set mode: webhook, or remove the webhook (deleteWebhook)"
	case e.Code == http.StatusConflict:
		reason, wait = "two pollers", pollLate
		remedy = "another program polls with this token: stop it, or give it a bot of its own; houses with one bot must share one store"
	case e.Code == http.StatusUnauthorized || e.Code == http.StatusNotFound:
		reason, wait, remedy = "token", pollLate, "the platform does not know the token: copy it from @BotFather"
	case e.Retry > 0:
		reason, wait = "too many polls", e.Retry
	}
	p.deps.Count.Count("polls_failed", p.name, strings.ReplaceAll(reason, " ", "_"))
	if p.notes.First(reason) {
		p.deps.Log.Error("updates cannot be fetched; tried again (said once a minute)",
			"channel", p.name, "error", err, "remedy", remedy)
	}
	return wait
}
