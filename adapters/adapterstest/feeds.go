package adapterstest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/chat/bells"
)

// Feeds is an adapters.Feeds in memory. Nothing in it grows old.
type Feeds struct {
	bells bells.Bells

	mu   sync.Mutex // guards all below
	kept map[chat.Address][]chat.Post
	fail error
}

var _ adapters.Feeds = (*Feeds)(nil)

// NewFeeds returns empty feeds.
func NewFeeds() *Feeds { return &Feeds{kept: map[chat.Address][]chat.Post{}} }

// Fail makes the next Append fail with err.
func (f *Feeds) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = err
}

// Append is adapters.Feeds.
func (f *Feeds) Append(ctx context.Context, to chat.Address, p chat.Post) (fresh bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if len(p.Body) > chat.MaxPostBody || !json.Valid(p.Body) {
		return false, errors.New("the body is too long, or no JSON")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fail; err != nil {
		f.fail = nil
		return false, err
	}
	posts := f.kept[to]
	if slices.ContainsFunc(posts, func(o chat.Post) bool { return o.Key == p.Key }) {
		return false, nil
	}
	p.Body = slices.Clone(p.Body)
	posts = append(posts, p)
	size := 0
	for _, o := range posts {
		size += len(o.Body)
	}
	for len(posts) > chat.MaxPosts || size > chat.MaxPostBytes {
		size -= len(posts[0].Body)
		posts = posts[1:]
	}
	f.kept[to] = posts
	f.bells.Ring(to, "")
	return true, nil
}

// Withdraw is adapters.Feeds.
func (f *Feeds) Withdraw(ctx context.Context, to chat.Address, key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept[to] = slices.DeleteFunc(slices.Clone(f.kept[to]), func(p chat.Post) bool { return p.Key == key })
	f.bells.Ring(to, "")
	return ctx.Err()
}

// Read is adapters.Feeds.
func (f *Feeds) Read(ctx context.Context, to chat.Address, after string, n int) (posts []chat.Post, found bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	posts = slices.Clone(f.kept[to])
	if i := slices.IndexFunc(posts, func(p chat.Post) bool { return p.Key == after }); i >= 0 && after != "" {
		posts, found = posts[i+1:], true
	}
	return posts[max(0, len(posts)-max(0, n)):], found, ctx.Err()
}

// Watch is adapters.Feeds.
func (f *Feeds) Watch(to chat.Address) (<-chan string, func()) { return f.bells.Watch(to) }

// Ring is adapters.Feeds.
func (f *Feeds) Ring(ctx context.Context, to chat.Address, word string) error {
	f.bells.Ring(to, word)
	return ctx.Err()
}

// Forget drops what is kept of a conversation, as session.Store.Forget does.
func (f *Feeds) Forget(a chat.Address) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.kept, a)
	f.bells.Ring(a, "")
}
