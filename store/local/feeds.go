package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	bolt "go.etcd.io/bbolt"
)

// Feeds keeps what messengers with a page of their own have shown (adapters.Feeds). It is safe for concurrent use.
type Feeds struct{ s *Store }

// Feeds returns the feeds of the store.
func (s *Store) Feeds() *Feeds { return &Feeds{s} }

// feedPost is a post as it is kept.
type feedPost struct {
	chat.Post
	Until int64  `json:"x"` // ms when the feed is forgotten, if nobody adds to it
	at    []byte // its place
}

var errPost = errors.New("local store: a post needs a key, and a body of JSON within chat.MaxPostBody")

// feedKey is what the places of a conversation's posts begin with; no address is another's beginning.
func feedKey(address string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(address))), address...)
}

// feedPosts are the posts of a conversation, oldest first.
func feedPosts(tx *bolt.Tx, address string, now int64) (all []feedPost, err error) {
	prefix := feedKey(address)
	c := tx.Bucket(bFeeds).Cursor()
	for k, sealed := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, sealed = c.Next() {
		v, err := unseal(k, sealed)
		if err != nil {
			return nil, err
		}
		var p feedPost
		if err := json.Unmarshal(v, &p); err != nil {
			return nil, err
		}
		p.at = bytes.Clone(k)
		all = append(all, p)
	}
	if n := len(all); n > 0 && all[n-1].Until <= now {
		return nil, nil // it is time to forget them, and the keeper will
	}
	return all, nil
}

// Append adds p unless its key is there. It is on disk when Append returns.
func (f *Feeds) Append(ctx context.Context, to chat.Address, p chat.Post) (fresh bool, err error) {
	if p.Key == "" || len(p.Body) > chat.MaxPostBody || !json.Valid(p.Body) {
		return false, errPost
	}
	address, now := to.String(), f.s.now()
	added := false
	err = f.change(ctx, to, func(tx *bolt.Tx) error {
		posts, err := feedPosts(tx, address, now)
		if err != nil || slices.ContainsFunc(posts, func(o feedPost) bool { return o.Key == p.Key }) {
			return err
		}
		if len(posts) == 0 {
			if err := eraseFeed(tx, address); err != nil { // what waits for the keeper
				return err
			}
		}
		added = true
		until := now + session.KeepSession.Milliseconds()
		if err := putPost(tx, address, posts, feedPost{Post: p, Until: until}); err != nil {
			return err
		}
		// One mark a day: it says when to look, not that it is time.
		return put(tx.Bucket(bFeedEnds), timed(until-until%dayMS+dayMS, []byte(address)), nil)
	})
	return err == nil && added, err
}

const dayMS = int64(24 * time.Hour / time.Millisecond)

// putPost adds p behind posts, and lets those fall out that are too many.
func putPost(tx *bolt.Tx, address string, posts []feedPost, p feedPost) error {
	b, n, size := tx.Bucket(bFeeds), uint64(1), len(p.Body)
	if last := len(posts) - 1; last >= 0 {
		at := posts[last].at
		n = binary.BigEndian.Uint64(at[len(at)-8:]) + 1
	}
	for _, o := range posts {
		size += len(o.Body)
	}
	for len(posts) >= chat.MaxPosts || size > chat.MaxPostBytes {
		if err := b.Delete(posts[0].at); err != nil {
			return err
		}
		size, posts = size-len(posts[0].Body), posts[1:]
	}
	v, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return put(b, binary.BigEndian.AppendUint64(feedKey(address), n), v)
}

// Withdraw takes a post back.
func (f *Feeds) Withdraw(ctx context.Context, to chat.Address, key string) error {
	address, now := to.String(), f.s.now()
	return f.change(ctx, to, func(tx *bolt.Tx) error {
		posts, err := feedPosts(tx, address, now)
		for _, p := range posts {
			if p.Key == key {
				err = errors.Join(err, tx.Bucket(bFeeds).Delete(p.at))
			}
		}
		return err
	})
}

// change writes, and rings when it is written, though the caller has gone by then.
func (f *Feeds) change(ctx context.Context, to chat.Address, apply func(tx *bolt.Tx) error) error {
	if err := f.s.enter(); err != nil {
		return err
	}
	w := newWrite(apply)
	if err := f.s.hand(ctx, w); err != nil {
		f.s.leave()
		return err
	}
	written := make(chan error, 1)
	go func() {
		defer f.s.leave()
		err := <-w.done
		if err == nil {
			f.s.bells.Ring(to, "")
		}
		written <- err
	}()
	select {
	case err := <-written:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Read returns the last n posts behind that with key after.
func (f *Feeds) Read(_ context.Context, to chat.Address, after string, n int) (posts []chat.Post, found bool, err error) {
	var all []feedPost
	err = f.s.view(func(tx *bolt.Tx) (err error) {
		all, err = feedPosts(tx, to.String(), f.s.now())
		return err
	})
	if i := slices.IndexFunc(all, func(p feedPost) bool { return p.Key == after }); i >= 0 && after != "" {
		all, found = all[i+1:], true
	}
	for _, p := range all[max(0, len(all)-max(0, n)):] {
		posts = append(posts, p.Post)
	}
	return posts, found, err
}

// Watch rings when something changed: there is one process.
func (f *Feeds) Watch(to chat.Address) (bell <-chan string, stop func()) { return f.s.bells.Watch(to) }

// Ring tells those who watch to a word.
func (f *Feeds) Ring(ctx context.Context, to chat.Address, word string) error {
	f.s.bells.Ring(to, word)
	return ctx.Err()
}

// eraseFeed removes all posts of a conversation. Its marks stay, and find nothing.
func eraseFeed(tx *bolt.Tx, address string) error {
	b, prefix := tx.Bucket(bFeeds), feedKey(address)
	var mine [][]byte
	c := b.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		mine = append(mine, bytes.Clone(k))
	}
	for _, k := range mine {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// expireFeeds forgets feeds that nobody added to for long.
func (s *Store) expireFeeds(now int64) error {
	var marks [][]byte
	err := s.reading(func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			c := tx.Bucket(bFeedEnds).Cursor()
			for k, _ := c.First(); k != nil && len(marks) < expireMost; k, _ = c.Next() {
				if at, _ := untimed(k); at > now {
					break
				}
				marks = append(marks, bytes.Clone(k))
			}
			return nil
		})
	})
	if err != nil || len(marks) == 0 {
		return err
	}
	w := newWrite(func(tx *bolt.Tx) error {
		for _, k := range marks {
			_, rest := untimed(k)
			posts, err := feedPosts(tx, string(rest), now)
			if err == nil && len(posts) == 0 {
				err = eraseFeed(tx, string(rest))
			}
			if err := errors.Join(err, tx.Bucket(bFeedEnds).Delete(k)); err != nil {
				return err
			}
		}
		return nil
	})
	s.writes <- w
	return <-w.done
}
