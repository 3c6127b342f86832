package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xianda-bot/xianda/dialog/session"
	"github.com/xianda-bot/xianda/store/redis/redistest"
)

// full makes the fault tests run at full length: make chaos asks for it.
func full() bool { return os.Getenv("XIANDA_CHAOS") == "full" }

// turnOf reads the number that the release's one dialog says.
var turnOf = regexp.MustCompile(`第(\d+)轮：轮次`)

// person writes one message after the other, as people do, and keeps what the phone showed for each.
type person struct {
	openid string
	sent   []post
	shows  [][]string // passive replies, by message
}

// Forty-eight people who each write up to a dozen messages a second keep turns under way at every moment, and stay below the 1,024
// deliveries a minute that one conversation may have (promise 8).
const (
	crowd  = 48
	breath = 70 * time.Millisecond
)

// TestP1P3Killed is P1 (no acknowledged message is lost) and P3 (a session never goes backwards, and equals a replay of the inbox in
// order), on both stores: kill -9 at random moments under a crowd that writes all the time.
func TestP1P3Killed(t *testing.T) {
	kills := 20
	if full() {
		kills = 200
	}
	for _, store := range []string{"local", "redis"} {
		t.Run(store, func(t *testing.T) {
			url := ""
			if store == "redis" {
				url = redistest.Start(t)
			}
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 1))
			p := newPlatform(t)
			h := newHouse(t, p, url)
			p.webhooks(h.hook())
			h.start()

			people := make([]*person, crowd)
			var stop atomic.Bool
			var ids atomic.Int64
			ids.Store(6_000_000_000_000_000_000)
			until := time.Now().Add(10 * time.Minute)
			var wg sync.WaitGroup
			for i := range people {
				people[i] = &person{openid: fmt.Sprintf("o%s%d", store, i)}
				wg.Go(func() { people[i].write(p, &ids, &stop, until) })
			}
			begun := time.Now()
			for range kills {
				time.Sleep(time.Duration(20+random.IntN(140)) * time.Millisecond)
				h.kill()
				h.start()
			}
			took := time.Since(begun)
			stop.Store(true)
			wg.Wait()

			report := judge(t, p, h, people)
			t.Logf("%s: %d kills in %.1fs: %s", store, kills, took.Seconds(), report)
		})
	}
}

// write sends messages until stop, each delivered until it is acknowledged.
func (u *person) write(p *platform, ids *atomic.Int64, stop *atomic.Bool, until time.Time) {
	for !stop.Load() {
		m := post{openid: u.openid, text: "轮次", id: ids.Add(1), at: time.Now()}
		text, answered := p.deliver(m, until)
		u.sent = append(u.sent, m)
		if !answered {
			u.shows = append(u.shows, []string{"never acknowledged"})
			return
		}
		var got []string
		if text != "" {
			got = append(got, text)
		}
		u.shows = append(u.shows, got)
		time.Sleep(breath)
	}
}

// judge compares what the phones showed with a replay of what was sent.
func judge(t *testing.T, p *platform, h *house, people []*person) string {
	t.Helper()
	waitForPushes(p, people)
	total, pushed, twice := 0, 0, 0
	for _, u := range people {
		seen := map[int]int{} // turn → times shown
		last := 0
		chain := ""
		for i, m := range u.sent {
			chain = session.Next(chain, m.delivery())
			for _, text := range u.shows[i] {
				// What was shown when a process died, but not noted, is shown again in front of the next answer.
				all := turns(text)
				if len(all) == 0 {
					t.Errorf("P1: %s got %q for message %d", u.openid, text, i+1)
					continue
				}
				if n := all[len(all)-1]; n != i+1 {
					t.Errorf("P3: %s: message %d was answered as turn %d, want %d", u.openid, i+1, n, i+1)
				} else if n <= last {
					t.Errorf("P3: %s: turn %d was shown after turn %d", u.openid, n, last)
				}
				last = all[len(all)-1]
				for _, n := range all {
					seen[n]++
				}
			}
		}
		for _, s := range p.pushes(u.openid) {
			if turn(s.text) == 0 {
				t.Errorf("P1: %s was pushed %q", u.openid, s.text)
			}
			for _, n := range turns(s.text) {
				seen[n]++
			}
			pushed++
		}
		for n := 1; n <= len(u.sent); n++ {
			if seen[n] == 0 {
				t.Errorf("P1: %s: message %d was acknowledged and never answered", u.openid, n)
			}
			twice += max(seen[n]-1, 0)
		}
		total += len(u.sent)
		v, status := h.look(u.openid)
		if status != 200 || v.Session.Turn != len(u.sent) {
			t.Errorf("P3: %s has %d turns (status %d), want %d", u.openid, v.Session.Turn, status, len(u.sent))
		} else if v.Session.Chain != chain {
			t.Errorf("P3: the session of %s is not that of a replay of its inbox", u.openid)
		}
	}
	return fmt.Sprintf("%d messages acknowledged, %d pushed, %d shown twice, %d deliveries repeated", total, pushed, twice, p.busy)
}

// waitForPushes waits until every message that got no passive reply was answered by a push, or half a minute: the redelivery time
// after which an unfetched passive reply is pushed.
func waitForPushes(p *platform, people []*person) {
	for deadline := time.Now().Add(45 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		open := 0
		for _, u := range people {
			missing := map[int]bool{}
			for i, got := range u.shows {
				if len(got) == 0 {
					missing[i+1] = true
				}
			}
			for _, s := range p.pushes(u.openid) {
				delete(missing, turn(s.text))
			}
			open += len(missing)
		}
		if open == 0 {
			return
		}
	}
}

// turns are the numbers of all answers in a text.
func turns(text string) []int {
	var all []int
	for _, m := range turnOf.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil {
			all = append(all, n)
		}
	}
	return all
}

// turn is the number of the last answer in a text; 0: there is none.
func turn(text string) int {
	if all := turns(text); len(all) > 0 {
		return all[len(all)-1]
	}
	return 0
}
