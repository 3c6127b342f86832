package kefu

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"sync"
	"time"
)

// A message's id must be unique in its account and at most 32 of [0-9A-Za-z_-] (path 94677). Ours is made of person and Reply.Key, so that
// a repeated send is known as such, and leads back to the key when the platform tells that it did not arrive.
const (
	maxMsgID  = 32
	tagSize   = 10
	keepKey   = time.Hour // a failure is told within minutes
	maxDoubts = 1024
)

var keyForm = regexp.MustCompile(`^[0-9A-Za-z_-]*$`)

// longKey makes the letter of a part into that of one whose key is in the vault.
const longKey = 'A' - 'a'

// msgID is the id of the nth message of a reply to person. A key that is too long to be part of it is noted in the vault.
func (a *Adapter) msgID(ctx context.Context, person, key string, n int) string {
	part := 'a' + rune(min(n, 25))
	if id := string(part) + key + tag(person, key, part); len(id) <= maxMsgID && keyForm.MatchString(key) {
		return id
	}
	id := string(part+longKey) + digest(person, key, part)[:maxMsgID-1]
	if a.deps.Vault.Put(ctx, a.vaultKey("key", id), key, keepKey) != nil {
		a.deps.Count.Count("kefu_key_lost", a.name) // only a failure that is told later is not known again
	}
	return id
}

// keyOf is the key of the reply that a message to person was part of; "" when it is none of ours.
func (a *Adapter) keyOf(ctx context.Context, id, person string) string {
	if len(id) <= tagSize || len(id) > maxMsgID || !keyForm.MatchString(id) {
		return ""
	}
	if part := rune(id[0]); part >= 'a' && part <= 'z' {
		key := id[1 : len(id)-tagSize]
		if id[1:] == key+tag(person, key, part) {
			return key
		}
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	key, err := a.deps.Vault.Get(ctx, a.vaultKey("key", id))
	if err != nil {
		return ""
	}
	return key
}

// tag keeps the same key of two persons apart.
func tag(person, key string, part rune) string { return digest(person, key, part)[:tagSize] }

func digest(person, key string, part rune) string {
	sum := sha256.Sum256([]byte(person + "\x00" + key + "\x00" + string(part)))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// doubts are the messages that the platform may have taken without an answer reaching us. It is safe for concurrent use.
type doubts struct {
	clock func() time.Time
	mu    sync.Mutex // guards ids
	ids   map[string]time.Time
}

func newDoubts(clock func() time.Time) *doubts {
	return &doubts{clock: clock, ids: map[string]time.Time{}}
}

func (d *doubts) add(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock()
	if len(d.ids) >= maxDoubts {
		for k, at := range d.ids {
			if now.Sub(at) > keepKey {
				delete(d.ids, k)
			}
		}
	}
	if len(d.ids) < maxDoubts {
		d.ids[id] = now
	}
}

func (d *doubts) has(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.ids[id]
	return ok
}

func (d *doubts) drop(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.ids, id)
}
