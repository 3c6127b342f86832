package local

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	bolt "go.etcd.io/bbolt"
)

// Accept records m. A message that must be answered within its request is kept in the journal: nobody acknowledges it before Commit or
// Late. Any other is on disk when Accept returns.
func (s *Store) Accept(ctx context.Context, m chat.Message, t session.Terms) (session.Accepted, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return session.Accepted{}, err
	}
	if err := fits(m.From, body); err != nil {
		return session.Accepted{}, err
	}
	var again *record
	if !t.Post && !m.ReplyBy.IsZero() {
		again = &record{Op: "accept", Body: body, Redelivery: t.Redelivery}
	}
	var a session.Accepted
	err = s.run(ctx, m.From, again, func(c *conversation, at *moment) (err error) {
		a, err = c.accept(offered{message: m, body: body, redelivery: t.Redelivery, post: t.Post}, at)
		return err
	})
	if err != nil {
		return session.Accepted{}, err
	}
	return a, nil
}

// Limits of what can be kept at all; what adapters bring is far below.
const (
	mostAddress = 4 << 10
	mostMessage = recordMost / 2
)

func fits(a chat.Address, body []byte) error {
	if a.Channel == "" || a.Peer == "" || len(a.String()) > mostAddress {
		return errors.New("local store: the address of the message is empty or too long")
	}
	if len(body) > mostMessage {
		return errors.New("local store: the message is too long")
	}
	return nil
}

// ClaimReply asks what became of m.
func (s *Store) ClaimReply(ctx context.Context, m chat.Message) (session.Accepted, error) {
	var a session.Accepted
	err := s.run(ctx, m.From, &record{Op: "known", ID: m.ID, By: ms(m.ReplyBy)}, func(c *conversation, t *moment) (err error) {
		d := c.delivery(m.ID)
		if d == nil {
			return session.ErrUnknown
		}
		a, err = c.known(d, ms(m.ReplyBy), false, t)
		return err
	})
	if err != nil {
		return session.Accepted{}, err
	}
	return a, nil
}

// Late settles that m will not be answered passively.
func (s *Store) Late(ctx context.Context, m chat.Message, push bool) (session.Done, error) {
	var d session.Done
	err := s.run(ctx, m.From, nil, func(c *conversation, _ *moment) (err error) {
		d, err = c.late(m.ID, push)
		if err == nil && d.State != session.Passive {
			c.changed = c.changed || s.cache.isDirty(m.From) // who asks again may acknowledge as well
		}
		return err
	})
	if err != nil {
		return session.Done{}, err
	}
	return d, nil
}

// Renew extends the lease.
func (s *Store) Renew(ctx context.Context, c *session.Claim) ([]chat.Message, error) {
	var all []chat.Message
	err := s.run(ctx, c.Message.From, &record{Op: "renew", Token: c.Token}, func(v *conversation, t *moment) (err error) {
		all, err = v.renew(c.Token, t)
		return err
	})
	return all, err
}

// Checkpoint keeps cp until Commit.
func (s *Store) Checkpoint(ctx context.Context, c *session.Claim, cp session.Checkpoint) error {
	return s.run(ctx, c.Message.From, nil, func(v *conversation, t *moment) error { return v.checkpoint(c.Token, cp, t) })
}

// Release gives the claim back.
func (s *Store) Release(ctx context.Context, c *session.Claim) error {
	return s.run(ctx, c.Message.From, &record{Op: "release", Token: c.Token}, func(v *conversation, t *moment) error {
		return v.release(c.Token, t)
	})
}

// Commit keeps what a turn leaves.
func (s *Store) Commit(ctx context.Context, c *session.Claim, o session.Outcome) (session.Committed, error) {
	w, err := written(o)
	if err != nil {
		return session.Committed{}, err
	}
	var done session.Committed
	err = s.run(ctx, c.Message.From, nil, func(v *conversation, t *moment) (err error) {
		done, err = v.commit(c, w, t)
		return err
	})
	if err != nil && !errors.Is(err, session.ErrHeld) {
		return session.Committed{}, err
	}
	return done, err
}

// Take does what is due in one conversation.
func (s *Store) Take(ctx context.Context, a chat.Address) (*session.Claim, error) {
	var claim *session.Claim
	err := s.run(ctx, a, &record{Op: "take"}, func(c *conversation, t *moment) (err error) {
		claim, err = c.take(t)
		return err
	})
	if err != nil {
		return nil, err
	}
	return claim, nil
}

// Lend hands out the oldest debt of each kind.
func (s *Store) Lend(ctx context.Context, a chat.Address, d time.Duration) (session.Lent, error) {
	var out session.Lent
	err := s.run(ctx, a, &record{Op: "lend", For: d}, func(c *conversation, t *moment) error {
		out = c.lend(d, t)
		return nil
	})
	if err != nil {
		return session.Lent{}, err
	}
	return out, nil
}

// Settle ends loans, each in a step of its own. What it notes survives the death of the process; when the machine fails something may be
// shown again.
func (s *Store) Settle(ctx context.Context, all []session.Settlement) error {
	var errs []error
	for _, one := range all {
		errs = append(errs, s.run(ctx, one.To, &record{Op: "settle", Settle: &one}, func(c *conversation, t *moment) error {
			c.settle(one, t)
			return nil
		}))
	}
	return errors.Join(errs...)
}

// Look shows a conversation.
func (s *Store) Look(ctx context.Context, a chat.Address) (*session.View, error) {
	v := &session.View{}
	err := s.look(ctx, a, func(c *conversation, now int64) (err error) {
		if v.Session, err = session.Decode(c.Session); err != nil {
			return &DamagedError{Path: s.path, What: "the conversation " + name(a), Err: err}
		}
		v.Lines, v.Owed, v.Rights, v.Hold, v.Mailbox = c.allLines(), c.unpaid(now, false), c.liveRights(now), c.hold(), len(c.Mailbox)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Forget removes everything of a conversation. The database reuses the place of what was removed, it does not wipe it.
func (s *Store) Forget(ctx context.Context, a chat.Address) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	e, err := s.acquire(ctx, a)
	if err != nil {
		return err
	}
	if e.c.exists() {
		if err := s.forgetWithin(ctx, e, true); err != nil {
			return err
		}
	}
	s.release(e)
	return s.Feeds().change(ctx, a, func(tx *bolt.Tx) error { return eraseFeed(tx, a.String()) })
}

// forgetWithin is forget, which is not waited for beyond ctx. When it returns an error it released e, or will when the disk answers.
func (s *Store) forgetWithin(ctx context.Context, e *entry, erase bool) error {
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = s.forget(e, erase)
	}()
	select {
	case <-done:
		if err != nil {
			s.release(e)
		}
		return err
	case <-ctx.Done():
		s.under.Add(1) // beside the caller's own
		go func() {
			defer s.leave()
			<-done // nobody waits for it any more
			s.release(e)
		}()
		return ctx.Err()
	}
}

// forget removes e, which the caller has locked; with erase its events for reports too. The journal must not bring it back, and must
// not hold what was said.
func (s *Store) forget(e *entry, erase bool) error {
	if s.cache.isDirty(e.address) {
		e.c.left = effects{}
		w, err := s.prepare(e)
		if err != nil {
			return err
		}
		s.writes <- w
		err = <-w.done
		s.finish(e, err)
		if err != nil {
			return err
		}
	}
	if err := s.log.purge(); err != nil {
		return err
	}
	w := s.prepareGone(e, erase)
	s.writes <- w
	if err := <-w.done; err != nil {
		e.c = nil
		return err
	}
	e.c = &conversation{Address: e.address}
	return nil
}

// Due lists conversations in which something is due, in turn those longest due and those due last: so debts that nobody can pay (their
// channel is gone) do not hide the others.
func (s *Store) Due(ctx context.Context, n int) ([]chat.Address, error) {
	if err := ctx.Err(); err != nil || n <= 0 {
		return nil, err
	}
	youngest := s.looks.Add(1)%2 == 0
	type due struct {
		a  chat.Address
		at int64
	}
	now, dirty := s.now(), s.cache.allDirty()
	var all []due
	for a, at := range dirty {
		if at != 0 && at <= now {
			all = append(all, due{a, at})
		}
	}
	err := s.view(func(tx *bolt.Tx) error {
		found := 0
		c := tx.Bucket(bDue).Cursor()
		first, next := c.First, c.Next
		if youngest {
			next = c.Prev
			first = func() ([]byte, []byte) {
				if k, _ := c.Seek(timed(now+1, nil)); k == nil {
					return c.Last()
				}
				return c.Prev()
			}
		}
		for k, v := first(); k != nil && found < n; k, v = next() {
			if _, err := unseal(k, v); err != nil || len(k) < 8 {
				return errors.Join(errSum, err)
			}
			at, rest := untimed(k)
			if at > now {
				break
			}
			a, err := chat.ParseAddress(string(rest))
			if err != nil {
				return err
			}
			if _, later := dirty[a]; later {
				continue
			}
			all = append(all, due{a, at})
			found++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b due) int { return int(min(1, max(-1, a.at-b.at))) })
	if youngest {
		slices.Reverse(all)
	}
	var out []chat.Address
	for _, d := range all[:min(n, len(all))] {
		out = append(out, d.a)
	}
	return out, nil
}
