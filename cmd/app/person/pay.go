package person

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/xianda-bot/xianda/adapters/postman"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Shares pays chat.ShareDebt: what a turn has to tell another conversation of its person becomes a message in that one's mailbox.
type Shares struct{ p *People }

var _ postman.Payer = Shares{}

// Shares pays what turns have to tell the person's other conversations.
func (p *People) Shares() Shares { return Shares{p} }

// Schedule is how long is waited after each failed attempt. What is not told then is told with the next change, which tells all of it.
func (Shares) Schedule() []time.Duration {
	return []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour}
}

// Timeout bounds one attempt.
func (Shares) Timeout() time.Duration { return 5 * time.Second }

// Pay posts a share. It goes to nobody who is not the same person by now: a seat's words go back to where they came from then, all else is
// let go.
func (s Shares) Pay(ctx context.Context, l postman.Loan) error {
	p := s.p
	var share session.Share
	if err := json.Unmarshal(l.Body, &share); err != nil {
		return &chat.Failure{Kind: chat.Refused, Err: fmt.Errorf("share %s: %w", l.ID, err)}
	}
	same, err := p.same(ctx, l.To, share.To)
	if err != nil {
		return err
	}
	if !same && !share.Back {
		p.d.Count("shares", "refused")
		if share.Words == "" && len(share.Media) == 0 {
			return nil
		}
		share = session.Share{To: l.To, From: share.To, Seat: share.Seat, Words: share.Words, Media: share.Media, Back: true}
	}
	if !p.d.Channel(share.To.Channel) {
		return nil
	}
	if same {
		if err := p.acquaint(ctx, share.To); err != nil {
			return err
		}
	}
	share.Where = p.d.Where(l.To.Channel)
	data, err := json.Marshal(share)
	if err != nil {
		return &chat.Failure{Kind: chat.Refused, Err: err}
	}
	m := chat.Message{ID: shareID(l.To, l.ID), Kind: chat.Linked, Event: session.EventShare, From: share.To, Data: data, At: p.d.Clock()}
	if _, err := p.d.Post(ctx, m); err != nil {
		return err
	}
	p.d.Count("shares", "told")
	p.d.Kick(share.To)
	return nil
}

// shareID is the same for every attempt at a debt, and another for every debt of every conversation.
func shareID(from chat.Address, debt string) string {
	sum := sha256.Sum256([]byte(from.String() + "\x00" + debt))
	return "share:" + hex.EncodeToString(sum[:12])
}

// same tells whether two conversations are one person's now.
func (p *People) same(ctx context.Context, a, b chat.Address) (bool, error) {
	x, err := p.d.Kept.Linked(ctx, a)
	if err != nil || x.User == "" {
		return false, err
	}
	y, err := p.d.Kept.Linked(ctx, b)
	return err == nil && x.User == y.User, err
}

// Look lets a conversation that has others tell them where its case stands, because a seat took or left it.
func (p *People) Look(ctx context.Context, a chat.Address) error {
	_, others, err := p.Of(ctx, a)
	if err != nil || len(others) == 0 || !p.d.Channel(a.Channel) {
		return err
	}
	id := "look:" + hex.EncodeToString([]byte(p.d.Clock().UTC().Format(time.RFC3339Nano)))
	if _, err := p.d.Post(ctx, chat.Message{ID: id, Kind: chat.Linked, Event: session.EventLook, From: a, At: p.d.Clock()}); err != nil {
		return err
	}
	p.d.Kick(a)
	return nil
}
