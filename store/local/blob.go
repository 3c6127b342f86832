package local

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/xianda-bot/xianda/chat"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errSum = errors.New("its checksum is wrong")

// seal puts a checksum over key and value in front of a value, so that a value read under a wrong key is noticed too.
func seal(key, value []byte) []byte {
	out := make([]byte, 4, 4+len(value))
	binary.BigEndian.PutUint32(out, crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value))
	return append(out, value...)
}

// unseal checks what seal made. The result shares memory with sealed.
func unseal(key, sealed []byte) ([]byte, error) {
	if len(sealed) < 4 || binary.BigEndian.Uint32(sealed) != crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, sealed[4:]) {
		return nil, errSum
	}
	return sealed[4:], nil
}

// layout is the version of what encode writes.
const layout = 1

// isDue tells without decoding whether the conversation has a place in the bucket due.
func isDue(blob []byte) bool { return len(blob) > 1 && blob[1] != 0 }

// encode writes a conversation: the layout, whether it is due sometime, then pieces with their lengths: the fields of JSON, the deliveries, the session and the
// lines of each turn. What did not change is copied, not encoded again.
func (c *conversation) encode() ([]byte, error) {
	head, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	deliveries, err := json.Marshal(c.Deliveries)
	if err != nil {
		return nil, err
	}
	n := len(head) + len(deliveries) + len(c.Session) + 64
	for _, l := range c.Lines {
		n += len(l) + 4
	}
	out := append(make([]byte, 0, n), layout, 0)
	if c.Stored.Due != 0 {
		out[1] = 1
	}
	for _, piece := range [][]byte{head, deliveries, c.Session} {
		out = append(binary.AppendUvarint(out, uint64(len(piece))), piece...)
	}
	for _, piece := range c.Lines {
		out = append(binary.AppendUvarint(out, uint64(len(piece))), piece...)
	}
	return out, nil
}

// decode reads what encode wrote, and shares no memory with it.
func decode(b []byte) (*conversation, error) {
	if len(b) < 2 || b[0] != layout {
		return nil, errors.New("it was written by another version of xianda")
	}
	b = append([]byte(nil), b[2:]...)
	var pieces [][]byte
	for len(b) > 0 {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b)-used) {
			return nil, errSum
		}
		pieces = append(pieces, b[used:used+int(n):used+int(n)])
		b = b[used+int(n):]
	}
	if len(pieces) < 3 {
		return nil, errSum
	}
	c := &conversation{Session: pieces[2]}
	if err := json.Unmarshal(pieces[0], c); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(pieces[1], &c.Deliveries); err != nil {
		return nil, err
	}
	for _, p := range pieces[3:] {
		c.Lines = append(c.Lines, p)
	}
	return c, nil
}

// DamagedError says that something kept cannot be read. It is never overwritten.
type DamagedError struct {
	Path string // of the database; empty when only the conversation is known
	What string // what cannot be read
	Err  error
}

// Error names the place and the remedy.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("local store %s: %s is damaged (%v): stop xianda and restore the folder from a backup, or move it away to begin anew",
		e.Path, e.What, e.Err)
}

// Unwrap returns the cause.
func (e *DamagedError) Unwrap() error { return e.Err }

func (c *conversation) damaged(err error) error {
	return &DamagedError{What: "the conversation " + name(c.Address), Err: err}
}

// name tells a conversation in messages to operators without its person.
func name(a chat.Address) string {
	return fmt.Sprintf("%08x of channel %s", crc32.Checksum([]byte(a.String()), castagnoli), a.Channel)
}
