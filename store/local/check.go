package local

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"runtime/debug"
	"slices"
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
	bUsers         = []byte("users")         // user's id → user
	bUserExpiry    = []byte("userexpiry")    // ms as 8 bytes, user's id → nothing: when a user is forgotten
	bLinks         = []byte("links")         // address → user's id
	bFeeds         = []byte("feeds")         // length of the address as 4 bytes, address, number as 8 bytes → feedPost
	bFeedEnds      = []byte("feedends")      // ms as 8 bytes, address → nothing: when to look whether a feed is to be forgotten

	buckets = [][]byte{bConversations, bDue, bExpiry, bCases, bQueue, bPaces, bSeats, bDead, bLedger, bCounts, bVault, bMeta, bUsers, bUserExpiry, bLinks,
		bFeeds, bFeedEnds}
	added = [][]byte{bUsers, bUserExpiry, bLinks, bFeeds, bFeedEnds} // by later versions: an older one's database has none of them yet
)

// checkMost is the size of a database up to which Open reads all of it; a larger one is checked piece by piece as it is read.
const checkMost = 256 << 20

// check looks at the whole database before anything is believed.
func (s *Store) check() error {
	return guarded(func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			if err := s.checkFile(tx.Size()); err != nil || tx.Size() > checkMost {
				return err
			}
			keys, due := map[string]int{}, 0
			err := tx.ForEach(func(name []byte, b *bolt.Bucket) error {
				keys[string(name)] = 0
				return b.ForEach(func(k, v []byte) error {
					if v == nil {
						return fmt.Errorf("bucket %s: it holds a bucket", name)
					}
					v, err := unseal(k, v)
					if err != nil {
						return fmt.Errorf("bucket %s: %w", name, err)
					}
					if string(name) == string(bConversations) && isDue(v) {
						due++
					}
					keys[string(name)]++
					return nil
				})
			})
			if err != nil {
				return err
			}
			if err := complete(keys, due); err != nil {
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

// checkFile looks at what bbolt would quietly make up for, or stumble over: a damaged head, of which it keeps two and would take the
// other one, a transaction older; and an end that was cut off.
func (s *Store) checkFile(size int64) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < size {
		return fmt.Errorf("it has %d bytes of %d", info.Size(), size)
	}
	// A page begins with 16 bytes of its own; then magic, version, page size, flags (4 bytes each), 40 bytes, and FNV-1a of all these.
	const before, summed = 16, 56
	head := make([]byte, before+summed+8)
	var at int64
	for n := range 2 {
		if _, err := f.ReadAt(head, at); err != nil {
			return err
		}
		sum := fnv.New64a()
		_, _ = sum.Write(head[before : before+summed])
		if sum.Sum64() != binary.NativeEndian.Uint64(head[before+summed:]) {
			return fmt.Errorf("page %d: %w", n, errSum)
		}
		at = int64(binary.NativeEndian.Uint32(head[before+8:]))
	}
	return nil
}

// complete tells whether nothing is missing: a damaged page may hide what it holds, so that what is kept twice is counted.
func complete(keys map[string]int, due int) error {
	if len(keys) == 0 {
		return nil // the process died before it made them
	}
	known := 0
	for _, name := range buckets {
		_, ok := keys[string(name)]
		switch {
		case ok:
			known++
		case !slices.ContainsFunc(added, func(b []byte) bool { return string(b) == string(name) }):
			return fmt.Errorf("bucket %s is missing", name)
		}
	}
	switch {
	case len(keys) != known:
		return errors.New("it holds buckets that nobody knows")
	case keys[string(bUsers)] != keys[string(bUserExpiry)]:
		return errors.New("some users are missing")
	case keys[string(bConversations)] != keys[string(bExpiry)], keys[string(bDue)] != due:
		return errors.New("some conversations are missing")
	case keys[string(bCases)] != keys[string(bQueue)]:
		return errors.New("some cases are missing")
	case keys[string(bMeta)] == 0:
		return errors.New("bucket meta is empty")
	}
	return nil
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
