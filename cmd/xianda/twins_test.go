package main

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/store/redis/redistest"
)

// twins are two processes that share one Redis, as behind a balancer.
func twins(t *testing.T) (p *platform, a, b *house) {
	t.Helper()
	url := redistest.Start(t)
	p = newPlatform(t)
	a, b = newHouse(t, p, url), newHouse(t, p, url)
	a.start()
	b.start()
	p.webhooks(a.hook(), b.hook())
	return p, a, b
}

// P8: the same MsgId three times at the same instant, to two processes: exactly one turn, one reply, every request answered 200.
func TestP8SameMessageThreeTimesAtOnce(t *testing.T) {
	rounds := 100
	if full() {
		rounds = 1000
	}
	p, a, b := twins(t)
	const openid = "otriple"
	for n := 1; n <= rounds; n++ {
		m := post{openid: openid, text: "轮次", id: int64(7_000_000_000_000_000_000 + n), at: time.Now()}
		texts, ok := make([]string, 3), make([]bool, 3)
		var wg sync.WaitGroup
		for i := range texts {
			hook := []string{a.hook(), b.hook()}[i%2]
			wg.Go(func() { texts[i], ok[i] = p.once(m, hook) })
		}
		wg.Wait()
		want := fmt.Sprintf("第%d轮：轮次", n)
		for i := range texts {
			if !ok[i] || texts[i] != want {
				t.Fatalf("P8: round %d, request %d: answered %v with %q, want 200 with %q", n, i+1, ok[i], texts[i], want)
			}
		}
	}
	if v, _ := a.look(openid); v.Session.Turn != rounds {
		t.Errorf("P8: %d turns for %d messages", v.Session.Turn, rounds)
	}
	if n := len(p.pushes(openid)); n > 0 {
		t.Errorf("P8: %d replies were pushed beside the passive ones", n)
	}
	t.Logf("P8: %d rounds of 3 deliveries to 2 processes: 1 turn and 1 reply each", rounds)
}

// P9: ten different messages of a new person within 10 ms, to two processes: one conversation, each answered once, turns 1 to 10.
func TestP9BurstOfANewPerson(t *testing.T) {
	p, a, b := twins(t)
	for round := range 10 {
		openid := fmt.Sprintf("oburst%d", round)
		turns := make([]int, 10)
		var wg sync.WaitGroup
		for i := range turns {
			m := post{openid: openid, text: "轮次", id: int64(8_000_000_000_000_000_000 + 100*round + i), at: time.Now()}
			hook := []string{a.hook(), b.hook()}[i%2]
			time.Sleep(time.Millisecond)
			wg.Go(func() {
				text, ok := p.once(m, hook)
				if !ok {
					t.Errorf("P9: message %d was not answered 200", i+1)
				}
				turns[i] = turn(text)
			})
		}
		wg.Wait()
		slices.Sort(turns)
		if want := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}; !slices.Equal(turns, want) {
			t.Errorf("P9: %s saw turns %v, want %v", openid, turns, want)
		}
	}
}
