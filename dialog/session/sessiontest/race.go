package sessiontest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/xianda-bot/xianda/chat"
	"github.com/xianda-bot/xianda/dialog/session"
)

// races are promises 1 to 3 under callers that come at the same instant, over both handles.
func races() []check {
	return []check{
		{"race: one delivery at the same instant", raceDelivery},
		{"race: one message that nobody has", raceTake},
		{"race: one timer", raceTimer},
		{"race: one claim committed by both handles", raceCommit},
		{"race: one debt", raceLend},
		{"race: a seat comes while the bot commits", raceSeat},
		{"race: many conversations, each judged once and in order", raceConversations},
	}
}

// stores are the handles of one store.
func (b *bench) stores() []session.Store {
	if b.Second == nil {
		return []session.Store{b.Store}
	}
	return []session.Store{b.Store, b.Second}
}

// together calls f n times at the same instant, with the handles in turn.
func (b *bench) together(n int, f func(i int, s session.Store) error) {
	b.Helper()
	stores, gate := b.stores(), make(chan struct{})
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-gate
			errs[i] = f(i, stores[i%len(stores)])
		})
	}
	close(gate)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		b.Fatalf("%v", err)
	}
}

func raceDelivery(b *bench) {
	for round := range 200 {
		b := b.at(fmt.Sprint("p", round))
		m := b.says("m1")
		got := make([]session.Accepted, 3)
		b.together(3, func(i int, s session.Store) (err error) {
			got[i], err = s.Accept(b.ctx, m, session.Terms{})
			return err
		})
		claims, fresh := 0, 0
		for _, g := range got {
			if g.Claim != nil {
				claims++
			}
			if g.Fresh {
				fresh++
			}
		}
		if claims != 1 || fresh != 1 {
			b.Fatalf("promise 1 (once): round %d: one delivery three times at the same instant has %d claims, %d times fresh, want 1, 1", round, claims, fresh)
		}
	}
}

func raceTake(b *bench) {
	for round := range 50 {
		b := b.at(fmt.Sprint("p", round))
		b.post(b.says("m1"))
		got := make([]*session.Claim, 6)
		b.together(6, func(i int, s session.Store) (err error) {
			if i%2 == 0 {
				got[i], err = s.Take(b.ctx, b.a)
				return err
			}
			a, err := s.ClaimReply(b.ctx, b.says("m1"))
			got[i] = a.Claim
			return err
		})
		claims := 0
		for _, c := range got {
			if c != nil {
				claims++
			}
		}
		if claims != 1 {
			b.Fatalf("promise 2 (alone): round %d: one message taken by 6 at the same instant has %d claims, want 1", round, claims)
		}
	}
}

func raceTimer(b *bench) {
	const rounds = 20
	at := func(round int) *bench { return b.at(fmt.Sprint("p", round)) }
	for round := range rounds {
		b := at(round)
		b.sets("m1", []session.Timer{b.timer("t1", "patience", b.short())})
	}
	b.wait(b.short())
	for round := range rounds {
		b := at(round)
		got := make([]*session.Claim, 4)
		b.together(4, func(i int, s session.Store) (err error) {
			got[i], err = s.Take(b.ctx, b.a)
			return err
		})
		for _, c := range got {
			if c != nil {
				b.commit(c, quiet(c))
			}
		}
		b.silent("after the timer rang")
		if turns := b.look().Session.Turn; turns != 2 {
			b.Fatalf("promise 1 (once): round %d: a timer that four take at the same instant had %d turns, want 1", round, turns-1)
		}
	}
}

func raceCommit(b *bench) {
	for round := range 50 {
		b := b.at(fmt.Sprint("p", round))
		c := b.begin(b.says("m1"))
		b.queued(b.says("m2"))
		got := make([]session.Committed, 4)
		b.together(4, func(i int, s session.Store) (err error) {
			got[i], err = s.Commit(b.ctx, c, pushes(c, "r1"))
			return err
		})
		for _, g := range got {
			if g.Next == nil || g.Next.Token != got[0].Next.Token || g.Next.Message.ID != "m2" || g.Done.State != session.Pushed {
				b.Fatalf("promise 4 (whole): round %d: one claim committed four times at the same instant = %s, want the same result each time", round, show(got))
			}
		}
		if v := b.look(); v.Session.Turn != 1 || len(v.Owed) != 1 {
			b.Fatalf("promise 4 (whole): round %d: one claim committed four times left %s, want one turn and one debt", round, show(v))
		}
	}
}

func raceLend(b *bench) {
	for round := range 50 {
		b := b.at(fmt.Sprint("p", round))
		c := b.begin(b.says("m1"))
		b.commit(c, pushes(c, "r1", "r2"))
		got := make([]session.Lent, 4)
		b.together(4, func(i int, s session.Store) (err error) {
			got[i], err = s.Lend(b.ctx, b.a, b.Lease)
			return err
		})
		n := 0
		for _, g := range got {
			n += len(g.Loans)
		}
		if n != 1 {
			b.Fatalf("promise 6 (visible once): round %d: four postmen were lent %s at the same instant, want one debt", round, show(got))
		}
	}
}

// raceSeat: whatever comes first, no reply of the bot is lent after the seat has the case.
func raceSeat(b *bench) {
	for round := range 50 {
		b := b.at(fmt.Sprint("p", round))
		id := b.raise("m1")
		c := b.begin(b.says("m2"))
		refused := false
		b.together(2, func(i int, s session.Store) error {
			if i == 0 {
				_, err := b.Queue.Claim(b.ctx, id, "alice")
				return err
			}
			_, err := s.Commit(b.ctx, c, pushes(c, "r1"))
			if refused = errors.Is(err, session.ErrHeld); refused {
				return nil
			}
			return err
		})
		if owed := b.look().Owed; refused && len(owed) > 1 {
			b.Fatalf("promise 4 (whole): round %d: ErrHeld, and %s is owed, want the case signal alone", round, show(owed))
		}
		b.lendsReplies(fmt.Sprintf("hold: round %d: the bot spoke after the seat came", round))
	}
}

// raceConversations lets echo judges work on many conversations while messages come from all sides, some of them twice.
func raceConversations(b *bench) {
	const conversations, messages = 50, 8
	var mu sync.Mutex // guards accepted
	accepted := map[chat.Address][]string{}
	judge := func(s session.Store, c *session.Claim) error {
		for c != nil {
			got, err := s.Commit(b.ctx, c, pushes(c, "echo-"+c.Message.ID))
			if errors.Is(err, session.ErrLost) { // a slow machine: whoever took it judges it
				return nil
			}
			if err != nil {
				return err
			}
			c = got.Next
		}
		return nil
	}
	b.together(2*conversations, func(i int, s session.Store) error {
		x := b.at(fmt.Sprint("p", i%conversations))
		for n := range messages {
			// Two writers: one in order that knows the order in which its own were accepted, and one that repeats what the other sent.
			m := x.says(fmt.Sprintf("%d-%d", i, n))
			if n%4 == 3 && i >= conversations {
				m = x.says(fmt.Sprintf("%d-%d", i-conversations, n))
			}
			got, err := s.Accept(b.ctx, m, session.Terms{})
			if err != nil {
				return err
			}
			if got.Fresh {
				mu.Lock()
				accepted[m.From] = append(accepted[m.From], m.ID)
				mu.Unlock()
			}
			if err := judge(s, got.Claim); err != nil {
				return err
			}
		}
		return nil
	})
	for began := time.Now(); ; {
		due, err := b.Store.Due(b.ctx, 10*conversations)
		if err != nil {
			b.Fatalf("Due = %v, want nil", err)
		}
		idle := true
		for _, a := range due {
			c, err := b.Store.Take(b.ctx, a)
			if err != nil {
				b.Fatalf("Take = %v, want nil", err)
			}
			idle = idle && c == nil
			if err := judge(b.Store, c); err != nil {
				b.Fatalf("Commit = %v, want nil", err)
			}
		}
		if idle && b.emptied(conversations) {
			break
		}
		if time.Since(began) > 30*time.Second {
			b.Fatalf("promise 5 (nothing lost): messages wait that Due never lists")
		}
		b.wait(b.short())
	}
	for i := range conversations {
		x := b.at(fmt.Sprint("p", i))
		x.replayed(accepted[x.a])
	}
}

func (b *bench) emptied(conversations int) bool {
	for i := range conversations {
		if b.at(fmt.Sprint("p", i)).look().Mailbox > 0 {
			return false
		}
	}
	return true
}

// replayed compares what was kept with a replay of what was judged.
func (b *bench) replayed(accepted []string) {
	b.Helper()
	seen, last := map[string]bool{}, map[string]int{}
	chain := ""
	v := b.look()
	// What the session and the debts say is the order in which turns were kept.
	var order []string
	for _, u := range v.Owed {
		order = append(order, u.ID[len("echo-"):])
	}
	for _, id := range order {
		writer, number, _ := strings.Cut(id, "-")
		n, err := strconv.Atoi(number)
		if err != nil {
			b.Fatalf("message %q: %v", id, err)
		}
		if seen[id] {
			b.Fatalf("promise 1 (once): message %s of %v was judged twice", id, b.a)
		}
		seen[id] = true
		if n%4 != 3 { // those with a 3 were sent by both writers
			if before, ok := last[writer]; ok && n < before {
				b.Fatalf("promise 3 (in order): message %s of %v was judged after number %d of its writer", id, b.a, before)
			}
			last[writer] = n
		}
		chain = session.Next(chain, id)
	}
	if len(order) != len(accepted) || v.Session.Turn != len(accepted) {
		b.Fatalf("promise 5 (nothing lost): %v: %d messages were accepted, %d judged, the session counts %d turns", b.a, len(accepted), len(order), v.Session.Turn)
	}
	if v.Session.Chain != chain {
		b.Fatalf("promise 4 (whole): the chain of %v = %s, want %s as a replay has it", b.a, v.Session.Chain, chain)
	}
}
