package media

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xianda-bot/xianda/chat"
)

// An id is OWNER-HOUR-ITEM: the conversation, so that it can be forgotten as a whole; the hour of the message, so that what was removed in
// time is told from what never was; and a part that nobody can guess. Its last third proves that this house made the id.
const (
	ownerLen = 24 // hexadecimal digits
	itemLen  = 20
	proofLen = 12
)

// owner is the beginning of the ids of a conversation, in all processes and for ever: it depends on no key.
func owner(a chat.Address) string {
	sum := sha256.Sum256([]byte("media of " + a.String()))
	return hex.EncodeToString(sum[:])[:ownerLen]
}

func (k *Keeper) id(a chat.Address, message string, n int, now time.Time) string {
	head := owner(a) + "-" + strconv.FormatInt(now.Unix()/3600, 16)
	item := k.mac("item", head, message, strconv.Itoa(n))[:itemLen]
	return head + "-" + item + k.mac("proof", head, item)[:proofLen]
}

// read returns the hour of an id, zero when it has not an id's form, and whether this house made it under its present key.
func (k *Keeper) read(id string) (made time.Time, ours bool) {
	parts := strings.Split(id, "-")
	if len(parts) != 3 || len(parts[0]) != ownerLen || len(parts[2]) != itemLen+proofLen {
		return time.Time{}, false
	}
	for _, p := range parts {
		if strings.Trim(p, "0123456789abcdef") != "" {
			return time.Time{}, false
		}
	}
	hour, err := strconv.ParseInt(parts[1], 16, 32)
	if err != nil || hour <= 0 {
		return time.Time{}, false
	}
	item, proof := parts[2][:itemLen], parts[2][itemLen:]
	want := k.mac("proof", parts[0]+"-"+parts[1], item)[:proofLen]
	return time.Unix(hour*3600, 0), hmac.Equal([]byte(proof), []byte(want))
}

// mac is hexadecimal, over parts whose lengths are told too, so that no two lists of parts are alike.
func (k *Keeper) mac(parts ...string) string {
	h := hmac.New(sha256.New, k.o.Key)
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
