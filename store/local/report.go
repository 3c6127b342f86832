package local

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
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

func addCounts(tx *bolt.Tx, counts map[string]int64, now int64) error {
	b := tx.Bucket(bCounts)
	for name, n := range counts {
		key := timed(hour(now), []byte(name))
		v, err := get(b, key)
		if err != nil {
			return err
		}
		if len(v) == 8 {
			n += int64(binary.BigEndian.Uint64(v))
		}
		if err := put(b, key, binary.BigEndian.AppendUint64(nil, uint64(n))); err != nil {
			return err
		}
	}
	return nil
}

// Counts are the sums of what turns counted in the hours from from (inclusive) to to (exclusive), by name. Hours are kept for 90 days.
func (s *Store) Counts(_ context.Context, from, to time.Time) (map[string]int64, error) {
	all := map[string]int64{}
	err := s.view(func(tx *bolt.Tx) error {
		c := tx.Bucket(bCounts).Cursor()
		last := timed(hour(to.Add(time.Hour-1).UnixMilli()), nil)
		for k, sealed := c.Seek(timed(hour(from.UnixMilli()), nil)); k != nil && string(k) < string(last); k, sealed = c.Next() {
			v, err := unseal(k, sealed)
			if err != nil {
				return err
			}
			_, name := untimed(k)
			all[string(name)] += int64(binary.BigEndian.Uint64(v))
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
