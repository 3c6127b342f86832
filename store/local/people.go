package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	bolt "go.etcd.io/bbolt"
)

var _ session.People = (*People)(nil)

// People keeps the product's users. It is safe for concurrent use.
type People struct{ s *Store }

// People returns the store's view of the product's users.
func (s *Store) People() *People { return &People{s} }

// user is what is kept of one. It is seldom written, and so in one piece.
type user struct {
	Profile *session.Profile `json:"profile,omitempty"`
	Links   []string         `json:"links,omitempty"` // written addresses, sorted
	Trace   []operation      `json:"trace,omitempty"` // oldest first
	Known   map[string]int64 `json:"known,omitempty"` // ids of operations → ms when they came
	Until   int64            `json:"until"`           // ms when the user is forgotten
}

// operation is one of a user, with the id under which it came.
type operation struct {
	ID string `json:"id"`
	session.Operation
}

// keepStep rounds the moment at which a user is forgotten, so that it does not move in its bucket with every operation.
const keepStep = 24 * time.Hour

// readUser returns a user of whom nothing is known when there is none.
func readUser(tx *bolt.Tx, id string) (*user, error) {
	u := &user{}
	text, err := get(tx.Bucket(bUsers), []byte(id))
	if text == nil || err != nil {
		return u, err
	}
	return u, json.Unmarshal(text, u)
}

// gone tells that nothing may be known of u any more; the keeper removes it soon.
func (u *user) gone(now int64) bool { return u.Until <= now }

// write keeps u from now on.
func (u *user) write(tx *bolt.Tx, id string, now int64) error {
	was := u.Until
	step := keepStep.Milliseconds()
	u.Until = (now + session.KeepUser.Milliseconds() + step) / step * step
	text, err := json.Marshal(u)
	if err != nil {
		return err
	}
	if err := move(tx.Bucket(bUserExpiry), []byte(id), was, u.Until); err != nil {
		return err
	}
	return put(tx.Bucket(bUsers), []byte(id), text)
}

// change lets do change user id, in one step.
func (p *People) change(ctx context.Context, id string, do func(tx *bolt.Tx, u *user, now int64) error) error {
	if id == "" || len(id) > session.MaxUser {
		return errors.New("local store: the id of the user is empty or too long")
	}
	var refused error // is told to the caller alone, not to all who share the transaction
	err := p.s.update(ctx, func(tx *bolt.Tx) error {
		now := p.s.now()
		u, err := readUser(tx, id)
		if err != nil {
			return err
		}
		if u.Until != 0 && u.gone(now) {
			if err := free(tx, id, u.Links); err != nil {
				return err
			}
			u = &user{Until: u.Until}
		}
		if refused = do(tx, u, now); refused == nil {
			err = u.write(tx, id, now)
		}
		return err
	})
	return errors.Join(err, refused)
}

// SetProfile replaces what is known of user.
func (p *People) SetProfile(ctx context.Context, id string, profile session.Profile) error {
	return p.change(ctx, id, func(_ *bolt.Tx, u *user, _ int64) error {
		u.Profile = &profile
		return nil
	})
}

// Link makes a the user's, and nobody else's.
func (p *People) Link(ctx context.Context, id string, a chat.Address) error {
	address := a.String()
	return p.change(ctx, id, func(tx *bolt.Tx, u *user, now int64) error {
		at, has := slices.BinarySearch(u.Links, address)
		if !has && len(u.Links) >= session.MaxLinks {
			return session.ErrFull
		}
		if !has {
			u.Links = slices.Insert(u.Links, at, address)
		}
		if err := leave(tx, address, id, now); err != nil {
			return err
		}
		return put(tx.Bucket(bLinks), []byte(address), []byte(id))
	})
}

// leave takes address out of the list of the user who has it, unless that is but.
func leave(tx *bolt.Tx, address, but string, now int64) error {
	owner, err := get(tx.Bucket(bLinks), []byte(address))
	if err != nil || owner == nil || string(owner) == but {
		return err
	}
	id := string(owner)
	u, err := readUser(tx, id)
	if err != nil || u.gone(now) {
		return err
	}
	u.Links = slices.DeleteFunc(u.Links, func(l string) bool { return l == address })
	return u.write(tx, id, now)
}

// Unlink takes a from user; from whoever has it when user is "".
func (p *People) Unlink(ctx context.Context, id string, a chat.Address) error {
	address := []byte(a.String())
	return p.s.update(ctx, func(tx *bolt.Tx) error {
		owner, err := get(tx.Bucket(bLinks), address)
		if err != nil || owner == nil || id != "" && string(owner) != id {
			return err
		}
		if err := leave(tx, string(address), "", p.s.now()); err != nil {
			return err
		}
		return tx.Bucket(bLinks).Delete(address)
	})
}

// Happened keeps an operation of user once.
func (p *People) Happened(ctx context.Context, id, event string, o session.Operation) (kept session.Operation, fresh bool, err error) {
	kept = o
	err = p.change(ctx, id, func(_ *bolt.Tx, u *user, now int64) error {
		for known, at := range u.Known {
			if at+session.KnownAgain.Milliseconds() <= now {
				delete(u.Known, known)
			}
		}
		if _, known := u.Known[event]; known {
			if i := slices.IndexFunc(u.Trace, func(t operation) bool { return t.ID == event }); i >= 0 {
				kept = u.Trace[i].Operation
			}
			return nil
		}
		if len(u.Known) >= session.MaxKnown {
			return chat.ErrBusy
		}
		if u.Known == nil {
			u.Known = map[string]int64{}
		}
		u.Known[event], fresh = now, true
		u.Trace = append(u.Trace, operation{event, o})
		u.Trace = u.Trace[max(0, len(u.Trace)-session.MaxTrace):]
		return nil
	})
	return kept, fresh && err == nil, err
}

// Links lists the conversations of user.
func (p *People) Links(_ context.Context, id string) ([]chat.Address, error) {
	var all []chat.Address
	err := p.s.view(func(tx *bolt.Tx) error {
		u, err := readUser(tx, id)
		if err != nil || u.gone(p.s.now()) {
			return err
		}
		for _, l := range u.Links {
			a, err := chat.ParseAddress(l)
			if err != nil {
				return err
			}
			all = append(all, a)
		}
		return nil
	})
	return all, err
}

// Linked tells whose conversation a is, and what is known of them.
func (p *People) Linked(_ context.Context, a chat.Address) (session.Linked, error) {
	l := session.Linked{}
	err := p.s.view(func(tx *bolt.Tx) error {
		owner, err := get(tx.Bucket(bLinks), []byte(a.String()))
		if err != nil || owner == nil {
			return err
		}
		now := p.s.now()
		u, err := readUser(tx, string(owner))
		if err != nil || u.gone(now) {
			return err
		}
		l.User, l.Profile = string(owner), u.Profile
		oldest := time.UnixMilli(now).Add(-session.KeepTrace)
		for _, o := range u.Trace {
			if !o.At.Before(oldest) {
				l.Trace = append(l.Trace, o.Operation)
			}
		}
		return nil
	})
	return l, err
}

// expireUsers forgets users of whom nothing was heard for long.
func (s *Store) expireUsers() error {
	now := s.now()
	stale := false
	err := s.reading(func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			k, _ := tx.Bucket(bUserExpiry).Cursor().First()
			if k != nil {
				at, _ := untimed(k)
				stale = at <= now
			}
			return nil
		})
	})
	if err != nil || !stale {
		return err
	}
	w := newWrite(func(tx *bolt.Tx) error { return dropUsers(tx, now) })
	s.writes <- w
	return <-w.done
}

func dropUsers(tx *bolt.Tx, now int64) error {
	c := tx.Bucket(bUserExpiry).Cursor()
	for n := 0; n < expireMost; n++ {
		k, _ := c.First()
		if k == nil {
			return nil
		}
		at, id := untimed(k)
		if at > now {
			return nil
		}
		id = bytes.Clone(id)
		if err := dropUser(tx, string(id)); err != nil {
			return err
		}
		if err := tx.Bucket(bUserExpiry).Delete(timed(at, id)); err != nil {
			return err
		}
	}
	return nil
}

func dropUser(tx *bolt.Tx, id string) error {
	u, err := readUser(tx, id)
	if err != nil {
		return err
	}
	if err := free(tx, id, u.Links); err != nil {
		return err
	}
	return tx.Bucket(bUsers).Delete([]byte(id))
}

// free takes conversations from a user who is forgotten, unless they are another's by now.
func free(tx *bolt.Tx, id string, links []string) error {
	for _, l := range links {
		owner, err := get(tx.Bucket(bLinks), []byte(l))
		if err != nil {
			return err
		}
		if string(owner) == id {
			if err := tx.Bucket(bLinks).Delete([]byte(l)); err != nil {
				return err
			}
		}
	}
	return nil
}
