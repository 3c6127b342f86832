package local

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/xianda-bot/xianda/dialog/likely"
)

// maxLedger is how many events for reports are kept.
const maxLedger = 100_000

// ledgerKey is what an event begins with: it tells whose it is, so that it can be forgotten, but not to a reader.
func ledgerKey(address []byte) []byte {
	sum := sha256.Sum256(address)
	return sum[:ledgerKeySize]
}

const ledgerKeySize = 8

func putLedger(tx *bolt.Tx, address []byte, events [][]byte) error {
	b := tx.Bucket(bLedger)
	for _, event := range events {
		n, err := b.NextSequence()
		if err != nil {
			return err
		}
		if err := put(b, binary.BigEndian.AppendUint64(nil, n), append(ledgerKey(address), event...)); err != nil {
			return err
		}
		if n > maxLedger {
			if err := b.Delete(binary.BigEndian.AppendUint64(nil, n-maxLedger)); err != nil {
				return err
			}
		}
	}
	return nil
}

func eraseLedger(tx *bolt.Tx, address []byte) error {
	var mine [][]byte
	b, whose := tx.Bucket(bLedger), ledgerKey(address)
	err := b.ForEach(func(k, sealed []byte) error {
		v, err := unseal(k, sealed)
		if bytes.HasPrefix(v, whose) {
			mine = append(mine, bytes.Clone(k))
		}
		return err
	})
	for _, k := range mine {
		err = errors.Join(err, b.Delete(k))
	}
	return err
}

func hour(now int64) int64 { return now / time.Hour.Milliseconds() }

// maxLearned bounds the names of what is learned in one hour: they come of what people send, so that anybody can make new ones. Beyond
// it only names that are there count on.
const maxLearned = 100_000

// learnedNames is how many names of what is learned were new in an hour, since the store was opened. Only the writer touches it.
type learnedNames struct {
	hour int64
	n    int
}

// room tells whether the hour takes another name.
func (l *learnedNames) room(hour int64) bool {
	if l.hour != hour {
		l.hour, l.n = hour, 0
	}
	l.n++
	return l.n <= maxLearned
}

func addCounts(tx *bolt.Tx, counts map[string]int64, now int64, learned *learnedNames) error {
	b := tx.Bucket(bCounts)
	for name, n := range counts {
		key := timed(hour(now), []byte(name))
		v, err := get(b, key)
		if err != nil {
			return err
		}
		switch {
		case len(v) == 8:
			n += int64(binary.BigEndian.Uint64(v))
		case strings.HasPrefix(name, likely.Prefix) && !learned.room(hour(now)):
			continue
		}
		if err := put(b, key, binary.BigEndian.AppendUint64(nil, uint64(n))); err != nil {
			return err
		}
	}
	return nil
}

// Counts are the sums of what turns counted in the hours from from (inclusive) to to (exclusive), by name. Hours are kept for 90 days.
func (s *Store) Counts(ctx context.Context, from, to time.Time) (map[string]int64, error) {
	hours, err := s.Hours(ctx, "", from, to)
	return likely.Sum(hours), err
}

// Hours are the counts of each hour from from (inclusive) to to (exclusive) whose names begin with prefix; hours without any are left
// out. Others are skipped unread.
func (s *Store) Hours(ctx context.Context, prefix string, from, to time.Time) ([]likely.Hour, error) {
	var all []likely.Hour
	err := s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bCounts).Cursor()
		last := hour(to.Add(time.Hour - 1).UnixMilli())
		k, sealed := c.Seek(timed(hour(from.UnixMilli()), []byte(prefix)))
		for k != nil {
			at, name := untimed(k)
			if at >= last {
				return nil
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if !bytes.HasPrefix(name, []byte(prefix)) {
				if string(name) > prefix {
					at++
				}
				k, sealed = c.Seek(timed(at, []byte(prefix)))
				continue
			}
			v, err := unseal(k, sealed)
			if err != nil {
				return err
			}
			if n := len(all); n == 0 || hour(all[n-1].At.UnixMilli()) != at {
				all = append(all, likely.Hour{At: time.UnixMilli(at * time.Hour.Milliseconds()).UTC(), Counts: map[string]int64{}})
			}
			all[len(all)-1].Counts[string(name)] = int64(binary.BigEndian.Uint64(v))
			k, sealed = c.Next()
		}
		return nil
	})
	return all, err
}

// Ledger returns the last n events that turns left for reports, oldest first.
func (s *Store) Ledger(_ context.Context, n int) ([][]byte, error) {
	var all [][]byte
	err := s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bLedger).Cursor()
		for k, sealed := c.Last(); k != nil && len(all) < n; k, sealed = c.Prev() {
			v, err := unseal(k, sealed)
			if err != nil || len(v) < ledgerKeySize {
				return errors.Join(errSum, err)
			}
			all = append(all, bytes.Clone(v[ledgerKeySize:]))
		}
		return nil
	})
	slices.Reverse(all)
	return all, err
}
