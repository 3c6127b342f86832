package person

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// unionChannel is the channel of addresses that are no conversations, but a platform's ids of a person over several accounts. Kept among a
// user's conversations, they say whose the next conversation with the same id is. No channel can be called so.
const unionChannel = session.OwnUser + "union"

// written tells whether people write in a.
func written(a chat.Address) bool { return a.Channel != unionChannel }

// Join makes two conversations one person's, for good reason: the caller has seen the proof. Those that either had been joined with before
// come along. A user of the product's stays one; two of them are not joined (session.ErrTwoUsers). session.ErrFull.
//
// by is how the channel of a is called when a used a code of b's: b's person is told of it, and how to undo it. "" is nobody.
func (p *People) Join(ctx context.Context, a, b chat.Address, by string) error {
	for _, each := range []chat.Address{a, b} {
		if written(each) && !p.d.Channel(each.Channel) {
			return session.ErrUnknown
		}
	}
	unlock, err := p.lock(ctx, joining, min(a.String(), b.String()), max(a.String(), b.String()))
	if err != nil {
		return err
	}
	defer unlock()
	for range tellings {
		ua, err := p.d.Kept.Linked(ctx, a)
		if err != nil {
			return err
		}
		ub, err := p.d.Kept.Linked(ctx, b)
		if err != nil {
			return err
		}
		if ua.User == ub.User && ua.User != "" {
			return p.joined(ctx, ua.User, a, b, by)
		}
		if err := p.join(ctx, a, b, ua.User, ub.User); err != nil {
			return err
		}
	}
	return fmt.Errorf("conversations of channels %s and %s are linked and unlinked all the time", a.Channel, b.Channel)
}

// joined tells all conversations of user of each other; b that a code of its own was used, in the channel called by.
func (p *People) joined(ctx context.Context, user string, a, b chat.Address, by string) error {
	all, err := p.Conversations(ctx, user)
	if err != nil || len(all) < 2 {
		return err // nobody else is known by the platform's id yet
	}
	if by != "" {
		err = errors.Join(err, p.tell(ctx, b, telling{joined: by}))
	} else if written(b) {
		err = errors.Join(err, p.tell(ctx, b, telling{}))
	}
	return errors.Join(err, p.tell(ctx, a, telling{trace: true}), p.tellThese(ctx, all, a, b))
}

// join takes one step on the way: another process may join others meanwhile, so that it is looked at again.
func (p *People) join(ctx context.Context, a, b chat.Address, ua, ub string) error {
	switch {
	case ua == "" && ub == "":
		user, err := p.newUser()
		if err != nil {
			return err
		}
		return errors.Join(p.bind(ctx, user, a), p.bind(ctx, user, b))
	case ua == "":
		return p.bind(ctx, ub, a)
	case ub == "":
		return p.bind(ctx, ua, b)
	case !made(ua) && !made(ub):
		p.d.Count("people_refused", "two_users")
		return session.ErrTwoUsers
	case made(ua) && (!made(ub) || ub < ua):
		return p.gather(ctx, ua, ub)
	}
	return p.gather(ctx, ub, ua)
}

// joining is the lock of whoever moves conversations between users of the house's own making. It is taken before those of conversations.
const joining = "joining"

// How long a lock is held at most, and waited for. Joining is rare, and takes a few trips to the store.
const (
	lockLasts = 5 * time.Second
	lockWait  = 20 * time.Millisecond
)

// lock keeps other processes from giving the same conversations to others meanwhile. It waits as long as ctx does, at most until a dead
// process' lock is over.
func (p *People) lock(ctx context.Context, names ...string) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, lockLasts+time.Second)
	defer cancel()
	var held []func()
	unlock = func() {
		for _, u := range slices.Backward(held) {
			u()
		}
	}
	for _, name := range names {
		for {
			u, ok, err := p.d.Vault.Lock(ctx, "person/lock/"+name, lockLasts)
			if err != nil {
				unlock()
				return nil, err
			}
			if ok {
				held = append(held, u)
				break
			}
			select {
			case <-time.After(lockWait):
			case <-ctx.Done():
				unlock()
				return nil, fmt.Errorf("waiting for another link to be made: %w", ctx.Err())
			}
		}
	}
	return unlock, nil
}

// gather gives all conversations of one user to another, under the lock. Nothing is moved when they do not fit. A conversation that the
// product links meanwhile is seen at the next look: nobody is left behind.
func (p *People) gather(ctx context.Context, from, to string) error {
	for range tellings {
		theirs, err := p.d.Kept.Links(ctx, from)
		if err != nil || len(theirs) == 0 {
			return err
		}
		has, err := p.d.Kept.Links(ctx, to)
		if err != nil {
			return err
		}
		if len(has)+len(theirs) > session.MaxLinks {
			p.d.Count("people_refused", "links")
			return session.ErrFull
		}
		for _, a := range theirs {
			if err := p.bind(ctx, to, a); err != nil {
				return err
			}
		}
	}
	return errors.New("a person is joined with others all the time")
}

// move gives all conversations of a user of the house's own making to one of the product's, and tells them.
func (p *People) move(ctx context.Context, from, to string) error {
	if err := p.gather(ctx, from, to); err != nil {
		return err
	}
	all, err := p.Conversations(ctx, to)
	for _, a := range all {
		err = errors.Join(err, p.tell(ctx, a, telling{trace: true}))
	}
	return err
}

// newUser is the id of a user that the product knows nothing of.
func (p *People) newUser() (string, error) { return p.newID(session.OwnUser) }

// newID is an id that nobody had before.
func (p *People) newID(prefix string) (string, error) {
	var b [15]byte
	if _, err := io.ReadFull(p.d.Random, b[:]); err != nil {
		return "", fmt.Errorf("an id %s…: %w", prefix, err)
	}
	return fmt.Sprintf("%s%x", prefix, b), nil
}

// tidy lets the user of a conversation that stayed behind go, when it is of the house's own making and holds nothing together any more.
func (p *People) tidy(ctx context.Context, stayed chat.Address) error {
	is, err := p.d.Kept.Linked(ctx, stayed)
	if err != nil || !made(is.User) {
		return err
	}
	all, err := p.d.Kept.Links(ctx, is.User)
	if err != nil {
		return err
	}
	people := slices.DeleteFunc(slices.Clone(all), func(a chat.Address) bool { return !written(a) })
	if len(people) > 1 || len(people) == 1 && len(all) > 1 { // one alone waits for others with its platform's id
		return nil
	}
	for _, a := range all {
		err = errors.Join(err, p.d.Kept.Unlink(ctx, is.User, a))
	}
	return err
}

// Forget takes a from its person, and everything away by which it could be known again: its link, its codes, the platform's id. What the
// others hold of it they forget as they are told.
func (p *People) Forget(ctx context.Context, a chat.Address) error {
	is, err := p.d.Kept.Linked(ctx, a)
	if err != nil {
		return err
	}
	all, err := p.leaves(ctx, a, is.User, "")
	if err != nil {
		return err
	}
	for _, o := range all { // the ids of those that stay are asked for again
		if !written(o) {
			err = errors.Join(err, p.d.Kept.Unlink(ctx, "", o))
		} else {
			err = errors.Join(err, p.dropUnion(ctx, o))
		}
	}
	if err != nil {
		return err
	}
	return errors.Join(p.dropCode(ctx, a), p.dropUnion(ctx, a), p.erase(ctx, apartKey(a)), p.Unlink(ctx, "", a))
}

// erase takes a key out of the vault.
func (p *People) erase(ctx context.Context, key string) error {
	v, err := p.d.Vault.Get(ctx, key)
	if err != nil || v == "" {
		return err
	}
	return p.d.Vault.Drop(ctx, key, v)
}

// key is where something of a conversation is kept in the vault.
func key(what string, a chat.Address) string { return "person/" + what + "/" + a.String() }

// apartKey marks a conversation that its person took away from the others: a platform's id alone does not bring it back.
func apartKey(a chat.Address) string { return key("apart", a) }
