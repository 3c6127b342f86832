package telegram

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xianda-bot/xianda/adapters"
	"github.com/xianda-bot/xianda/adapters/postman"
	"github.com/xianda-bot/xianda/adapters/telegram/telegramtest"
	"github.com/xianda-bot/xianda/chat"
)

// book keeps what conversations owe, as postman.Debts promises, in memory.
type book struct {
	mu    sync.Mutex // guards all below
	owed  map[chat.Address][]postman.Loan
	lent  map[string]bool
	fence int
}

func (b *book) owe(to chat.Address, texts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, text := range texts {
		body, err := json.Marshal(chat.Reply{Key: fmt.Sprint("k", i), Text: text})
		if err != nil {
			panic(err) // plain texts
		}
		b.owed[to] = append(b.owed[to], postman.Loan{Debt: chat.Debt{ID: fmt.Sprint("k", i), Kind: chat.ReplyDebt, To: to, Body: body}})
	}
}

func (b *book) Lend(_ context.Context, a chat.Address, _ time.Duration) (out postman.Lent, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.owed[a]
	if len(all) == 0 || b.lent[a.String()] {
		return out, nil
	}
	if now := time.Now(); all[0].Due.After(now) {
		out.Next = all[0].Due
		return out, nil
	}
	b.fence++
	all[0].Fence = fmt.Sprint(b.fence)
	b.lent[a.String()] = true
	out.Loans = []postman.Loan{all[0]}
	return out, nil
}

func (b *book) Settle(_ context.Context, all []postman.Settlement) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range all {
		owed := b.owed[s.To]
		if len(owed) == 0 || owed[0].Fence != s.Fence {
			continue
		}
		delete(b.lent, s.To.String())
		if s.Verdict == postman.Again {
			owed[0].Tries++
			owed[0].Due = time.Now().Add(s.After)
			continue
		}
		b.owed[s.To] = owed[1:]
	}
	return nil
}

// P20: after 429 with retry_after 3 nothing is asked of that chat for 3 s, its messages keep their order, and others go on. Of a group, all
// who are answered in it wait.
func TestP20(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newPrivate(t)
		debts := &book{owed: map[chat.Address][]postman.Loan{}, lent: map[string]bool{}}
		payer := postman.Replies(func(string) (adapters.Adapter, bool) { return h.adapter, true }, postman.ReplyOptions{})
		p := postman.New(debts, map[chat.DebtKind]postman.Payer{chat.ReplyDebt: payer}, postman.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = p.Run(ctx) }()

		slow, other := telegramtest.ID("ann"), telegramtest.ID("bob")
		h.platform.Slow(slow, 3)
		h.platform.Slow(group, 3)
		owing := []chat.Address{to("ann"), to("bob"), inGroup("cy", 0), inGroup("di", 45)}
		for _, a := range owing {
			debts.owe(a, "1", "2", "3")
			p.Wake(a)
		}
		begun := time.Now()
		time.Sleep(time.Minute)
		cancel()
		synctest.Wait()

		var refused = map[int64]time.Time{}
		last := map[int64]time.Time{}
		for _, c := range h.platform.Calls("sendMessage") {
			if at, ok := refused[c.Chat]; ok && c.At.Sub(at) < 3*time.Second {
				t.Errorf("%d was asked %s after 429", c.Chat, c.At.Sub(at))
			}
			if c.Code == 429 {
				refused[c.Chat] = c.At
			}
			last[c.Chat] = c.At
		}
		if len(refused) != 2 || len(h.platform.Breaches()) > 0 {
			t.Errorf("%d chats were told to wait, want two; breaches %q", len(refused), h.platform.Breaches())
		}
		if took := last[other].Sub(begun); took > 3*time.Second {
			t.Errorf("the chat that nobody slowed had its three messages after %s", took)
		}
		texts := map[int64][]string{}
		for _, m := range h.platform.Messages() {
			texts[m.Chat] = append(texts[m.Chat], m.Text)
		}
		for _, chat := range []int64{slow, other} {
			if !slices.Equal(texts[chat], []string{"1", "2", "3"}) {
				t.Errorf("%d read %q", chat, texts[chat])
			}
		}
		if len(texts[group]) != 6 {
			t.Errorf("the group read %q, want three for each of two", texts[group])
		}
	})
}

// P20, over all processes: what the platform told one of them keeps the others from the group, and from typing, without asking it.
func TestHoldsAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		one := newPrivate(t)
		p := one.platform
		two := newHall(t, p, func(d *adapters.Deps) { d.Vault = one.deps.Vault })
		p.Slow(group, 3)
		p.Slow(telegramtest.ID("ann"), 3)
		for _, a := range []chat.Address{inGroup("cy", 0), to("ann")} {
			_, err := one.Send(t.Context(), a, chat.Reply{Text: "x"}, nil)
			if f := failureOf(t, err); f.Kind != chat.Rate || f.Retry != 3*time.Second {
				t.Fatalf("Send = %+v", f)
			}
		}
		before := len(p.Calls())
		time.Sleep(time.Second)
		_, err := two.Send(t.Context(), inGroup("di", 0), chat.Reply{Text: "x"}, nil)
		if f := failureOf(t, err); f.Kind != chat.Rate || f.Retry != 2*time.Second {
			t.Errorf("the other process: Send = %+v, want that it waits the 2 s that are left", f)
		}
		if f := failureOf(t, two.Typing(t.Context(), to("ann"))); f.Kind != chat.Rate {
			t.Errorf("the other process: Typing = %v", f)
		}
		if n := len(p.Calls()); n != before {
			t.Errorf("the platform was asked %d times", n-before)
		}
		time.Sleep(2 * time.Second)
		if _, err := two.Send(t.Context(), inGroup("di", 0), chat.Reply{Text: "x"}, nil); err != nil {
			t.Errorf("when it may: Send = %v", err)
		}
	})
}
