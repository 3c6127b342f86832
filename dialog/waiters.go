package dialog

import (
	"sync"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// waiters are the requests of this process that wait for a delivery: several when the platform repeats itself.
type waiters struct {
	mu sync.Mutex // guards at
	at map[delivery][]chan session.Done
}

type delivery struct {
	from chat.Address
	id   string
}

// join returns where the delivery's end will be told, at most once, and how to stop waiting.
func (w *waiters) join(a chat.Address, id string) (<-chan session.Done, func()) {
	c, d := make(chan session.Done, 1), delivery{a, id}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at == nil {
		w.at = map[delivery][]chan session.Done{}
	}
	w.at[d] = append(w.at[d], c)
	return c, func() { w.leave(d, c) }
}

func (w *waiters) leave(d delivery, c chan session.Done) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.at[d]
	for i := range all {
		if all[i] == c {
			w.at[d] = append(all[:i:i], all[i+1:]...)
			break
		}
	}
	if len(w.at[d]) == 0 {
		delete(w.at, d)
	}
}

// tell ends the wait of all who wait for the delivery.
func (w *waiters) tell(a chat.Address, id string, done session.Done) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.at[delivery{a, id}] {
		select {
		case c <- done:
		default: // told before: a commit that was repeated
		}
	}
}
