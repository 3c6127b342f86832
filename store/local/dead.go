package local

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	bolt "go.etcd.io/bbolt"
)

// Deads lists dead letters, oldest first.
func (s *Store) Deads(_ context.Context, n int) ([]chat.Dead, error) {
	var all []chat.Dead
	err := s.view(func(tx *bolt.Tx) error {
		return tx.Bucket(bDead).ForEach(func(k, v []byte) error {
			d, err := readDead(k, v)
			if err == nil {
				all = append(all, *d)
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b chat.Dead) int { return a.At.Compare(b.At) })
	return all[:min(n, len(all))], nil
}

func readDead(k, v []byte) (*chat.Dead, error) {
	text, err := unseal(k, v)
	if err != nil {
		return nil, err
	}
	d := &chat.Dead{}
	return d, json.Unmarshal(text, d)
}

func (s *Store) dead(id string) (*chat.Dead, error) {
	var d *chat.Dead
	err := s.view(func(tx *bolt.Tx) (err error) {
		v := tx.Bucket(bDead).Get([]byte(id))
		if v == nil || id == "" {
			return session.ErrUnknown
		}
		d, err = readDead([]byte(id), v)
		return err
	})
	return d, err
}

// Replay puts a dead letter back into its mailbox.
func (s *Store) Replay(ctx context.Context, id string) (chat.Address, error) {
	d, err := s.dead(id)
	if err != nil {
		return chat.Address{}, err
	}
	m := d.Message
	return m.From, s.run(ctx, m.From, nil, func(c *conversation, t *moment) error {
		if !slices.Contains(c.Deads, id) {
			return session.ErrUnknown
		}
		m := m
		m.ID, m.Right, m.ReplyBy = "replay:"+id+":"+t.next(), nil, time.Time{}
		body, err := json.Marshal(m)
		if err != nil {
			return err
		}
		if err := c.join(offered{message: m, body: body}, t); err != nil {
			return err
		}
		c.bury(id)
		return nil
	})
}

// Bury drops a dead letter.
func (s *Store) Bury(ctx context.Context, id string) error {
	d, err := s.dead(id)
	if err != nil {
		return err
	}
	return s.run(ctx, d.Message.From, nil, func(c *conversation, _ *moment) error {
		if !slices.Contains(c.Deads, id) {
			return session.ErrUnknown
		}
		c.bury(id)
		return nil
	})
}

func (c *conversation) bury(id string) {
	c.Deads = slices.DeleteFunc(c.Deads, func(o string) bool { return o == id })
	c.left.buried = append(c.left.buried, id)
	c.changed = true
}
