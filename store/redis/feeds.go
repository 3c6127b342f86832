package redis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// Feeds keeps what messengers with a page of their own have shown (adapters.Feeds). All methods may be called concurrently.
type Feeds struct{ s *Store }

// Feeds is the store's view for such messengers.
func (s *Store) Feeds() *Feeds { return &Feeds{s} }

// errPost is what makes a post impossible to keep.
var errPost = errors.New("redis: a post needs a key without | and a body of JSON within chat.MaxPostBody")

// Append adds p unless its key is there.
func (f *Feeds) Append(ctx context.Context, to chat.Address, p chat.Post) (fresh bool, err error) {
	if p.Key == "" || strings.Contains(p.Key, "|") || len(p.Body) > chat.MaxPostBody || !json.Valid(p.Body) {
		return false, errPost
	}
	v, err := f.call(ctx, f.s.sc.feedAppend, to, p.Key, max(0, p.At.UnixMilli()), string(p.Body), chat.MaxPosts, chat.MaxPostBytes,
		session.KeepSession.Milliseconds(), f.s.k.bells(), notice("", to))
	return v == int64(1), err
}

// Withdraw takes a post back.
func (f *Feeds) Withdraw(ctx context.Context, to chat.Address, key string) error {
	_, err := f.call(ctx, f.s.sc.feedWithdraw, to, key, f.s.k.bells(), notice("", to))
	return err
}

// Read returns the last n posts behind that with key after.
func (f *Feeds) Read(ctx context.Context, to chat.Address, after string, n int) (posts []chat.Post, found bool, err error) {
	v, err := f.call(ctx, f.s.sc.feedRead, to, after, max(0, n))
	if err != nil {
		return nil, false, err
	}
	list, _ := v.([]any)
	if len(list) == 0 {
		return nil, false, fmt.Errorf("redis: script feed_read: unexpected answer %T", v)
	}
	for i := len(list) - 1; i > 0; i-- {
		at, rest, _ := strings.Cut(text(list, i), "|")
		key, body, ok := strings.Cut(rest, "|")
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil || !ok {
			return nil, false, errors.New("redis: a post of " + to.Channel + " cannot be read")
		}
		posts = append(posts, chat.Post{Key: key, Body: json.RawMessage(body), At: time.UnixMilli(ms).UTC()})
	}
	return posts, list[0] == int64(1), nil
}

func (f *Feeds) call(ctx context.Context, sc *script, to chat.Address, args ...any) (any, error) {
	pl := f.s.k.place(to)
	return f.s.call(ctx, sc, slices.Concat([]any{"evalsha", sc.sha, 1, f.s.k.feed(pl.p, pl.address)}, args))
}

// Watch rings when something changed, whichever process changed it.
func (f *Feeds) Watch(to chat.Address) (bell <-chan string, stop func()) { return f.s.bells.watch(to) }

// Ring tells every process that watches to a word.
func (f *Feeds) Ring(ctx context.Context, to chat.Address, word string) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if err := f.s.db.Publish(ctx, f.s.k.bells(), notice(word, to)).Err(); err != nil {
		return classify("ring", err)
	}
	return nil
}

// notice is what is published: a word without blanks, and whom it is about.
func notice(word string, to chat.Address) string { return word + " " + to.String() }
