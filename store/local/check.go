package local

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
)

// The buckets. Every value but a bucket begins with a checksum over key and value, see seal.
var (
	bConversations = []byte("conversations") // address → conversation
	bDue           = []byte("due")           // ms as 8 bytes, address → nothing: when somebody must look
	bExpiry        = []byte("expiry")        // ms as 8 bytes, address → nothing: when something is forgotten
	bCases         = []byte("cases")         // id → chat.Case; the transcript is set once it is closed
	bQueue         = []byte("queue")         // urgency, ms when raised as 8 bytes, id → state, 0, queue: the order of seats
	bPaces         = []byte("paces")         // queue → the last times from claim to close
	bSeats         = []byte("seats")         // seat → seatRecord
	bDead          = []byte("dead")          // id → chat.Dead
	bLedger        = []byte("ledger")        // number → event
	bCounts        = []byte("counts")        // hours since 1970 as 8 bytes, name → number
	bVault         = []byte("vault")         // key → ms when it expires as 8 bytes, value
	bMeta          = []byte("meta")          // "number"

	buckets = [][]byte{bConversations, bDue, bExpiry, bCases, bQueue, bPaces, bSeats, bDead, bLedger, bCounts, bVault, bMeta}
)

// checkMost is the size of a database up to which Open reads all of it; a larger one is checked piece by piece as it is read.
const checkMost = 256 << 20

// check looks at the whole database before anything is believed.
func (s *Store) check() error {
	return guarded(func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			if tx.Size() > checkMost {
				return nil
			}
			err := tx.ForEach(func(name []byte, b *bolt.Bucket) error {
				return b.ForEach(func(k, v []byte) error {
					if v == nil {
						return fmt.Errorf("bucket %s: it holds a bucket", name)
					}
					if _, err := unseal(k, v); err != nil {
						return fmt.Errorf("bucket %s: %w", name, err)
					}
					return nil
				})
			})
			if err != nil {
				return err
			}
			var first error
			for err := range tx.Check() { // to its end: it runs in a goroutine of its own
				if first == nil {
					first = err
				}
			}
			return first
		})
	})
}

// panicked is a panic of bbolt, which it throws at pages that make no sense.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprint(p.value) }

func isPanic(err error) bool {
	var p *panicked
	return errors.As(err, &p)
}

// guarded makes errors of panics, and of reading where a damaged page points.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p}
		}
	}()
	return f()
}

// numberer gives out numbers that never come again, over restarts too: fencing tokens, turns, grants.
type numberer struct{ last atomic.Uint64 }

// numberGap is more than what can be drawn between two writes of the database.
const numberGap = 1 << 20

func (n *numberer) draw() uint64 { return n.last.Add(numbers) - numbers }

var numberKey = []byte("number")

func readNumber(tx *bolt.Tx) uint64 {
	v, err := unseal(numberKey, tx.Bucket(bMeta).Get(numberKey))
	if err != nil || len(v) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(v)
}

func writeNumber(tx *bolt.Tx, n uint64) error {
	return put(tx.Bucket(bMeta), numberKey, binary.BigEndian.AppendUint64(nil, n))
}

func put(b *bolt.Bucket, key, value []byte) error { return b.Put(key, seal(key, value)) }

// get returns nil, nil when there is nothing. The value is valid until the transaction ends.
func get(b *bolt.Bucket, key []byte) ([]byte, error) {
	v := b.Get(key)
	if v == nil {
		return nil, nil
	}
	return unseal(key, v)
}

// timed is a key that sorts by time.
func timed(ms int64, rest []byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(rest)), uint64(max(0, ms))), rest...)
}

func untimed(key []byte) (ms int64, rest []byte) {
	return int64(binary.BigEndian.Uint64(key)), key[8:]
}
