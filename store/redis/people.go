package redis

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

var _ session.People = (*People)(nil)

// People keeps the product's users in keys of their own, off the ordinary turn. A user's keys lie in one slot, a conversation's link in
// another, so that a link is made in steps: it is noted in the user's list under a stamp, and counts once the conversation's own key says
// the same. What a process that died left half done does not count, and the next call of the same kind completes it.
type People struct{ s *Store }

// People is the store's view of the product's users.
func (s *Store) People() *People { return &People{s} }

// tie is what the key of a conversation says: whose it is, since which call. "" is nobody's.
type tie struct{ stamp, user string }

func (t tie) String() string { return t.stamp + " " + t.user }

func readTie(s string) tie {
	stamp, user, _ := strings.Cut(s, " ")
	return tie{stamp, user}
}

const listed = "l|" // fields of a user's hash that are conversations: "l|<stamp>|<address>"

func field(stamp string, a chat.Address) string { return listed + stamp + "|" + a.String() }

// orphaned is how old an entry of a user's list must be until it may be taken for what a dead process left.
const orphaned = time.Minute

// SetProfile replaces what is known of user.
func (p *People) SetProfile(ctx context.Context, user string, profile session.Profile) error {
	text, err := encode(profile)
	if err != nil {
		return err
	}
	_, err = p.step(ctx, p.s.sc.userProfile, user, p.s.skew(), text)
	return err
}

// Link makes a the user's, and nobody else's.
func (p *People) Link(ctx context.Context, user string, a chat.Address) error {
	var b [8]byte
	if _, err := io.ReadFull(p.s.random, b[:]); err != nil {
		return fmt.Errorf("redis: link: %w", err)
	}
	stamp := strconv.FormatInt(p.s.clock().UnixMilli(), 10) + "-" + hex.EncodeToString(b[:])
	got, err := p.step(ctx, p.s.sc.userLink, user, p.s.skew(), a.String(), stamp)
	if err == nil && got.kind == "full" {
		if err = p.tidy(ctx, user); err == nil {
			got, err = p.step(ctx, p.s.sc.userLink, user, p.s.skew(), a.String(), stamp)
		}
	}
	if err != nil {
		return err
	}
	if got.kind == "full" {
		return session.ErrFull
	}
	link := p.s.k.link(a)
	v, err := p.s.call(ctx, p.s.sc.linkSet, []any{
		"evalsha", p.s.sc.linkSet.sha, 1, link, tie{stamp, user}.String(), session.KeepUser.Milliseconds(),
	})
	if err != nil {
		return err
	}
	list, _ := v.([]any)
	if was := readTie(text(list, 1)); was.user != "" {
		_, err = p.strike(ctx, was.user, field(was.stamp, a))
	}
	return err
}

// Unlink takes a from user; from whoever has it when user is "".
func (p *People) Unlink(ctx context.Context, user string, a chat.Address) error {
	is, err := p.tie(ctx, a)
	if err != nil || is.user == "" || user != "" && is.user != user {
		return err
	}
	// The list first: when this process dies now, the call made again still knows whose list holds the address.
	if _, err := p.strike(ctx, is.user, field(is.stamp, a)); err != nil {
		return err
	}
	_, err = p.s.call(ctx, p.s.sc.linkDrop, []any{"evalsha", p.s.sc.linkDrop.sha, 1, p.s.k.link(a), is.String()})
	return err
}

// operation is one of a user, with the id under which it came.
type operation struct {
	ID string `json:"id"`
	session.Operation
}

// Happened keeps an operation of user once.
func (p *People) Happened(ctx context.Context, user, id string, o session.Operation) (kept session.Operation, fresh bool, err error) {
	text, err := encode(operation{id, o})
	if err != nil {
		return o, false, err
	}
	got, err := p.step(ctx, p.s.sc.userEvent, user, p.s.skew(), id, text)
	if err == nil && got.kind == "busy" {
		err = chat.ErrBusy
	}
	if err != nil || got.kind == "fresh" {
		return o, err == nil, err
	}
	for _, v := range got.list(0) {
		text, _ := v.(string)
		var known operation
		if json.Unmarshal([]byte(text), &known) == nil && known.ID == id {
			return known.Operation, false, nil
		}
	}
	return o, false, nil
}

// Links lists the conversations of user. What it finds is kept from now on as long as the user is.
func (p *People) Links(ctx context.Context, user string) ([]chat.Address, error) {
	all, err := p.list(ctx, user)
	if err != nil {
		return nil, err
	}
	var mine []chat.Address
	for _, e := range all {
		if e.holds {
			mine = append(mine, e.a)
		}
	}
	slices.SortFunc(mine, func(a, b chat.Address) int { return strings.Compare(a.String(), b.String()) })
	return mine, nil
}

// entry is a conversation in the list of a user; it holds when its own key says the same.
type entry struct {
	field string
	stamp string
	a     chat.Address
	holds bool
}

func (p *People) list(ctx context.Context, user string) ([]entry, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	fields, err := p.s.db.HKeys(ctx, p.s.k.users(user)[0]).Result()
	if err != nil {
		return nil, classify("links", err)
	}
	var all []entry
	var says []*redis.StringCmd
	pipe := p.s.db.Pipeline()
	for _, f := range fields {
		rest, ok := strings.CutPrefix(f, listed)
		if !ok {
			continue
		}
		stamp, address, _ := strings.Cut(rest, "|")
		if a, err := chat.ParseAddress(address); err == nil {
			all = append(all, entry{field: f, stamp: stamp, a: a})
			says = append(says, pipe.GetEx(ctx, p.s.k.link(a), session.KeepUser))
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return nil, classify("links", err)
	}
	for i := range all {
		all[i].holds = says[i].Val() == tie{all[i].stamp, user}.String()
	}
	return all, nil
}

// tidy takes what dead processes left out of the list of a user.
func (p *People) tidy(ctx context.Context, user string) error {
	all, err := p.list(ctx, user)
	if err != nil {
		return err
	}
	var old []any
	for _, e := range all {
		ms, _, _ := strings.Cut(e.stamp, "-")
		at, err := strconv.ParseInt(ms, 10, 64)
		if !e.holds && (err != nil || p.s.clock().Sub(time.UnixMilli(at)) > orphaned) {
			old = append(old, e.field)
		}
	}
	if len(old) == 0 {
		return nil
	}
	_, err = p.strike(ctx, user, old...)
	return err
}

// Linked tells whose conversation a is, and what is known of them.
func (p *People) Linked(ctx context.Context, a chat.Address) (session.Linked, error) {
	is, err := p.tie(ctx, a)
	if err != nil || is.user == "" {
		return session.Linked{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	k := p.s.k.users(is.user)
	pipe := p.s.db.Pipeline()
	profile, trace := pipe.HGet(ctx, k[0], "p"), pipe.LRange(ctx, k[1], 0, session.MaxTrace-1)
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return session.Linked{}, classify("user", err)
	}
	l := session.Linked{User: is.user}
	if text := profile.Val(); text != "" {
		l.Profile = &session.Profile{}
		if err := json.Unmarshal([]byte(text), l.Profile); err != nil {
			return session.Linked{}, fmt.Errorf("redis: the profile of a user: %w", err)
		}
	}
	oldest := p.s.clock().Add(-session.KeepTrace)
	for _, text := range slices.Backward(trace.Val()) {
		var o operation
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			return session.Linked{}, fmt.Errorf("redis: an operation of a user: %w", err)
		}
		if !o.At.Before(oldest) {
			l.Trace = append(l.Trace, o.Operation)
		}
	}
	return l, nil
}

// tie reads whose a is.
func (p *People) tie(ctx context.Context, a chat.Address) (tie, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	v, err := p.s.db.Get(ctx, p.s.k.link(a)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return tie{}, classify("link", err)
	}
	return readTie(v), nil
}

// step makes one step in the keys of a user.
func (p *People) step(ctx context.Context, sc *script, user string, args ...any) (answer, error) {
	cmd := []any{"evalsha", sc.sha, 3}
	for _, k := range p.s.k.users(user) {
		cmd = append(cmd, k)
	}
	return p.ask(ctx, sc, append(cmd, args...))
}

// strike takes fields out of the list of a user.
func (p *People) strike(ctx context.Context, user string, fields ...any) (answer, error) {
	sc := p.s.sc.userUnlink
	return p.ask(ctx, sc, append([]any{"evalsha", sc.sha, 1, p.s.k.users(user)[0]}, fields...))
}

func (p *People) ask(ctx context.Context, sc *script, cmd []any) (answer, error) {
	v, err := p.s.call(ctx, sc, cmd)
	if err != nil {
		return answer{}, err
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return answer{}, fmt.Errorf("redis: script %s: unexpected answer %T", sc.name, v)
	}
	return answer{kind: text(list, 0), rest: list[1:]}, nil
}
