package session

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strconv"

	"github.com/xianda-bot/xianda/chat"
)

// Partition is the part of the key space, 0 to Partitions-1, in which everything of a lies: FNV-1a (64 bits) of a.String() modulo
// Partitions. It is written into keys, so that it never changes.
func Partition(a chat.Address) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(a.String()))
	return int(h.Sum64() % Partitions)
}

// CaseID is the id of the case that turn raises in a: the partition as two digits, so that a store finds the case by its id alone,
// and ten hexadecimal digits. The same turn repeated gives the same id.
func CaseID(a chat.Address, turn string) string { return partitioned(a, turn) }

// DeadID is the id of the dead letter that the delivery of a becomes, made as CaseID.
func DeadID(a chat.Address, delivery string) string { return partitioned(a, "dead\x00"+delivery) }

func partitioned(a chat.Address, rest string) string {
	sum := sha256.Sum256([]byte(a.String() + "\x00" + rest))
	return fmt.Sprintf("%02d", Partition(a)) + hex.EncodeToString(sum[:5])
}

// PartitionOf reads the partition out of an id that CaseID or DeadID made; false when it is none.
func PartitionOf(id string) (int, bool) {
	if len(id) < 3 {
		return 0, false
	}
	p, err := strconv.ParseUint(id[:2], 10, 8)
	return int(p), err == nil && p < Partitions
}
