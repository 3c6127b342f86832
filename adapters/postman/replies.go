package postman

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
)

// ReplyOptions of the payer of replies. The zero value works.
type ReplyOptions struct {
	Schedule []time.Duration  // waits between attempts; default 1 s, 5 s, 30 s, 2 min, 10 min, 30 min
	Timeout  time.Duration    // of one attempt; default 10 s
	Clock    func() time.Time // for replies that are stale after an instant; default time.Now
}

// errStale is why a reply is not shown any more (Reply.Until).
var errStale = errors.New("it is too late for this reply")

// ReplyPayer pays chat.ReplyDebt through the adapter of its channel.
type ReplyPayer struct {
	lookup func(channel string) (adapters.Adapter, bool)
	o      ReplyOptions
}

var (
	_ Payer   = (*ReplyPayer)(nil)
	_ Capable = (*ReplyPayer)(nil)
)

// Replies returns the payer of replies. lookup finds the adapter of a configured channel; it must be cheap and may change its mind when
// the configuration is loaded again.
func Replies(lookup func(channel string) (adapters.Adapter, bool), o ReplyOptions) *ReplyPayer {
	if len(o.Schedule) == 0 {
		o.Schedule = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute}
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return &ReplyPayer{lookup: lookup, o: o}
}

// Pay sends the reply as it was committed: it was fitted then.
func (p *ReplyPayer) Pay(ctx context.Context, l Loan) error {
	a, ok := p.lookup(l.To.Channel)
	if !ok {
		return &chat.Failure{Kind: chat.Temporary, Err: fmt.Errorf("channel %s is not configured", l.To.Channel)}
	}
	var r chat.Reply
	if err := json.Unmarshal(l.Body, &r); err != nil {
		return &chat.Failure{Kind: chat.Refused, Err: errors.New("the body of the debt is not a reply")}
	}
	if !r.Until.IsZero() && !p.o.Clock().Before(r.Until) {
		return &chat.Failure{Kind: chat.Refused, Err: errStale}
	}
	if l.Right == nil && a.Caps(l.To).Push <= chat.None {
		return &chat.Failure{Kind: chat.NoPush, Err: fmt.Errorf("channel %s may only answer", l.To.Channel)}
	}
	if _, err := a.Send(ctx, l.To, r, l.Right); err != nil {
		return fmt.Errorf("channel %s: %w", l.To.Channel, err)
	}
	return nil
}

// Caps are those of the adapter; none when the channel is not configured.
func (p *ReplyPayer) Caps(to chat.Address) chat.Caps {
	if a, ok := p.lookup(to.Channel); ok {
		return a.Caps(to)
	}
	return chat.Caps{}
}

// Schedule is a copy of the one that it was made with.
func (p *ReplyPayer) Schedule() []time.Duration { return slices.Clone(p.o.Schedule) }

// Timeout bounds one Send.
func (p *ReplyPayer) Timeout() time.Duration { return p.o.Timeout }
