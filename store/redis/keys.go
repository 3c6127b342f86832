package redis

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// keys makes every key name. The braces hold the partition, so that all keys of one partition lie in one slot of a cluster.
//
//	xianda:partitions        the number of partitions, checked at Open
//	xianda:{p}:c:<address>   hash: everything of a conversation
//	xianda:{p}:due           sorted set: what is due when, see lua/lib_conv.lua
//	xianda:{p}:ledger        stream: events for reports
//	xianda:{p}:n:<hour>      hash: counts of one hour, UTC, "2026112108"
//	xianda:{p}:case:<id>     hash: a case
//	xianda:{p}:cases         sorted set: ids of open cases by the moment they were raised
//	xianda:{p}:closed        sorted set: ids of closed cases by the moment they were closed
//	xianda:{p}:dead          sorted set: ids of dead letters by age
//	xianda:{p}:dead:<id>     a dead letter
//	xianda:{p}:feed:<address> hash: what was shown in a conversation, see lua/feed_append.lua
//	xianda:{seats}:seen      sorted set: seats by the moment they were seen
//	xianda:{seats}:queues    hash: the queues of each seat, as JSON
//	xianda:{u:<hash>}:user   hash: what is known of a user of the product: "p" the profile, "l|<stamp>|<address>" their conversations
//	xianda:{u:<hash>}:trace  list: the user's last operations, newest first
//	xianda:{u:<hash>}:ids    sorted set: ids of these by the moment they came
//	xianda:{l:<hash>}:user   whose a conversation is: "<stamp> <user>"
//	xianda:vault:<key>       a value of the vault
//	xianda:lock:<key>        a lock of the vault
//	xianda:ping:<node>       written by Ping
//
// Beside the keys there is one channel, xianda:bells: "<word> <address>", that a feed changed ("") or what else is told of it.
//
// Members of the due index: "m|<address>" a mailbox, at the end of its lease; "d|<address>" debts; "b|<address>" debts behind a passive
// reply; "t|<address>" timers; "p|<length of the address>|<address><delivery id>" a passive reply not yet shown.
type keys struct{ prefix string }

func (k keys) in(p int, rest string) string { return k.prefix + ":{" + strconv.Itoa(p) + "}:" + rest }

func (k keys) conversation(p int, a string) string { return k.in(p, "c:"+a) }
func (k keys) due(p int) string                    { return k.in(p, "due") }
func (k keys) ledger(p int) string                 { return k.in(p, "ledger") }
func (k keys) counts(p int, hour time.Time) string {
	return k.in(p, "n:"+hour.UTC().Format("2006010215"))
}
func (k keys) caseHash(p int, id string) string { return k.in(p, "case:"+id) }
func (k keys) openCases(p int) string           { return k.in(p, "cases") }
func (k keys) closedCases(p int) string         { return k.in(p, "closed") }
func (k keys) deads(p int) string               { return k.in(p, "dead") }
func (k keys) dead(p int, id string) string     { return k.in(p, "dead:"+id) }
func (k keys) feed(p int, a string) string      { return k.in(p, "feed:"+a) }
func (k keys) bells() string                    { return k.prefix + ":bells" }
func (k keys) partitions() string               { return k.prefix + ":partitions" }
func (k keys) seats() string                    { return k.prefix + ":{seats}:seen" }
func (k keys) seatQueues() string               { return k.prefix + ":{seats}:queues" }
func (k keys) users(user string) []string {
	tag := k.prefix + ":{u:" + digest(user) + "}:"
	return []string{tag + "user", tag + "trace", tag + "ids"}
}
func (k keys) link(a chat.Address) string { return k.prefix + ":{l:" + digest(a.String()) + "}:user" }
func (k keys) vault(key string) string    { return k.prefix + ":vault:" + key }
func (k keys) lock(key string) string     { return k.prefix + ":lock:" + key }
func (k keys) ping(node string) string    { return k.prefix + ":ping:" + node }

// digest stands for what may hold anything, braces too, and need not be read by those who look at key names.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// passiveMember is a passive reply's member of the due index, as lua/lib_debts.lua writes it.
func passiveMember(a, delivery string) string { return fmt.Sprintf("p|%d|%s%s", len(a), a, delivery) }

// dueAddress reads the address out of a member of the due index.
func dueAddress(member string) (chat.Address, bool) {
	if len(member) < 3 || member[1] != '|' {
		return chat.Address{}, false
	}
	text := member[2:]
	if member[0] == 'p' {
		for i, c := range text {
			if c == '|' {
				n, err := strconv.Atoi(text[:i])
				if err != nil || n < 0 || n > len(text)-i-1 {
					return chat.Address{}, false
				}
				text = text[i+1 : i+1+n]
				break
			}
		}
	}
	a, err := chat.ParseAddress(text)
	return a, err == nil
}

// place is where a conversation lies: the names that every script of it begins with.
type place struct {
	p         int
	address   string
	conv, due string
}

func (k keys) place(a chat.Address) place {
	text, p := a.String(), session.Partition(a)
	return place{p: p, address: text, conv: k.conversation(p, text), due: k.due(p)}
}
