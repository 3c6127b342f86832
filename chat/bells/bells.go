// Package bells tells those who watch a conversation in this process that something happened to it. It keeps nothing, and knows no
// other process.
package bells

import (
	"sync"

	"github.com/xianda-bot/xianda/chat"
)

// pending is how many words wait for one watcher.
const pending = 8

// Bells of all conversations; the zero value has none. It is safe for concurrent use.
type Bells struct {
	mu  sync.Mutex // guards all
	all map[chat.Address]map[chan string]struct{}
}

// Watch returns a bell that rings with every word of a, until stop. A watcher that does not listen misses words, but never that there
// were some: its bell holds the first of them. stop may be called twice; it does not close the bell.
func (b *Bells) Watch(a chat.Address) (bell <-chan string, stop func()) {
	mine := make(chan string, pending)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all = map[chat.Address]map[chan string]struct{}{}
	}
	if b.all[a] == nil {
		b.all[a] = map[chan string]struct{}{}
	}
	b.all[a][mine] = struct{}{}
	return mine, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.all[a], mine)
		if len(b.all[a]) == 0 {
			delete(b.all, a)
		}
	}
}

// Ring lets the bells of a ring with word. It does not block.
func (b *Bells) Ring(a chat.Address, word string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for bell := range b.all[a] {
		select {
		case bell <- word:
		default:
		}
	}
}

// RingAll lets every bell ring with word.
func (b *Bells) RingAll(word string) {
	for _, a := range b.Watched() {
		b.Ring(a, word)
	}
}

// Watched are the conversations that somebody watches, in no order.
func (b *Bells) Watched() []chat.Address {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]chat.Address, 0, len(b.all))
	for a := range b.all {
		all = append(all, a)
	}
	return all
}
