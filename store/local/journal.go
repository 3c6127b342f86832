package local

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// journal is a small append-only file of operations whose results are in no database yet. write(2) survives the death of the process,
// not of the machine: nobody may acknowledge anything because of a record. A record is its length, its CRC-32C and JSON.
type journal struct {
	path string

	mu   sync.Mutex // guards all below
	file *os.File
	size int64
	most int64 // beyond it the file is written anew with what is open
	open map[chat.Address][]kept
}

// kept is a record that no database holds yet.
type kept struct {
	rev   uint64
	bytes []byte
}

// record is one operation on one conversation. Applied to the revision before Rev it gives Rev again.
type record struct {
	Op         string              `json:"o"`
	To         chat.Address        `json:"a"`
	Rev        uint64              `json:"r"`
	Now        int64               `json:"t"`
	N          uint64              `json:"n"`
	Body       json.RawMessage     `json:"m,omitempty"` // accept: the message
	Redelivery time.Duration       `json:"w,omitempty"`
	Post       bool                `json:"p,omitempty"`
	ID         string              `json:"i,omitempty"` // known: the delivery
	By         int64               `json:"b,omitempty"` // known: until when it can be answered
	Token      string              `json:"k,omitempty"`
	For        time.Duration       `json:"d,omitempty"` // lend
	Settle     *session.Settlement `json:"s,omitempty"`
}

// apply does the operation of a record again.
func (r *record) apply(c *conversation) error {
	t := &moment{r.Now, r.N}
	switch r.Op {
	case "accept":
		o := offered{body: r.Body, redelivery: r.Redelivery, post: r.Post}
		if err := json.Unmarshal(r.Body, &o.message); err != nil {
			return err
		}
		_, err := c.accept(o, t)
		return err
	case "known":
		d := c.delivery(r.ID)
		if d == nil {
			return session.ErrUnknown
		}
		_, err := c.known(d, r.By, false, t)
		return err
	case "take":
		_, err := c.take(t)
		return err
	case "renew":
		_, err := c.renew(r.Token, t)
		return err
	case "release":
		return c.release(r.Token, t)
	case "lend":
		c.lend(r.For, t)
		return nil
	case "settle":
		c.settle(*r.Settle, t)
		return nil
	}
	return fmt.Errorf("operation %q is of another version of xianda", r.Op)
}

const (
	journalMagic = "xianda journal 1\n"
	journalMost  = 8 << 20
	recordMost   = 4 << 20
)

// openJournal opens or makes the file and reads its records. What follows a torn or damaged record is lost, as after a failure of the
// machine it may be.
func openJournal(path string) (*journal, []record, error) {
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	if len(b) >= len(journalMagic) && !bytes.HasPrefix(b, []byte(journalMagic)) {
		return nil, nil, &DamagedError{Path: path, What: "the journal", Err: errors.New("it does not begin as one")}
	}
	j := &journal{path: path, most: journalMost, open: map[chat.Address][]kept{}}
	return j, readRecords(b), nil
}

func readRecords(b []byte) []record {
	if len(b) < len(journalMagic) {
		return nil
	}
	b = b[len(journalMagic):]
	var all []record
	for len(b) >= 8 {
		n, sum := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		if n > recordMost || int(n) > len(b)-8 || crc32.Checksum(b[8:8+n], castagnoli) != sum {
			break
		}
		var r record
		if json.Unmarshal(b[8:8+n], &r) != nil || r.Op == "settle" && r.Settle == nil {
			break
		}
		all = append(all, r)
		b = b[8+n:]
	}
	return all
}

// add appends a record. When it returns nil the record survives the death of the process.
func (j *journal) add(r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	b := make([]byte, 8, 8+len(text))
	binary.BigEndian.PutUint32(b, uint32(len(text)))
	binary.BigEndian.PutUint32(b[4:], crc32.Checksum(text, castagnoli))
	b = append(b, text...)

	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil || j.size > j.most {
		if err := j.rewrite(); err != nil {
			return err
		}
	}
	if _, err := j.file.WriteAt(b, j.size); err != nil {
		// Half a record must not stand before whole ones; what cannot be cut off is written over, or the file made anew.
		if j.file.Truncate(j.size) != nil {
			_ = j.file.Close()
			j.file = nil
		}
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	j.size += int64(len(b))
	j.open[r.To] = append(j.open[r.To], kept{r.Rev, b})
	return nil
}

// rewrite makes the file anew with the open records; the caller holds mu.
func (j *journal) rewrite() error {
	f, err := os.CreateTemp(filepath.Dir(j.path), ".journal-*")
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	var b bytes.Buffer
	b.WriteString(journalMagic)
	for _, all := range j.open {
		for _, k := range all {
			b.Write(k.bytes)
		}
	}
	_, err = f.Write(b.Bytes())
	if err == nil {
		err = os.Rename(f.Name(), j.path)
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(f.Name())
		return fmt.Errorf("journal %s: %w", j.path, err)
	}
	if j.file != nil {
		_ = j.file.Close()
	}
	j.file, j.size = f, int64(b.Len())
	j.most = max(journalMost, 2*j.size)
	return nil
}

// settled forgets the records of a up to rev: the database holds their results.
func (j *journal) settled(a chat.Address, rev uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := j.open[a]
	for len(all) > 0 && all[0].rev <= rev {
		all = all[1:]
	}
	if len(all) == 0 {
		delete(j.open, a)
	} else {
		j.open[a] = all
	}
}

// records are the open ones of a.
func (j *journal) records(a chat.Address) []record {
	j.mu.Lock()
	defer j.mu.Unlock()
	b := []byte(journalMagic)
	for _, k := range j.open[a] {
		b = append(b, k.bytes...)
	}
	return readRecords(b)
}

// purge writes the file anew, so that it holds nothing that a database holds already.
func (j *journal) purge() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.rewrite()
}

// idle purges a file that holds settled records only.
func (j *journal) idle() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.open) > 0 || j.file != nil && j.size == int64(len(journalMagic)) {
		return nil
	}
	return j.rewrite()
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file = nil
	return err
}
