package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Accept records m once and durably, in one trip.
func (s *Store) Accept(ctx context.Context, m chat.Message, t session.Terms) (session.Accepted, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return session.Accepted{}, fmt.Errorf("redis: message of %s: %w", m.From.Channel, err)
	}
	right, err := encodeRight(m.Right)
	if err != nil {
		return session.Accepted{}, fmt.Errorf("redis: right of a message of %s: %w", m.From.Channel, err)
	}
	post, of, seat := "", "", ""
	if t.Post {
		post = "1"
	}
	if m.Kind == chat.Seat || m.Kind == chat.Closed {
		of, seat = m.Case, m.Name
		if of == "" {
			return session.Accepted{}, session.ErrUnknown
		}
	}
	ans, err := s.run(ctx, s.sc.accept, s.k.place(m.From), nil,
		m.ID, body, t.Redelivery.Milliseconds(), left(m.ReplyBy, s.clock()), right, post, of, seat, max(0, ms(m.At)))
	return s.accepted(ctx, m, ans, err)
}

// ClaimReply asks what became of m.
func (s *Store) ClaimReply(ctx context.Context, m chat.Message) (session.Accepted, error) {
	ans, err := s.run(ctx, s.sc.claimReply, s.k.place(m.From), nil, m.ID, left(m.ReplyBy, s.clock()))
	return s.accepted(ctx, m, ans, err)
}

// accepted reads the answer. An error may come with one: that of errShort, whose claim nobody will use.
func (s *Store) accepted(ctx context.Context, m chat.Message, ans answer, err error) (session.Accepted, error) {
	if err != nil {
		if token := text(ans.list(0), 1); token != "" {
			s.unclaim(ctx, m.From, token)
		}
		return session.Accepted{}, err
	}
	switch ans.kind {
	case "done":
		d, err := done(ans.text(0), ans.text(1))
		return session.Accepted{Done: &d}, err
	case "claim", "waiting":
		c, err := decodeClaim(m.From, ans.list(0), &m)
		return session.Accepted{Claim: c, Waiting: ans.kind == "waiting", Fresh: ans.number(1) == 1}, err
	}
	return session.Accepted{}, refusal(ans)
}

// unclaim releases a claim whose holder is not told of it, so that it counts no attempt and need not run out.
func (s *Store) unclaim(ctx context.Context, a chat.Address, token string) {
	if err := s.simple(context.WithoutCancel(ctx), s.sc.release, a, nil, token); err != nil && !errors.Is(err, session.ErrLost) {
		s.log.WarnContext(ctx, "a claim that nobody uses could not be released; it runs out", "channel", a.Channel, "error", err)
	}
}

func done(letter, replies string) (session.Done, error) {
	d := session.Done{State: state(letter)}
	if d.State != session.Passive {
		return d, nil
	}
	var err error
	d.Replies, err = decodePassive(replies)
	return d, err
}

// refusal turns an answer that is none into the error of the contract.
func refusal(ans answer) error {
	switch ans.kind {
	case "busy":
		return fmt.Errorf("redis: too many in the %s of this conversation: %w", ans.text(0), chat.ErrBusy)
	case "owned":
		return session.ErrOwned
	case "unknown":
		return session.ErrUnknown
	case "lost":
		return session.ErrLost
	}
	return fmt.Errorf("redis: unexpected answer %q", ans.kind)
}

// Late settles that m will not be answered passively.
func (s *Store) Late(ctx context.Context, m chat.Message, push bool) (session.Done, error) {
	letter := "k"
	if push {
		letter = "u"
	}
	ans, err := s.run(ctx, s.sc.late, s.k.place(m.From), nil, m.ID, letter)
	if err != nil {
		return session.Done{}, err
	}
	if ans.kind != "done" {
		return session.Done{}, refusal(ans)
	}
	return done(ans.text(0), ans.text(1))
}

// Renew extends the lease and returns what waits behind the claimed message.
func (s *Store) Renew(ctx context.Context, c *session.Claim) ([]chat.Message, error) {
	ans, err := s.run(ctx, s.sc.renew, s.k.place(c.Message.From), nil, c.Token)
	if err != nil {
		return nil, err
	}
	if ans.kind != "ok" {
		return nil, refusal(ans)
	}
	var mail []chat.Message
	for i := range ans.rest {
		var m chat.Message
		if err := json.Unmarshal([]byte(ans.text(i)), &m); err != nil {
			return nil, fmt.Errorf("redis: message of the mailbox of %s: %w", c.Message.From.Channel, err)
		}
		mail = append(mail, m)
	}
	return mail, nil
}

// Checkpoint keeps cp until the turn's commit.
func (s *Store) Checkpoint(ctx context.Context, c *session.Claim, cp session.Checkpoint) error {
	b, err := json.Marshal(cp)
	if err != nil {
		return fmt.Errorf("redis: checkpoint of %s: %w", c.Turn, err)
	}
	return s.simple(ctx, s.sc.checkpoint, c.Message.From, nil, c.Token, c.Turn, b)
}

// Release gives the claim back unjudged.
func (s *Store) Release(ctx context.Context, c *session.Claim) error {
	return s.simple(ctx, s.sc.release, c.Message.From, nil, c.Token)
}

// simple runs a step that answers ok or refuses.
func (s *Store) simple(ctx context.Context, sc *script, a chat.Address, keys []string, args ...any) error {
	ans, err := s.run(ctx, sc, s.k.place(a), keys, args...)
	if err != nil {
		return err
	}
	if ans.kind != "ok" {
		return refusal(ans)
	}
	return nil
}

// Commit keeps o, in one trip.
func (s *Store) Commit(ctx context.Context, c *session.Claim, o session.Outcome) (session.Committed, error) {
	pl := s.k.place(c.Message.From)
	keys, args, err := s.outcome(pl, c, o)
	if err != nil {
		return session.Committed{}, fmt.Errorf("redis: outcome of turn %s: %w", c.Turn, err)
	}
	ans, err := s.run(ctx, s.sc.commit, pl, keys, args...)
	if err != nil {
		return session.Committed{}, err
	}
	switch ans.kind {
	case "ok":
		d := session.Done{State: state(ans.text(0)), Replies: o.Passive}
		if kept := ans.text(1); kept != "" || d.State != session.Passive { // committed before, or not passive
			if d, err = done(ans.text(0), kept); err != nil {
				return session.Committed{}, err
			}
		}
		next, err := decodeClaim(c.Message.From, ans.list(2), nil)
		return session.Committed{Done: d, Next: next}, err
	case "held":
		held := session.Committed{Hold: decodeHold(ans.text(0))}
		if held.Hold != nil {
			held.Epoch = held.Hold.Epoch
		}
		return held, session.ErrHeld
	}
	return session.Committed{}, refusal(ans)
}

// Take does what is due in a and claims the head of its mailbox.
func (s *Store) Take(ctx context.Context, a chat.Address) (*session.Claim, error) {
	ans, err := s.run(ctx, s.sc.take, s.k.place(a), nil)
	if err != nil {
		return nil, err
	}
	return decodeClaim(a, ans.list(0), nil)
}

// now is the server's clock, moved for tests.
func (s *Store) now(ctx context.Context) (time.Time, error) {
	t, err := s.db.Time(ctx).Result()
	if err != nil {
		return t, classify("clock", err)
	}
	if s.skewed != nil {
		t = t.Add(s.skewed())
	}
	return t, nil
}
