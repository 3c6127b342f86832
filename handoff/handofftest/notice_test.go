package handofftest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/handoff"
)

// recorder is a T that keeps the first failure instead of ending a test.
type recorder struct{ failed string }

func (r *recorder) Helper()             {}
func (r *recorder) Logf(string, ...any) {}
func (r *recorder) Fatalf(format string, args ...any) {
	r.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// verdict runs one check on a queue and returns its failure line, "" when it passed.
func verdict(c check, h Harness) string {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.do(newDesk(r, h))
	}()
	<-done
	return r.failed
}

// TestSuiteNotices runs the suite on queues that each break one promise.
func TestSuiteNotices(t *testing.T) {
	t.Parallel()
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range checks() {
				h := openMemory(t)
				h.Queue = m.wrong(&wrong{Queue: h.Queue, store: h.Store})
				if got := verdict(c, h); got == "" && slices.Contains(m.fails, c.name) {
					t.Errorf("a queue that %s passes %q, want it to fail", m.name, c.name)
				}
			}
		})
	}
}

func TestRecorderPassesWhatIsRight(t *testing.T) {
	t.Parallel()
	for _, c := range checks() {
		if got := verdict(c, openMemory(t)); got != "" {
			t.Errorf("verdict(%q) on a right queue = %q, want none", c.name, got)
		}
	}
}

// wrong is a queue some of whose methods are replaced.
type wrong struct {
	handoff.Queue
	store session.Store

	claim func(id, seat string) (*chat.Case, error)
	reply func(id, seat, text, key string) (chat.Address, error)
	note  func(id, seat, text string) error
	close func(id, reason string) (*chat.Case, error)
	cases func(f handoff.Filter) ([]chat.Case, error)
	seen  func(seat string, queues ...string) error
	give  func(id, queue, seat string) (*chat.Case, error)
}

func (w *wrong) Claim(ctx context.Context, id, seat string) (*chat.Case, error) {
	if w.claim != nil {
		return w.claim(id, seat)
	}
	return w.Queue.Claim(ctx, id, seat)
}

func (w *wrong) Reply(ctx context.Context, id, seat, text, key string) (chat.Address, error) {
	if w.reply != nil {
		return w.reply(id, seat, text, key)
	}
	return w.Queue.Reply(ctx, id, seat, text, key)
}

func (w *wrong) Note(ctx context.Context, id, seat, text string) error {
	if w.note != nil {
		return w.note(id, seat, text)
	}
	return w.Queue.Note(ctx, id, seat, text)
}

func (w *wrong) Close(ctx context.Context, id, reason string) (*chat.Case, error) {
	if w.close != nil {
		return w.close(id, reason)
	}
	return w.Queue.Close(ctx, id, reason)
}

func (w *wrong) Cases(ctx context.Context, f handoff.Filter) ([]chat.Case, error) {
	if w.cases != nil {
		return w.cases(f)
	}
	return w.Queue.Cases(ctx, f)
}

func (w *wrong) Seen(ctx context.Context, seat string, queues ...string) error {
	if w.seen != nil {
		return w.seen(seat, queues...)
	}
	return w.Queue.Seen(ctx, seat, queues...)
}

func (w *wrong) Transfer(ctx context.Context, id, queue, seat string) (*chat.Case, error) {
	if w.give != nil {
		return w.give(id, queue, seat)
	}
	return w.Queue.Transfer(ctx, id, queue, seat)
}

// A mutant is a queue that breaks one promise. Each check of fails must notice it.
type mutant struct {
	name  string
	wrong func(*wrong) handoff.Queue
	fails []string
}

func mutants() []mutant {
	ctx := context.Background()
	return []mutant{
		{"gives a case to whoever asks", func(w *wrong) handoff.Queue {
			w.claim = func(id, seat string) (*chat.Case, error) {
				k, err := w.Queue.Claim(ctx, id, seat)
				if errors.Is(err, handoff.ErrOwned) {
					return w.Queue.Transfer(ctx, id, "", seat)
				}
				return k, err
			}
			return w
		}, []string{"claim: once by seats that race", "claim: of another's case names who holds it"}},
		{"claims again", func(w *wrong) handoff.Queue {
			w.claim = func(id, seat string) (*chat.Case, error) {
				if k, err := w.Queue.Case(ctx, id); err == nil && k.Seat == seat && k.State == chat.Held {
					return w.Queue.Transfer(ctx, id, "", seat)
				}
				return w.Queue.Claim(ctx, id, seat)
			}
			return w
		}, []string{"claim: again changes nothing"}},
		{"does not name who holds a case", func(w *wrong) handoff.Queue {
			w.claim = func(id, seat string) (*chat.Case, error) {
				k, err := w.Queue.Claim(ctx, id, seat)
				if errors.Is(err, handoff.ErrOwned) {
					err = handoff.ErrOwned
				}
				return k, err
			}
			return w
		}, []string{"claim: once by seats that race", "claim: of another's case names who holds it"}},
		{"does not look at the key", func(w *wrong) handoff.Queue {
			var mu sync.Mutex
			n := 0
			w.reply = func(id, seat, text, key string) (chat.Address, error) {
				mu.Lock()
				defer mu.Unlock()
				n++
				return w.Queue.Reply(ctx, id, seat, text, fmt.Sprint(key, n))
			}
			return w
		}, []string{"reply: posted in order, once per key", "reply: one key at the same instant"}},
		{"lets every seat speak", func(w *wrong) handoff.Queue {
			w.reply = func(id, seat, text, key string) (chat.Address, error) {
				if k, err := w.Queue.Case(ctx, id); err == nil && k.State == chat.Held {
					seat = k.Seat
				}
				return w.Queue.Reply(ctx, id, seat, text, key)
			}
			return w
		}, []string{"reply: refused unless the seat holds the case", "transfer: to a seat"}},
		{"shows notes to people", func(w *wrong) handoff.Queue {
			w.note = func(id, seat, text string) error {
				if k, err := w.Queue.Case(ctx, id); err == nil {
					m := chat.Message{ID: "note-" + text, Kind: chat.Said, From: k.Conversation, Text: text}
					if _, err := w.store.Accept(ctx, m, session.Terms{Post: true}); err != nil {
						return err
					}
				}
				return w.Queue.Note(ctx, id, seat, text)
			}
			return w
		}, []string{"note: seen by seats alone"}},
		{"closes without a word to the conversation", func(w *wrong) handoff.Queue {
			w.close = func(id, reason string) (*chat.Case, error) {
				k, err := w.Queue.Close(ctx, id, reason)
				if err == nil {
					var c *session.Claim
					for c, err = w.store.Take(ctx, k.Conversation); c != nil && err == nil; {
						var got session.Committed
						got, err = w.store.Commit(ctx, c, session.Outcome{Session: c.Session})
						c = got.Next
					}
				}
				return k, err
			}
			return w
		}, []string{"close: a held case", "close: a waiting case", "reply: refused unless the seat holds the case"}},
		{"forgets urgency and age", func(w *wrong) handoff.Queue {
			w.cases = func(f handoff.Filter) ([]chat.Case, error) {
				all, err := w.Queue.Cases(ctx, f)
				slices.Reverse(all)
				return all, err
			}
			return w
		}, []string{"list: urgent first, then oldest first", "list: by state, queue and limit"}},
		{"lists whole cases", func(w *wrong) handoff.Queue {
			w.cases = func(f handoff.Filter) ([]chat.Case, error) {
				all, err := w.Queue.Cases(ctx, f)
				for i := range all {
					if k, err := w.Queue.Case(ctx, all[i].ID); err == nil {
						all[i] = *k
					}
				}
				return all, err
			}
			return w
		}, []string{"list: urgent first, then oldest first"}},
		{"sees no seats", func(w *wrong) handoff.Queue {
			w.seen = func(string, ...string) error { return nil }
			return w
		}, []string{"standing: seats that are present"}},
		{"does not free a case that is given to a queue", func(w *wrong) handoff.Queue {
			w.give = func(id, queue, seat string) (*chat.Case, error) {
				if seat != "" {
					return w.Queue.Transfer(ctx, id, queue, seat)
				}
				return w.Queue.Case(ctx, id)
			}
			return w
		}, []string{"transfer: to a queue", "transfer: of what cannot be transferred", "signals: owed in order, in the same step", "standing: cases that wait and are held"}},
	}
}
