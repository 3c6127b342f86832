package local

import (
	"context"
	"encoding/binary"
	"time"

	bolt "go.etcd.io/bbolt"
)

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
			if err != nil {
				return err
			}
			all = append(all, append([]byte(nil), v...))
		}
		return nil
	})
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all, err
}
